//! A row as one line of JSON: the machine-output contract of `history --json`.

use lastwrites_types::schema::one_of;
use lastwrites_types::{ByteText, Flags};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::model::AssignmentReport;
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// Appends one line.
pub fn write_json(row: &HistoryRow<'_>, out: &mut Vec<u8>) {
    // A struct of plain values always serializes, and a vector always takes bytes.
    let _ = serde_json::to_writer(&mut *out, &Line::from(row));
    out.push(b'\n');
}

/// One event of `history`, a line each.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Line<'a> {
    /// Partition of `__consumer_offsets`; `null` when a lone segment file does not tell.
    partition: Option<i32>,
    /// The record's offset in that partition; of a settled or aborted commit the marker's, of lost records the first of them.
    offset: i64,
    /// Segment file name inside the partition directory.
    file: Text<'a>,
    /// Byte in the file where the batch starts.
    position: u64,
    /// The record's timestamp, ms since 1970; -1 where the batch has none.
    timestamp_ms: i64,
    /// Group id; `null` for a record whose key does not tell.
    group_id: Option<Text<'a>>,
    /// What happened; a closed list.
    #[schemars(schema_with = "events")]
    event: &'static str,
    /// Topic of an offset; `null` for group events.
    topic: Option<Text<'a>>,
    /// Partition of that topic; `null` for group events.
    topic_partition: Option<i32>,
    /// The committed offset; `null` for deletions and group events.
    committed_offset: Option<i64>,
    /// Leader epoch of the commit; `null` where Kafka stores -1, for deletions and group events.
    leader_epoch: Option<i32>,
    /// The commit's metadata text, often empty; `null` for deletions and group events.
    metadata: Option<Text<'a>>,
    /// Producer id of the batch; `null` where Kafka stores -1.
    producer_id: Option<i64>,
    /// Doubts and circumstances.
    flags: Flags,
    /// More about the event, as far as the log tells; left out where there is nothing more.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    /// The offset that was committed there before; left out where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_offset: Option<i64>,
    /// Of a settled or aborted commit: offset of the record that wrote it; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    record_offset: Option<i64>,
    /// Of lost records (reasons `damage`, `missing-file`), which begin at `offset`: the last offset that is lost; left out
    /// where the log ends in them or no offset is missing, and elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_lost_offset: Option<i64>,
    /// Member the event is about; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<Text<'a>>,
    /// Its `group.instance.id`; left out for dynamic members.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_instance_id: Option<Text<'a>>,
    /// The member id that a static member had before; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_member_id: Option<Text<'a>>,
    /// `client.id` of a member that joined or told something new about itself; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<Text<'a>>,
    /// Address it connected from, as `/10.0.0.7`; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_host: Option<Text<'a>>,
    /// Its rebalance timeout, ms; left out where no record tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    rebalance_timeout_ms: Option<i32>,
    /// Its `session.timeout.ms`; left out where it is a setting of the group's, which no record holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_timeout_ms: Option<i32>,
    /// Type of the group; left out where the event does not tell.
    #[schemars(schema_with = "crate::schema::words::group_type_or_null")]
    #[serde(skip_serializing_if = "Option::is_none")]
    group_type: Option<&'static str>,
    /// Generation of a classic group, group epoch of another; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<i32>,
    /// Member epoch; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_epoch: Option<i32>,
    /// What the member holds from here on, or is to hold; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<&'a [AssignmentReport]>,
    /// Anything else worth a word, for a person: a protocol, an exception; left out where there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// False where the batch's checksum is wrong; left out where it is right.
    #[serde(skip_serializing_if = "is_true")]
    crc_ok: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_true(value: &bool) -> bool {
    *value
}

fn events(_: &mut SchemaGenerator) -> Schema {
    one_of(&HistoryEvent::ALL.iter().map(|event| event.as_str()).collect::<Vec<_>>())
}

/// Bytes spelled as [`ByteText`] spells them.
struct Text<'a>(&'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => ByteText::from(self.0).serialize(serializer),
        }
    }
}

impl JsonSchema for Text<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        ByteText::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ByteText::json_schema(generator)
    }
}

impl JsonSchema for Reason {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        one_of(&Self::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'a> From<&HistoryRow<'a>> for Line<'a> {
    fn from(row: &HistoryRow<'a>) -> Self {
        Self {
            partition: row.partition,
            offset: row.offset,
            file: Text(row.file),
            position: row.position,
            timestamp_ms: row.timestamp_ms,
            group_id: row.group_id.map(Text),
            event: row.event.as_str(),
            topic: row.topic.map(Text),
            topic_partition: row.topic_partition,
            committed_offset: row.committed_offset,
            leader_epoch: row.leader_epoch,
            metadata: row.metadata.map(Text),
            producer_id: row.producer_id,
            flags: row.flags,
            reasons: row.reasons,
            previous_offset: row.previous_offset,
            record_offset: row.record_offset,
            last_lost_offset: row.last_lost_offset,
            member_id: row.member_id.map(Text),
            group_instance_id: row.group_instance_id.map(Text),
            replaced_member_id: row.replaced_member_id.map(Text),
            client_id: row.client_id.map(Text),
            client_host: row.client_host.map(Text),
            rebalance_timeout_ms: row.rebalance_timeout_ms,
            session_timeout_ms: row.session_timeout_ms,
            group_type: row.group_type,
            epoch: row.epoch,
            member_epoch: row.member_epoch,
            assignment: row.assignment,
            detail: row.detail,
            crc_ok: row.crc_ok,
        }
    }
}
