//! Consumer-group messages.

use lastwrites_records::messages::early_access::{
    ConsumerGroupCurrentMemberAssignmentValue37, ConsumerGroupMemberMetadataValue37,
};
use lastwrites_records::messages::{
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue, ConsumerTopicPartitions,
    TopicIdPartitions, TopicPartition,
};
use lastwrites_types::Uuid;

use super::{maybe_name, name, names};
use crate::group::{
    Current, Entry, Holding, MemberMetadata, Prepared, ReplayError, Shared, current_partitions,
    partitions_state, plain_partitions,
};
use crate::rules::NewRules;

/// Type 5.
pub(in crate::load) fn member(value: &ConsumerGroupMemberMetadataValue) -> Shared<MemberMetadata> {
    Shared::new(MemberMetadata {
        instance_id: maybe_name(value.instance_id.as_ref()),
        rack_id: maybe_name(value.rack_id.as_ref()),
        client_id: name(&value.client_id),
        client_host: name(&value.client_host),
        rebalance_timeout_ms: Some(value.rebalance_timeout_ms),
        session_timeout_ms: session_timeout(value),
        subscribed_topics: names(&value.subscribed_topic_names),
        subscribed_regex: maybe_name(value.subscribed_topic_regex.as_ref()),
        process_id: None,
    })
}

/// An absent tag reads as a struct of zeros, and no member has a session of 0 ms.
fn session_timeout(value: &ConsumerGroupMemberMetadataValue) -> Option<i32> {
    let classic = value.classic_member_metadata.as_ref()?;
    Some(classic.session_timeout_ms).filter(|timeout_ms| *timeout_ms > 0)
}

/// Type 5 as 3.7 reads it.
pub(in crate::load) fn member_37(value: &ConsumerGroupMemberMetadataValue37) -> Shared<MemberMetadata> {
    Shared::new(MemberMetadata {
        instance_id: maybe_name(value.instance_id.as_ref()),
        rack_id: maybe_name(value.rack_id.as_ref()),
        client_id: name(&value.client_id),
        client_host: name(&value.client_host),
        rebalance_timeout_ms: Some(value.rebalance_timeout_ms),
        session_timeout_ms: None,
        subscribed_topics: names(&value.subscribed_topic_names),
        subscribed_regex: maybe_name(value.subscribed_topic_regex.as_ref()),
        process_id: None,
    })
}

/// Type 7, in each of its layouts.
pub(in crate::load) fn target(topics: &[TopicPartition]) -> Prepared<Holding> {
    plain_partitions(topics.iter().map(|topic| (topic.topic_id, topic.partitions.as_slice())))
}

/// Type 13, the partitions of type 14, and those of type 8 in 3.7.
pub(in crate::load) fn partitions(topics: &[TopicIdPartitions]) -> Prepared<Holding> {
    plain_partitions(topics.iter().map(|topic| (topic.topic_id, topic.partitions.as_slice())))
}

/// Type 8.
pub(in crate::load) fn current(
    rules: &NewRules,
    value: &ConsumerGroupCurrentMemberAssignmentValue,
) -> Result<Current, ReplayError> {
    let epoch = value.member_epoch;
    Ok(Current {
        epoch,
        previous_epoch: value.previous_member_epoch,
        target_epoch: None,
        state: partitions_state(rules, value.state, false, false),
        assigned: current_partitions(rules, epoch, value.assigned_partitions.iter().map(entry))?,
        pending_revocation: current_partitions(
            rules,
            epoch,
            value.partitions_pending_revocation.iter().map(entry),
        )?,
    })
}

/// Type 8 as 3.7 reads it: the state follows from what is pending.
pub(in crate::load) fn current_37(
    rules: &NewRules,
    value: &ConsumerGroupCurrentMemberAssignmentValue37,
) -> Result<Current, ReplayError> {
    let revokes = !value.partitions_pending_revocation.is_empty();
    let awaits = !value.partitions_pending_assignment.is_empty();
    let current = Current {
        epoch: value.member_epoch,
        previous_epoch: value.previous_member_epoch,
        target_epoch: Some(value.target_member_epoch),
        state: partitions_state(rules, 0, revokes, awaits),
        assigned: partitions(&value.assigned_partitions)?,
        pending_revocation: partitions(&value.partitions_pending_revocation)?,
    };
    partitions(&value.partitions_pending_assignment)?;
    Ok(current)
}

fn entry(topic: &ConsumerTopicPartitions) -> Entry<'_, Uuid> {
    (topic.topic_id, &topic.partitions, topic.assignment_epochs.as_deref())
}
