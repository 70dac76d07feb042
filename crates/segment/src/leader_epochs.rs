//! Leader epochs as the batches of a log carry them.

/// First offset seen of every leader epoch, ascending; what `leader-epoch-checkpoint` says, where it is lost.
///
/// The cleaner takes whole batches away, so an epoch may begin later here than it did. A batch's epoch stands outside
/// its checksum: one that two batches behind it contradict, with lower epochs, is damage and counts no more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaderEpochs {
    entries: Vec<(i32, i64)>,
    /// Whether more than one batch stood before the second entry.
    starts_with_several: bool,
    /// Whether more than one batch carries the newest entry's epoch.
    ends_with_several: bool,
    /// The batch seen last, if its epoch is below the newest entry's.
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
        match self.entries.last() {
            Some((last, _)) if epoch == *last => {
                self.starts_with_several |= self.entries.len() == 1;
                self.ends_with_several = true;
                self.below = None;
            }
            Some((last, _)) if epoch < *last => self.batch_below(epoch, base_offset),
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
        while self.entries.last().is_some_and(|(last, _)| *last > highest) {
            self.entries.pop();
        }
        self.batch(first, first_offset);
        self.batch(epoch, base_offset);
    }

    fn push(&mut self, epoch: i32, base_offset: i64) {
        if self.entries.len() < Self::MOST {
            self.ends_with_several = false;
            self.entries.push((epoch, base_offset));
        }
    }

    /// Appends what the next unit saw.
    pub fn then(&mut self, later: &Self) {
        for (nth, (epoch, base_offset)) in later.entries.iter().enumerate() {
            let last = nth + 1 == later.entries.len();
            let several = (nth == 0 && later.starts_with_several) || (last && later.ends_with_several);
            for _ in 0..=usize::from(several) {
                self.batch(*epoch, *base_offset);
            }
        }
        if let Some((epoch, base_offset)) = later.below {
            self.batch(epoch, base_offset);
        }
    }

    /// The newest epoch, where a single batch carries it: nothing in the log bears it out.
    #[must_use]
    pub fn newest_alone(&self) -> Option<i32> {
        self.entries.last().filter(|_| !self.ends_with_several).map(|(epoch, _)| *epoch)
    }

    /// `(leader epoch, first offset)`, both ascending.
    #[must_use]
    pub fn entries(&self) -> &[(i32, i64)] {
        &self.entries
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

    /// However the log is cut into two units.
    fn cut_anywhere(epochs: &[i32]) -> Vec<(i32, i64)> {
        let whole = of(epochs);
        for cut in 0..=epochs.len() {
            let (mut head, mut tail) = (of(&epochs[..cut]), LeaderEpochs::default());
            (cut as i64..).zip(&epochs[cut..]).for_each(|(offset, epoch)| tail.batch(*epoch, offset));
            head.then(&tail);
            assert_eq!(head.entries(), whole.entries(), "{epochs:?} cut at {cut}");
            assert_eq!(head.newest_alone(), whole.newest_alone(), "{epochs:?} cut at {cut}");
        }
        whole.entries().to_vec()
    }

    #[test]
    fn epochs_begin_where_they_are_first_seen() {
        assert_eq!(cut_anywhere(&[0, 0, 2, 2, 5]), [(0, 0), (2, 2), (5, 4)]);
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
        assert_eq!(cut_anywhere(&[8, 0, 0, 2, 2]), [(0, 1), (2, 3)]);
        assert_eq!(cut_anywhere(&[0, 0, 8, 0, 0, 2]), [(0, 0), (2, 5)]);
        assert_eq!(cut_anywhere(&[2, 2, 9, 2, 3, 3]), [(2, 0), (3, 4)]);
        // One that is too low is passed over.
        assert_eq!(cut_anywhere(&[2, 2, 0, 2, 3]), [(2, 0), (3, 4)]);
    }
}
