//! What a broker does to a partition directory when it starts on it (`LogLoader`), without doing it.
//!
//! Deletes leftovers, finishes or undoes an interrupted swap, recovers segments whose index is missing or
//! that were not flushed, and drops a log that ends before its start.

use std::collections::BTreeSet;

use crate::copy::{PartitionCopy, SegmentFile};
use crate::dir_name::DirKind;
use crate::file_name::{CompanionKind, SegmentKind};
use crate::view::{LogView, Origin, SegmentScan, ViewKind, range};

/// Bytes of an offset index entry; a file of another multiple is rebuilt.
const OFFSET_ENTRY_BYTES: u64 = 8;
/// Bytes of a time index entry.
const TIME_ENTRY_BYTES: u64 = 12;

/// One thing a starting broker would do; `file` is an index into [`PartitionCopy::files`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoadAction {
    /// Deletes a `.deleted` or `.cleaned` file.
    DeleteLeftover {
        /// The file.
        file: usize,
    },
    /// Deletes a `.swap` file at or above the lowest `.cleaned` one: part of an unfinished split.
    DeleteSwap {
        /// The file.
        file: usize,
    },
    /// Renames a `.swap` file to `.log`.
    FinishSwap {
        /// The file.
        file: usize,
    },
    /// Deletes a `.log` file whose base offset the `.swap` files cover.
    DeleteReplaced {
        /// The file.
        file: usize,
    },
    /// Cuts a segment at its first bad batch.
    Truncate {
        /// The file.
        file: usize,
        /// Bytes kept.
        to: u64,
    },
    /// Deletes a segment behind one that was cut.
    DeleteAfterTruncated {
        /// The file.
        file: usize,
    },
    /// Deletes a segment because the whole log ends below the checkpointed log start.
    DeleteBelowLogStart {
        /// The file.
        file: usize,
    },
}

/// The log after a start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadedLog {
    /// What is left to read.
    pub view: LogView,
    /// What was done, in the broker's order.
    pub actions: Vec<LoadAction>,
    /// The log's start offset: the checkpoint's, or the first segment's base offset if that is higher.
    pub log_start_offset: i64,
    /// The log's end offset.
    pub log_end_offset: i64,
}

/// A segment of the log being loaded.
#[derive(Clone, Copy)]
struct Loaded<'a> {
    at: usize,
    file: &'a SegmentFile,
    bytes: u64,
    /// Known once the segment was scanned.
    next_offset: Option<i64>,
}

impl PartitionCopy {
    /// What a broker starting on this directory would make of it. Scans the `.swap` files, the segments that
    /// would be recovered, and the last one.
    ///
    /// An index counts as corrupt only by its size; one with a bad last entry is not looked for.
    pub fn as_loaded(&self, scan: &mut dyn SegmentScan) -> LoadedLog {
        let mut actions = Vec::new();
        let mut segments = self.after_swap(scan, &mut actions);
        self.recover_unindexed(&mut segments, scan, &mut actions);
        if !self.checkpoints.clean_shutdown && !matches!(self.kind, DirKind::Delete(_)) {
            self.recover_unflushed(&mut segments, scan, &mut actions);
        }
        let log_start = self.checkpoints.log_start_offset.unwrap_or(0);
        let mut log_end_offset = match segments.last_mut() {
            Some(last) => {
                let next = last.next_offset.or_else(|| scan.facts(last.file).next_offset);
                next.unwrap_or(last.file.base_offset)
            }
            None => log_start,
        };
        if log_end_offset < log_start {
            actions
                .extend(segments.iter().map(|segment| LoadAction::DeleteBelowLogStart { file: segment.at }));
            segments.clear();
            log_end_offset = log_start;
        }
        let log_start_offset =
            segments.first().map_or(log_start, |first| first.file.base_offset.max(log_start));
        // A load begins with the batch that holds the log start (`CoordinatorLoaderImpl`), whatever lies before.
        let ranges = segments
            .iter()
            .filter_map(|segment| {
                let below = segment.file.base_offset < log_start;
                let from = if below { scan.position_of(segment.file, log_start) } else { 0 };
                range(segment.at, from.min(segment.bytes), segment.bytes, Origin::Live)
            })
            .collect();
        LoadedLog {
            view: LogView { kind: ViewKind::AsLoaded, ranges },
            actions,
            log_start_offset,
            log_end_offset,
        }
    }

