//! Was the copy taken file by file from under a running broker?

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::state::{Continuity, CopyState, Tally, TransactionsRead};
use lastwrites_evidence::companion::OffsetIndex;
use lastwrites_evidence::{
    CheckpointKind, Companion, CompanionKind, PartitionCopy, SegmentKind, SegmentSpan, Tail, TornSign,
    torn_signs,
};

use super::{Code, Finding};

/// Signs named in one finding; a copy that raced the cleaner shows the same few over and over.
const SIGNS_NAMED: usize = 3;

/// What a pass saw of a copy's files, whatever it read them for.
#[derive(Clone, Copy)]
pub(crate) struct FilesRead<'a> {
    tallies: &'a BTreeMap<u32, Tally>,
    pub(crate) spans: &'a BTreeMap<u32, Continuity>,
    pub(crate) continuity: &'a Continuity,
}

impl<'a> From<&'a CopyState> for FilesRead<'a> {
    fn from(state: &'a CopyState) -> Self {
        Self { tallies: &state.tallies, spans: &state.spans, continuity: &state.continuity }
    }
}

impl<'a> From<&'a Judgement> for FilesRead<'a> {
    fn from(judgement: &'a Judgement) -> Self {
        let Judgement { tallies, spans, continuity, .. } = judgement;
        Self { tallies, spans, continuity }
    }
}

impl<'a> From<&'a TransactionsRead> for FilesRead<'a> {
    fn from(read: &'a TransactionsRead) -> Self {
        let TransactionsRead { tallies, spans, continuity, .. } = read;
        Self { tallies, spans, continuity }
    }
}

/// What is said of a copy of which nothing else is odd.
const LACKS_FIRST: &str = "this copy may lack its first files";

/// One finding that names the signs, if there are any.
pub(crate) fn torn_copy<'a>(copy: &PartitionCopy, read: impl Into<FilesRead<'a>>) -> Option<Finding> {
    let read = read.into();
    let signs = signs(copy, read);
    let mut what: Vec<String> = signs.iter().map(|sign| words(copy, sign)).collect();
    if let Some(before) = read.continuity.backwards {
        what.push(format!("offsets go back below {before}, which was read before"));
    }
    let more = what.len().saturating_sub(SIGNS_NAMED);
    what.truncate(SIGNS_NAMED);
    let lead = match copy.capture_partial() {
        Some(why) => {
            what.insert(0, why.to_owned());
            "the capture left this copy partial"
        }
        None => "this copy mixes states of different moments",
    };
    if what.is_empty() {
        return None;
    }
    let lead = match signs.as_slice() {
        [TornSign::BeginsLate { .. }] if what.len() == 1 => LACKS_FIRST,
        _ => lead,
    };
    let named = what.join("; ");
    let more = if more == 0 { String::new() } else { format!("; and {more} more signs") };
    let what_of_it = match lead {
        LACKS_FIRST => "Groups and offsets that were last written there are not told",
        _ => "Committed offsets may be older than what was acknowledged, or missing",
    };
    let message = format!("{lead}: {named}{more}. {what_of_it}");
    Some(Finding::new(Code::TornCopy, message))
}

/// From where and below where this copy lacks records: files between them are missing, or the copy's own checkpoints
/// and indexes know of records behind its end (below `i64::MAX`), or may be, as a capture says that left it partial.
/// `None` where nothing is known to be missing.
pub(crate) fn missing<'a>(copy: &PartitionCopy, read: impl Into<FilesRead<'a>>) -> Option<(i64, i64)> {
    joined(Lacking::of(copy, read.into()).spans.into_iter())
}

/// What a copy's own files tell of its ends.
pub(crate) struct AtEnds {
    /// Like [`missing`], of what is missing before the first file and behind the end: what is missing between files a pass
    /// sees itself (`crate::build::know_lost_files`).
    pub(crate) missing: Option<(i64, i64)>,
    /// Offset that its log is known to have reached: at least the end of its last readable batch.
    pub(crate) reached: i64,
}

impl AtEnds {
    /// Of one copy as a pass has read it.
    pub(crate) fn of<'a>(copy: &PartitionCopy, read: impl Into<FilesRead<'a>>) -> Self {
        let Lacking { spans, reached } = Lacking::of(copy, read.into());
        let first = copy.log_files().map(|(_, file)| file.base_offset).min();
        let at_an_end = |below: i64| below == i64::MAX || first.is_some_and(|first| below <= first);
        let missing = joined(spans.into_iter().filter(|(_, below)| at_an_end(*below)));
        Self { missing, reached }
    }
}

