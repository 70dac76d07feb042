//! The `Report`: everything one run found out, bounded by live keys and findings.
//!
//! Terminal, JSON, HTML and tables render this one value, so they can't disagree. Field names and their
//! order are the machine-output contract; what a field means is said here and in `docs/json-schema.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use lastwrites_evidence::ViewKind;
use lastwrites_recovered_offsets::Cadence;
use lastwrites_types::{ByteText, Flags, Trust, Uuid};
use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::Finding;
use crate::merge::Role;

/// What one run found out.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Report {
    /// How the copies were read: `as-found`, `as-loaded`, `before-compaction` or `merged`.
    pub view: ViewKind,
    /// Whose rules decided what counts as committed, such as `4.3.1/new`.
    pub rules: String,
    /// Number of partitions of `__consumer_offsets` that `maps_to` rests on; `null` where the groups found contradict
    /// every number. A finding says when it is assumed.
    pub offsets_topic_partitions: Option<i32>,
    /// True when nothing in the evidence settles that number.
    pub offsets_topic_partitions_assumed: bool,
    /// The moment that was asked for; left out at the end of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOfReport>,
    /// True where `--redact` put pseudonyms in place of who the clients are; left out elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// True where `--redact-names` put pseudonyms in place of groups and topics, too; left out elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub names_redacted: bool,
    /// The copies of offsets partitions that were read.
    pub copies: Vec<CopyReport>,
    /// One entry a partition: would a coordinator load it?
    pub partitions: Vec<PartitionReport>,
    /// Every group, by id (raw bytes) and then by the partition it was found in.
    pub groups: Vec<GroupReport>,
    /// What a reader should know, most severe first.
    pub findings: Vec<Finding>,
    /// Every offset key that a log names, whatever became of it; filled where a document is to be made.
    #[serde(skip)]
    pub(crate) named: KeysOfLog,
}

/// Group, topic and partition of every offset record, tombstones and aborted ones included.
pub(crate) type KeysOfLog = BTreeMap<(Box<[u8]>, Box<[u8]>, i32), LastTouch>;

/// The last plain commit or tombstone of a key, whatever transactions wrote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct LastTouch {
    /// Offset of its record; -1 where there are only commits in transactions.
    pub(crate) record_offset: i64,
    /// It deletes.
    pub(crate) tombstone: bool,
}

/// The moment that a report is of, and where it cuts the logs.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct AsOfReport {
    /// The time asked for, ms since 1970; `null` where an offset was asked for.
    pub ms: Option<i64>,
    /// The offset asked for; `null` where a time was asked for.
    pub offset: Option<i64>,
    /// One entry a partition.
    pub cuts: Vec<CutReport>,
}

/// Where a moment cuts one partition's log.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct CutReport {
    /// Partition number; `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The first offset that is left out; `null` where the whole log is taken.
    pub offset: Option<i64>,
    /// Nothing before it was compacted or damaged, or nothing lies behind the moment: every answer is exact, and what isn't
    /// named wasn't there. Where false,
    /// `pending` of the offsets lacks what transactions that were open then wrote and the cleaner has taken since.
    pub complete: bool,
    /// Bytes before it are damaged, in all copies that answered: what is unknown may be lost there.
    pub damaged: bool,
    /// The copies that answered, as indexes into the report's `copies`: first the one whose log it is, then those that hold
    /// the same log up to there.
    pub copies: Vec<usize>,
}

impl CutReport {
    /// What may have become of records before it; `None` where none is missing.
    pub(crate) const fn lost(&self) -> Option<&'static str> {
        match (self.complete, self.damaged) {
            (true, _) => None,
            (false, true) => Some("lost to the damage before it, or compacted away since"),
            (false, false) => Some("compacted away since"),
        }
    }
}

