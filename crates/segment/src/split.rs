//! Cutting one segment for several workers.

use lastwrites_types::ByteRange;

use crate::framing::Framer;
use crate::source::{ByteSource, ReadError};

/// Cuts a source into ranges of at least `target_bytes` (the last may be shorter), each starting and ending
/// with an item of the whole, so that framing them one by one gives the same items.
///
/// Reads headers only, except around damage. Worth it only when there are fewer segments than workers: it
/// costs about half of what reading everything costs.
///
/// # Errors
/// The source can't be read.
pub fn split(source: &dyn ByteSource, target_bytes: u64) -> Result<Vec<ByteRange>, ReadError> {
    let whole = ByteRange::new(0, source.len());
    let mut scratch = Vec::new();
    let mut framer = Framer::new(source, whole, &mut scratch);
    let mut cuts = Vec::new();
    let mut start = 0;
    while let Some(item) = framer.next()? {
        let end = item.range().end;
        if end - start >= target_bytes.max(1) {
            cuts.push(ByteRange::new(start, end));
            // The hop alone would keep the whole file in memory.
            source.release(ByteRange::new(start, end));
            start = end;
        }
    }
    if start < whole.end {
        cuts.push(ByteRange::new(start, whole.end));
    }
    Ok(cuts)
}
