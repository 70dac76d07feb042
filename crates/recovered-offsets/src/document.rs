//! The document's types, field by field in the order they are written.
//!
//! Absent is `null`. Strings that came from evidence are [`ByteText`]: a JSON string, or
//! `{"base64": "..."}` when the bytes aren't UTF-8.

use lastwrites_types::{ByteText, Flags, Trust, Uuid};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::{GroupType, Sha256, View};

/// The value of the document's `format` field.
pub const FORMAT: &str = "lastwrites/recovered-offsets";
/// The one version of the document this crate reads and writes.
pub const VERSION: u64 = 1;

/// Recovered offsets of chosen groups, with the evidence they come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Always [`FORMAT`].
    pub format: FormatName,
    /// Always [`VERSION`].
    pub version: FormatVersion,
    /// Program and version that wrote the document, such as `lastwrites 0.1.0`.
    pub created_by: String,
    /// When it was written: milliseconds since the epoch, UTC. The writer's caller supplies it.
    pub created_at_ms: i64,
    /// The evidence that was read.
    pub source: Source,
    /// What was asked for.
    pub selection: Selection,
    /// The groups, ordered by raw id. Each id stands once.
    pub groups: Vec<Group>,
}

/// The evidence that was read, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Cluster id of `meta.properties`; `null` when the copy has none.
    pub cluster_id: Option<String>,
    /// Partition count of `__consumer_offsets`, at least 1; `null` when nothing settles it, and then
    /// `maps_to` rests on Kafka's default of 50.
    pub offsets_topic_partitions: Option<i32>,
    /// Which reading of the files the offsets come from.
    pub view: View,
    /// The release whose replay rules were applied, such as `4.3.1/new`.
    pub rules: String,
    /// True where groups and topics are pseudonyms (`--redact-names`): such a document is for reading, and is refused
    /// where one is to be applied. Left out elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_redacted: bool,
    /// The partition copies that were read, in the order [`RecordPlace::copy`] counts them.
    pub copies: Vec<PartitionCopy>,
}

/// One broker's copy of one `__consumer_offsets` partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionCopy {
    /// Partition directory (or file) as given or found.
    pub path: ByteText,
    /// Broker id of `meta.properties`; `null` when the copy has none.
    pub broker_id: Option<i32>,
    /// Log dir that holds the partition; `null` when only the partition itself was given.
    pub log_dir: Option<ByteText>,
    /// `__consumer_offsets` partition number, from 0; `null` where the copy doesn't tell, such as a console consumer's text.
    pub partition: Option<i32>,
    /// First offset of the log, at least 0.
    pub log_start_offset: i64,
    /// Last readable offset + 1.
    pub log_end_offset: i64,
    /// Entry of `replication-offset-checkpoint` (it lags: a lower bound); `null` without one.
    pub high_watermark: Option<i64>,
    /// The files that were read.
    pub files: Vec<SourceFile>,
}

/// One file of a copy, with what is needed to tell it apart from a changed one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// File name inside the partition directory.
    pub name: ByteText,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: Sha256,
}

/// What was asked of the recovery.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// State as of this moment (milliseconds since the epoch, UTC); `null`: the end of the log.
    pub as_of_ms: Option<i64>,
    /// State as of this log offset of one partition; `null`: the end of the log.
    pub as_of_offset: Option<AsOfOffset>,
    /// Only offsets committed at or after this moment (milliseconds since the epoch, UTC); `null`: all.
    pub committed_since_ms: Option<i64>,
    /// True when deleted offsets were asked for too.
    pub deleted: bool,
    /// True when groups found in a partition they don't map to were asked for too.
    pub foreign: bool,
}

/// A cut through the log of one `__consumer_offsets` partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOfOffset {
    /// `__consumer_offsets` partition number, from 0.
    pub partition: i32,
    /// First offset that is left out.
    pub offset: i64,
}

/// One group and where it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Group id as stored; Kafka accepts the empty string.
    pub group_id: ByteText,
    /// Kind of group.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// `consumer`, `connect`, ...; `null` where the records hold none.
    pub protocol_type: Option<ByteText>,
    /// Chosen assignor or protocol; `null` where the records hold none.
    pub protocol: Option<ByteText>,
    /// `__consumer_offsets` partition the records were found in; `null` where the copy doesn't tell.
    pub found_in: Option<i32>,
    /// `__consumer_offsets` partition the id hashes to.
    pub maps_to: i32,
    /// What a reviewer must know before these offsets are used.
    pub warnings: Vec<String>,
    /// Recovered offsets, ordered by raw topic name and partition. Each partition stands once.
    pub offsets: Vec<RecoveredOffset>,
    /// Partitions the group worked on but no offset could be recovered for, in the same order.
    pub missing: Vec<Missing>,
}

