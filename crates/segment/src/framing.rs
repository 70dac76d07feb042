//! A range of a segment as batches and gaps that cover every byte once.
//!
//! What starts at a position depends on the bytes of the whole source only, never on how the framer came
//! there. That is why a segment may be cut at any item's end and framed in pieces.

use lastwrites_types::ByteRange;

use crate::batch::RawBatch;
use crate::gap::{Gap, GapCause, LoaderOutcome, length_field, magic_byte};
use crate::header::{BatchHeader, HEADER_SIZE_UP_TO_MAGIC, LOG_OVERHEAD, RECORD_OVERHEAD_V0, minimum_length};
use crate::plausible::{HEAD_BYTES, plausible_at, plausible_v2};
use crate::resync::{Found, Prober, end_of_zeros};
use crate::source::{ByteSource, ReadError};
use crate::window::Window;

/// One item of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Framed<'a> {
    /// A batch, whose checksum may be wrong.
    Batch(RawBatch<'a>),
    /// Anything else.
    Gap(Gap),
}

impl Framed<'_> {
    /// The bytes the item covers.
    #[must_use]
    pub fn range(&self) -> ByteRange {
        match self {
            Self::Batch(batch) => batch.range(),
            Self::Gap(gap) => gap.range,
        }
    }
}

/// Walks a range of a source, item by item, and goes on after damage.
///
/// A header whose length leads to another plausible header (or to the end) is believed. Where it doesn't, the
/// checksum decides; where that is wrong too, the batch is kept unless an intact one lies inside its claimed
/// length. After bytes that can't be a batch the next one is searched: a plausible header with a right
/// checksum, or one followed by such a batch. All of it is linear in the size of the source, whatever it holds.
pub struct Framer<'s> {
    window: Window<'s>,
    position: u64,
    end: u64,
    /// The plausible header that looking ahead found, and where, so that it isn't read twice.
    ahead: Option<(u64, BatchHeader)>,
    /// Made at the first damage.
    prober: Option<Box<Prober>>,
}

/// What starts at a position.
enum Item {
    Batch(BatchHeader),
    Gap { end: u64, cause: GapCause },
}

impl<'s> Framer<'s> {
    /// A framer over `range` of `source` (cut at the source's end), which reads into `scratch` where the source
    /// isn't in memory.
    ///
    /// The range should start where an item does: at 0, at the end of another item, at a cut of
    /// [`split`](crate::split). Where it ends inside an item, that item is cut and a batch becomes a gap.
    pub fn new(source: &'s dyn ByteSource, range: ByteRange, scratch: &'s mut Vec<u8>) -> Self {
        let window = Window::new(source, scratch);
        let end = range.end.min(window.len());
        Self { window, position: range.start.min(end), end, ahead: None, prober: None }
    }

