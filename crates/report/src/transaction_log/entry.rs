//! One entry of the transaction log held against one commit: is it the end of that commit's transaction?

use lastwrites_coordinator::state::TransactionEntry;

/// How a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Decided: it commits (PrepareCommit or CompleteCommit).
    Committed,
    /// Decided: it aborts (PrepareAbort, CompleteAbort or PrepareEpochFence).
    Aborted,
    /// Not decided yet.
    Ongoing,
}

impl Outcome {
    /// `committed`, `aborted` or `ongoing`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Ongoing => "ongoing",
        }
    }

    /// What an entry says of its own transaction; `None` for one without a transaction.
    pub(super) const fn of(entry: &TransactionEntry) -> Option<Self> {
        match entry.status {
            1 => Some(Self::Ongoing),
            2 | 4 => Some(Self::Committed),
            3 | 5 | 7 => Some(Self::Aborted),
            _ => None,
        }
    }
}

/// A commit that waits for the end of its transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// Who wrote it.
    pub(crate) producer_id: i64,
    /// Producer epoch of its batch; `None` where the batch can't be asked.
    pub(crate) producer_epoch: Option<i16>,
    /// When the broker took it, ms since 1970.
    pub(crate) at_ms: i64,
}

/// Which transaction an entry speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Speaks {
    /// The commit's own, and this is how it stands.
    Same(Outcome),
    /// One before it.
    Earlier,
    /// One after it, or none any more.
    Later,
}

impl Written {
    /// Which transaction the entry speaks of, by epochs and times.
    pub(super) fn held_against(&self, entry: &TransactionEntry) -> Speaks {
        if let Some(proven) = self.proven_by(entry) {
            return Speaks::Same(proven);
        }
        let Some(outcome) = Outcome::of(entry) else {
            // Empty: the producer began anew, which ends what was open.
            return if entry.updated_ms < self.at_ms { Speaks::Earlier } else { Speaks::Later };
        };
        if let Some(epoch) = self.producer_epoch {
            let epochs = epochs_of(entry, outcome);
            if *epochs.end() < epoch {
                return Speaks::Earlier;
            }
            if *epochs.start() > epoch {
                return Speaks::Later;
            }
        }
        // An ongoing one was last updated when a partition joined it, before what is written there.
        if outcome != Outcome::Ongoing && entry.updated_ms < self.at_ms {
            Speaks::Earlier
        } else if entry.started_ms > self.at_ms {
            Speaks::Later
        } else {
            Speaks::Same(outcome)
        }
    }

    /// Every end of a transaction of version 2 (KIP-890) takes a producer epoch of its own, and no end is taken back: such
    /// an entry settles the commit whatever else the log held.
    pub(super) fn proven_by(&self, entry: &TransactionEntry) -> Option<Outcome> {
        let outcome = Outcome::of(entry).filter(|outcome| *outcome != Outcome::Ongoing)?;
        let epoch = self.producer_epoch?;
        (entry.client_version >= 2 && epoch.checked_add(1) == Some(entry.producer_epoch)).then_some(outcome)
    }
}

/// Producer epochs that the transaction's own commits may carry. The end of one of version 2 raises the epoch; so does
/// fencing a producer, before the abort that follows.
fn epochs_of(entry: &TransactionEntry, outcome: Outcome) -> std::ops::RangeInclusive<i16> {
    let epoch = entry.producer_epoch;
    match outcome {
        Outcome::Ongoing => epoch..=epoch,
        Outcome::Committed if entry.client_version >= 2 => epoch.saturating_sub(1)..=epoch.saturating_sub(1),
        Outcome::Committed => epoch..=epoch,
        Outcome::Aborted => epoch.saturating_sub(2)..=epoch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(status: i8, producer_epoch: i16, client_version: i16) -> TransactionEntry {
        let (started_ms, updated_ms) = (100, 200);
        TransactionEntry { record_offset: 7, status, producer_epoch, client_version, started_ms, updated_ms }
    }

    fn written(producer_epoch: i16, at_ms: i64) -> Written {
        Written { producer_id: 1, producer_epoch: Some(producer_epoch), at_ms }
    }

    /// `TransactionMetadata.prepareAbortOrCommit` raises the epoch for clients of version 2 and leaves it for others.
    #[test]
    fn an_epoch_of_its_own_proves_the_end_of_a_transaction() {
        let settled = Speaks::Same(Outcome::Committed);
        assert_eq!(written(4, 150).held_against(&entry(4, 5, 2)), settled);
        assert_eq!(written(4, 250).held_against(&entry(4, 5, 2)), settled, "clocks don't matter");
        assert_eq!(written(5, 150).held_against(&entry(4, 5, 2)), Speaks::Earlier);
        assert_eq!(written(3, 150).held_against(&entry(4, 5, 2)), Speaks::Later);
        assert_eq!(written(5, 150).held_against(&entry(2, 5, 0)), settled);
        assert_eq!(written(4, 150).held_against(&entry(2, 5, 0)), Speaks::Later);
    }

    #[test]
    fn without_an_epoch_of_its_own_times_decide() {
        assert_eq!(written(5, 250).held_against(&entry(4, 5, 0)), Speaks::Earlier);
        assert_eq!(written(5, 50).held_against(&entry(4, 5, 0)), Speaks::Later);
        assert_eq!(written(5, 250).held_against(&entry(1, 5, 0)), Speaks::Same(Outcome::Ongoing));
        // The coordinator fenced the producer (and, version 2, raised the epoch once more) and aborts.
        assert_eq!(written(3, 150).held_against(&entry(5, 5, 2)), Speaks::Same(Outcome::Aborted));
        assert_eq!(written(5, 150).held_against(&entry(0, 6, 0)), Speaks::Later, "begun anew since");
    }
}
