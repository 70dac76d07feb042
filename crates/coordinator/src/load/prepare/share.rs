//! Share-group messages.

use lastwrites_records::messages::{
    ShareGroupCurrentMemberAssignmentValue, ShareGroupMemberMetadataValue,
    ShareGroupStatePartitionMetadataValue, ShareTopicPartitionsInfo,
};
use lastwrites_types::java_text;

use super::consumer::partitions;
use super::{maybe_name, name, names};
use crate::group::{Current, MemberMetadata, ReplayError, Shared, partitions_state, refuse_repeated};
use crate::rules::NewRules;

/// Type 10.
pub(in crate::load) fn member(value: &ShareGroupMemberMetadataValue) -> Shared<MemberMetadata> {
    Shared::new(MemberMetadata {
        rack_id: maybe_name(value.rack_id.as_ref()),
        client_id: name(&value.client_id),
        client_host: name(&value.client_host),
        subscribed_topics: names(&value.subscribed_topic_names),
        ..MemberMetadata::default()
    })
}

/// Type 14.
pub(in crate::load) fn current(
    rules: &NewRules,
    value: &ShareGroupCurrentMemberAssignmentValue,
) -> Result<Current, ReplayError> {
    Ok(Current {
        epoch: value.member_epoch,
        previous_epoch: value.previous_member_epoch,
        target_epoch: None,
        state: partitions_state(rules, value.state, false, false),
        assigned: partitions(&value.assigned_partitions)?,
        pending_revocation: partitions(&[])?,
    })
}

/// Type 15: two maps keyed by topic id.
pub(in crate::load) fn state_partitions(
    value: &ShareGroupStatePartitionMetadataValue,
) -> Result<(), ReplayError> {
    for topics in [&value.initializing_topics, &value.initialized_topics] {
        refuse_repeated(topics.iter().map(|topic| (topic.topic_id, topic)), |topic| init_map_value(topic))?;
    }
    Ok(())
}

/// `InitMapValue.toString()`, whose timestamp is the moment of the load and so nobody's to know.
fn init_map_value(topic: &ShareTopicPartitionsInfo) -> String {
    let partitions = partitions_text(&topic.partitions);
    format!(
        "InitMapValue[name={}, partitions={partitions}, timestamp=0]",
        java_text(topic.topic_name.as_bytes())
    )
}

fn partitions_text(partitions: &[i32]) -> String {
    let all: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    format!("[{}]", all.join(", "))
}