/// One copy of one offsets partition, file by file.
#[derive(Serialize, JsonSchema, Debug)]
pub struct CopyReport {
    /// The partition directory as given.
    pub path: String,
    /// `node.id` or `broker.id` of the log dir's `meta.properties`; `null` where the copy has none.
    pub broker_id: Option<i32>,
    /// The log dir that holds the partition directory; `null` where only the partition itself was given.
    pub log_dir: Option<String>,
    /// Partition number, `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The checkpoint's entry, else the first base offset; `null` where the log is empty.
    pub log_start_offset: Option<i64>,
    /// Last readable offset + 1 of the `.log` files; `null` where nothing could be read.
    pub log_end_offset: Option<i64>,
    /// The checkpoint's entry; it lags, so this is a lower bound. `null` without one.
    pub high_watermark: Option<i64>,
    /// First offset the cleaner had not cleaned, from its checkpoint; `null` without one.
    pub first_dirty_offset: Option<i64>,
    /// The segment files, by base offset and kind.
    pub files: Vec<FileReport>,
}

/// One segment file: `decoded_bytes + empty_bytes + damaged_bytes == size_bytes`, always.
#[derive(Serialize, JsonSchema, Debug, Default, Clone)]
pub struct FileReport {
    /// File name.
    pub name: String,
    /// `log`, `deleted`, `cleaned` or `swap`.
    #[schemars(schema_with = "crate::schema::words::file_kind")]
    pub kind: &'static str,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Offset in the file's name.
    pub base_offset: i64,
    /// Batches that could be framed.
    pub batches: u64,
    /// Records read, control records included.
    pub records: u64,
    /// Bytes of batches whose records were all read.
    pub decoded_bytes: u64,
    /// Zero fill after the last batch.
    pub empty_bytes: u64,
    /// Everything else.
    pub damaged_bytes: u64,
    /// Where and what the damage is; at most a thousand entries; bytes are counted all the same.
    pub damage: Vec<Damage>,
}

/// A damaged stretch of a file.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Damage {
    /// First damaged byte.
    pub position: u64,
    /// Number of damaged bytes; 0 when the bytes were read but a checksum disagrees.
    pub length: u64,
    /// What is wrong, in words.
    pub what: String,
}

/// Whether a coordinator under the report's rules would load a partition.
#[derive(Serialize, JsonSchema, Debug)]
pub struct PartitionReport {
    /// Partition number; `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The verdict; of the reference copy where several were merged.
    pub load: Load,
    /// The copies that were put together or compared, the reference first; one entry where there is one copy.
    pub replicas: Vec<ReplicaReport>,
}

/// What one copy of a partition is to the others.
#[derive(Serialize, JsonSchema, Debug)]
pub struct ReplicaReport {
    /// Index into the report's `copies`.
    pub copy: usize,
    /// `reference`, `in-sync`, `behind`, `forked`, `older-snapshot` or `other-log-dir`.
    pub role: Role,
    /// Newest leader epoch known of the copy; `null` where none is.
    pub leader_epoch: Option<i32>,
    /// Last readable offset + 1.
    pub log_end_offset: i64,
    /// Up to here it holds the reference's history; below `log_end_offset` it forked off.
    pub agrees_to: i64,
}

/// A load verdict.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Load {
    /// `loads`, `loads-with-warnings`, `fails` or `loads-empty`; `null` where a tool's text stands in for the log, which
    /// can't tell (LW306), and as of a moment before which records are missing: what is left may load otherwise than the
    /// log did then.
    #[schemars(schema_with = "crate::schema::words::verdict_or_null")]
    pub verdict: Option<&'static str>,
    /// Offset of the record (or batch) that decides it; `null` for a load that succeeds, and where it struck after
    /// the last record.
    pub offset: Option<i64>,
    /// Text of the innermost exception; `null` for a load that succeeds.
    pub error: Option<String>,
}

impl Load {
    /// Nothing tells.
    pub(crate) const UNKNOWN: Self = Self { verdict: None, offset: None, error: None };
}