fn joined(spans: impl Iterator<Item = (i64, i64)>) -> Option<(i64, i64)> {
    spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// What a copy's own files know of and don't have.
struct Lacking {
    /// From where and below where, in no order; behind the end below `i64::MAX`.
    spans: Vec<(i64, i64)>,
    /// See [`AtEnds::reached`].
    reached: i64,
}

impl Lacking {
    fn of(copy: &PartitionCopy, read: FilesRead<'_>) -> Self {
        let end = read.continuity.next.unwrap_or(0);
        let mut spans = Vec::new();
        let mut known: Vec<i64> = copy.high_watermark().into_iter().collect();
        for sign in signs(copy, read) {
            match sign {
                TornSign::Missing { from, to, first_dirty_offset: Some(dirty) } if to > dirty => {
                    spans.push((from, to));
                }
                TornSign::CheckpointAhead { offset, .. } | TornSign::SnapshotAhead { offset, .. } => {
                    known.push(offset);
                }
                TornSign::IndexPastEnd { file, offset, .. } => {
                    // A segment that others follow ends where the next one begins.
                    match behind(copy, read, file).filter(|(from, below)| from < below) {
                        Some(inside) => spans.push(inside),
                        None => known.push(offset.saturating_add(1)),
                    }
                }
                TornSign::IndexAhead { offset, .. } => known.push(offset.saturating_add(1)),
                TornSign::EpochAhead { entry, .. } => known.push(entry.start_offset),
                _ => {}
            }
        }
        // An empty active segment is named after the log's end, and no cleaner takes what lies behind its first dirty offset.
        let is_dirty = copy.first_dirty_offset().is_some_and(|dirty| dirty <= end);
        let active = copy.log_files().filter(|(_, file)| file.size_bytes == 0 && is_dirty);
        known.extend(active.map(|(_, file)| file.base_offset).max());
        let reached = known.into_iter().max().unwrap_or(end).max(end);
        if reached > end || copy.capture_partial().is_some() {
            spans.push((end, i64::MAX));
        }
        Self { spans, reached }
    }
}

/// From the end of a segment's last readable batch to the next segment.
fn behind(copy: &PartitionCopy, read: FilesRead<'_>, file: usize) -> Option<(i64, i64)> {
    let found = copy.files.get(file)?;
    let next = copy.log_files().map(|(_, other)| other.base_offset).find(|base| *base > found.base_offset)?;
    let seen = read.spans.get(&u32::try_from(file).ok()?)?;
    Some((seen.next.unwrap_or(found.base_offset), next))
}

/// Files of the log whose index points past their end: indexes into the copy's files.
pub(crate) fn short_files(copy: &PartitionCopy) -> Vec<usize> {
    let size = |file: usize| copy.files.get(file).map(|file| file.size_bytes);
    let is_short = |(file, index): &(usize, OffsetIndex)| {
        let last = index.entries.iter().filter_map(|entry| u64::try_from(entry.position).ok()).max();
        last.zip(size(*file)).is_some_and(|(last, size)| last >= size)
    };
    indexes(copy).iter().filter(|found| is_short(found)).map(|(file, _)| *file).collect()
}

fn signs(copy: &PartitionCopy, read: FilesRead<'_>) -> Vec<TornSign> {
    let spans: Vec<SegmentSpan> = copy.log_files().filter_map(|(index, _)| span(copy, read, index)).collect();
    torn_signs(
        &spans,
        &copy.checkpoints,
        &copy.leader_epochs,
        &indexes(copy),
        &indexed(copy),
        &snapshots(copy),
    )
}

fn span(copy: &PartitionCopy, read: FilesRead<'_>, index: usize) -> Option<SegmentSpan> {
    let file = copy.files.get(index)?;
    let key = u32::try_from(index).ok()?;
    // An empty file has no batches that a pass would have seen.
    let seen = read.spans.get(&key).copied();
    let seen = if file.size_bytes == 0 { seen.unwrap_or_default() } else { seen? };
    let tally = read.tallies.get(&key)?;
    let end_of_data = tally.bytes() - tally.empty_bytes;
    let tail = match tally.damage.last() {
        Some(damage) if !damage.kind.is_readable() && damage.range.end == tally.bytes() => {
            Tail::Partial { position: damage.range.start }
        }
        _ if tally.empty_bytes > 0 => Tail::Zeros { position: end_of_data },
        _ => Tail::Whole,
    };
    Some(SegmentSpan {
        file: index,
        base_offset: file.base_offset,
        first_offset: seen.first,
        last_offset: seen.next.map(|next| next - 1),
        size_bytes: file.size_bytes,
        tail,
    })
}

/// Offset indexes that can be read, by segment; a damaged index is a finding of its own.
fn indexes(copy: &PartitionCopy) -> Vec<(usize, OffsetIndex)> {
    let live = copy
        .companions
        .iter()
        .filter(|file| file.kind == CompanionKind::OffsetIndex && file.stage == SegmentKind::Log);
    live.filter_map(|file| match file.load() {
        Ok(Companion::OffsetIndex(index)) => Some((segment_of(copy, file.base_offset?)?, index)),
        _ => None,
    })
    .collect()
}

/// The highest offset that each index names, of offsets or of times, by segment; of a damaged one nothing.
fn indexed(copy: &PartitionCopy) -> Vec<(usize, i64)> {
    let kinds = [CompanionKind::OffsetIndex, CompanionKind::TimeIndex];
    let live =
        copy.companions.iter().filter(|file| kinds.contains(&file.kind) && file.stage == SegmentKind::Log);
    live.filter_map(|file| {
        let last = match file.load() {
            Ok(Companion::OffsetIndex(index)) if index.flaw.is_none() => index.entries.last()?.offset,
            Ok(Companion::TimeIndex(index)) if index.flaw.is_none() => index.entries.last()?.offset,
            _ => return None,
        };
        Some((segment_of(copy, file.base_offset?)?, last))
    })
    .collect()
}

/// The segment of the log with this offset in its name: an index into the copy's files.
fn segment_of(copy: &PartitionCopy, base_offset: i64) -> Option<usize> {
    copy.log_files().find(|(_, file)| file.base_offset == base_offset).map(|(index, _)| index)
}

fn snapshots(copy: &PartitionCopy) -> Vec<i64> {
    let live = copy
        .companions
        .iter()
        .filter(|file| file.kind == CompanionKind::ProducerSnapshot && file.stage == SegmentKind::Log);
    live.filter_map(|file| file.base_offset).collect()
}

fn words(copy: &PartitionCopy, sign: &TornSign) -> String {
    let name = |file: &usize| copy.files.get(*file).map_or("?", |file| &*file.name);
    match sign {
        TornSign::Overlap { earlier, later, from, to } => {
            format!("{} and {} both cover offsets {from} to {to}", name(earlier), name(later))
        }
        TornSign::BelowBaseOffset { file, first_offset } => {
            format!("{} begins with offset {first_offset}, below its name", name(file))
        }
        TornSign::Missing { from, to, .. } => format!("no file covers offsets {from} to {to}"),
        TornSign::BeginsLate { base_offset } => format!(
            "the first file begins at offset {base_offset}, and no log-start checkpoint tells that the log does: unless somebody \
             gave the topic a cleanup.policy that deletes, files before it are missing"
        ),
        TornSign::TornInside { file, position } => {
            format!(
                "{} ends at position {position} in the middle of something, and is not the last",
                name(file)
            )
        }
        TornSign::IndexPastEnd { file, offset, position } => {
            format!(
                "the index of {} points to position {position} (offset {offset}), past its end",
                name(file)
            )
        }
        TornSign::IndexAhead { file, offset, log_end_offset } => {
            format!("an index of {} names offset {offset}, the log ends at {log_end_offset}", name(file))
        }
        TornSign::SnapshotAhead { offset, log_end_offset } => {
            format!("a producer snapshot is of offset {offset}, the log ends at {log_end_offset}")
        }
        TornSign::CheckpointAhead { checkpoint, offset, log_end_offset } => {
            let checkpoint = match checkpoint {
                CheckpointKind::HighWatermark => "the high watermark",
                CheckpointKind::LogStart => "the log start",
                CheckpointKind::RecoveryPoint => "the recovery point",
                CheckpointKind::FirstDirty => "the cleaner's first dirty offset",
            };
            format!("{checkpoint} is checkpointed at {offset}, the log ends at {log_end_offset}")
        }
        TornSign::EpochAhead { entry, log_end_offset } => format!(
            "leader epoch {} starts at {}, the log ends at {log_end_offset}",
            entry.leader_epoch, entry.start_offset
        ),
    }
}
