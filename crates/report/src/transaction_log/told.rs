//! What the copies of one partition of the transaction log together say of a producer.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::state::{TransactionEntry, TransactionsRead};

use super::entry::{Outcome, Speaks, Written};
use crate::merge::Standing;

/// Why the transaction log does not tell how a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Doubt {
    /// What was written after the newest entry, or the only one, may be lost to damage.
    Damaged,
    /// The log goes on behind the end of every copy.
    Stale,
    /// A partition of the log that may name the producer is not among the copies.
    NotCopied,
    /// The entry lies where nothing says that the cluster acknowledged it.
    Unacknowledged,
    /// Copies that hold the same log disagree, or logs of which nothing says which is the cluster's.
    Contested,
    /// The producer went on to a later transaction.
    WentOn,
    /// As of the moment asked for: what the log said then may be cleaned away.
    Cleaned,
}

impl Doubt {
    /// In words that go on after "says the transaction log" would not hold.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "the transaction log is damaged where it may have said how it ended",
            Self::Stale => "the transaction log goes on where the copies of it end",
            Self::NotCopied => "the partition of the transaction log that would tell is not among the copies",
            Self::Unacknowledged => {
                "what the transaction log says stands at its end, where nothing shows that the cluster acknowledged it"
            }
            Self::Contested => "copies of the transaction log disagree on how it ended",
            Self::WentOn => "the transaction log tells only of a later transaction of this producer",
            Self::Cleaned => "what the transaction log said by then may be cleaned away",
        }
    }
}

/// How far the copies of the transaction log go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Log {
    /// No copy of the cluster's is here.
    #[default]
    None,
    /// It doesn't name the producer.
    Silent,
    /// It names the producer; its newest record, ms since 1970, where one has a time.
    Until(Option<i64>),
}

/// What the transaction log says of one commit's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Verdict {
    /// How it stands; `None` where that isn't known.
    pub(crate) outcome: Option<Outcome>,
    /// Why it isn't known though there is a log; never beside an outcome.
    pub(crate) doubt: Option<Doubt>,
    /// The coordinator holds the transaction for complete: no marker is still to come.
    pub(crate) is_complete: bool,
    /// When the producer's newest transaction began, ms since 1970.
    pub(crate) started_ms: Option<i64>,
    /// What there is of the transaction log.
    pub(crate) log: Log,
}

/// One partition of the transaction log.
#[derive(Debug, Default)]
pub(super) struct Told {
    producers: BTreeMap<i64, OfProducer>,
    /// Producers that the log names only later than the moment asked for.
    later: BTreeSet<i64>,
    /// Why a producer that isn't named may have been.
    may_lack: Option<Doubt>,
    /// Its newest record, ms since 1970.
    newest_ms: Option<i64>,
}

#[derive(Debug)]
struct OfProducer {
    newest: TransactionEntry,
    doubt: Option<Doubt>,
    /// Every copy's own last entry that was acknowledged.
    acknowledged: Vec<TransactionEntry>,
}

impl Told {
    /// From the copies of the partition, the reference first; `reached` is the farthest high watermark that any
    /// checkpoint of the cluster has of it.
    pub(super) fn of(standings: &[Standing<'_, &TransactionsRead>], reached: Option<i64>) -> Self {
        let members: Vec<&Standing<'_, &TransactionsRead>> =
            standings.iter().filter(|one| one.is_replica() && one.is_unforked()).collect();
        let Some(end) = members.iter().map(|member| member.end).max() else { return Self::default() };
        let goes_on = reached.is_some_and(|reached| reached > end);
        // Nothing was lost between an offset and the end of the log.
        let is_whole_from =
            |offset: i64| members.iter().any(|member| member.end >= end && !member.is_hurt_behind(offset));
        let acknowledged = |offset: i64| {
            let Some(mark) = reached.filter(|mark| offset >= *mark) else { return true };
            // The checkpoint lags by seconds: behind it counts what no replica that keeps up lacks.
            let holders = members.iter().filter(|member| member.end > offset).count();
            holders > 1 && !members.iter().any(|member| (mark..=offset).contains(&member.end))
        };
        let ids: BTreeSet<i64> =
            members.iter().flat_map(|member| member.state.last.keys().copied()).collect();
        let mut told = Self {
            may_lack: match () {
                () if !is_whole_from(i64::MIN) => Some(Doubt::Damaged),
                () if goes_on => Some(Doubt::Stale),
                () => None,
            },
            newest_ms: members.iter().filter_map(|member| member.state.max_timestamp).max(),
            ..Self::default()
        };
        for id in ids {
            let entries =
                || members.iter().filter_map(|member| Some((*member, *member.state.last.get(&id)?)));
            let Some((_, newest)) = entries().max_by_key(|(_, entry)| entry.record_offset) else { continue };
            let offset = newest.record_offset;
            let contested =
                entries().any(|(member, entry)| entry.record_offset != offset && member.covers(offset));
            // A copy that reaches over it without a word of the producer: its transactional id went on.
            let gone = members.iter().any(|member| {
                let silent = !member.state.last.contains_key(&id) && !member.state.later.contains(&id);
                silent && member.covers(offset)
            });
            let doubt = match () {
                () if !acknowledged(offset) => Some(Doubt::Unacknowledged),
                () if contested => Some(Doubt::Contested),
                () if !is_whole_from(offset) => Some(Doubt::Damaged),
                () if goes_on || (gone && Outcome::of(&newest) == Some(Outcome::Ongoing)) => {
                    Some(Doubt::Stale)
                }
                () => None,
            };
            let own = entries().map(|(_, entry)| entry).filter(|entry| acknowledged(entry.record_offset));
            told.producers.insert(id, OfProducer { newest, doubt, acknowledged: own.collect() });
        }
        let later = members.iter().flat_map(|member| member.state.later.iter().copied());
        told.later = later.filter(|id| !told.producers.contains_key(id)).collect();
        told
    }

    /// What it says of a commit's transaction; `None` where the producer isn't named and would be.
    pub(super) fn verdict(&self, written: &Written) -> Option<Verdict> {
        let log = Log::Until(self.newest_ms);
        let Some(OfProducer { newest, doubt, acknowledged }) = self.producers.get(&written.producer_id)
        else {
            let cleaned = self.later.contains(&written.producer_id).then_some(Doubt::Cleaned);
            return cleaned.map(|doubt| Verdict { doubt: Some(doubt), log, ..Verdict::default() });
        };
        let started_ms = Some(newest.started_ms).filter(|started| *started > 0);
        let proven = acknowledged.iter().find_map(|entry| Some((written.proven_by(entry)?, entry)));
        let speaks = match (proven, doubt) {
            (Some((outcome, entry)), _) => Some((Speaks::Same(outcome), entry)),
            (None, None) => Some((written.held_against(newest), newest)),
            (None, Some(_)) => None,
        };
        Some(match speaks {
            Some((Speaks::Same(outcome), entry)) => {
                let is_complete = matches!(entry.status, 4 | 5);
                Verdict { outcome: Some(outcome), doubt: None, is_complete, started_ms, log }
            }
            // The coordinator writes that a transaction is open before the first commit of it is written.
            Some((Speaks::Earlier, _)) => Verdict { doubt: Some(Doubt::Stale), log, ..Verdict::default() },
            Some((Speaks::Later, _)) => Verdict { doubt: Some(Doubt::WentOn), log, ..Verdict::default() },
            None => Verdict { doubt: *doubt, started_ms, log, ..Verdict::default() },
        })
    }

    /// Why a producer that isn't named here may have been.
    pub(super) const fn may_lack(&self) -> Option<Doubt> {
        self.may_lack
    }
}
