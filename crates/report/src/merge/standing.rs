//! Where each replica stands: who leads the log's history, who is behind, who went another way.

use lastwrites_coordinator::state::{Continuity, CopyState};
use lastwrites_evidence::PartitionCopy;
use serde::Serialize;

use super::lineage::Lineage;

/// What a copy is to the others of its partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
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
        }
    }
}

/// One replica with its place among the others.
pub(crate) struct Standing<'a> {
    /// Index of the copy in the report.
    pub(crate) index: usize,
    pub(crate) copy: &'a PartitionCopy,
    pub(crate) state: &'a CopyState,
    pub(crate) role: Role,
    /// Newest leader epoch known of it.
    pub(crate) leader_epoch: Option<i32>,
    /// Last readable offset + 1.
    pub(crate) end: i64,
    /// Up to where it holds the reference's history.
    pub(crate) agreed_to: i64,
}

impl<'a> Standing<'a> {
    /// Puts copies in relation; the reference comes first, the others in the order given. Of the copies of one
    /// broker the newest takes part, the others come last, as snapshots.
    pub(crate) fn of(brokers: &[Vec<(usize, &'a PartitionCopy, &'a CopyState)>]) -> Vec<Self> {
        let mut taken = Vec::new();
        let mut older = Vec::new();
        for series in brokers {
            let known =
                series.iter().map(|(index, copy, state)| (lineage(copy, state), *index, *copy, *state));
            let mut known: Vec<_> = known.collect();
            // A stable sort: of equals the later path counts as newer.
            known.sort_by_key(|(lineage, _, _, state)| {
                rank(lineage, &state.continuity, state.counts.max_timestamp)
            });
            taken.extend(known.pop());
            older.extend(known);
        }
        let best = taken.iter().enumerate().rev().max_by_key(|(_, (lineage, _, _, state))| {
            rank(lineage, &state.continuity, state.counts.max_timestamp)
        });
        let best = best.map_or(0, |(at, _)| at);
        let Some((leader, ..)) = taken.get(best) else { return Vec::new() };
        let leader = leader.clone();
        let standing =
            |(lineage, index, copy, state): &(Lineage, usize, &'a PartitionCopy, &'a CopyState),
             role: Option<Role>| {
                let agreed_to = lineage.agreed_with(&leader);
                let role = role.unwrap_or(match () {
                    () if agreed_to < lineage.end() => Role::Forked,
                    () if lineage.end() < leader.end() => Role::Behind,
                    () => Role::InSync,
                });
                let (leader_epoch, end) = (lineage.last_epoch(), lineage.end());
                Self { index: *index, copy, state, role, leader_epoch, end, agreed_to }
            };
        let reference = taken.get(best).map(|taken| standing(taken, Some(Role::Reference)));
        let others = taken.iter().enumerate().filter(|(at, _)| *at != best);
        let others = others.map(|(_, taken)| standing(taken, None));
        let older = older.iter().map(|older| standing(older, Some(Role::OlderSnapshot)));
        reference.into_iter().chain(others).chain(older).collect()
    }

    /// Takes part in the merge.
    pub(crate) fn is_replica(&self) -> bool {
        self.role != Role::OlderSnapshot
    }

    /// Its history is the reference's, as far as it goes.
    pub(crate) fn is_unforked(&self) -> bool {
        matches!(self.role, Role::Reference | Role::InSync | Role::Behind)
    }

    /// Records from here on were all read; below it damage may have taken some.
    pub(crate) fn whole_from(&self) -> i64 {
        self.state.continuity.damaged_below.unwrap_or(i64::MIN)
    }

    /// A record of this offset would have been seen here, had nothing superseded it.
    pub(crate) fn covers(&self, offset: i64) -> bool {
        let start = self.copy.log_start_offset().unwrap_or(0);
        self.is_unforked() && (start..self.end).contains(&offset) && offset >= self.whole_from()
    }
}

fn lineage(copy: &PartitionCopy, state: &CopyState) -> Lineage {
    Lineage::of(copy, &state.continuity, state.leader_epochs.entries())
}

fn rank(
    lineage: &Lineage,
    continuity: &Continuity,
    newest_ms: Option<i64>,
) -> (Option<i32>, i64, bool, Option<i64>) {
    (lineage.last_epoch(), lineage.end(), continuity.damaged_below.is_none(), newest_ms)
}

/// One copy as a pass that keeps no state has seen it.
pub(crate) struct SeenCopy<'a> {
    /// Index of the copy in the run.
    pub(crate) index: usize,
    pub(crate) copy: &'a PartitionCopy,
    pub(crate) continuity: &'a Continuity,
    pub(crate) newest_ms: Option<i64>,
}

/// The copy that group state is taken from when `brokers`' copies are merged: the reference, unless it is damaged and a
/// whole copy of the same history reaches over the damage. `None` for fewer than two replicas.
pub(crate) fn loaded_from(brokers: &[Vec<SeenCopy<'_>>]) -> Option<usize> {
    let of = |seen: &SeenCopy<'_>| Lineage::of(seen.copy, seen.continuity, &[]);
    let rank_of = |seen: &&SeenCopy<'_>| rank(&of(seen), seen.continuity, seen.newest_ms);
    let taken: Vec<&SeenCopy<'_>> =
        brokers.iter().filter_map(|series| series.iter().max_by_key(rank_of)).collect();
    let reference = taken.iter().rev().max_by_key(|seen| rank_of(seen)).filter(|_| taken.len() > 1)?;
    let leader = of(reference);
    let Some(damaged) = reference.continuity.damaged_below else { return Some(reference.index) };
    let whole = taken.iter().filter(|seen| {
        let own = of(seen);
        seen.continuity.damaged_below.is_none()
            && own.agreed_with(&leader) == own.end()
            && own.end() >= damaged.min(leader.end())
    });
    Some(whole.max_by_key(|seen| of(seen).end()).unwrap_or(reference).index)
}
