//! The history of groups as a chart can draw it: a bounded number of events of a bounded number of groups.
//!
//! Filled from the rows of `history` in the pass that health follows anyway, never by a reading of its own. Which groups
//! are taken, and how many events of each, is settled before the pass (`plan`), so memory is a constant whatever the
//! log's length. What is left out is counted.

mod follow;
mod holes;
mod plan;
mod thinned;

use lastwrites_types::ByteText;
use lastwrites_types::schema::one_of;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::rows::{HistoryEvent, Reason};
pub(crate) use follow::Follower;
pub(crate) use plan::Plan;

/// What happened to the groups over time, thinned to what can be drawn.
#[derive(Serialize, JsonSchema, Debug, Default)]
pub struct Histories {
    /// Groups by id (raw bytes) and then by the partition they were found in: those that are hit, then those that a
    /// finding names, then those that committed last, as far as there is room; behind them groups that are not there at
    /// the end of the log.
    pub groups: Vec<GroupHistory>,
    /// Groups that the report has and no history is kept of.
    pub groups_left_out: usize,
    /// Groups that are not there at the end of the log and no history is kept of.
    pub deleted_left_out: usize,
    /// When the records were written that a load fails at, by copy and offset.
    pub incidents: Vec<IncidentMoment>,
    /// Stretches of the log that are lost, in log order copy by copy: what was committed there is in no line.
    pub holes: Vec<HoleMoment>,
    /// Such stretches that are not among these.
    pub holes_left_out: usize,
}

/// The history of one group in one copy of its partition.
#[derive(Serialize, JsonSchema, Debug)]
pub struct GroupHistory {
    /// Group id.
    pub group_id: ByteText,
    /// Partition its records were found in; `null` when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// The copy it was read from: the partition directory as given.
    pub path: String,
    /// True for a group that is not there at the end of the log.
    pub deleted: bool,
    /// What it committed, by topic (raw bytes) and partition.
    pub offsets: Vec<OffsetHistory>,
    /// Partitions it committed to beside these.
    pub offsets_left_out: usize,
    /// How its generation or epoch, its type and its existence changed, in log order.
    pub changes: Vec<GroupMoment>,
    /// Changes of that kind that are not among these.
    pub changes_left_out: u64,
}

/// What a group committed for one partition.
#[derive(Serialize, JsonSchema, Debug)]
pub struct OffsetHistory {
    /// Topic name.
    pub topic: ByteText,
    /// Partition number.
    pub partition: i32,
    /// Events in log order: the first and the last, rewinds, jumps, resets, deletions and aborted commits before others.
    pub events: Vec<OffsetMoment>,
    /// Commits that go on as before and are not among these: of equal stretches of commits one is kept.
    pub commits_left_out: u64,
    /// Rewinds, jumps, resets, deletions and aborted commits that are not among these.
    pub marked_left_out: u64,
}

/// One event of a partition's history, with the words of `history --json`.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct OffsetMoment {
    /// The record's timestamp, ms since 1970; -1 where the batch has none.
    pub ms: i64,
    /// The record's offset; of a settled or aborted commit the marker's.
    pub record_offset: i64,
    /// What happened.
    #[serde(serialize_with = "event_word")]
    #[schemars(schema_with = "offset_events")]
    pub event: HistoryEvent,
    /// The committed offset; `null` for a deletion.
    pub offset: Option<i64>,
    /// The offset that was committed there before; left out where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_offset: Option<i64>,
    /// More about the event; left out where there is nothing more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// A change of a group, with the words of `history --json`.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct GroupMoment {
    /// The record's timestamp, ms since 1970; -1 where the batch has none.
    pub ms: i64,
    /// The record's offset.
    pub record_offset: i64,
    /// What happened.
    #[serde(serialize_with = "event_word")]
    #[schemars(schema_with = "group_events")]
    pub event: HistoryEvent,
    /// Type of the group; `null` where the event does not tell.
    #[schemars(schema_with = "crate::schema::words::group_type_or_null")]
    pub group_type: Option<&'static str>,
    /// Generation of a classic group, group epoch of another; `null` where the event does not tell.
    pub epoch: Option<i32>,
}

/// When a record was written that a load fails at, or that stands in its way.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncidentMoment {
    /// The copy: the partition directory as given.
    pub path: String,
    /// Partition number; `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The record's offset.
    pub offset: i64,
    /// `fails` for the record at which the load fails, `in-the-way` for the record it contradicts.
    pub role: IncidentRole,
    /// Timestamp of that record, or of the next one that tells of a group, ms since 1970; `null` where no record
    /// from there on tells.
    pub ms: Option<i64>,
}

/// What a record is to a failing load.
#[derive(Serialize, JsonSchema, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentRole {
    /// The load fails here.
    Fails,
    /// The failing record contradicts this one.
    InTheWay,
}

/// A stretch of the log that is lost, as `history` tells it in its place.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct HoleMoment {
    /// The copy: the partition directory as given.
    pub path: String,
    /// Partition number; `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// First offset that may be lost.
    pub record_offset: i64,
    /// Last offset that is lost; `null` where nothing can be read behind it, or where no offset is missing around the
    /// damage.
    pub last_lost_offset: Option<i64>,
    /// `damage`, `missing-file` or both.
    pub reasons: Vec<Reason>,
    /// Timestamp of the last event of any group before it, ms since 1970; `null` where there is none.
    pub from_ms: Option<i64>,
    /// Timestamp of the first event of any group behind it, ms since 1970; `null` where there is none.
    pub to_ms: Option<i64>,
}

fn event_word<S: serde::Serializer>(event: &HistoryEvent, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(event.as_str())
}

const OFFSET_EVENTS: [HistoryEvent; 4] = [
    HistoryEvent::Commit,
    HistoryEvent::CommitSettled,
    HistoryEvent::CommitAborted,
    HistoryEvent::OffsetDeleted,
];
const GROUP_EVENTS: [HistoryEvent; 4] = [
    HistoryEvent::GroupCreated,
    HistoryEvent::GroupChanged,
    HistoryEvent::GroupDeleted,
    HistoryEvent::TypeChanged,
];

fn offset_events(_: &mut SchemaGenerator) -> Schema {
    one_of(&OFFSET_EVENTS.map(HistoryEvent::as_str))
}

fn group_events(_: &mut SchemaGenerator) -> Schema {
    one_of(&GROUP_EVENTS.map(HistoryEvent::as_str))
}
