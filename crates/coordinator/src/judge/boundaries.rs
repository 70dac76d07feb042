//! Base offsets of a log's batches.

use lastwrites_segment::{Framed, Framer};

use crate::pass::{CopyFiles, CopyView, Unit};

/// Batches looked at: windows over more than these would be more than anyone reads.
const MOST_BATCHES: usize = 1_000_000;

/// Base offsets of a copy's batches below `end`, and `end` itself, ascending: the positions where the window of a
/// race can begin or end. Takes a hop over the batch headers.
#[must_use]
pub fn batch_boundaries(files: &CopyFiles, copy: u32, view: &CopyView, end: i64) -> Vec<i64> {
    let mut boundaries = Vec::new();
    let mut scratch = Vec::new();
    for (file, bytes) in &view.ranges {
        let unit = Unit { copy, file: *file, bytes: *bytes, ends_file: true };
        let Some(file) = files.of(&unit) else { continue };
        let mut framer = Framer::new(file.source.as_ref(), *bytes, &mut scratch);
        while let Ok(Some(framed)) = framer.next() {
            if let Framed::Batch(batch) = framed
                && batch.header.base_offset < end
                && boundaries.len() < MOST_BATCHES
            {
                boundaries.push(batch.header.base_offset);
            }
        }
    }
    boundaries.push(end);
    boundaries.sort_unstable();
    boundaries.dedup();
    boundaries
}
