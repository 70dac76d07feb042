//! Which copies of a partition answer for a moment.
//!
//! The copy of the broker that led then, where the cluster's metadata tells, else the one whose history the cluster went
//! on with; and every other copy that holds the same log up to the moment.

use std::collections::BTreeMap;

use lastwrites_evidence::{ClusterMetadata, Cut, Evidence, PartitionCopy, PartitionImage, cluster_layout};
use lastwrites_segment::ReadMode;

use super::AsOf;
use crate::merge::{Role, Standing};

/// The copies of one partition, as places among its standings.
pub(crate) struct Panel {
    /// Those that answer; the first is the one the others are held against.
    pub(crate) members: Vec<usize>,
    /// Copies that went another way before the moment, with the offset where.
    pub(super) forked: Vec<(usize, i64)>,
    /// Copies that end before the moment.
    pub(super) short: Vec<usize>,
    /// The first led at the moment.
    pub(super) led: bool,
}

impl Panel {
    /// `cuts` stand in the order of the run's copies; `offsets` are the partitions of the moment's metadata.
    pub(crate) fn of<S: Copy>(
        standings: &[Standing<'_, S>],
        cuts: &[Cut],
        offsets: Option<&BTreeMap<i32, PartitionImage>>,
    ) -> Self {
        let (first, led) = first(standings, cuts, offsets);
        let mut panel = Self { members: vec![first], forked: Vec::new(), short: Vec::new(), led };
        let Some(chosen) = standings.get(first) else { return panel };
        let reached = cut_of(chosen, cuts).unwrap_or(chosen.end);
        for (at, other) in standings.iter().enumerate().filter(|(at, _)| *at != first) {
            let shared = other.agreed_to.min(other.end).min(chosen.agreed_to);
            if shared >= reached {
                panel.members.push(at);
            } else if chosen.role == Role::Forked || other.role == Role::Forked {
                panel.forked.push((at, shared));
            } else {
                panel.short.push(at);
            }
        }
        panel
    }
}

/// The cluster's metadata of the moment: what another broker holds of it may be what nobody served then. None for an offset,
/// which names no moment of the cluster.
pub(crate) fn layout_then(evidence: &Evidence, as_of: AsOf, read: ReadMode) -> Option<ClusterMetadata> {
    match as_of {
        AsOf::Time(asked) => {
            cluster_layout(evidence, Some(asked), read).filter(|known| !known.later_than_asked)
        }
        AsOf::Offset { .. } => None,
    }
}

/// Where a copy's log was cut; `None` where all of it lies before the moment.
pub(super) fn cut_of<S>(standing: &Standing<'_, S>, cuts: &[Cut]) -> Option<i64> {
    cuts.get(standing.index)?.offset
}

/// The leader of the moment, or one that may have become it, if its log reaches so far; else the reference.
fn first<S: Copy>(
    standings: &[Standing<'_, S>],
    cuts: &[Cut],
    offsets: Option<&BTreeMap<i32, PartitionImage>>,
) -> (usize, bool) {
    let partition = standings.first().and_then(|one| offsets?.get(&one.copy.partition?));
    let Some(partition) = partition else { return (0, false) };
    let is_of = |copy: &PartitionCopy, ids: &[i32]| copy.broker_id().is_some_and(|id| ids.contains(&id));
    let candidates: Vec<i32> = match partition.leader {
        Some(leader) => vec![leader],
        None => partition.isr.iter().chain(&partition.eligible_leaders).copied().collect(),
    };
    let usable = |(_, standing): &(usize, &Standing<'_, S>)| {
        let ends_early = standing.role == Role::Behind && cut_of(standing, cuts).is_none();
        standing.is_replica() && is_of(standing.copy, &candidates) && !ends_early
    };
    let found = standings.iter().enumerate().find(usable);
    found.map_or((0, false), |(at, _)| (at, partition.leader.is_some()))
}
