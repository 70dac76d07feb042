//! Signs that a copy was taken file by file from under a running broker.
//!
//! Facts in, facts out: what they mean for a load or a recovery is decided where findings are made. That keys
//! repeat below the first dirty offset is such a sign too, but takes decoded records.

use crate::companion::{EpochEntry, OffsetIndex};
use crate::copy::CopyCheckpoints;

/// What a scan found in one `.log` file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentSpan {
    /// Index into [`PartitionCopy::files`](crate::PartitionCopy::files).
    pub file: usize,
    /// Offset in the file's name.
    pub base_offset: i64,
    /// Lowest base offset of its batches.
    pub first_offset: Option<i64>,
    /// Highest last offset of its batches.
    pub last_offset: Option<i64>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// How the file ends.
    pub tail: Tail,
}

/// How a segment file ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// With a whole batch, or it is empty.
    Whole,
    /// With zeros from this position on.
    Zeros {
        /// First zero byte.
        position: u64,
    },
    /// With part of a batch.
    Partial {
        /// Where that batch starts.
        position: u64,
    },
}

/// Which checkpoint is ahead of the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CheckpointKind {
    /// `replication-offset-checkpoint`.
    HighWatermark,
    /// `log-start-offset-checkpoint`.
    LogStart,
    /// `recovery-point-offset-checkpoint`.
    RecoveryPoint,
    /// `cleaner-offset-checkpoint`.
    FirstDirty,
}

/// One sign of a torn copy; `file` numbers are those of the spans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TornSign {
    /// A segment begins at or below the last offset before it: both sides of a cleaner's swap were copied.
    Overlap {
        /// The file before.
        earlier: usize,
        /// The file that should begin above it.
        later: usize,
        /// First offset both cover.
        from: i64,
        /// One past the last offset both cover.
        to: i64,
    },
    /// Batches in a file lie below the offset in its name.
    BelowBaseOffset {
        /// The file.
        file: usize,
        /// Its lowest offset.
        first_offset: i64,
    },
    /// Offsets that no file covers. Compaction leaves such holes below the first dirty offset, nothing does above.
    Missing {
        /// First missing offset.
        from: i64,
        /// One past the last.
        to: i64,
        /// The cleaner's first dirty offset; without one the hole may be compaction's.
        first_dirty_offset: Option<i64>,
    },
    /// The first file begins above offset 0, and no checkpoint tells that the log does. No cleaner takes a log's first file;
    /// retention does where somebody set `cleanup.policy` so, and leaves no entry either.
    BeginsLate {
        /// Offset in the first file's name.
        base_offset: i64,
    },
    /// Zeros or part of a batch at the end of a file that is not the last.
    TornInside {
        /// The file.
        file: usize,
        /// Where they start.
        position: u64,
    },
    /// An index entry points at or past the end of its segment: the index was copied after it.
    IndexPastEnd {
        /// The file.
        file: usize,
        /// Offset of the entry.
        offset: i64,
        /// Position it points to.
        position: i64,
    },
    /// An index names an offset that the log does not reach.
    IndexAhead {
        /// The file it belongs to.
        file: usize,
        /// The highest offset it names.
        offset: i64,
        /// Where the log ends.
        log_end_offset: i64,
    },
    /// A producer snapshot was taken at an offset the log does not reach.
    SnapshotAhead {
        /// Offset in the snapshot's name.
        offset: i64,
        /// Where the log ends.
        log_end_offset: i64,
    },
    /// A checkpoint lies above the log's end.
    CheckpointAhead {
        /// Which.
        checkpoint: CheckpointKind,
        /// What it says.
        offset: i64,
        /// Where the log ends.
        log_end_offset: i64,
    },
    /// A leader epoch starts above the log's end.
    EpochAhead {
        /// The epoch.
        entry: EpochEntry,
        /// Where the log ends.
        log_end_offset: i64,
    },
}

