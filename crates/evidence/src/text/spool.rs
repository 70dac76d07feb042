//! A made-up segment while it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use super::TextSegment;
use super::batch::TextBatch;
use super::record::TextRecord;

/// What fills bytes that were not understood: no batch begins so.
const DAMAGE: u8 = 0xff;

/// Writes batches and gaps one after the other; positions count from the start of the text's section.
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

    /// Writes a batch that reaches up to `end`; false (and a gap in its place) when it doesn't fit there.
    pub(super) fn batch(&mut self, batch: &TextBatch, records: &[TextRecord], end: u64) -> io::Result<bool> {
        let size = usize::try_from(end.saturating_sub(self.written)).unwrap_or(0);
        match batch.encode(records, size) {
            Some(bytes) => {
                self.out.write_all(&bytes)?;
                self.written = end;
                self.used = true;
                Ok(true)
            }
            None => self.gap(end).map(|()| false),
        }
    }

    /// Fills up to `end` with bytes that hold no batch.
    pub(super) fn gap(&mut self, end: u64) -> io::Result<()> {
        self.used = self.used || end > self.written;
        self.fill(DAMAGE, end)
    }

    /// Ends the segment at `end`. One that holds nothing at all is empty, not damaged.
    pub(super) fn finish(mut self, end: u64) -> io::Result<TextSegment> {
        let fill = if self.used { DAMAGE } else { 0 };
        self.fill(fill, end)?;
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(TextSegment { file: Arc::new(file), tells_types: true, tells_transactions: true })
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