/// One group as a coordinator that just loaded the log would have it.
#[derive(Serialize, JsonSchema, Debug)]
pub struct GroupReport {
    /// Group id.
    pub group_id: ByteText,
    /// `classic`, `consumer`, `share`, `streams`, or `none` for offsets without a group; `unknown` as of a moment in
    /// the compacted part of a log, and where a tool's text lacks the records that would tell: then state, epochs and
    /// members are unknown as well, and left empty.
    #[serde(rename = "type")]
    #[schemars(schema_with = "crate::schema::words::group_type_or_unknown")]
    pub group_type: &'static str,
    /// State after a load, such as `Empty` or `Stable`; `null` for the types `none` and `unknown`.
    #[schemars(schema_with = "crate::schema::words::group_state_or_null")]
    pub state: Option<&'static str>,
    /// Partition the group's records were found in; `null` when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// Partition the id hashes to; `null` where the number of partitions is not known.
    pub maps_to: Option<i32>,
    /// `consumer`, `connect`, ...; `null` but for classic groups.
    pub protocol_type: Option<ByteText>,
    /// Chosen assignor or protocol; `null` but for classic groups that chose one.
    pub protocol: Option<ByteText>,
    /// Generation; `null` but for classic groups.
    pub generation: Option<i32>,
    /// When a classic group entered its state, ms since 1970; `null` where the record doesn't say.
    pub state_since_ms: Option<i64>,
    /// What the records or the name look like, where committed offsets are not all there is; `null` for a plain
    /// consumer.
    #[schemars(schema_with = "crate::schema::words::application_or_null")]
    pub application: Option<&'static str>,
    /// Group epoch; `null` but for consumer, share and streams groups.
    pub group_epoch: Option<i32>,
    /// Epoch of the target assignment: behind the group's while members' assignments are being computed. `null` like
    /// the group's.
    pub assignment_epoch: Option<i32>,
    /// Members at the end of the log, by member id; empty for type `unknown`.
    pub members: Vec<MemberReport>,
    /// Committed offsets, by topic (raw bytes) and partition.
    pub offsets: Vec<OffsetReport>,
    /// Topics that its members subscribe to by name, sorted.
    #[serde(skip)]
    pub(crate) subscribed: Vec<ByteText>,
    /// Only a copy whose values are alternatives, such as a forked one, has the group's own records.
    #[serde(skip)]
    pub(crate) only_in_alternatives: bool,
}

/// One member of a group.
#[derive(Serialize, JsonSchema, Debug)]
pub struct MemberReport {
    /// Member id.
    pub member_id: ByteText,
    /// Static membership id (KIP-345); `null` for a dynamic member.
    pub group_instance_id: Option<ByteText>,
    /// Client id.
    pub client_id: ByteText,
    /// Client host as the broker saw it.
    pub client_host: ByteText,
    /// Member epoch; -2 marks a static member that is away. `null` in classic groups.
    pub member_epoch: Option<i32>,
    /// Member epoch before the last change; `null` in classic groups.
    pub previous_member_epoch: Option<i32>,
    /// Reconciliation state; `null` in classic groups.
    pub state: Option<&'static str>,
    /// What the member owned.
    pub assignment: Vec<AssignmentReport>,
    /// What a streams member owned; `null` for members of other groups.
    pub tasks: Option<TasksReport>,
}

/// Tasks of a streams member, by subtopology.
#[derive(Serialize, JsonSchema, Debug)]
pub struct TasksReport {
    /// Those it processes.
    pub active: Vec<SubtopologyTasks>,
    /// Those it keeps a copy of the state of.
    pub standby: Vec<SubtopologyTasks>,
    /// Those it is catching up with before it takes them over.
    pub warmup: Vec<SubtopologyTasks>,
}

