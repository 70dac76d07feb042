//! Histories of chosen groups: their records with their places, and what races need.

use std::collections::HashSet;

use foldhash::quality::FixedState;

use super::filter::{Item, Wanted, filtered};
use crate::group::Name;
use crate::load::key_group;
use crate::pass::{CopyFiles, CopyView, PassError, Progress, units};
use crate::race::{GroupTrace, TraceBuilder};

/// Highest type of the records that hold committed offsets (0 and 1).
const OFFSET_COMMIT: i16 = 1;

/// What is wanted of one copy.
#[derive(Clone, Debug, Default)]
pub struct WantedHistories {
    /// Groups whose group records are kept.
    pub groups: Vec<Name>,
    /// Groups to trace for races.
    pub traced: Vec<Name>,
    /// No cleaner gets beyond this offset.
    pub cleanable_to: i64,
    /// Records kept of the copy, and events traced of each group, at most; what comes later is not known.
    pub most_records: usize,
}

/// The histories of one copy.
#[derive(Debug, Default)]
pub struct Histories {
    /// Group records (types 2 and up) of the wanted groups, in log order.
    pub records: Vec<HistoryRecord>,
    /// Traces for races, by group id.
    pub traces: Vec<GroupTrace>,
}

/// One group record and where it lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryRecord {
    /// Its group.
    pub group_id: Name,
    /// Record type.
    pub record_type: i16,
    /// Its offset.
    pub offset: i64,
    /// Index of its file in the copy's file list.
    pub file: u32,
    /// Byte position of its batch.
    pub position: u64,
    /// Record timestamp, ms since 1970.
    pub timestamp_ms: i64,
    /// Key bytes.
    pub key: Box<[u8]>,
    /// Value bytes; `None` for a tombstone.
    pub value: Option<Box<[u8]>>,
}

/// Reads the histories of the wanted groups of every copy; nothing is read when none is wanted.
///
/// # Errors
/// When worker threads can't be started.
pub fn histories(
    files: &CopyFiles,
    views: &[CopyView],
    wanted: &[WantedHistories],
    unit_bytes: Option<u64>,
    progress: &Progress,
) -> Result<Vec<Histories>, PassError> {
    let mut found: Vec<Histories> = wanted.iter().map(|_| Histories::default()).collect();
    let mut builders: Vec<TraceBuilder> = Vec::with_capacity(wanted.len());
    let mut filters: Vec<Wanted> = Vec::with_capacity(wanted.len());
    let mut recorded: Vec<HashSet<Name, FixedState>> = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let traced = wanted.traced.iter().cloned().collect();
        builders.push(TraceBuilder::new(Some(traced), wanted.most_records));
        recorded.push(wanted.groups.iter().cloned().collect());
        filters.push(wanted.groups.iter().chain(&wanted.traced).map(|id| id.as_ref().into()).collect());
    }
    let mut units = units(files, views, unit_bytes);
    units.retain(|unit| filters.get(unit.copy as usize).is_some_and(|filter| !filter.is_empty()));
    filtered(files, &units, &filters, progress, |unit, item| {
        let copy = unit.copy as usize;
        let Some(builder) = builders.get_mut(copy) else { return };
        let record = match item {
            Item::Record(record) => record,
            Item::Marker { producer_id, committed, .. } => {
                return builder.end_transaction(*producer_id, *committed);
            }
            Item::EndOfFile => return,
        };
        builder.record(&record.as_load_record(), record.batch_end);
        let Some((key, (record_type, group_id))) =
            record.key.as_deref().and_then(|key| Some((key, key_group(key)?)))
        else {
            return;
        };
        let (Some(recorded), Some(found), Some(wanted)) =
            (recorded.get(copy), found.get_mut(copy), wanted.get(copy))
        else {
            return;
        };
        let Some(group_id) = recorded.get(group_id) else { return };
        if record_type > OFFSET_COMMIT && found.records.len() < wanted.most_records {
            found.records.push(HistoryRecord {
                group_id: group_id.clone(),
                record_type,
                offset: record.place.offset,
                file: unit.file,
                position: record.position,
                timestamp_ms: record.timestamp_ms,
                key: key.into(),
                value: record.value.clone(),
            });
        }
    })?;
    for ((found, builder), wanted) in found.iter_mut().zip(builders).zip(wanted) {
        found.traces = builder.finish(wanted.cleanable_to);
    }
    Ok(found)
}
