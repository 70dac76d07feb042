//! Where each replica stands: who leads the log's history, who is behind, who went another way.

use lastwrites_coordinator::state::{Continuity, CopyState};
use lastwrites_evidence::PartitionCopy;
use lastwrites_segment::{EpochSpan, LeaderEpochs};
use schemars::JsonSchema;
use serde::Serialize;

use super::lineage::Lineage;

/// What a copy is to the others of its partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The copy whose history the cluster went on with: newest leader epoch, then longest log, then least damage.
    Reference,
    /// Same history to the same end.
    InSync,
    /// Same history, ends earlier.
    Behind,
    /// Holds records behind the point where its history parts from the reference's: no other copy has them, and
    /// following that leader would have cut them off.
    Forked,
    /// An older snapshot of a broker whose newer one is used: compared, not merged.
    OlderSnapshot,
    /// In another log dir of a broker whose copy is used: compared, not merged.
    OtherLogDir,
}

impl Role {
    /// The word of the outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::InSync => "in-sync",
            Self::Behind => "behind",
            Self::Forked => "forked",
            Self::OlderSnapshot => "older-snapshot",
            Self::OtherLogDir => "other-log-dir",
        }
    }
}

/// One copy as a pass has read it; `state` is what the caller keeps of that reading.
#[derive(Clone, Copy)]
pub(crate) struct ReadCopy<'a, S> {
    /// Index of the copy in the run.
    pub(crate) index: usize,
    pub(crate) copy: &'a PartitionCopy,
    pub(crate) continuity: Continuity,
    /// Leader epochs that its batches carry; `None` where the pass did not collect them.
    pub(crate) leader_epochs: Option<&'a LeaderEpochs>,
    /// Its newest record, ms since 1970.
    pub(crate) newest_ms: Option<i64>,
    pub(crate) state: S,
}

impl<'a> ReadCopy<'a, &'a CopyState> {
    /// A copy that was replayed.
    pub(crate) fn replayed(index: usize, copy: &'a PartitionCopy, state: &'a CopyState) -> Self {
        let (continuity, leader_epochs) = (state.continuity, Some(&state.leader_epochs));
        Self { index, copy, continuity, leader_epochs, newest_ms: state.counts.max_timestamp, state }
    }
}

/// One replica with its place among the others.
pub(crate) struct Standing<'a, S = &'a CopyState> {
    /// Index of the copy in the run.
    pub(crate) index: usize,
    pub(crate) copy: &'a PartitionCopy,
    pub(crate) continuity: Continuity,
    pub(crate) state: S,
    pub(crate) role: Role,
    /// Newest leader epoch known of it.
    pub(crate) leader_epoch: Option<i32>,
    /// Last readable offset + 1.
    pub(crate) end: i64,
    /// Up to where it holds the reference's history.
    pub(crate) agreed_to: i64,
}

