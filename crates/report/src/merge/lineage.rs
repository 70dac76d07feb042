//! Leader epochs of two copies: how far they hold the same log, and which side of a fork the cluster went on with.

use lastwrites_coordinator::state::Continuity;
use lastwrites_evidence::PartitionCopy;

/// One copy's leader epochs and its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lineage {
    /// `(leader epoch, first offset)`, both ascending.
    entries: Vec<(i32, i64)>,
    /// Last readable offset + 1.
    end: i64,
}

impl Lineage {
    /// From `leader-epoch-checkpoint`, and from the batches where they know newer epochs or the file is lost.
    ///
    /// An epoch that is listed as starting behind the last readable record says that records are missing from
    /// the copy, not that they are there: it is left out.
    pub(super) fn of(copy: &PartitionCopy, continuity: &Continuity, of_batches: &[(i32, i64)]) -> Self {
        let end = continuity.next.unwrap_or(0);
        let listed = copy.leader_epochs.iter().map(|entry| (entry.leader_epoch, entry.start_offset));
        Self::new(listed.chain(of_batches.iter().copied()), end)
    }

    fn new(epochs: impl Iterator<Item = (i32, i64)>, end: i64) -> Self {
        let mut entries: Vec<(i32, i64)> = Vec::new();
        for (epoch, start) in epochs.filter(|(_, start)| *start <= end) {
            if entries.last().is_none_or(|(last, from)| epoch > *last && start >= *from) {
                entries.push((epoch, start));
            }
        }
        Self { entries, end }
    }

    /// The newest leader epoch; `None` when nothing tells.
    pub(super) fn last_epoch(&self) -> Option<i32> {
        self.entries.last().map(|(epoch, _)| *epoch)
    }

    /// Last readable offset + 1.
    pub(super) const fn end(&self) -> i64 {
        self.end
    }

    /// The largest epoch of this log that is not above `epoch`, and where it ends here
    /// (`LeaderEpochFileCache.endOffsetFor`).
    fn end_offset_for(&self, epoch: i32) -> Option<(i32, i64)> {
        let above = self.entries.partition_point(|(other, _)| *other <= epoch);
        let (found, _) = self.entries.get(above.checked_sub(1)?)?;
        Some((*found, self.entries.get(above).map_or(self.end, |(_, start)| *start)))
    }

    /// First offset that has an epoch here.
    fn start(&self) -> i64 {
        self.entries.first().map_or(0, |(_, start)| *start)
    }

    /// Whether one of its epochs begins behind an offset.
    pub(super) fn has_epoch_behind(&self, offset: i64) -> bool {
        self.entries.last().is_some_and(|(_, start)| *start > offset)
    }

    /// Up to where this log is the beginning of `leader`'s: what is behind it would be cut off if this broker
    /// followed that leader (KIP-101, KIP-279).
    pub(super) fn agreed_with(&self, leader: &Self) -> i64 {
        let shorter = self.end.min(leader.end);
        let Some(mut epoch) = self.last_epoch().filter(|_| !leader.entries.is_empty()) else {
            return shorter;
        };
        // Each round goes at least one epoch back.
        loop {
            let Some((theirs, their_end)) = leader.end_offset_for(epoch) else {
                return shorter.min(leader.start());
            };
            match self.end_offset_for(theirs) {
                Some((ours, our_end)) if ours == theirs => return our_end.min(their_end),
                Some((ours, _)) => epoch = ours,
                None => return self.start().min(their_end),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epochs: &[(i32, i64)], end: i64) -> Lineage {
        Lineage::new(epochs.iter().copied(), end)
    }

    /// The cases of KIP-101 and KIP-279, and those that the cleaner makes.
    #[test]
    fn copies_agree_up_to_where_a_follower_would_truncate() {
        let leader = log(&[(0, 0), (2, 100), (3, 150)], 200);
        let agreed = |epochs: &[(i32, i64)], end| log(epochs, end).agreed_with(&leader);
        assert_eq!(agreed(&[(0, 0), (2, 100), (3, 150)], 200), 200, "in sync");
        assert_eq!(agreed(&[(0, 0)], 60), 60, "behind");
        assert_eq!(agreed(&[(0, 0)], 130), 100, "went on alone under its old epoch");
        assert_eq!(agreed(&[(0, 0), (1, 80)], 130), 80, "led an epoch that the leader never saw");
        assert_eq!(agreed(&[(0, 0), (1, 120)], 130), 100, "the same, behind what the leader kept");
        assert_eq!(agreed(&[(0, 0), (2, 100)], 180), 150, "went on in an epoch that ended elsewhere");
        assert_eq!(agreed(&[], 70), 70, "no epochs known: the shorter one is a beginning");
        let young = log(&[(5, 40)], 90);
        assert_eq!(log(&[(1, 0)], 60).agreed_with(&young), 40, "older epochs were cleaned away there");
    }

    #[test]
    fn epochs_behind_the_last_record_do_not_count() {
        let torn = log(&[(0, 0), (1, 500)], 300);
        assert_eq!(torn.last_epoch(), Some(0));
        assert_eq!(log(&[(0, 0), (1, 300)], 300).last_epoch(), Some(1), "led, wrote nothing yet");
    }
}
