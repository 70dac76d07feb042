//! The log cleaner and the loader that races it, on batches.
//!
//! A model, not a port: latest record per key below the end of the offset map survives, aborted data goes at once,
//! markers stay, batches keep their base and last offset, batches left without records vanish. Tombstones are kept or
//! dropped as asked (a broker keeps them for `delete.retention.ms`).

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::{Batch, Marker, Record};

/// What becomes of tombstones below the end of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tombstones {
    /// Still within `delete.retention.ms`.
    Keep,
    /// Aged out.
    Drop,
}

/// The log after a cleaner pass whose offset map covers everything below `map_end`, which is expected on a batch
/// boundary and not beyond the first open transaction.
pub fn compact(log: &[Batch], map_end: i64, tombstones: Tombstones) -> Vec<Batch> {
    let aborted = aborted_batches(log, map_end);
    let latest = latest_by_key(log, map_end, &aborted);
    log.iter()
        .filter_map(|batch| {
            if batch.base_offset >= map_end || batch.control {
                return Some(batch.clone());
            }
            let survives = |record: &&Record| {
                !aborted.contains(&batch.base_offset)
                    && record
                        .key
                        .as_ref()
                        .is_some_and(|key| latest.get(key) == Some(&batch.offset_of(record)))
                    && (record.value.is_some() || tombstones == Tombstones::Keep)
            };
            let records: Vec<Record> = batch.records.iter().filter(survives).cloned().collect();
            let max_timestamp_ms = records.iter().map(|record| record.timestamp_ms).max()?;
            Some(Batch { records, max_timestamp_ms, ..batch.clone() })
        })
        .collect()
}

/// What a loader saw that had read up to `loader_at` when the cleaner swapped in segments cleaned up to `cleaned_to`:
/// raw, then compacted, then raw. Both on batch boundaries.
pub fn torn_view(log: &[Batch], loader_at: i64, cleaned_to: i64) -> Vec<Batch> {
    let raw = log.iter().filter(|batch| batch.base_offset < loader_at).cloned();
    let rest = compact(log, cleaned_to, Tombstones::Keep);
    raw.chain(rest.into_iter().filter(|batch| batch.base_offset >= loader_at)).collect()
}

/// A batch as the cleaner leaves it when it may not remove the batch itself (last sequence of a live producer, last
/// batch of a pass): header only, base timestamp -1, horizon bit cleared.
pub fn emptied(batch: &Batch) -> Batch {
    Batch { records: Vec::new(), delete_horizon_ms: None, ..batch.clone() }
}

/// A batch with tombstones after the first pass since Kafka 3.1: its deletion is scheduled for `horizon_ms`.
pub fn with_delete_horizon(batch: &Batch, horizon_ms: i64) -> Batch {
    Batch { delete_horizon_ms: Some(horizon_ms), ..batch.clone() }
}

/// Base offsets of the data batches whose transaction was aborted below `map_end`.
fn aborted_batches(log: &[Batch], map_end: i64) -> BTreeSet<i64> {
    let mut open: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let mut aborted = BTreeSet::new();
    for batch in log.iter().filter(|batch| batch.base_offset < map_end && batch.transactional) {
        if !batch.control {
            open.entry(batch.producer_id).or_default().push(batch.base_offset);
            continue;
        }
        let ended = open.remove(&batch.producer_id).unwrap_or_default();
        if marker_of(batch) == Some(Marker::Abort) {
            aborted.extend(ended);
        }
    }
    aborted
}

fn marker_of(batch: &Batch) -> Option<Marker> {
    let key = batch.records.first()?.key.as_deref()?;
    match key.get(2..4)? {
        [0, 0] => Some(Marker::Abort),
        [0, 1] => Some(Marker::Commit),
        _ => None,
    }
}

fn latest_by_key<'a>(log: &'a [Batch], map_end: i64, aborted: &BTreeSet<i64>) -> BTreeMap<&'a Vec<u8>, i64> {
    log.iter()
        .filter(|batch| {
            batch.base_offset < map_end && !batch.control && !aborted.contains(&batch.base_offset)
        })
        .flat_map(Batch::offsets)
        .filter_map(|(offset, record)| Some((record.key.as_ref()?, offset)))
        .collect()
}
