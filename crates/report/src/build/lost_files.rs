//! Where a log lacks records that no cleaner took: a file between two others is gone, or one was cut short.
//!
//! The cleaner leaves gaps of any length between files: what it makes of a few segments keeps the name of the first, and
//! may have lost its last records. But it takes nothing from its first dirty offset on. Where no checkpoint tells that, a key
//! that stands twice does: a cleaner that had come past the second record would have taken the first. And where the cleaner
//! had come past a gap, it took something out of a file behind it, too: a gap behind which every file has all offsets from the one
//! in its name on is taken for lost records. One that the cleaner had come past is taken for its own: were a cleaned file gone there, no
//! older record of its keys would be left to be taken for their newest. A log's first file the
//! cleaner never takes: where no log start is known, what lies before a first file that begins late may be lost.

use lastwrites_coordinator::judge::first_repeats;
use lastwrites_coordinator::pass::{CopyFiles, CopyView, PassError, Progress};
use lastwrites_coordinator::state::{Continuity, CopyState, end_offset, last_cleaned};
use lastwrites_evidence::{PartitionCopy, SegmentFile};

use super::views::copy_view;
use crate::findings::short_files;
use crate::options::Options;

/// Lets every pass to come know where files that are missing are lost records. Of a copy without a checkpoint that has
/// gaps between its files, the records before the last gap are read, up to the first key that repeats.
///
/// # Errors
/// When worker threads can't be started.
pub(crate) fn know_lost_files(
    copies: &[&PartitionCopy],
    files: &mut CopyFiles,
    options: &Options,
) -> Result<(), PassError> {
    know_told(copies, files);
    know_repeats(copies, files, &[], options).map(|_| ())
}

/// The part of [`know_lost_files`] that stands beside the files: no log is read for it.
pub(super) fn know_told(copies: &[&PartitionCopy], files: &mut CopyFiles) {
    for (at, copy) in copies.iter().enumerate().filter(|(_, copy)| !copy.is_text()) {
        if let Some(dirty) = copy.first_dirty_offset() {
            files.whole_from(at, dirty);
        }
        if begins_late(copy) {
            files.begins_late(at);
        }
        for file in short_files(copy) {
            files.ends_early(at, u32::try_from(file).unwrap_or(u32::MAX));
        }
    }
}

/// The rest of [`know_lost_files`]: true when a key that repeats, or files that the cleaner did not come to, told
/// something. Where a pass over the copies has run, its `states` know where files end; else every header is looked at.
///
/// # Errors
/// When worker threads can't be started.
pub(super) fn know_repeats(
    copies: &[&PartitionCopy],
    files: &mut CopyFiles,
    states: &[CopyState],
    options: &Options,
) -> Result<bool, PassError> {
    let last_gap = |(at, copy): (usize, &&PartitionCopy)| last_gap(copy, at, files, states.get(at));
    let gaps: Vec<Option<i64>> = copies.iter().enumerate().map(last_gap).collect();
    let views: Vec<CopyView> = copies.iter().zip(&gaps).map(|(copy, gap)| before(copy, *gap)).collect();
    let repeats = first_repeats(files, &views, &gaps, options.unit_bytes, &Progress::default())?;
    let mut told = false;
    for (at, copy) in copies.iter().enumerate() {
        // Only a copy with a gap is looked at; a capture's files end where the capture chose.
        if gaps.get(at).is_some_and(Option::is_some) && copy.capture.is_none() {
            for file in behind_what_is_cleaned(copy, at, files) {
                files.begins_behind_lost(at, file);
                told = true;
            }
        }
    }
    for (at, repeat) in repeats.into_iter().enumerate() {
        if let Some(repeat) = repeat {
            files.whole_from(at, repeat.later);
            told = true;
        }
    }
    Ok(told)
}

/// What is missing before an empty last file, which has no unit that a pass could ask about: its name tells how far the log
/// went, and the cleaner may have taken that or not, as before any other file.
pub(super) fn with_empty_end(copy: &PartitionCopy, at: usize, files: &CopyFiles, seen: &mut Continuity) {
    let Some((index, last)) = copy.log_files().last().filter(|(_, last)| last.size_bytes == 0) else {
        return;
    };
    let Some(end) = seen.next.filter(|end| *end < last.base_offset) else { return };
    let opened = u32::try_from(index).ok().and_then(|index| files.file(at, index));
    if opened.and_then(|file| file.whole_from).is_some_and(|from| from < last.base_offset) {
        seen.hurt(Some(end), i64::MAX);
    } else {
        seen.absent_below = seen.absent_below.max(Some(last.base_offset));
    }
}

/// The first file begins above offset 0, and nothing tells that the log does: neither a checkpoint nor a file before it that
/// was about to be deleted.
fn begins_late(copy: &PartitionCopy) -> bool {
    let Some((_, first)) = copy.log_files().next() else { return false };
    let start = copy.checkpoints.log_start_offset.unwrap_or(0);
    start < first.base_offset && copy.files.iter().all(|file| file.base_offset >= first.base_offset)
}

/// Where the last gap between the files of a copy ends that may be the cleaner's or not.
fn last_gap(copy: &PartitionCopy, at: usize, files: &CopyFiles, read: Option<&CopyState>) -> Option<i64> {
    if copy.first_dirty_offset().is_some() || copy.is_text() || copy.log_files().nth(1).is_none() {
        return None;
    }
    let mut end = None;
    let mut gap = None;
    for (index, file) in copy.log_files() {
        if end.is_some_and(|end| end < file.base_offset) {
            gap = Some(file.base_offset);
        }
        let Ok(index) = u32::try_from(index) else { continue };
        let of_file = read.and_then(|state| end_read(state, index, file));
        let from_headers = || files.file(at, index).and_then(|file| end_offset(file.source.as_ref()));
        end = end.max(of_file.or_else(from_headers));
    }
    gap
}

/// Offset behind a file's batches, where a pass saw all of the file and none of its headers is in doubt.
fn end_read(state: &CopyState, index: u32, file: &SegmentFile) -> Option<i64> {
    let tally = state.tallies.get(&index)?;
    let sound = tally.bytes() == file.size_bytes && tally.wrong_checksums == 0 && tally.moved == 0;
    state.spans.get(&index).filter(|_| sound)?.next
}

/// The files with records behind everything that a cleaner is seen to have taken out of a file.
fn behind_what_is_cleaned(copy: &PartitionCopy, at: usize, files: &CopyFiles) -> Vec<u32> {
    let numbered = copy.log_files().filter_map(|(index, file)| Some((u32::try_from(index).ok()?, file)));
    let mut behind = Vec::new();
    for (index, file) in numbered.collect::<Vec<_>>().into_iter().rev() {
        let opened = files.file(at, index);
        let cleaned = opened.and_then(|file| last_cleaned(file.source.as_ref(), file.base_offset));
        if file.size_bytes > 0 && cleaned.is_none() {
            behind.push(index);
        }
        if cleaned.is_some() {
            break;
        }
    }
    behind
}

/// The files that begin below an offset; none without one.
fn before(copy: &PartitionCopy, gap: Option<i64>) -> CopyView {
    let mut view = copy_view(copy, &copy.as_found());
    let base = |file: u32| copy.files.get(file as usize).map(|file| file.base_offset);
    view.ranges.retain(|(file, _)| base(*file).zip(gap).is_some_and(|(base, gap)| base < gap));
    view
}