impl<'a, S: Copy> Standing<'a, S> {
    /// Puts copies in relation; the reference comes first, the others in the order given. Of the copies of one
    /// broker the newest takes part, the others come last, as snapshots or as what its other log dir holds.
    pub(crate) fn of(brokers: &[Vec<ReadCopy<'a, S>>]) -> Vec<Self> {
        let mut taken = Vec::new();
        let mut older = Vec::new();
        let all: Vec<&ReadCopy<'a, S>> = brokers.iter().flatten().collect();
        for series in brokers {
            let known = series.iter().map(|read| (lineage(read, &all, None), *read));
            let mut known: Vec<_> = known.collect();
            // A stable sort: of equals the later path counts as newer.
            known.sort_by_key(|(lineage, read)| rank(lineage, read));
            let Some(newest) = known.pop() else { continue };
            older.extend(known.into_iter().map(|older| {
                let role = if in_other_log_dir(older.1.copy, newest.1.copy) {
                    Role::OtherLogDir
                } else {
                    Role::OlderSnapshot
                };
                (older, role)
            }));
            taken.push(newest);
        }
        let best = taken.iter().enumerate().rev().max_by_key(|(_, (lineage, read))| rank(lineage, read));
        let best = best.map_or(0, |(at, _)| at);
        let Some((leader, _)) = taken.get(best) else { return Vec::new() };
        let leader = leader.clone();
        let standing = |(lineage, read): &(Lineage, ReadCopy<'a, S>), role: Option<Role>| {
            let agreed_to = lineage.agreed_with(&leader);
            let role = role.unwrap_or(match () {
                () if agreed_to < lineage.end() => Role::Forked,
                () if lineage.end() < leader.end() => Role::Behind,
                () => Role::InSync,
            });
            let ReadCopy { index, copy, continuity, state, .. } = *read;
            let (leader_epoch, end) = (lineage.last_epoch(), lineage.end());
            Self { index, copy, continuity, state, role, leader_epoch, end, agreed_to }
        };
        let reference = taken.get(best).map(|taken| standing(taken, Some(Role::Reference)));
        let others = taken.iter().enumerate().filter(|(at, _)| *at != best);
        let others = others.map(|(_, taken)| standing(taken, None));
        let older = older.iter().map(|(older, role)| standing(older, Some(*role)));
        reference.into_iter().chain(others).chain(older).collect()
    }

    /// Takes part in the merge.
    pub(crate) fn is_replica(&self) -> bool {
        !matches!(self.role, Role::OlderSnapshot | Role::OtherLogDir)
    }

    /// Its history is the reference's, as far as it goes.
    pub(crate) fn is_unforked(&self) -> bool {
        matches!(self.role, Role::Reference | Role::InSync | Role::Behind)
    }

    /// Records from here on were all read; below it damage may have taken some.
    pub(crate) fn whole_from(&self) -> i64 {
        self.continuity.damaged_below.unwrap_or(i64::MIN)
    }

    /// A record of this offset would have been seen here, had nothing superseded it: no damage is around it.
    pub(crate) fn covers(&self, offset: i64) -> bool {
        let start = self.copy.log_start_offset().unwrap_or(0);
        let before_damage = self.continuity.damaged_from.is_some_and(|from| offset < from);
        self.is_unforked()
            && (start..self.end).contains(&offset)
            && (before_damage || offset >= self.whole_from())
    }

    /// What came after a record of this offset may have been lost to damage here.
    pub(crate) fn is_hurt_behind(&self, offset: i64) -> bool {
        offset < self.whole_from()
    }
}

/// Both log dirs tell their ids, and these differ: no later moment of the same directory.
fn in_other_log_dir(one: &PartitionCopy, other: &PartitionCopy) -> bool {
    one.directory_id.as_ref().zip(other.directory_id.as_ref()).is_some_and(|(one, other)| one != other)
}

/// A copy's epochs below its end, or those that its file lists up to `reach`, too. One that a single batch carries, outside its
/// checksum, and that the copy's own checkpoint does not list counts only where another copy knows it from there or before.
fn lineage<S>(read: &ReadCopy<'_, S>, all: &[&ReadCopy<'_, S>], reach: Option<i64>) -> Lineage {
    let of_batches = read.leader_epochs.map_or(&[][..], LeaderEpochs::spans);
    let listed =
        |copy: &PartitionCopy, epoch| copy.leader_epochs.iter().any(|entry| entry.leader_epoch == epoch);
    let known_elsewhere = |newest: &EpochSpan| {
        let mut others = all.iter().filter(|other| other.index != read.index);
        others.any(|other| {
            let listed =
                other.copy.leader_epochs.iter().map(|entry| (entry.leader_epoch, entry.start_offset));
            let carried = other.leader_epochs.into_iter().flat_map(LeaderEpochs::spans);
            let carried = carried.map(|span| (span.epoch, span.first));
            listed.chain(carried).any(|(other, start)| other == newest.epoch && start <= newest.first)
        })
    };
    let doubted = of_batches.last().filter(|newest| {
        read.leader_epochs.and_then(LeaderEpochs::newest_alone) == Some(newest.epoch)
            && !read.copy.leader_epochs.is_empty()
            && !listed(read.copy, newest.epoch)
            && !known_elsewhere(newest)
    });
    let believed = of_batches.len().saturating_sub(usize::from(doubted.is_some()));
    let believed = of_batches.get(..believed).unwrap_or_default();
    let held = read.continuity.next.unwrap_or(0);
    Lineage::of(read.copy, believed, held, reach.unwrap_or(held))
}

