//! Leader epochs as the batches of a log carry them.

/// First offset seen of every leader epoch, ascending; what `leader-epoch-checkpoint` says, where it is lost.
///
/// The cleaner takes whole batches away, so an epoch may begin later here than it did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaderEpochs(Vec<(i32, i64)>);

impl LeaderEpochs {
    /// Epochs kept: damaged bytes could hold a new one in every batch.
    pub const MOST: usize = 100_000;

    /// A batch of this epoch at this offset; what doesn't ascend is left out, as Kafka's own cache does.
    pub(super) fn batch(&mut self, epoch: i32, base_offset: i64) {
        let rises = self.0.last().is_none_or(|(last, _)| epoch > *last);
        if rises && epoch >= 0 && self.0.len() < Self::MOST {
            self.0.push((epoch, base_offset));
        }
    }

    /// Appends what the next unit saw.
    pub(super) fn then(&mut self, later: &Self) {
        for (epoch, base_offset) in &later.0 {
            self.batch(*epoch, *base_offset);
        }
    }

    /// `(leader epoch, first offset)`, both ascending.
    #[must_use]
    pub fn entries(&self) -> &[(i32, i64)] {
        &self.0
    }
}
