//! Batches of an earlier run to hold against what the broker has there now.

use lastwrites_segment::BatchHeader;

/// So many are kept at most, spread over the log.
const MOST: usize = 16;

/// What cleaning leaves of a batch as it was: it may take its records, or all of it, but these stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Witness {
    pub(super) base_offset: i64,
    pub(super) last_offset_delta: i32,
    pub(super) leader_epoch: i32,
    pub(super) producer_id: i64,
}

impl Witness {
    pub(super) fn of(header: &BatchHeader) -> Self {
        Self {
            base_offset: header.base_offset,
            last_offset_delta: header.last_offset_delta,
            leader_epoch: header.partition_leader_epoch,
            producer_id: header.producer_id,
        }
    }
}

/// Some batches of a log, the last one among them.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    spread: Vec<Witness>,
    last: Option<Witness>,
    /// Every so many batches one is taken (a power of two).
    stride: u64,
    seen: u64,
}

impl Witnesses {
    /// Takes the next batch of the log.
    pub(super) fn saw(&mut self, header: &BatchHeader) {
        let witness = Witness::of(header);
        self.last = Some(witness);
        self.stride = self.stride.max(1);
        if self.seen.is_multiple_of(self.stride) {
            if self.spread.len() == MOST {
                let mut nth = 0;
                self.spread.retain(|_| {
                    nth += 1;
                    nth % 2 == 1
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.spread.push(witness);
            }
        }
        self.seen += 1;
    }

    /// They, the last one first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = Witness> {
        let before = self.spread.iter().rev().copied().filter(|w| Some(*w) != self.last);
        self.last.into_iter().chain(before)
    }
}