/// Looks for signs of a torn copy.
///
/// `spans` are the `.log` files in log order (so ascending by file); `indexes` the offset indexes that could be read, by file;
/// `indexed` the highest offset that a flawless index, of offsets or of times, names, by file; `snapshots` the offsets of
/// live producer snapshots. Takes one pass over each.
#[must_use]
pub fn torn_signs(
    spans: &[SegmentSpan],
    checkpoints: &CopyCheckpoints,
    leader_epochs: &[EpochEntry],
    indexes: &[(usize, OffsetIndex)],
    indexed: &[(usize, i64)],
    snapshots: &[i64],
) -> Vec<TornSign> {
    let mut signs = Vec::new();
    between_segments(spans, checkpoints, &mut signs);
    for (file, index) in indexes {
        let span = spans.binary_search_by_key(file, |span| span.file).ok().and_then(|at| spans.get(at));
        let Some(span) = span else { continue };
        let past = |position: i64| u64::try_from(position).is_ok_and(|position| position >= span.size_bytes);
        // Entries ascend, so the first one past the end tells from where on the segment lacks.
        if let Some(entry) = index.entries.iter().find(|entry| past(entry.position)) {
            signs.push(TornSign::IndexPastEnd {
                file: *file,
                offset: entry.offset,
                position: entry.position,
            });
        }
    }
    let Some(log_end_offset) = log_end(spans) else { return signs };
    let ahead = |offset: &i64| *offset > log_end_offset;
    // A batch that breaks off is damage of its own: what the index names may be in it.
    if !matches!(spans.last().map(|span| span.tail), Some(Tail::Partial { .. })) {
        let named =
            indexed.iter().filter(|(_, offset)| *offset >= log_end_offset).max_by_key(|(_, offset)| *offset);
        let told = signs.iter().any(|sign| matches!(sign, TornSign::IndexPastEnd { .. }));
        signs.extend(named.filter(|_| !told).map(|(file, offset)| TornSign::IndexAhead {
            file: *file,
            offset: *offset,
            log_end_offset,
        }));
    }
    let snapshots = snapshots.iter().copied().filter(ahead);
    signs.extend(snapshots.map(|offset| TornSign::SnapshotAhead { offset, log_end_offset }));
    let offsets = [
        (CheckpointKind::HighWatermark, checkpoints.high_watermark),
        (CheckpointKind::LogStart, checkpoints.log_start_offset),
        (CheckpointKind::RecoveryPoint, checkpoints.recovery_point),
        (CheckpointKind::FirstDirty, checkpoints.first_dirty_offset),
    ];
    for (checkpoint, offset) in offsets {
        if let Some(offset) = offset.filter(ahead) {
            signs.push(TornSign::CheckpointAhead { checkpoint, offset, log_end_offset });
        }
    }
    let epochs = leader_epochs.iter().filter(|entry| entry.start_offset > log_end_offset);
    signs.extend(epochs.map(|entry| TornSign::EpochAhead { entry: *entry, log_end_offset }));
    signs
}

/// Where the log ends: behind the highest offset, or at the last base offset if that is higher.
fn log_end(spans: &[SegmentSpan]) -> Option<i64> {
    let ends =
        spans.iter().map(|span| span.last_offset.map_or(span.base_offset, |last| last.saturating_add(1)));
    ends.max()
}

fn between_segments(spans: &[SegmentSpan], checkpoints: &CopyCheckpoints, signs: &mut Vec<TornSign>) {
    let first_dirty_offset = checkpoints.first_dirty_offset;
    let missing = |from: i64, to: i64, signs: &mut Vec<TornSign>| {
        let from = first_dirty_offset.map_or(from, |dirty| from.max(dirty));
        if from < to {
            signs.push(TornSign::Missing { from, to, first_dirty_offset });
        }
    };
    if let (Some(start), Some(first)) = (checkpoints.log_start_offset, spans.first()) {
        // Files below the log start may go, those above it may not: cleaning keeps a segment's name.
        if start < first.base_offset {
            signs.push(TornSign::Missing { from: start, to: first.base_offset, first_dirty_offset });
        }
    }
    if let (None, Some(first)) =
        (checkpoints.log_start_offset, spans.first().filter(|first| first.base_offset > 0))
    {
        signs.push(TornSign::BeginsLate { base_offset: first.base_offset });
    }
    // The file reaching farthest so far, and one past its last offset.
    let mut reach: Option<(usize, i64)> = None;
    for (nth, span) in spans.iter().enumerate() {
        let first = span.first_offset.unwrap_or(span.base_offset);
        if first < span.base_offset {
            signs.push(TornSign::BelowBaseOffset { file: span.file, first_offset: first });
        }
        if let Some((earlier, end)) = reach {
            if let Some(last) = span.last_offset
                && first < end
            {
                let to = end.min(last.saturating_add(1));
                signs.push(TornSign::Overlap { earlier, later: span.file, from: first, to });
            }
            missing(end, span.base_offset, signs);
        }
        let end = span.last_offset.map_or(span.base_offset, |last| last.saturating_add(1));
        if reach.is_none_or(|(_, farthest)| end > farthest) {
            reach = Some((span.file, end));
        }
        if nth + 1 < spans.len()
            && let Tail::Zeros { position } | Tail::Partial { position } = span.tail
        {
            signs.push(TornSign::TornInside { file: span.file, position });
        }
    }
}
