//! Leader epochs of two copies: how far they hold the same log, and which side of a fork the cluster went on with.
//!
//! What Kafka guarantees, and what is made of it:
//!
//! * Every leader has an epoch of its own, higher than all before, and stamps it on what it appends. So along one log epochs
//!   never fall, and two copies hold the same log exactly up to where their batches, put together, would fall. This is where a
//!   follower truncates (KIP-101, KIP-279): behind the start of a newer epoch there, and from an epoch on that the leader has not.
//! * A broker's `leader-epoch-checkpoint` lists every epoch of its log, also where the cleaner has taken all of an epoch's
//!   batches: between two entries there is no other epoch. Epochs that are known of batches alone (the file is lost, or a capture
//!   has written it) lack those: what lies between two batches of different epochs is unknown, and proves no parting.
//! * Copies that have records of one leader have all of its log up to there, too. So below the newest epoch that both know nothing
//!   parts them, whatever their lists say: a replica that was filled from a cleaned leader lists older epochs late or not at all.
//! * Of two copies the one without the other's newest epoch would follow the other, however long it is: from their parting on,
//!   it's the older one's records that were cut off.
//! * A high watermark is acknowledged: unless an unclean election took it, a log that reached it never ends before it again. A
//!   copy's mark counts for its history, so for a newer one up to their parting; the epochs behind the copy's end needn't be known.

use lastwrites_evidence::PartitionCopy;
use lastwrites_segment::EpochSpan;

/// One copy's leader epochs and its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lineage {
    /// Where each epoch is known to be, offsets inclusive: epochs and first offsets ascending. One that ends before it begins has
    /// no record, and still ends what came before it.
    spans: Vec<EpochSpan>,
    /// First offset that it says nothing about.
    end: i64,
}

impl Lineage {
    /// Of what a copy holds below `held`, and what its file lists up to `reach`: with `held` for it, an epoch that is listed as
    /// starting behind the last readable record is left out. It says that records are missing from the copy, not that they are there.
    pub(super) fn of(copy: &PartitionCopy, of_batches: &[EpochSpan], held: i64, reach: i64) -> Self {
        let listed = copy.leader_epochs.iter().map(|entry| (entry.leader_epoch, entry.start_offset));
        Self::new(listed, copy.capture.is_none(), of_batches, held, reach)
    }

    /// A broker's own list has every epoch up to its last: batches count behind that. Of another's, batches count everywhere.
    fn new(
        listed: impl Iterator<Item = (i32, i64)>,
        is_brokers_own: bool,
        of_batches: &[EpochSpan],
        held: i64,
        reach: i64,
    ) -> Self {
        let mut spans: Vec<EpochSpan> = Vec::new();
        let ascends = |spans: &[EpochSpan], epoch: i32, first: i64| {
            first <= reach && spans.last().is_none_or(|last| epoch > last.epoch && first >= last.first)
        };
        for (epoch, first) in listed.filter(|_| is_brokers_own) {
            if ascends(&spans, epoch, first) {
                spans.push(EpochSpan { epoch, first, last: first });
            }
        }
        let listed = spans.len();
        for span in of_batches {
            if ascends(&spans, span.epoch, span.first) {
                spans.push(*span);
            }
        }
        // A listed epoch goes on to where the next begins.
        let nexts: Vec<i64> = spans.iter().skip(1).map(|next| next.first).chain([held]).collect();
        for (span, next) in spans.iter_mut().zip(nexts).take(listed) {
            span.last = next.max(span.first).saturating_sub(1);
        }
        Self { spans, end: reach }
    }

    /// The newest leader epoch; `None` when nothing tells.
    pub(super) fn last_epoch(&self) -> Option<i32> {
        self.spans.last().map(|span| span.epoch)
    }

    /// First offset that it says nothing about.
    pub(super) const fn end(&self) -> i64 {
        self.end
    }

    /// Up to where this log is the beginning of `leader`'s: what is behind it would be cut off if this broker
    /// followed that leader.
    pub(super) fn agreed_with(&self, leader: &Self) -> i64 {
        self.parts_from(leader).min(leader.end)
    }

    /// Where `leader`'s epochs contradict this log, however far the leader's own goes; its end where none does.
    pub(super) fn parts_from(&self, leader: &Self) -> i64 {
        let is_theirs =
            |span: &&EpochSpan| leader.spans.binary_search_by_key(&span.epoch, |theirs| theirs.epoch).is_ok();
        let common = self.spans.iter().rev().find(is_theirs).map_or(i32::MIN, |span| span.epoch);
        let partings = self.overruns(leader, common).into_iter().chain(leader.overruns(self, common));
        partings.fold(self.end, i64::min)
    }

    /// Where the other's first newer epoch begins that one of these epochs, not below `common`, goes on behind the start of.
    fn overruns(&self, other: &Self, common: i32) -> Option<i64> {
        let overrun = |span: &EpochSpan| {
            let newer = other.spans.partition_point(|theirs| theirs.epoch <= span.epoch);
            other.spans.get(newer).map(|newer| newer.first).filter(|from| span.last >= *from)
        };
        self.spans.iter().filter(|span| span.epoch >= common).filter_map(overrun).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epochs: &[(i32, i64)], end: i64) -> Lineage {
        Lineage::new(epochs.iter().copied(), true, &[], end, end)
    }

    /// Known of batches alone: epoch, first and last.
    fn batches(spans: &[(i32, i64, i64)], end: i64) -> Lineage {
        let spans: Vec<EpochSpan> = spans
            .iter()
            .map(|(epoch, first, last)| EpochSpan { epoch: *epoch, first: *first, last: *last })
            .collect();
        Lineage::new(std::iter::empty(), true, &spans, end, end)
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

    #[test]
    fn what_an_epoch_that_the_cleaner_took_leaves_is_no_parting() {
        let cleaned = batches(&[(0, 0, 9), (1, 10, 15), (3, 26, 34)], 35);
        let follower = batches(&[(0, 0, 9), (1, 10, 19), (2, 20, 22)], 23);
        assert_eq!(follower.agreed_with(&cleaned), 23);
        let own = log(&[(0, 0), (1, 10), (3, 25)], 35);
        assert_eq!(follower.agreed_with(&own), 20, "its own list knows of no epoch 2");
        let went_on = batches(&[(0, 0, 9), (1, 10, 21), (3, 26, 34)], 35);
        assert_eq!(follower.agreed_with(&went_on), 20, "a batch stands where epoch 2 is");
        let filled_late = log(&[(0, 0), (3, 31)], 35);
        assert_eq!(filled_late.agreed_with(&cleaned), 35, "both have the log of epoch 3's leader");
        let earlier = batches(&[(0, 0, 9), (3, 21, 34)], 35);
        assert_eq!(follower.agreed_with(&earlier), 21, "a newer epoch stands there");
    }

    #[test]
    fn a_list_tells_of_epochs_behind_the_last_record_where_it_is_asked_to() {
        let cut = |reach| Lineage::new([(0, 0), (1, 10), (3, 30)].into_iter(), true, &[], 15, reach);
        assert_eq!((cut(15).last_epoch(), cut(40).last_epoch()), (Some(1), Some(3)));
        let leader = log(&[(0, 0), (1, 10), (2, 18)], 20);
        assert_eq!(leader.agreed_with(&cut(40)), 18, "it was elected alone, and the list goes on in epoch 1");
        assert_eq!(log(&[(0, 0), (1, 10)], 20).agreed_with(&cut(40)), 20);
    }
}
