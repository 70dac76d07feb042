//! Cutting files into units of work.

use lastwrites_segment::{ByteSource, split};
use lastwrites_types::ByteRange;

/// A stretch of one segment file that starts and ends on a batch boundary (or in damage).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Index of the partition copy among those of the run.
    pub copy: u32,
    /// Index of the file in that copy's file list.
    pub file: u32,
    /// The bytes.
    pub bytes: ByteRange,
    /// Whether this is the file's last unit.
    pub ends_file: bool,
}

/// How files are cut. Results never depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitSize {
    /// One unit a file: no extra look at the bytes.
    WholeFiles,
    /// Units of about this many bytes; finding the cuts costs a hop over the batch headers.
    Bytes(u64),
}

impl UnitSize {
    /// Whole files where that keeps all threads busy, else pieces.
    #[must_use]
    pub const fn fitting(files: usize, threads: usize) -> Self {
        const PIECE_BYTES: u64 = 16 * 1024 * 1024;
        if threads == 1 || files >= threads * 4 { Self::WholeFiles } else { Self::Bytes(PIECE_BYTES) }
    }
}

/// Cuts one file into units. An empty file gives one empty unit, so that every file is accounted for; a file
/// that can't be read while looking for batch boundaries is left whole.
#[must_use]
pub fn units_of(copy: u32, file: u32, source: &dyn ByteSource, size: UnitSize) -> Vec<Unit> {
    let whole = ByteRange::new(0, source.len());
    let pieces = match size {
        UnitSize::Bytes(target) if target < source.len() => {
            split(source, target).unwrap_or_else(|_| vec![whole])
        }
        _ => vec![whole],
    };
    let last = pieces.len().saturating_sub(1);
    let unit = |(i, bytes)| Unit { copy, file, bytes, ends_file: i == last };
    pieces.into_iter().enumerate().map(unit).collect()
}
