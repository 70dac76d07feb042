//! Batches that lie elsewhere than they say: which copies have some, and what is taken instead.

use std::collections::BTreeMap;

use lastwrites_coordinator::pass::CopyFiles;
use lastwrites_coordinator::state::{last_batch, may_be_out_of_place, out_of_place};
use lastwrites_evidence::{CompanionKind, PartitionCopy, SegmentFile};

use super::reading::Reading;
use crate::findings::FilesRead;

/// Looks for batches that contradict the order of their file or the names of files, in copies whose replay gives reason
/// to; true where any were found, which the next replay reads at the offsets taken for them.
pub(crate) fn in_files(copies: &[&PartitionCopy], files: &mut CopyFiles, read: &[FilesRead<'_>]) -> bool {
    let mut found = Vec::new();
    for (at, (copy, state)) in copies.iter().zip(read).enumerate() {
        for (file, span) in state.spans {
            let (Some(first), Some(next)) = (span.first, span.next) else { continue };
            let (from, below) = bounds(copy, *file);
            if span.backwards.is_none() && !may_be_out_of_place(first, next, from, below) {
                continue;
            }
            let Some(source) = files.file(at, *file).map(|file| file.source.as_ref()) else {
                continue;
            };
            let others = state.spans.keys().filter(|other| *other != file);
            let others = others.filter_map(|other| Some(files.file(at, *other)?.source.as_ref()));
            let moved = out_of_place(source, from, below, &others.collect::<Vec<_>>());
            found.push((at, *file, moved));
        }
    }
    let any = found.iter().any(|(.., moved)| !moved.is_empty());
    for (at, file, moved) in found {
        files.move_batches(at, file, moved);
    }
    any
}

/// Looks for copies whose last batch alone stands farther on than everything else knows of. No cleaner rewrites the file
/// that is written to, so nothing is missing before a log's last batch; where something is and no other copy, checkpoint
/// or file name reaches that far, the batch is the next one after those before it.
pub(crate) fn at_ends(
    copies: &[&PartitionCopy],
    files: &mut CopyFiles,
    read: &[FilesRead<'_>],
    reading: &Reading,
) -> bool {
    let mut found = Vec::new();
    for set in &reading.sets {
        let of_set: Vec<usize> = set.read().filter_map(|at| reading.copies.binary_search(&at).ok()).collect();
        for at in &of_set {
            let others = of_set.iter().filter(|other| *other != at);
            let reached = others.filter_map(|other| read.get(*other)?.continuity.next).max();
            let (Some(copy), Some(state), Some(reached)) = (copies.get(*at), read.get(*at), reached) else {
                continue;
            };
            if let Some((file, base)) = alone_at_end(copy, *state, reached) {
                found.push((*at, file, base));
            }
        }
    }
    let mut any = false;
    for (at, file, base) in found {
        let position = files.file(at, file).and_then(|file| last_batch(file.source.as_ref()));
        if let Some(position) = position {
            files.move_batches(at, file, BTreeMap::from([(position, base)]));
            any = true;
        }
    }
    any
}

/// The file of a copy's last batch and the offset that it has room at, where nothing knows of its own.
fn alone_at_end(copy: &PartitionCopy, state: FilesRead<'_>, reached: i64) -> Option<(u32, i64)> {
    let with_batches = state.spans.iter().filter(|(_, span)| span.last_base.is_some());
    let (file, span) =
        with_batches.max_by_key(|(file, _)| copy.files.get(**file as usize).map(|file| file.base_offset))?;
    let named = bounds(copy, *file).0;
    let room = span.before_last.or(named)?;
    let (base, end) = (span.last_base?, span.next?);
    let is_alone = room < base && end == state.continuity.next? && reached < end;
    (is_alone && !copy.is_text() && !knows(copy, base)).then_some((*file, room))
}

/// Whether anything beside the batches says that the copy's log reached an offset.
fn knows(copy: &PartitionCopy, offset: i64) -> bool {
    let checkpoints = &copy.checkpoints;
    let checkpoints =
        [checkpoints.high_watermark, checkpoints.recovery_point, checkpoints.first_dirty_offset];
    let epochs = copy.leader_epochs.iter().map(|entry| entry.start_offset);
    let snapshots = copy.companions.iter().filter(|file| file.kind == CompanionKind::ProducerSnapshot);
    let named = copy.log_files().map(|(_, file)| file.base_offset);
    let snapshots = snapshots.filter_map(|file| file.base_offset);
    checkpoints.into_iter().flatten().chain(epochs).chain(snapshots).chain(named).any(|known| known >= offset)
}

/// First offset of a file and of the next one, where their names tell.
fn bounds(copy: &PartitionCopy, file: u32) -> (Option<i64>, Option<i64>) {
    let named = |file: &SegmentFile| named_by_offset(file).then_some(file.base_offset);
    let Some(found) = copy.files.get(file as usize) else { return (None, None) };
    let from = named(found);
    let later =
        copy.log_files().map(|(_, other)| other).filter(|other| other.base_offset > found.base_offset);
    (from, later.filter_map(named).min().filter(|_| from.is_some()))
}

/// The name is a segment's: of any other, the offset is only that of its first batch.
fn named_by_offset(file: &SegmentFile) -> bool {
    file.text.is_none() && file.name.get(..20).is_some_and(|name| name.parse() == Ok(file.base_offset))
}
