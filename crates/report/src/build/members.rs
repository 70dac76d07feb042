//! Members of a group as the report shows them.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::group::{
    ClassicGroup, ClassicMember, Held, Holding, Member, MemberState, ModernGroup, Name, Tasks,
};
use lastwrites_records::embedded;
use lastwrites_types::{ByteText, Uuid};

use crate::model::{AssignmentReport, MemberReport, SubtopologyTasks, TasksReport};

/// Topic names by id, as far as the evidence tells.
pub(crate) type TopicNames = BTreeMap<Uuid, ByteText>;

/// Members of a classic group, by member id.
pub(super) fn classic_members(group: &ClassicGroup) -> Vec<MemberReport> {
    let member = |(id, member): (&_, &ClassicMember)| MemberReport {
        member_id: text(id),
        group_instance_id: member.instance_id.as_deref().map(text),
        client_id: text(&member.client_id),
        client_host: text(&member.client_host),
        member_epoch: None,
        previous_member_epoch: None,
        state: None,
        assignment: if group.uses_consumer_protocol() {
            classic_assignment(&member.assignment)
        } else {
            Vec::new()
        },
        tasks: None,
    };
    group.members.iter().map(member).collect()
}

/// Topics that the members of a classic consumer group subscribe to.
pub(super) fn classic_subscriptions(group: &ClassicGroup) -> Vec<ByteText> {
    let blobs = group.members.values().filter(|_| group.uses_consumer_protocol());
    let subscriptions = blobs.filter_map(|member| embedded::subscription(&member.subscription).ok());
    let topics: BTreeSet<ByteText> = subscriptions.flat_map(|one| one.data.topics).collect();
    topics.into_iter().collect()
}

/// Topics that the members of a consumer or share group subscribe to by name.
pub(super) fn modern_subscriptions(group: &ModernGroup) -> Vec<ByteText> {
    let metadata = group.members().values().filter_map(|member| member.metadata.as_deref());
    let topics: BTreeSet<ByteText> =
        metadata.flat_map(|metadata| &metadata.subscribed_topics).map(text).collect();
    topics.into_iter().collect()
}

/// Partitions in an assignment of the classic consumer protocol; nothing for a member that never synced or
/// whose bytes are something else.
pub(crate) fn classic_assignment(blob: &[u8]) -> Vec<AssignmentReport> {
    let Ok(assignment) = embedded::assignment(blob) else { return Vec::new() };
    let mut topics: BTreeMap<ByteText, Vec<i32>> = BTreeMap::new();
    for topic in assignment.data.assigned_partitions {
        topics.entry(topic.topic).or_default().extend(topic.partitions);
    }
    let report = |(topic, partitions)| AssignmentReport {
        topic: Some(topic),
        topic_id: None,
        partitions: sorted(partitions),
    };
    topics.into_iter().map(report).collect()
}

/// Members of a consumer, share or streams group, by member id.
pub(super) fn modern_members(group: &ModernGroup, names: &TopicNames) -> Vec<MemberReport> {
    let member = |(id, member): (&_, &Member)| {
        let metadata = member.metadata.as_deref();
        MemberReport {
            member_id: text(id),
            group_instance_id: metadata.and_then(|m| m.instance_id.as_deref()).map(text),
            client_id: metadata.map_or_else(ByteText::default, |m| text(&m.client_id)),
            client_host: metadata.map_or_else(ByteText::default, |m| text(&m.client_host)),
            member_epoch: member.epoch,
            previous_member_epoch: member.previous_epoch,
            state: member.state.map(state_word),
            assignment: modern_assignment(&member.assigned, names),
            tasks: member.assigned.tasks().map(tasks),
        }
    };
    group.members().iter().map(member).collect()
}

fn tasks(tasks: &Tasks) -> TasksReport {
    let role = |held: &[Held<Name>]| {
        let mut subtopologies: BTreeMap<ByteText, Vec<i32>> = BTreeMap::new();
        for held in held {
            let partitions = held.partitions.iter().map(|held| held.partition);
            subtopologies.entry(text(&held.key)).or_default().extend(partitions);
        }
        let report =
            |(subtopology, partitions)| SubtopologyTasks { subtopology, partitions: sorted(partitions) };
        subtopologies.into_iter().map(report).collect()
    };
    TasksReport { active: role(&tasks.active), standby: role(&tasks.standby), warmup: role(&tasks.warmup) }
}

/// Partitions of a consumer or share member; a streams member's tasks stand in [`tasks`]: their topics are the
/// topology's.
pub(crate) fn modern_assignment(holding: &Holding, names: &TopicNames) -> Vec<AssignmentReport> {
    let mut topics: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
    for (topic_id, held) in holding.partitions() {
        topics.entry(topic_id).or_default().push(held.partition);
    }
    let report = |(topic_id, partitions)| AssignmentReport {
        topic: names.get(&topic_id).cloned(),
        topic_id: Some(topic_id),
        partitions: sorted(partitions),
    };
    topics.into_iter().map(report).collect()
}

/// Kafka's name of a member's state (`MemberState` of each group type).
const fn state_word(state: MemberState) -> &'static str {
    match state {
        MemberState::Stable => "STABLE",
        MemberState::UnrevokedPartitions => "UNREVOKED_PARTITIONS",
        MemberState::UnreleasedPartitions => "UNRELEASED_PARTITIONS",
        MemberState::UnrevokedTasks => "UNREVOKED_TASKS",
        MemberState::UnreleasedTasks => "UNRELEASED_TASKS",
        MemberState::Revoking => "REVOKING",
        MemberState::Assigning => "ASSIGNING",
        MemberState::Unknown => "UNKNOWN",
    }
}

fn sorted(mut partitions: Vec<i32>) -> Vec<i32> {
    partitions.sort_unstable();
    partitions
}

fn text(bytes: &(impl AsRef<[u8]> + ?Sized)) -> ByteText {
    ByteText::from(bytes.as_ref())
}