    /// The segments once leftovers are gone and swaps are finished, in log order.
    fn after_swap(&self, scan: &mut dyn SegmentScan, actions: &mut Vec<LoadAction>) -> Vec<Loaded<'_>> {
        // Any `.cleaned` file counts, an index as well as a segment.
        let cleaned_indexes = self.companions.iter().filter(|file| file.stage == SegmentKind::Cleaned);
        let cleaned =
            self.files.iter().filter(|file| file.kind == SegmentKind::Cleaned).map(|file| file.base_offset);
        let min_cleaned =
            cleaned.chain(cleaned_indexes.filter_map(|file| file.base_offset)).min().unwrap_or(i64::MAX);
        let mut logs = Vec::new();
        let mut swaps = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            let segment = Loaded { at, file, bytes: file.size_bytes, next_offset: None };
            match file.kind {
                SegmentKind::Deleted | SegmentKind::Cleaned => {
                    actions.push(LoadAction::DeleteLeftover { file: at })
                }
                SegmentKind::Swap if file.base_offset >= min_cleaned => {
                    actions.push(LoadAction::DeleteSwap { file: at });
                }
                SegmentKind::Swap => swaps.push(segment),
                SegmentKind::Log => logs.push(segment),
            }
        }
        let from = swaps.iter().map(|swap| swap.file.base_offset).min();
        let to =
            swaps.iter().map(|swap| scan.facts(swap.file).next_offset.unwrap_or(swap.file.base_offset)).max();
        let covered = |base: i64| from.is_some_and(|from| from <= base) && to.is_some_and(|to| base < to);
        // An empty `.swap` covers nothing, yet renaming it overwrites the `.log` of the same name.
        let same_name: BTreeSet<i64> = swaps.iter().map(|swap| swap.file.base_offset).collect();
        let replaced =
            |file: &SegmentFile| covered(file.base_offset) || same_name.contains(&file.base_offset);
        logs.retain(|segment| {
            let gone = replaced(segment.file);
            if gone {
                actions.push(LoadAction::DeleteReplaced { file: segment.at });
            }
            !gone
        });
        actions.extend(swaps.iter().map(|swap| LoadAction::FinishSwap { file: swap.at }));
        logs.extend(swaps);
        logs.sort_by_key(|segment| segment.file.base_offset);
        logs
    }

    /// Segments without a usable index are recovered even after a clean shutdown; those behind stay.
    fn recover_unindexed(
        &self,
        segments: &mut [Loaded<'_>],
        scan: &mut dyn SegmentScan,
        actions: &mut Vec<LoadAction>,
    ) {
        // After a finished swap the indexes that count are the swap's own.
        let indexed = self.indexed();
        for segment in segments.iter_mut() {
            if !indexed.contains(&(segment.file.base_offset, segment.file.kind)) {
                recover(segment, scan, actions);
            }
        }
    }

    /// Base offset and stage of segments whose indexes a start takes as they are.
    fn indexed(&self) -> BTreeSet<(i64, SegmentKind)> {
        let mut indexed = BTreeSet::new();
        let mut unsound = BTreeSet::new();
        for file in &self.companions {
            let (Some(base_offset), stage) = (file.base_offset, file.stage) else { continue };
            match file.kind {
                CompanionKind::OffsetIndex if file.size_bytes.is_multiple_of(OFFSET_ENTRY_BYTES) => {
                    indexed.insert((base_offset, stage));
                }
                CompanionKind::TimeIndex if !file.size_bytes.is_multiple_of(TIME_ENTRY_BYTES) => {
                    unsound.insert((base_offset, stage));
                }
                _ => {}
            }
        }
        &indexed - &unsound
    }

    /// Without a clean shutdown, segments from the one holding the recovery point on are checked batch by batch;
    /// the first cut ends the log.
    fn recover_unflushed(
        &self,
        segments: &mut Vec<Loaded<'_>>,
        scan: &mut dyn SegmentScan,
        actions: &mut Vec<LoadAction>,
    ) {
        let recovery_point = self.checkpoints.recovery_point.unwrap_or(0);
        let first =
            segments.partition_point(|segment| segment.file.base_offset <= recovery_point).saturating_sub(1);
        let mut keep = segments.len();
        for (at, segment) in segments.iter_mut().enumerate().skip(first) {
            // What a missing index already had cut is whole by now.
            let checked_before = segment.next_offset.is_some() || segment.bytes < segment.file.size_bytes;
            if !checked_before && recover(segment, scan, actions) {
                keep = at + 1;
                break;
            }
        }
        actions.extend(
            segments.iter().skip(keep).map(|segment| LoadAction::DeleteAfterTruncated { file: segment.at }),
        );
        segments.truncate(keep);
    }
}

/// Cuts a segment at its first bad batch; true when there was one.
fn recover(segment: &mut Loaded<'_>, scan: &mut dyn SegmentScan, actions: &mut Vec<LoadAction>) -> bool {
    let facts = scan.facts(segment.file);
    segment.next_offset = facts.next_offset;
    let cut = facts.valid_bytes < segment.bytes;
    if cut {
        segment.bytes = facts.valid_bytes;
        actions.push(LoadAction::Truncate { file: segment.at, to: facts.valid_bytes });
    }
    cut
}
