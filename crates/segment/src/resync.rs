//! Finding the next batch after damage, in one pass whatever the bytes are.

use lastwrites_types::ByteRange;

use crate::crc;
use crate::gap::length_field;
use crate::header::{BatchHeader, LOG_OVERHEAD, RECORD_OVERHEAD_V0};
use crate::plausible::plausible_at;
use crate::prefix_crc::{CRC_32, CRC_32C, PrefixCrc};
use crate::source::{ByteSource, ReadError};
use crate::window::Window;

/// Bytes searched between two looks at the window.
const STRIDE_BYTES: u64 = 64 * 1024;
/// A trailing run of zeros shorter than this belongs to what is before it.
const ZERO_FILL_BYTES: u64 = 64;

/// Checks batches by checksum at a cost that doesn't depend on the lengths they claim.
pub(crate) struct Prober {
    crc_32c: PrefixCrc,
    crc_32: PrefixCrc,
    /// A second buffer, so that looking far ahead doesn't throw away what the framer has loaded.
    scratch: Vec<u8>,
}

/// What a search found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A batch at this position.
    Batch(u64),
    /// None; zeros from this position on, or the end of the search.
    Nothing { zeros_from: u64 },
}

impl Prober {
    pub(crate) fn new() -> Self {
        Self { crc_32c: PrefixCrc::new(CRC_32C), crc_32: PrefixCrc::new(CRC_32), scratch: Vec::new() }
    }

    /// True when the stored checksum of the batch at `position` is right. The batch must lie in the source.
    pub(crate) fn crc_ok(
        &mut self,
        source: &dyn ByteSource,
        position: u64,
        header: &BatchHeader,
    ) -> Result<bool, ReadError> {
        let start = position + crc::covered_from(header.magic) as u64;
        let covered = ByteRange::new(start, position + u64::from(header.size_bytes));
        let prefix = if header.magic >= 2 { &mut self.crc_32c } else { &mut self.crc_32 };
        Ok(prefix.of(&mut Window::for_probing(source, &mut self.scratch), covered)? == header.crc)
    }

    /// Searches `range` for the first position that starts a batch.
    ///
    /// A batch is a plausible header with a right checksum, or one followed directly by such a batch (its own
    /// content may be damaged). The answer depends on the bytes of the source alone, not on where the search
    /// began, so pieces of a file are framed as the whole is.
    pub(crate) fn find(&mut self, window: &mut Window<'_>, range: ByteRange) -> Result<Found, ReadError> {
        let length = window.len();
        let mut zeros_from = range.start;
        let mut position = range.start;
        while position < range.end {
            let stride = STRIDE_BYTES.min(range.end - position);
            // 16 bytes more, so that every position of the stride shows its length and magic.
            let bytes = window.up_to(position, stride + 16)?;
            let searched = bytes.get(..usize::try_from(stride).unwrap_or(usize::MAX)).unwrap_or(bytes);
            if let Some(last) = searched.iter().rposition(|byte| *byte != 0) {
                zeros_from = position + last as u64 + 1;
            }
            let mut from = 0;
            while let Some(candidate) =
                candidate(window.up_to(position, stride + 16)?, from, length - position)
            {
                let at = position + candidate as u64;
                if self.is_batch(window.source(), at)? {
                    return Ok(Found::Batch(at));
                }
                from = candidate + 1;
            }
            position += stride;
        }
        let short = range.end.saturating_sub(zeros_from) < ZERO_FILL_BYTES;
        Ok(Found::Nothing { zeros_from: if short { range.end } else { zeros_from } })
    }

    fn is_batch(&mut self, source: &dyn ByteSource, position: u64) -> Result<bool, ReadError> {
        let mut position = position;
        for _ in 0..2 {
            let mut window = Window::for_probing(source, &mut self.scratch);
            let Some(header) = plausible_at(&mut window, position)? else { return Ok(false) };
            if self.crc_ok(source, position, &header)? {
                return Ok(true);
            }
            position += u64::from(header.size_bytes);
        }
        Ok(false)
    }
}

/// The first index from `from` on whose length and magic could be a batch's; `remaining` bytes follow index 0.
fn candidate(bytes: &[u8], from: usize, remaining: u64) -> Option<usize> {
    let windows = bytes.get(from..)?.windows(17);
    let found = windows.enumerate().find(|(index, head)| {
        head.last().is_some_and(|magic| *magic <= 2)
            && length_field(head).is_some_and(|length| {
                length >= RECORD_OVERHEAD_V0.cast_signed()
                    && u64::from(length.unsigned_abs()) + u64::from(LOG_OVERHEAD) + (from + index) as u64
                        <= remaining
            })
    });
    found.map(|(index, _)| from + index)
}

/// Position of the first byte from `start` on that isn't zero, or the end of the source.
pub(crate) fn end_of_zeros(window: &mut Window<'_>, start: u64) -> Result<u64, ReadError> {
    let mut position = start;
    while position < window.len() {
        let bytes = window.up_to(position, STRIDE_BYTES)?;
        if let Some(index) = bytes.iter().position(|byte| *byte != 0) {
            return Ok(position + index as u64);
        }
        position += bytes.len() as u64;
    }
    Ok(window.len())
}
