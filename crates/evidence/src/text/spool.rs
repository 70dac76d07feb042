//! A made-up segment while it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use super::TextSegment;
use super::batch::TextBatch;
use super::record::TextRecord;

/// What fills bytes that were not understood: no batch begins so.
const DAMAGE: u8 = 0xff;

/// Bytes that a batch may need beyond its text's end for a filler to come out even.
const MOST_ROUNDING: usize = 32;

/// Writes batches and gaps one after the other; positions count from the start of the text's section. Where records need
/// more bytes than their text has, as tombstones of a console consumer do, what follows stands that much farther behind
/// until longer text makes up for it.
pub(super) struct Spool {
    out: BufWriter<File>,
    written: u64,
    /// Anything but blank so far.
    used: bool,
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(tempfile::tempfile()?), written: 0, used: false })
    }

    /// Anything but blank so far.
    pub(super) const fn used(&self) -> bool {
        self.used
    }

    /// Writes a batch that reaches up to `end`, or behind it where it needs to; false (and a gap in its place) when its numbers
    /// are no batch's.
    pub(super) fn batch(&mut self, batch: &TextBatch, records: &[TextRecord], end: u64) -> io::Result<bool> {
        let size = usize::try_from(end.saturating_sub(self.written)).unwrap_or(0);
        let least = size.max(batch.least_size(records));
        let sizes = least..=least.saturating_add(MOST_ROUNDING);
        match sizes.into_iter().find_map(|size| batch.encode(records, size)) {
            Some(bytes) => {
                self.out.write_all(&bytes)?;
                self.written = self.written.saturating_add(bytes.len() as u64);
                self.used = true;
                Ok(true)
            }
            None => self.gap(end).map(|()| false),
        }
    }

    /// Fills up to `end` with bytes that hold no batch, with one at least.
    pub(super) fn gap(&mut self, end: u64) -> io::Result<()> {
        self.used = true;
        self.fill(DAMAGE, end.max(self.written.saturating_add(1)))
    }

    /// Ends the segment at `end`, or behind its last batch; tells its size. One that holds nothing at all is empty, not damaged.
    pub(super) fn finish(mut self, end: u64) -> io::Result<(TextSegment, u64)> {
        let fill = if self.used { DAMAGE } else { 0 };
        self.fill(fill, end)?;
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let text = TextSegment { file: Arc::new(file), tells_types: true, tells_transactions: true };
        Ok((text, self.written))
    }

    fn fill(&mut self, with: u8, end: u64) -> io::Result<()> {
        const BLOCK: usize = 4096;
        let block = [with; BLOCK];
        while self.written < end {
            let count = usize::try_from(end - self.written).unwrap_or(BLOCK).min(BLOCK);
            self.out.write_all(block.get(..count).unwrap_or_default())?;
            self.written += count as u64;
        }
        Ok(())
    }
}
