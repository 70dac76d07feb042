//! A file mapped into memory: the one module of the project with `unsafe` code.
//!
//! The risk it takes, and the reason [`ReadMode::Plain`](super::ReadMode) exists: when another process
//! truncates a mapped file, touching the pages that are gone raises SIGBUS and ends this process. Segments of
//! a copy don't shrink; segments of a running broker do (truncation after a leader change, deletion doesn't).
#![expect(
    unsafe_code,
    reason = "mapping a file is unsafe because others can change it; see the SAFETY comments"
)]

use std::fs::File;

use lastwrites_types::ByteRange;
use memmap2::{Mmap, UncheckedAdvice};

use super::{ByteSource, ReadError, slice};

/// Pages are released in multiples of this, so that a partly used page at either end stays.
const RELEASE_ALIGNMENT_BYTES: u64 = 64 * 1024;

/// A whole file as one read-only, shared mapping.
pub(super) struct MappedFile {
    map: Mmap,
}

impl MappedFile {
    /// Maps the first `length` bytes, or gives `None` where that isn't possible (empty file, a file system
    /// without mappings, no address space).
    pub(super) fn map(file: &File, length: u64) -> Option<Self> {
        let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
        // SAFETY: the mapping is read-only and shared, and nothing in this crate keeps a `str` or any other
        // validated type over it: bytes that another process overwrites merely read as other bytes, which every
        // parser here has to expect anyway. Truncation by another process raises SIGBUS, as the module says.
        let map = unsafe { memmap2::MmapOptions::new().len(length).map(file) }.ok()?;
        Some(Self { map })
    }
}

impl ByteSource for MappedFile {
    fn len(&self) -> u64 {
        self.map.len() as u64
    }

    fn window<'a>(&'a self, range: ByteRange, _: &'a mut Vec<u8>) -> Result<&'a [u8], ReadError> {
        slice(&self.map, range).ok_or_else(|| ReadError::past_end(range, self.len()))
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(&self.map)
    }

    fn release(&self, range: ByteRange) {
        let start = range.start.next_multiple_of(RELEASE_ALIGNMENT_BYTES);
        let end = range.end.min(self.len()) / RELEASE_ALIGNMENT_BYTES * RELEASE_ALIGNMENT_BYTES;
        let (Ok(offset), Ok(length)) = (usize::try_from(start), usize::try_from(end.saturating_sub(start)))
        else {
            return;
        };
        if length > 0 {
            // SAFETY: MADV_DONTNEED loses data only of private or anonymous mappings; this one is a shared
            // mapping of a file and never written, so the pages are read from the file again when touched.
            let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) };
        }
    }
}
