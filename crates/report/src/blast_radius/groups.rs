//! Groups and the application topics they read.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::{ClusterMetadata, is_made_up};
use lastwrites_types::{ByteText, Flag};

use super::model::{GroupRadius, PartitionRadius, TopicRadius};
use crate::model::{GroupReport, OffsetReport};

/// Every group, with its coordinator and whether its partition fails.
pub(super) fn groups(
    found: &[GroupReport],
    partitions: &[PartitionRadius],
    metadata: Option<&ClusterMetadata>,
) -> Vec<GroupRadius> {
    let group = |group: &GroupReport| GroupRadius {
        topics: topics_of(group, metadata),
        lag_at_least: lags(group).reduce(i64::saturating_add),
        lag_unknown: group.offsets.len() - lags(group).count(),
        unknown: group.group_type == "unknown" || hit(group) == Hit::Perhaps,
        ..placed(group.group_id.clone(), group.found_in.or(group.maps_to), true, partitions)
    };
    found.iter().filter(|group| matches!(hit(group), Hit::Surely | Hit::Perhaps)).map(group).collect()
}

/// Groups that only a forked copy's records know, and where these were found.
pub(super) fn only_on_forks(found: &[GroupReport]) -> Vec<(ByteText, Option<i32>)> {
    let forked = found.iter().filter(|group| hit(group) == Hit::OnlyOnFork);
    forked.map(|group| (group.group_id.clone(), group.found_in.or(group.maps_to))).collect()
}

/// What a group comes to in the merged answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hit {
    /// It has an offset, a commit that waits for its transaction, or a live record of its own.
    Surely,
    /// Whether it has an offset isn't known: copies disagree, or records are missing.
    Perhaps,
    /// Only a copy that went another way has anything of it.
    OnlyOnFork,
    /// Only deleted offsets made it: it is gone, and nobody waits for it.
    Gone,
}

fn hit(group: &GroupReport) -> Hit {
    let made_by_offsets = matches!(group.group_type, "classic" | "none")
        && group.protocol_type.is_none()
        && group.generation.is_none_or(|generation| generation <= 0);
    let has_record = !made_by_offsets && !group.only_in_alternatives;
    let in_force = |offset: &OffsetReport| offset.offset.is_some() || !offset.pending.is_empty();
    let forked = |offset: &OffsetReport| {
        let unknown = [Flag::AsOfUnknown, Flag::Contested, Flag::BeforeGap];
        offset.flags.contains(Flag::Unacknowledged)
            && !unknown.iter().any(|flag| offset.flags.contains(*flag))
    };
    match () {
        () if has_record || group.offsets.iter().any(in_force) => Hit::Surely,
        () if group.offsets.is_empty() => Hit::Gone,
        () if group.offsets.iter().all(forked) => Hit::OnlyOnFork,
        () => Hit::Perhaps,
    }
}

/// A group on its partition, without topics.
pub(super) fn placed(
    group_id: ByteText,
    offsets_partition: Option<i32>,
    found: bool,
    partitions: &[PartitionRadius],
) -> GroupRadius {
    let partition = partitions.iter().find(|partition| Some(partition.partition) == offsets_partition);
    GroupRadius {
        group_id,
        offsets_partition,
        coordinator: partition.and_then(|partition| partition.leader),
        fails: partition.is_some_and(|partition| partition.fails == Some(true)),
        found,
        topics: Vec::new(),
        lag_at_least: None,
        lag_unknown: 0,
        unknown: false,
    }
}

fn lags(group: &GroupReport) -> impl Iterator<Item = i64> {
    group.offsets.iter().filter_map(|offset| offset.lag_at_least)
}

fn topics_of(group: &GroupReport, metadata: Option<&ClusterMetadata>) -> Vec<ByteText> {
    let committed = group.offsets.iter().map(|offset| offset.topic.clone());
    let assigned = group.members.iter().flat_map(|member| &member.assignment);
    let assigned = assigned.filter_map(|assignment| {
        let by_id = || Some(metadata?.image.topics.get(&assignment.topic_id?)?.name.clone());
        assignment.topic.clone().or_else(by_id)
    });
    let topics: BTreeSet<ByteText> = committed.chain(assigned).collect();
    topics.into_iter().collect()
}

/// The topics of these groups.
pub(super) fn topics(groups: &[GroupRadius], metadata: Option<&ClusterMetadata>) -> Vec<TopicRadius> {
    let mut readers: BTreeMap<&ByteText, Vec<ByteText>> = BTreeMap::new();
    for group in groups {
        for topic in &group.topics {
            let of_topic = readers.entry(topic).or_default();
            if of_topic.last() != Some(&group.group_id) {
                of_topic.push(group.group_id.clone());
            }
        }
    }
    let topic = |(topic, groups): (&ByteText, Vec<ByteText>)| {
        let image = metadata.and_then(|metadata| metadata.image.topic(topic));
        TopicRadius {
            topic: topic.clone(),
            topic_id: image.map(|(id, _)| id).filter(|id| !is_made_up(*id)),
            // A capture may know a topic's id and no more.
            partitions: image.map(|(_, image)| image.partitions.len()).filter(|count| *count > 0),
            groups,
        }
    };
    readers.into_iter().map(topic).collect()
}