/// What proves that the reference lacks what came last.
#[derive(Clone, Copy)]
pub(crate) struct Proof {
    /// Index of the copy that proves it.
    pub(crate) by: usize,
    /// Offset from which on the reference lacks the log's records: its end, or where a newer history parts from it.
    pub(crate) from: i64,
    /// Offset that the log is known to have reached; not below the reference's end.
    pub(crate) reached: i64,
}

/// Whether the reference's history is proved to have gone on behind its end, or without its last records. `known` tells by a
/// copy's index what its own files know its log to have reached.
///
/// A copy whose files know a newer epoch than the reference's do would be followed by it: all that the copy knows counts. What
/// an older one knows counts up to where it parts from the reference: behind that, it speaks of its own ([`Lineage`]).
pub(crate) fn proved_end<'a, S: Copy>(
    brokers: &[Vec<ReadCopy<'a, S>>],
    standings: &[Standing<'a, S>],
    known: impl Fn(usize) -> Option<i64>,
) -> Option<Proof> {
    let reference = standings.first()?;
    let all: Vec<&ReadCopy<'a, S>> = brokers.iter().flatten().collect();
    let read = all.iter().find(|read| read.index == reference.index)?;
    let (leader, leader_held) = (lineage(read, &all, Some(i64::MAX)), lineage(read, &all, None));
    let proves = |read: &&ReadCopy<'a, S>| {
        let reached = known(read.index)?;
        let other = lineage(read, &all, Some(reached));
        let (from, reached) = if other.last_epoch() > leader.last_epoch() {
            (leader_held.parts_from(&other), reached)
        } else {
            (reference.end, other.agreed_with(&leader))
        };
        let is_short = reached > reference.end || from < reference.end;
        is_short.then_some(Proof { by: read.index, from, reached: reached.max(reference.end) })
    };
    let proofs: Vec<Proof> = all.iter().filter_map(proves).collect();
    let reached = proofs.iter().map(|proof| proof.reached).max()?;
    let first = proofs.into_iter().min_by_key(|proof| (proof.from, -proof.reached))?;
    Some(Proof { reached, ..first })
}

/// Text that says the same as a segment stands behind it: what rests on it is unverified.
fn rank<S>(lineage: &Lineage, read: &ReadCopy<'_, S>) -> (Option<i32>, i64, bool, bool, Option<i64>) {
    let (whole, is_segment) = (read.continuity.damaged_below.is_none(), !read.copy.is_text());
    (lineage.last_epoch(), lineage.end(), whole, is_segment, read.newest_ms)
}

/// The copy whose group objects are taken: the reference, unless damage may have taken group records from it and
/// an undamaged copy reaches as far as that damage. Its place in `standings`, whose first is the reference.
pub(crate) fn group_source<S: Copy>(standings: &[Standing<'_, S>]) -> Option<usize> {
    let reference = standings.first()?;
    let Some(damaged) = reference.continuity.damaged_below else { return Some(0) };
    let whole = |(_, standing): &(usize, &Standing<'_, S>)| {
        standing.is_unforked()
            && standing.continuity.damaged_below.is_none()
            && standing.end >= damaged.min(reference.end)
    };
    let whole = standings.iter().enumerate().filter(whole).max_by_key(|(_, standing)| standing.end);
    Some(whole.map_or(0, |(at, _)| at))
}
