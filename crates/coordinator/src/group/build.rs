//! What a release's code builds from the parts of a record before it changes any state.

use lastwrites_types::Uuid;

use super::assignment::{EpochSource, Listed, held};
use super::change::Prepared;
use super::classic::{AddStyle, ClassicGroup, ClassicMember};
use super::error::ReplayError;
use super::member::{Held, Holding, MemberState, Tasks};
use super::shared::{Name, Shared};
use super::subscription::compute_subscribed_topics;
use crate::rules::{
    AssignmentEpochs, ConsumerLookup, DuplicateStaticMember, NewRules, Repeated, Rules, SubscriptionParsing,
};

/// One list entry of an assignment record: key, partitions, and their assignment epochs where the record has them.
pub(crate) type Entry<'a, K> = (K, &'a [i32], Option<&'a [i32]>);

/// Partitions of a target assignment, or of a share member.
pub(crate) fn plain_partitions<'a>(
    entries: impl IntoIterator<Item = (Uuid, &'a [i32])>,
) -> Result<Shared<Holding>, ReplayError> {
    let listed =
        entries.into_iter().map(|(key, partitions)| Listed { key, partitions, epochs: EpochSource::None });
    Ok(Shared::new(Holding::Partitions(held(listed, Repeated::Refused)?)))
}

/// Partitions of a consumer member's current assignment (`Utils.assignmentFromTopicPartitions`).
pub(crate) fn current_partitions<'a>(
    rules: &NewRules,
    member_epoch: i32,
    entries: impl IntoIterator<Item = Entry<'a, Uuid>>,
) -> Result<Shared<Holding>, ReplayError> {
    // A static member that is away has epoch -2, but no partition was assigned at a negative epoch.
    let fallback = member_epoch.max(0);
    let listed = entries.into_iter().map(|(key, partitions, epochs)| Listed {
        key,
        partitions,
        epochs: match (rules.assignment_epochs, epochs) {
            (AssignmentEpochs::Absent | AssignmentEpochs::StreamsChecked, _) => EpochSource::None,
            (AssignmentEpochs::Lenient, Some(epochs)) if epochs.len() == partitions.len() => {
                EpochSource::Each(epochs)
            }
            (AssignmentEpochs::Lenient, _) => EpochSource::Same(fallback),
        },
    });
    Ok(Shared::new(Holding::Partitions(held(listed, rules.repeated_topic)?)))
}

/// Tasks of a target assignment (`TasksTuple.fromTargetAssignmentRecord`): active, standby, warm-up.
pub(crate) fn target_tasks<'a, E>(roles: [E; 3]) -> Result<Shared<Holding>, ReplayError>
where
    E: IntoIterator<Item = (Name, &'a [i32])>,
{
    let role = |entries: E| {
        let listed = entries.into_iter().map(|(key, partitions)| Listed {
            key,
            partitions,
            epochs: EpochSource::None,
        });
        held(listed, Repeated::Refused)
    };
    tasks(roles.map(role))
}

/// Tasks of a current assignment (`TasksTupleWithEpochs.fromCurrentAssignmentRecord`): active, standby, warm-up.
pub(crate) fn current_tasks<'a, E>(
    rules: &NewRules,
    member_epoch: i32,
    [active, standby, warmup]: [E; 3],
) -> Result<Shared<Holding>, ReplayError>
where
    E: IntoIterator<Item = Entry<'a, Name>>,
{
    let plain = |entries: E| {
        let listed = entries.into_iter().map(|(key, partitions, _)| Listed {
            key,
            partitions,
            epochs: EpochSource::None,
        });
        held(listed, rules.repeated_subtopology)
    };
    let mut listed = Vec::new();
    for (key, partitions, epochs) in active {
        let fits = |epochs: &[i32]| epochs.len() == partitions.len();
        let epochs = match (rules.assignment_epochs, epochs) {
            (AssignmentEpochs::Absent, _) => EpochSource::None,
            (_, Some(epochs)) if fits(epochs) => EpochSource::Each(epochs),
            (AssignmentEpochs::StreamsChecked, Some(epochs)) if !epochs.is_empty() => {
                return Err(ReplayError::Other(format!(
                    "Assignment epochs must be provided for all partitions. Subtopology {} has {} partitions but {} epochs",
                    lastwrites_types::java_text(&key),
                    partitions.len(),
                    epochs.len()
                )));
            }
            _ => EpochSource::Same(member_epoch),
        };
        listed.push(Listed { key, partitions, epochs });
    }
    tasks([held(listed, rules.repeated_subtopology), plain(standby), plain(warmup)])
}

fn tasks(roles: [Result<Vec<Held<Name>>, ReplayError>; 3]) -> Result<Shared<Holding>, ReplayError> {
    let [active, standby, warmup] = roles;
    Ok(Shared::new(Holding::Tasks(Tasks { active: active?, standby: standby?, warmup: warmup? })))
}

/// State of a consumer or share member (`MemberState.fromValue`; 3.7 derives it from what is pending).
pub(crate) fn partitions_state(rules: &NewRules, stored: i8, revokes: bool, awaits: bool) -> MemberState {
    match (rules.consumer_lookup, stored) {
        (ConsumerLookup::EarlyAccess, _) if revokes => MemberState::Revoking,
        (ConsumerLookup::EarlyAccess, _) if awaits => MemberState::Assigning,
        (ConsumerLookup::EarlyAccess, _) | (_, 0) => MemberState::Stable,
        (_, 1) => MemberState::UnrevokedPartitions,
        (_, 2) => MemberState::UnreleasedPartitions,
        _ => MemberState::Unknown,
    }
}

/// State of a streams member (`streams.MemberState.fromValue`).
pub(crate) const fn tasks_state(stored: i8) -> MemberState {
    match stored {
        1 => MemberState::Stable,
        2 => MemberState::UnrevokedTasks,
        3 => MemberState::UnreleasedTasks,
        _ => MemberState::Unknown,
    }
}

/// The parts of a classic group record.
#[derive(Debug)]
pub(crate) struct ClassicParts {
    pub(crate) protocol_type: Name,
    pub(crate) generation: i32,
    pub(crate) protocol: Option<Name>,
    pub(crate) leader: Option<Name>,
    /// -1 for none.
    pub(crate) current_state_timestamp: i64,
    pub(crate) members: Vec<(Name, ClassicMember)>,
}

/// A classic group as either coordinator builds it from its record.
pub(crate) fn classic_group(rules: &Rules, group_id: &Name, parts: ClassicParts) -> Prepared<ClassicGroup> {
    let (style, parsing) = match rules {
        Rules::New(rules) => {
            (AddStyle { new_coordinator: true, refuses_static_twice: true }, rules.subscription)
        }
        Rules::Old(rules) => {
            let refuses_static_twice = rules.duplicate_static_member == DuplicateStaticMember::Refused;
            (AddStyle { new_coordinator: false, refuses_static_twice }, SubscriptionParsing::Escapes)
        }
    };
    let mut group = ClassicGroup {
        generation: parts.generation,
        protocol_type: (!parts.protocol_type.is_empty()).then(|| parts.protocol_type.clone()),
        protocol: parts.protocol,
        leader: parts.leader,
        current_state_timestamp: (parts.current_state_timestamp != -1)
            .then_some(parts.current_state_timestamp),
        members: std::collections::BTreeMap::new(),
    };
    group.add_members(group_id, &parts.protocol_type, parts.members, style)?;
    compute_subscribed_topics(&group, parsing)?;
    Ok(Shared::new(group))
}