    /// Position of the next item.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next item, or `None` at the end of the range.
    ///
    /// # Errors
    /// The source can't be read. The framer stays where it is: calling again tries again.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "a lending iterator can't be an Iterator")]
    pub fn next(&mut self) -> Result<Option<Framed<'_>>, ReadError> {
        let position = self.position;
        if position >= self.end {
            return Ok(None);
        }
        match self.item_at(position)? {
            Item::Batch(header) if position + u64::from(header.size_bytes) <= self.end => {
                let range = ByteRange::new(position, position + u64::from(header.size_bytes));
                let bytes = self.window.bytes(range)?;
                self.position = range.end;
                Ok(Some(Framed::Batch(RawBatch { position, header, bytes })))
            }
            Item::Batch(header) => {
                let need = u64::from(header.size_bytes);
                let cause = GapCause::CutByRange { need, have: self.end - position };
                self.gap(self.end, cause).map(Some)
            }
            Item::Gap { end, cause } => self.gap(end.min(self.end), cause).map(Some),
        }
    }

    fn gap(&mut self, end: u64, cause: GapCause) -> Result<Framed<'static>, ReadError> {
        let range = ByteRange::new(self.position, end);
        let remaining = self.window.len() - range.start;
        let head = self.window.up_to(range.start, HEADER_SIZE_UP_TO_MAGIC)?;
        let loader = LoaderOutcome::at(range.start, head, remaining);
        self.position = end;
        Ok(Framed::Gap(Gap { range, cause, loader }))
    }

    #[inline(always)]
    fn item_at(&mut self, position: u64) -> Result<Item, ReadError> {
        let available = self.window.len() - position;
        let header = match self.ahead {
            Some((at, header)) if at == position => header,
            _ => match BatchHeader::read(self.window.up_to(position, HEAD_BYTES)?) {
                Some(header) if u64::from(header.size_bytes) <= available => header,
                _ => return self.no_batch(position),
            },
        };
        let size = u64::from(header.size_bytes);
        // Batch and next header in one window, so that looking ahead costs no second read.
        let bytes = self.window.up_to(position, size + HEAD_BYTES)?;
        let next = bytes.get(header.size_bytes as usize..).unwrap_or_default();
        if let Some(next) = plausible_v2(next, available - size) {
            self.ahead = Some((position + size, next));
            return Ok(Item::Batch(header));
        }
        if size == available || plausible_at(&mut self.window, position + size)?.is_some() {
            return Ok(Item::Batch(header));
        }
        self.unfollowed(position, header)
    }

    /// A complete batch that isn't followed by another.
    #[cold]
    fn unfollowed(&mut self, position: u64, header: BatchHeader) -> Result<Item, ReadError> {
        let prober = self.prober.get_or_insert_with(|| Box::new(Prober::new()));
        if prober.crc_ok(self.window.source(), position, &header)? {
            return Ok(Item::Batch(header));
        }
        if plausible_at(&mut self.window, position)?.is_none() {
            return self.no_batch(position);
        }
        let claimed = ByteRange::new(position + 1, position + u64::from(header.size_bytes));
        match prober.find(&mut self.window, claimed)? {
            Found::Nothing { .. } => Ok(Item::Batch(header)),
            Found::Batch(batch_at) => {
                let length = (header.size_bytes - LOG_OVERHEAD).cast_signed();
                Ok(Item::Gap { end: batch_at, cause: GapCause::LengthOverBatch { length, batch_at } })
            }
        }
    }

    /// Bytes that can't be a batch: how far, and why.
    #[cold]
    fn no_batch(&mut self, position: u64) -> Result<Item, ReadError> {
        let length = self.window.len();
        let zeros_to = end_of_zeros(&mut self.window, position)?;
        if zeros_to == length {
            return Ok(Item::Gap { end: length, cause: GapCause::ZeroFill });
        }
        let prober = self.prober.get_or_insert_with(|| Box::new(Prober::new()));
        let found = prober.find(&mut self.window, ByteRange::new(position + 1, length))?;
        let cause = self.cause(position, found)?;
        let end = match (found, cause) {
            (Found::Batch(at), _) => at,
            (Found::Nothing { .. }, GapCause::TornTail { .. }) => length,
            (Found::Nothing { zeros_from }, _) => zeros_from,
        };
        let cause = if zeros_to >= end { GapCause::ZeroRun } else { cause };
        Ok(Item::Gap { end, cause })
    }

    fn cause(&mut self, position: u64, found: Found) -> Result<GapCause, ReadError> {
        let have = self.window.len() - position;
        let head = self.window.up_to(position, HEADER_SIZE_UP_TO_MAGIC)?;
        let (Some(length), Some(magic)) = (length_field(head), magic_byte(head)) else {
            return Ok(GapCause::TornHeader { have });
        };
        // Kafka looks at the length before the magic.
        let minimum = minimum_length(magic).unwrap_or(RECORD_OVERHEAD_V0);
        let Some(claimed) = u32::try_from(length).ok().filter(|length| *length >= minimum) else {
            return Ok(GapCause::BadLength { length, minimum });
        };
        if minimum_length(magic).is_none() {
            return Ok(GapCause::BadMagic { magic });
        }
        let need = u64::from(claimed) + u64::from(LOG_OVERHEAD);
        Ok(match found {
            _ if need <= have => GapCause::Garbage { length, magic },
            Found::Batch(_) => {
                GapCause::LengthPastEnd { length, available: have.saturating_sub(u64::from(LOG_OVERHEAD)) }
            }
            Found::Nothing { .. } => GapCause::TornTail { need, have },
        })
    }
}
