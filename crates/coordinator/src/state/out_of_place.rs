//! Batches whose base offset contradicts their place.
//!
//! A broker appends: within a file offsets only grow. The base offset lies outside the checksum (as does the leader
//! epoch), so a flipped bit moves a sound batch to another offset, where it would outlive everything that was written
//! after it. Order in the file is the witness, with the offsets in the files' names. Runs of batches that go back
//! together, and batches that the copy holds twice, are no flipped bits: they are what torn copies have.

use std::collections::BTreeMap;

use lastwrites_segment::{BatchHeader, ByteSource, Framed, Framer};
use lastwrites_types::ByteRange;

use crate::pass::RELEASED_BYTES;

/// Batches remembered per file: damaged bytes could hold a new one everywhere.
const MOST: usize = 10_000;

/// Offsets that a segment's index can name, counted from the base offset in its name: 4 bytes, signed.
const REACH: i64 = i32::MAX as i64;

/// One file's batches that can't lie where they say: the base offsets to take instead, by position.
///
/// The file begins at `from` and ends before the next file's first offset `below`, where names tell; `others` are the
/// copy's other files. What can't be read to its end tells of what could be read.
#[must_use]
pub fn out_of_place(
    source: &dyn ByteSource,
    from: Option<i64>,
    below: Option<i64>,
    others: &[&dyn ByteSource],
) -> BTreeMap<u64, i64> {
    let mut order = Order { from, below, settled: from, ..Order::default() };
    each(source, |position, header| order.batch(Span::of(position, header)));
    let mut moved = order.finish();
    if moved.is_empty() {
        return BTreeMap::new();
    }
    for other in std::iter::once(&source).chain(others) {
        let here = std::ptr::addr_eq(*other, source);
        each(*other, |position, header| {
            moved.retain(|at, (_, batch)| (here && *at == position) || !batch.is_same(header));
        });
    }
    moved.into_iter().map(|(position, (base, _))| (position, base)).collect()
}

/// Whether names and order say that [`out_of_place`] has something to look for: a file that holds `first..next` and begins
/// at `from`.
#[must_use]
pub fn may_be_out_of_place(first: i64, next: i64, from: Option<i64>, below: Option<i64>) -> bool {
    from.is_some_and(|from| first < from || next.saturating_sub(from) > REACH)
        || below.is_some_and(|below| next > below)
}

/// Position of a file's last batch.
#[must_use]
pub fn last_batch(source: &dyn ByteSource) -> Option<u64> {
    let mut last = None;
    each(source, |position, _| last = Some(position));
    last
}

/// Offset behind a file's batches, from their headers alone; `None` without batches.
#[must_use]
pub fn end_offset(source: &dyn ByteSource) -> Option<i64> {
    let mut end = None;
    each(source, |_, header| end = end.max(Some(header.next_offset())));
    end
}

/// The last offset that a cleaner took out of a file, from its headers alone; `None` where every offset from the one in its name
/// to its last batch has its record. Batches whose checksum is wrong, and what lies beside damage, tell nothing.
#[must_use]
pub fn last_cleaned(source: &dyn ByteSource, base_offset: i64) -> Option<i64> {
    let mut scratch = Vec::new();
    let mut framer = Framer::new(source, ByteRange::new(0, source.len()), &mut scratch);
    let (mut expected, mut cleaned) = (Some(base_offset), None);
    while let Ok(Some(framed)) = framer.next() {
        expected = match framed {
            // Messages before magic 2 don't tell how many records they should hold.
            Framed::Batch(batch) if batch.crc_ok() && batch.header.magic >= 2 => {
                let header = &batch.header;
                if expected.is_some_and(|expected| expected < header.base_offset) {
                    cleaned = cleaned.max(Some(header.base_offset - 1));
                }
                if i64::from(header.record_count) <= i64::from(header.last_offset_delta) {
                    cleaned = cleaned.max(Some(header.last_offset()));
                }
                Some(header.next_offset())
            }
            Framed::Batch(_) | Framed::Gap(_) => None,
        };
    }
    cleaned
}

fn each(source: &dyn ByteSource, mut visit: impl FnMut(u64, &BatchHeader)) {
    let mut scratch = Vec::new();
    let mut framer = Framer::new(source, ByteRange::new(0, source.len()), &mut scratch);
    let mut released = 0;
    while let Ok(Some(framed)) = framer.next() {
        let reached = framed.range().start;
        if let Framed::Batch(batch) = framed {
            visit(batch.position, &batch.header);
        }
        if reached - released >= RELEASED_BYTES {
            source.release(ByteRange::new(released, reached));
            released = reached;
        }
    }
    source.release(ByteRange::new(released, source.len()));
}