/// Tasks of one subtopology.
#[derive(Serialize, JsonSchema, Debug)]
pub struct SubtopologyTasks {
    /// Subtopology id.
    pub subtopology: ByteText,
    /// Partition numbers, ascending.
    pub partitions: Vec<i32>,
}

/// Partitions of one topic that a member owned.
#[derive(Serialize, JsonSchema, Debug)]
pub struct AssignmentReport {
    /// Topic name; `null` when the log holds only the id.
    pub topic: Option<ByteText>,
    /// Topic id; `null` for classic groups.
    pub topic_id: Option<Uuid>,
    /// Partition numbers, ascending.
    pub partitions: Vec<i32>,
}

/// One committed offset.
#[derive(Serialize, JsonSchema, Debug)]
pub struct OffsetReport {
    /// Topic name.
    pub topic: ByteText,
    /// Topic id stored with the commit; `null` in commits from before 4.1.
    pub topic_id: Option<Uuid>,
    /// Partition number.
    pub partition: i32,
    /// Committed offset; `null` when only pending commits exist.
    pub offset: Option<i64>,
    /// Leader epoch of the commit; `null` where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The client's text; `null` with a `null` offset.
    pub metadata: Option<ByteText>,
    /// When the broker took the commit, ms since 1970; `null` with a `null` offset.
    pub committed_at_ms: Option<i64>,
    /// When a broker would expire it, ms since 1970; `null` for groups with members.
    pub expires_at_ms: Option<i64>,
    /// How this is known.
    pub trust: Trust,
    /// Doubts and circumstances.
    pub flags: Flags,
    /// Commits of transactions that the log never closes, or whose marker may be lost to damage.
    pub pending: Vec<PendingReport>,
    /// First offset of the topic's log that can still be read; `null` where no copied disk tells.
    pub log_start_offset: Option<i64>,
    /// Highest checkpointed high watermark of the topic's log: a lower bound, checkpoints lag by seconds. `null`
    /// where no copied disk tells.
    pub high_watermark: Option<i64>,
    /// End of the topic's log as copied; `null` when its segments were not, or lack the log's end: they end in damage, or
    /// below what checkpoints, indexes, epochs or producer snapshots tell.
    pub log_end_offset: Option<i64>,
    /// Records after the commit that were there for certain, by the high watermark; `null` where that is not known.
    pub lag_at_least: Option<i64>,
    /// Records after the commit in the copied log, those that no majority had included; `null` where that log was not
    /// copied or lacks its end.
    pub lag_at_most: Option<i64>,
    /// Where the record lies; `null` with a `null` offset.
    pub record: Option<RecordPlace>,
    /// What other copies of the partition say instead, where nothing proves them wrong (`contested`) or they hold
    /// what no other copy has (`unacknowledged`); behind them earlier commits of the copy that holds the record, newest
    /// first, where they were asked for.
    pub alternatives: Vec<AlternativeReport>,
    /// How the group committed the partition before; asked for by a document of recovered offsets alone.
    #[serde(skip)]
    pub(crate) cadence: Option<Box<Cadence>>,
    /// Releases whose load loses the partition's groups in silence, at a record before this commit; for a document alone.
    #[serde(skip)]
    pub(crate) served_empty: Option<Arc<str>>,
    /// The topic's log was copied without its end; for a document alone.
    #[serde(skip)]
    pub(crate) log_lacks_end: bool,
}

/// Another value of a committed offset: another copy's, or an earlier one of the same copy.
#[derive(Serialize, JsonSchema, Debug)]
pub struct AlternativeReport {
    /// Index into the report's `copies`.
    pub copy: usize,
    /// The committed offset; `null` when the copy has none.
    pub offset: Option<i64>,
    /// Topic id stored with that commit; `null` in commits from before 4.1.
    pub topic_id: Option<Uuid>,
    /// Leader epoch of that commit; `null` where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The client's text; `null` with a `null` offset.
    pub metadata: Option<ByteText>,
    /// When the broker took that commit, ms since 1970; `null` with a `null` offset.
    pub committed_at_ms: Option<i64>,
    /// How it is known.
    pub trust: Trust,
    /// Its doubts.
    pub flags: Flags,
    /// Where its record lies; `null` with a `null` offset.
    pub record: Option<RecordPlace>,
    /// Why it is only an alternative, in words.
    pub why: String,
}

