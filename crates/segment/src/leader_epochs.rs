//! Leader epochs as the batches of a log carry them.

/// First and last batch seen of one leader epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochSpan {
    /// The epoch, from 0 up.
    pub epoch: i32,
    /// Base offset of its first batch.
    pub first: i64,
    /// Base offset of its last batch.
    pub last: i64,
}

/// The batches seen of every leader epoch, ascending; what `leader-epoch-checkpoint` says, where it is lost.
///
/// The cleaner takes whole batches away, so an epoch may begin later here than it did, and end earlier. A batch's epoch stands
/// outside its checksum: one that two batches behind it contradict, with lower epochs, is damage and counts no more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaderEpochs {
    spans: Vec<EpochSpan>,
    /// The batch seen last, if its epoch is below the newest span's.
    below: Option<(i32, i64)>,
}

impl LeaderEpochs {
    /// Epochs kept: damaged bytes could hold a new one in every batch.
    pub const MOST: usize = 100_000;

    /// A batch of this leader epoch at this base offset; -1 is none.
    pub fn batch(&mut self, epoch: i32, base_offset: i64) {
        if epoch < 0 {
            return;
        }
        match self.spans.last_mut() {
            Some(newest) if epoch == newest.epoch => {
                newest.last = newest.last.max(base_offset);
                self.below = None;
            }
            Some(newest) if epoch < newest.epoch => self.batch_below(epoch, base_offset),
            _ => {
                self.below = None;
                self.push(epoch, base_offset);
            }
        }
    }

    /// One lower epoch may be damage itself; the second in a row says that the higher one was.
    fn batch_below(&mut self, epoch: i32, base_offset: i64) {
        let Some((first, first_offset)) = self.below.replace((epoch, base_offset)) else { return };
        self.below = None;
        let highest = first.max(epoch);
        while self.spans.last().is_some_and(|newest| newest.epoch > highest) {
            self.spans.pop();
        }
        self.batch(first, first_offset);
        self.batch(epoch, base_offset);
    }

    fn push(&mut self, epoch: i32, base_offset: i64) {
        if self.spans.len() < Self::MOST {
            self.spans.push(EpochSpan { epoch, first: base_offset, last: base_offset });
        }
    }

    /// Appends what the next unit saw.
    pub fn then(&mut self, later: &Self) {
        for EpochSpan { epoch, first, last } in &later.spans {
            self.batch(*epoch, *first);
            if last > first {
                self.batch(*epoch, *last);
            }
        }
        if let Some((epoch, base_offset)) = later.below {
            self.batch(epoch, base_offset);
        }
    }

    /// The newest epoch, where a single batch carries it: nothing in the log bears it out.
    #[must_use]
    pub fn newest_alone(&self) -> Option<i32> {
        self.spans.last().filter(|newest| newest.first == newest.last).map(|newest| newest.epoch)
    }

    /// Epochs and offsets ascending.
    #[must_use]
    pub fn spans(&self) -> &[EpochSpan] {
        &self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(epochs: &[i32]) -> LeaderEpochs {
        let mut seen = LeaderEpochs::default();
        (0..).zip(epochs).for_each(|(offset, epoch)| seen.batch(*epoch, offset));
        seen
    }

    /// Epochs with their first and last batch, however the log is cut into two units.
    fn cut_anywhere(epochs: &[i32]) -> Vec<(i32, i64, i64)> {
        let whole = of(epochs);
        for cut in 0..=epochs.len() {
            let (mut head, mut tail) = (of(&epochs[..cut]), LeaderEpochs::default());
            (cut as i64..).zip(&epochs[cut..]).for_each(|(offset, epoch)| tail.batch(*epoch, offset));
            head.then(&tail);
            assert_eq!(head.spans(), whole.spans(), "{epochs:?} cut at {cut}");
            assert_eq!(head.newest_alone(), whole.newest_alone(), "{epochs:?} cut at {cut}");
        }
        whole.spans().iter().map(|span| (span.epoch, span.first, span.last)).collect()
    }

    #[test]
    fn epochs_begin_where_they_are_first_seen() {
        assert_eq!(cut_anywhere(&[0, 0, 2, 2, 5]), [(0, 0, 1), (2, 2, 3), (5, 4, 4)]);
        assert_eq!(cut_anywhere(&[-1, -1]), []);
    }

    #[test]
    fn an_epoch_of_one_batch_stands_alone() {
        let alone = |epochs: &[i32]| {
            cut_anywhere(epochs);
            of(epochs).newest_alone()
        };
        assert_eq!(alone(&[0, 0, 9]), Some(9));
        assert_eq!(alone(&[9]), Some(9));
        assert_eq!(alone(&[0, 0, 9, 0]), Some(9), "one below may be damage itself");
        assert_eq!(alone(&[0, 0, 9, 9]), None);
        assert_eq!(alone(&[0, 0, 9, 0, 0]), None);
        assert_eq!(alone(&[0, 9, 2, 3]), Some(3));
    }

    #[test]
    fn an_epoch_that_the_next_batches_contradict_does_not_count() {
        assert_eq!(cut_anywhere(&[8, 0, 0, 2, 2]), [(0, 1, 2), (2, 3, 4)]);
        assert_eq!(cut_anywhere(&[0, 0, 8, 0, 0, 2]), [(0, 0, 4), (2, 5, 5)]);
        assert_eq!(cut_anywhere(&[2, 2, 9, 2, 3, 3]), [(2, 0, 3), (3, 4, 5)]);
        // One that is too low is passed over.
        assert_eq!(cut_anywhere(&[2, 2, 0, 2, 3]), [(2, 0, 3), (3, 4, 4)]);
    }
}
