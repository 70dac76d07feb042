//! Where segment bytes come from: a mapped file, a file read in windows, or bytes in memory.
//!
//! First stage of the pipeline. It never writes, locks or renames what it opens.

mod error;
mod mapped;
mod memory;
mod open;
mod plain;

pub use error::{OpenError, OpenErrorKind, ReadError, ReadErrorKind};
pub use open::{ReadMode, open, open_file};

use lastwrites_types::ByteRange;

/// A segment's bytes, readable at any position by many threads at once.
///
/// The length is what it was when the source was opened: a file that grows meanwhile isn't followed.
pub trait ByteSource: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// True when there is no byte at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of `range`.
    ///
    /// They either belong to the source, or lie at the start of `scratch`, whose old content is lost and whose
    /// capacity is kept for the next call.
    ///
    /// # Errors
    /// A range past [`len`](Self::len), a file that shrank, or a disk that fails.
    fn window<'a>(&'a self, range: ByteRange, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], ReadError>;

    /// All bytes at once, when that costs nothing.
    ///
    /// A source that answers `None` must put what [`window`](Self::window) returns at the start of `scratch`.
    fn in_memory(&self) -> Option<&[u8]> {
        None
    }

    /// Tells the operating system that the pages of `range` aren't needed again soon. A hint only: the bytes
    /// stay readable.
    fn release(&self, range: ByteRange) {
        let _ = range;
    }
}

/// The part of `bytes` that `range` names, if it is all there.
fn slice(bytes: &[u8], range: ByteRange) -> Option<&[u8]> {
    bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}