impl AlternativeReport {
    /// An earlier commit of the same copy, which the one at `taken` replaced for certain.
    pub(crate) fn is_replaced_by(&self, taken: &RecordPlace) -> bool {
        self.record.as_ref().is_some_and(|record| record.copy == taken.copy && record.offset < taken.offset)
    }
}

/// A commit in a transaction that is still open.
#[derive(Serialize, JsonSchema, Debug)]
pub struct PendingReport {
    /// The transaction's producer.
    pub producer_id: i64,
    /// The offset it would commit.
    pub offset: i64,
    /// Leader epoch of the commit; `null` where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The client's text.
    pub metadata: ByteText,
    /// Offset of the record.
    pub record_offset: i64,
    /// What the transaction coordinator decided: `committed`, `aborted`, `ongoing`; `null` where its log doesn't tell.
    #[schemars(schema_with = "crate::schema::words::transaction_or_null")]
    pub transaction: Option<&'static str>,
    /// When the broker took the commit, ms since 1970.
    pub committed_at_ms: i64,
    /// How its transaction ended isn't known and may be decided: damage behind the record or in its own batch may hide the
    /// marker, or the transaction log may lack the word.
    pub in_doubt: bool,
    /// Where the record lies; `null` where its file is not among those of the copy.
    pub record: Option<RecordPlace>,
}

/// A record's place on disk.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// Index into the report's `copies`.
    pub copy: usize,
    /// Segment file name.
    pub file: Arc<str>,
    /// The record's offset.
    pub offset: i64,
    /// Byte position of its batch.
    pub position: u64,
}

impl GroupReport {
    /// In a partition that its id does not hash to; never where the number of partitions is unknown.
    pub(crate) fn is_foreign(&self) -> bool {
        self.found_in.is_some() && self.maps_to.is_some() && self.maps_to != self.found_in
    }

    /// A group without an object: only offsets, if anything.
    pub(crate) const fn nameless(group_id: ByteText) -> Self {
        Self {
            group_id,
            group_type: "none",
            state: None,
            found_in: None,
            maps_to: None,
            protocol_type: None,
            protocol: None,
            generation: None,
            state_since_ms: None,
            application: None,
            group_epoch: None,
            assignment_epoch: None,
            members: Vec::new(),
            offsets: Vec::new(),
            subscribed: Vec::new(),
            only_in_alternatives: false,
        }
    }
}

impl OffsetReport {
    /// What other copies say instead: all alternatives but earlier commits of the copy that holds the answer.
    pub(crate) fn rivals(&self) -> impl Iterator<Item = &AlternativeReport> {
        let replaced = |other: &&AlternativeReport| {
            self.record.as_ref().is_some_and(|taken| other.is_replaced_by(taken))
        };
        self.alternatives.iter().filter(move |other| !replaced(other))
    }

    /// A partition of which nothing is known.
    pub(crate) const fn nothing(topic: ByteText, partition: i32) -> Self {
        Self {
            topic,
            topic_id: None,
            partition,
            offset: None,
            leader_epoch: None,
            metadata: None,
            committed_at_ms: None,
            expires_at_ms: None,
            trust: Trust::Unverified,
            flags: Flags::NONE,
            pending: Vec::new(),
            log_start_offset: None,
            high_watermark: None,
            log_end_offset: None,
            lag_at_least: None,
            lag_at_most: None,
            record: None,
            alternatives: Vec::new(),
            cadence: None,
            served_empty: None,
            log_lacks_end: false,
        }
    }
}
