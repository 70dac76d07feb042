//! A row as one line of JSON: the machine-output contract of `history --json`.

use lastwrites_types::{ByteText, Flags};
use serde::{Serialize, Serializer};

use crate::model::AssignmentReport;
use crate::rows::{HistoryRow, Reason};

/// Appends one line.
pub fn write_json(row: &HistoryRow<'_>, out: &mut Vec<u8>) {
    // A struct of plain values always serializes, and a vector always takes bytes.
    let _ = serde_json::to_writer(&mut *out, &Line::from(row));
    out.push(b'\n');
}

/// The contract's fields, then what stands beside them where it applies.
#[derive(Serialize)]
struct Line<'a> {
    partition: Option<i32>,
    offset: i64,
    file: Text<'a>,
    position: u64,
    timestamp_ms: i64,
    group_id: Option<Text<'a>>,
    event: &'static str,
    topic: Option<Text<'a>>,
    topic_partition: Option<i32>,
    committed_offset: Option<i64>,
    leader_epoch: Option<i32>,
    metadata: Option<Text<'a>>,
    producer_id: Option<i64>,
    flags: Flags,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_instance_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_member_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_host: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebalance_timeout_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_timeout_ms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_epoch: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<&'a [AssignmentReport]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "is_true")]
    crc_ok: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_true(value: &bool) -> bool {
    *value
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
