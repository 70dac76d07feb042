//! The plan of one group: what it needs a decision for, and the decisions put together.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_recovered_offsets::Group;

use super::decide::{PartitionFacts, Wish, decide};
use super::facts::{ClusterFacts, GroupFacts};
use super::options::Options;
use super::reason::{Reason, Verdict};
use super::selection::Errand;
use super::{GroupPlan, PartitionPlan, group_rules};
use crate::client::{ErrorCode, Partition};
use crate::names::plain;

/// Topics of the group that are chosen.
pub(super) fn topics(group: &Group, options: &Options) -> BTreeSet<String> {
    let named = group.offsets.iter().map(|o| &o.topic).chain(group.missing.iter().map(|m| &m.topic));
    named.map(plain).filter(|t| options.topics.is_empty() || options.topics.contains(t)).collect()
}

/// Everything the group may need a decision for: recovered, missing, and partitions nobody mentioned.
pub(super) fn wishes<'a>(
    group: &'a Group,
    options: &Options,
    cluster: &ClusterFacts,
) -> BTreeMap<Partition, Wish<'a>> {
    let mut wishes = BTreeMap::new();
    let chosen = topics(group, options);
    // A group that never joined reads what its consumers assign themselves, not whole topics.
    let subscribes = group.protocol_type.as_ref().is_some_and(|p| !p.is_empty())
        || group.group_type == lastwrites_recovered_offsets::GroupType::Consumer;
    if subscribes {
        for topic in &chosen {
            let known = cluster.cluster.topics.get(topic).map(|t| &t.partitions);
            for partition in known.into_iter().flat_map(BTreeMap::keys) {
                wishes.entry(Partition::new(topic.clone(), *partition)).or_insert(Wish::Unmentioned);
            }
        }
    }
    for missing in group.missing.iter().filter(|m| chosen.contains(&plain(&m.topic))) {
        wishes.insert(Partition::new(plain(&missing.topic), missing.partition), Wish::Missing(&missing.why));
    }
    for offset in group.offsets.iter().filter(|o| chosen.contains(&plain(&o.topic))) {
        wishes.insert(Partition::new(plain(&offset.topic), offset.partition), Wish::Offset(offset));
    }
    wishes
}

/// Decides about one group: its own refusals, each partition, and what follows from one for the other.
pub(super) fn decide_group(
    errand: &Errand<'_>,
    wishes: &BTreeMap<Partition, Wish<'_>>,
    target: &GroupFacts,
    cluster: &ClusterFacts,
    options: &Options,
    whole: Option<&Reason>,
) -> GroupPlan {
    let mut refusals: Vec<Reason> = whole.cloned().into_iter().collect();
    refusals.extend(group_rules::refusals(errand.source, target, cluster, options));
    let metadata_limit = cluster.setting("offset.metadata.max.bytes").and_then(|n| usize::try_from(n).ok());
    let mut partitions: Vec<PartitionPlan> = wishes
        .iter()
        .map(|(partition, wish)| {
            let epoch = match wish {
                Wish::Offset(o) => o.leader_epoch,
                Wish::Missing(_) | Wish::Unmentioned => None,
            };
            let facts = PartitionFacts {
                partition,
                topic: cluster.cluster.topics.get(&partition.topic),
                info: cluster.cluster.partition(partition),
                earliest: cluster.earliest.get(partition).copied(),
                latest: cluster.latest.get(partition).copied(),
                present: target.offsets.get(partition).cloned().unwrap_or(Err(ErrorCode::NOT_ASKED)),
                epoch_end: epoch.and_then(|e| cluster.epoch_ends.get(&(partition.clone(), e)).copied()),
                metadata_limit,
                transactions: &target.transactions,
                offsets_partition: target.offsets_partition,
            };
            partition_plan(*wish, &facts, options)
        })
        .collect();
    hold_back(&mut partitions, &refusals, options);
    GroupPlan {
        source: plain(&errand.source.group_id),
        target: errand.target.to_owned(),
        kind: target.kind.clone(),
        state: target.state.clone(),
        coordinator: target.coordinator.clone(),
        offsets_partition: target.offsets_partition,
        warnings: group_rules::warnings(errand, target),
        refusals,
        partitions,
    }
}

fn partition_plan(wish: Wish<'_>, facts: &PartitionFacts<'_>, options: &Options) -> PartitionPlan {
    let decision = decide(wish, facts, options);
    PartitionPlan {
        partition: facts.partition.clone(),
        topic_id: facts.topic.and_then(|t| t.topic_id),
        present: facts.present.clone(),
        earliest: facts.earliest.and_then(Result::ok),
        latest: facts.latest.and_then(Result::ok),
        leader_epoch: facts.info.and_then(|i| i.leader_epoch),
        wanted: match wish {
            Wish::Offset(o) => Some(o.offset),
            Wish::Missing(_) | Wish::Unmentioned => None,
        },
        verdict: decision.verdict,
        set_to: decision.set_to,
        warnings: decision.warnings,
    }
}

/// A group starts as a whole or not at all: a consumer that finds half its offsets resets the other half.
fn hold_back(partitions: &mut [PartitionPlan], refusals: &[Reason], options: &Options) {
    let refused = partitions.iter().filter(|p| p.is_refused()).count();
    let reason = match refusals.first() {
        Some(first) => Reason::new("group-refused", format!("the group is refused ({})", first.code)),
        None if refused > 0 && !options.partial => Reason::new(
            "group-incomplete",
            format!("{refused} other partitions of the group are refused: decide those, or --partial"),
        ),
        None => return,
    };
    for partition in partitions.iter_mut().filter(|p| p.verdict == Verdict::Commit) {
        partition.verdict = Verdict::Refuse(reason.clone());
    }
}