/// The recovered offset of one topic partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveredOffset {
    /// Topic name as stored.
    pub topic: ByteText,
    /// Topic id in the commit (value version 4, KIP-848); `null` in older commits.
    pub topic_id: Option<Uuid>,
    /// Topic id that `partition.metadata` or the metadata log had when the disk was copied; `null` where neither was.
    pub topic_id_at_copy: Option<Uuid>,
    /// Partition number, from 0.
    pub partition: i32,
    /// The committed offset: the next record a consumer would read. At least 0.
    pub offset: i64,
    /// Leader epoch of the commit, at least 0; `null` where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The commit's metadata text; usually empty.
    pub metadata: ByteText,
    /// The commit's own timestamp: milliseconds since the epoch, UTC, by the clock of the broker.
    pub committed_at_ms: i64,
    /// How the offset is known.
    pub trust: Trust,
    /// Doubts and circumstances.
    pub flags: Flags,
    /// How wrong the offset can be.
    pub bound: Bound,
    /// Where the record lies.
    pub record: RecordPlace,
    /// Other values the evidence holds for the same partition, best first: what other copies say instead, then what was
    /// committed before in the same copy ([`RecoveredOffset::replaced`]).
    pub alternatives: Vec<Alternative>,
}

impl RecoveredOffset {
    /// True for an alternative that this offset replaced for certain: an earlier record of the same copy. It's there to be
    /// chosen by hand, and no reason to doubt this one.
    #[must_use]
    pub fn replaced(&self, other: &Alternative) -> bool {
        let record = other.record.as_ref();
        record.is_some_and(|other| other.copy == self.record.copy && other.offset < self.record.offset)
    }
}

/// How far the true position may lie from the recovered one, in records of the topic partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Records read twice at most when the offset is too low; `null`: no bound is known.
    pub repeated_at_most: Option<u64>,
    /// Records never read at most when the offset is too high; `null`: no bound is known.
    pub skipped_at_most: Option<u64>,
    /// How the group committed the partition before: an estimate of what was read behind the last commit, where nothing
    /// bounds it; left out where fewer than three steps are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Cadence>,
    /// What the two numbers rest on.
    pub why: String,
}

/// The last steps of a group from one commit of a partition to the next: what was usual, never a bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// Steps that this rests on, from 3 to 11: the last ones forward up to the recovered offset, of those between whose two
    /// commits no record of the log is missing.
    pub steps: u32,
    /// Records of the topic partition in a usual step: their median.
    pub usual_records: u64,
    /// Records in the largest of them.
    pub most_records: u64,
    /// Milliseconds from one commit to the next: the median, by the commits' own times.
    pub usual_ms: u64,
}

/// Where a record lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DocumentRecordPlace")]
pub struct RecordPlace {
    /// Index into [`Source::copies`].
    pub copy: usize,
    /// One of that copy's files.
    pub file: ByteText,
    /// The record's offset in `__consumer_offsets`.
    pub offset: i64,
    /// Byte where its batch starts in the file.
    pub position: u64,
}

/// Another answer for the same topic partition, and why it was not taken: a value, or that a copy has none. One without a value
/// has neither epoch, text, time nor record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Topic id in that commit; `null` in older commits.
    pub topic_id: Option<Uuid>,
    /// The committed offset, at least 0; `null` where that copy has no commit of the partition.
    pub offset: Option<i64>,
    /// Leader epoch of that commit, at least 0; `null` where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// That commit's metadata text; `null` with a `null` offset.
    pub metadata: Option<ByteText>,
    /// That commit's timestamp: milliseconds since the epoch, UTC; `null` with a `null` offset.
    pub committed_at_ms: Option<i64>,
    /// How it is known.
    pub trust: Trust,
    /// Its doubts and circumstances.
    pub flags: Flags,
    /// Where its record lies; `null` with a `null` offset.
    pub record: Option<RecordPlace>,
    /// Why it is only an alternative.
    pub why: String,
}

/// A partition without a recovered offset. Left alone, its consumers follow `auto.offset.reset`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Topic name as stored.
    pub topic: ByteText,
    /// Partition number, from 0.
    pub partition: i32,
    /// Why nothing was recovered.
    pub why: String,
}

/// Stands for [`FORMAT`]; reads nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormatName;

/// Stands for [`VERSION`]; reads nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormatVersion;

impl Serialize for FormatName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(FORMAT)
    }
}

impl<'de> Deserialize<'de> for FormatName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = String::deserialize(deserializer)?;
        if found == FORMAT {
            Ok(Self)
        } else {
            Err(de::Error::custom(format_args!("format {found:?}, expected {FORMAT:?}")))
        }
    }
}

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(VERSION)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            VERSION => Ok(Self),
            found => Err(de::Error::custom(format_args!("version {found}, expected {VERSION}"))),
        }
    }
}

impl JsonSchema for FormatName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormatName".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "const": FORMAT })
    }
}

impl JsonSchema for FormatVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormatVersion".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "const": VERSION })
    }
}