/// Where a batch lies in its file, and where it says that it lies in the log.
#[derive(Clone, Copy, Debug)]
struct Span {
    position: u64,
    base: i64,
    next: i64,
    crc: u32,
    size_bytes: u32,
}

impl Span {
    fn of(position: u64, header: &BatchHeader) -> Self {
        let BatchHeader { base_offset: base, crc, size_bytes, .. } = *header;
        Self { position, base, next: header.next_offset().max(base), crc, size_bytes }
    }

    fn offsets(&self) -> i64 {
        self.next.saturating_sub(self.base).max(1)
    }

    fn is_same(&self, header: &BatchHeader) -> bool {
        (self.crc, self.size_bytes) == (header.crc, header.size_bytes)
    }
}

/// Follows the batches of one file.
#[derive(Default)]
struct Order {
    from: Option<i64>,
    below: Option<i64>,
    /// One past the last offset of what nothing contradicts.
    settled: Option<i64>,
    /// The batch before, which the next one may still contradict.
    open: Option<Span>,
    /// A batch between what is settled and `open`'s end, so that one of the two is wrong.
    rival: Option<Span>,
    /// A batch behind all others, or farther away than its file can reach: alone it's wrong, several are another log.
    alone: Option<Span>,
    moved: BTreeMap<u64, (i64, Span)>,
}

impl Order {
    fn batch(&mut self, batch: Span) {
        if let Some(alone) = self.alone.take() {
            let too_far = self.is_too_far(&alone) && self.is_too_far(&batch);
            let behind = self.end().is_some_and(|end| alone.base < end && batch.base < end);
            if batch.base >= alone.next && (too_far || behind) {
                (self.from, self.settled) = (None, Some(alone.base));
                (self.open, self.rival) = (Some(alone), None);
            } else {
                self.take_for(alone, self.end());
            }
        }
        if self.is_too_far(&batch) {
            self.settle_rivals(None);
            self.alone = Some(batch);
            return;
        }
        self.settle_rivals(Some(batch));
        match self.open {
            _ if self.settled.is_some_and(|settled| batch.base < settled) => self.alone = Some(batch),
            Some(open) if batch.base < open.next => self.rival = Some(batch),
            Some(open) => (self.settled, self.open) = (Some(open.next), Some(batch)),
            None => self.open = Some(batch),
        }
    }

    fn is_too_far(&self, batch: &Span) -> bool {
        self.from.is_some_and(|from| batch.base.saturating_sub(from) > REACH)
    }

    fn end(&self) -> Option<i64> {
        self.open.map_or(self.settled, |open| Some(open.next))
    }

    /// Decides between two batches by what follows them; where that can't, neither is believed.
    fn settle_rivals(&mut self, next: Option<Span>) {
        let (Some(open), Some(rival)) = (self.open, self.rival) else { return };
        self.rival = None;
        let beyond = self.below.is_some_and(|below| open.base >= below);
        let goes_on = |span: &Span| next.is_some_and(|next| next.base >= span.next);
        // The rival lies where it would with `open` right before it.
        let fits = self.settled.is_none_or(|settled| settled.saturating_add(open.offsets()) <= rival.base);
        let start =
            self.settled.unwrap_or_else(|| open.base.min(rival.base.saturating_sub(open.offsets())).max(0));
        if beyond || (fits && goes_on(&rival) && !goes_on(&open)) {
            self.take_for(open, Some(start));
            self.open = Some(rival);
        } else if !fits && (next.is_none() || goes_on(&open)) {
            self.take_for(rival, Some(open.next));
        } else {
            let between = start.saturating_add(open.offsets());
            self.take_for(open, Some(start));
            self.take_for(rival, Some(between));
            self.open = None;
            self.settled = Some(between.saturating_add(rival.offsets()));
        }
    }

    fn take_for(&mut self, batch: Span, base: Option<i64>) {
        if let Some(base) = base.filter(|_| self.moved.len() < MOST) {
            self.moved.insert(batch.position, (base, batch));
        }
    }

    fn finish(mut self) -> BTreeMap<u64, (i64, Span)> {
        self.settle_rivals(None);
        if let Some(alone) = self.alone.take() {
            self.take_for(alone, self.end());
        } else if let (Some(open), Some(below), Some(settled)) = (self.open, self.below, self.settled)
            && open.base >= below
            && settled <= below
        {
            // Past the next file's first offset, and no other batch is.
            self.take_for(open, Some(settled));
        }
        self.moved
    }
}
