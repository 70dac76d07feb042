//! The batches of an answer, and which of them may say where the log goes on.
//!
//! A batch whose checksum is wrong is kept as it came, but nothing that its header says is believed: a flipped bit in
//! it would end a copy early, or skip what follows. Base offset and leader epoch lie outside the checksum, so a base
//! offset has to fit, too: above what was asked for, below the goal.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use lastwrites_segment::{BatchHeader, Framed, Framer, RawBatch};
use lastwrites_types::ByteRange;

/// A whole batch of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    pub(super) header: BatchHeader,
    pub(super) crc_ok: bool,
    pub(super) range: Range<usize>,
}

/// Whole batches at the start of an answer.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Batches {
    frames: Vec<Frame>,
    /// Damage before the first of them: they are no batch.
    pub(super) other_bytes: u64,
    /// So many of the frames are followed by, or are, one that is believed.
    settled: usize,
    /// First offset after the last one that is believed.
    reached: Option<i64>,
    /// So many of the frames surely lie below the goal, or may.
    below: usize,
}

/// Batches of which none said where the log goes on: they come again with the next answer, or are its neighbours.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Unsettled {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

/// Batches with a wrong checksum that are on disk for good, by base offset, length and checksum.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Damaged(BTreeSet<(i64, u32, u32)>);

/// So many are remembered at most.
const MOST_DAMAGED: usize = 1 << 16;

impl Damaged {
    pub(super) fn insert(&mut self, header: &BatchHeader) {
        if self.0.len() < MOST_DAMAGED {
            self.0.insert(Self::key(header));
        }
    }

    fn key(header: &BatchHeader) -> (i64, u32, u32) {
        (header.base_offset, header.size_bytes, header.crc)
    }

    /// An answer without the batches at its start that are on disk: a broker that looks for `from` stops too early
    /// at a batch whose header claims to hold it.
    pub(super) fn fresh<'r>(&self, records: &'r [u8], from: i64) -> &'r [u8] {
        let mut scratch = Vec::new();
        let mut framer = Framer::new(&records, ByteRange::new(0, records.len() as u64), &mut scratch);
        let mut start = 0;
        while let Ok(Some(Framed::Batch(batch))) = framer.next() {
            let known = if batch.crc_ok() {
                after(&batch.header) <= from
            } else {
                self.0.contains(&Self::key(&batch.header))
            };
            if !known {
                break;
            }
            start = range_of(&batch).end;
        }
        records.get(start..).unwrap_or_default()
    }
}

impl Batches {
    /// Frames what came for `from`, up to the batch that was cut. The goal is `until`.
    ///
    /// A broker sends at least one whole batch, so bytes at the very start that are no batch are damage on its
    /// disk and kept if batches follow; later on they are the cut, and the next answer will start with them.
    pub(super) fn of(records: &[u8], from: i64, until: i64) -> Self {
        let mut batches = Self::default();
        let mut scratch = Vec::new();
        let mut framer = Framer::new(&records, ByteRange::new(0, records.len() as u64), &mut scratch);
        let mut gap = 0;
        let mut above = false;
        while let Ok(Some(item)) = framer.next() {
            match item {
                Framed::Batch(batch) => {
                    batches.other_bytes += std::mem::take(&mut gap);
                    let (header, crc_ok) = (batch.header, batch.crc_ok());
                    batches.frames.push(Frame { header, crc_ok, range: range_of(&batch) });
                    if crc_ok && header.base_offset < until && after(&header) > from {
                        batches.settled = batches.frames.len();
                        batches.reached = Some(after(&header));
                        above = false;
                    }
                    above |= crc_ok && header.base_offset >= until;
                    if !above {
                        batches.below = batches.frames.len();
                    }
                }
                Framed::Gap(damage) if damage.range.start == 0 => gap = damage.range.len(),
                Framed::Gap(_) => break,
            }
        }
        batches
    }

    /// First offset after the last batch that can be believed; `None`: none can.
    pub(super) fn reached(&self) -> Option<i64> {
        self.reached
    }

    /// The batches up to the last one that is believed.
    pub(super) fn settled(&self) -> &[Frame] {
        self.frames.get(..self.settled).unwrap_or_default()
    }

    /// All batches but those surely above the goal.
    pub(super) fn below_goal(&self) -> &[Frame] {
        self.frames.get(..self.below).unwrap_or_default()
    }

    /// What comes after the last one that is believed, without what surely lies above the goal.
    pub(super) fn unsettled(&self, records: &[u8]) -> Unsettled {
        let frames = self.frames.get(self.settled..self.below).unwrap_or_default();
        let Some((first, last)) = frames.first().zip(frames.last()) else { return Unsettled::default() };
        let start = if self.settled == 0 && self.other_bytes > 0 { 0 } else { first.range.start };
        let mut starts = vec![0];
        starts.extend(frames.iter().map(|frame| frame.range.start - start));
        Unsettled { bytes: records.get(start..last.range.end).unwrap_or_default().to_vec(), starts }
    }
}

impl Unsettled {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// They and an answer as one piece of the log: a broker may send all of them again, the last ones, or none.
    pub(super) fn before<'r>(&self, records: &'r [u8]) -> Cow<'r, [u8]> {
        let (first, known) =
            self.bytes.split_at_checked(self.again(records).unwrap_or(self.bytes.len())).unwrap_or_default();
        let rest = if known.len() > records.len() { known } else { records };
        if first.is_empty() && known.len() <= records.len() {
            return records.into();
        }
        [first, rest].concat().into()
    }

    /// True when an answer begins with one of them.
    pub(super) fn hold(&self, records: &[u8]) -> bool {
        self.again(records).is_some()
    }

    fn again(&self, records: &[u8]) -> Option<usize> {
        let same = |start: &&usize| {
            let known = self.bytes.get(**start..).unwrap_or_default();
            let common = known.len().min(records.len());
            common > 0 && known.get(..common) == records.get(..common)
        };
        self.starts.iter().find(same).copied()
    }
}

/// First offset after a batch, as a broker's own reader counts.
pub(super) fn after(header: &BatchHeader) -> i64 {
    header.base_offset.saturating_add(i64::from(header.last_offset_delta.max(0))).saturating_add(1)
}

fn range_of(batch: &RawBatch<'_>) -> Range<usize> {
    let start = usize::try_from(batch.position).unwrap_or(usize::MAX);
    start..start.saturating_add(batch.bytes.len())
}
