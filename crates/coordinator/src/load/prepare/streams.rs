//! Streams-group messages.

use lastwrites_records::messages::{
    KeyValue, StreamsGroupCurrentMemberAssignmentValue, StreamsGroupMemberMetadataValue,
    StreamsGroupMetadataValue, StreamsGroupTargetAssignmentMemberValue, StreamsGroupTopologyValue,
    StreamsTargetTaskIds, StreamsTaskIds,
};
use lastwrites_types::java_text;

use super::java_string::subtopology;
use super::{maybe_name, name};
use crate::group::{
    Current, Entry, Epoch, Holding, MemberMetadata, Name, Prepared, ReplayError, Shared, current_tasks,
    refuse_repeated, target_tasks, tasks_state,
};
use crate::rules::NewRules;

/// Type 17. Releases before 4.2 don't know the tags, so their layouts leave them at their defaults.
pub(in crate::load) fn epoch(value: &StreamsGroupMetadataValue) -> Result<Epoch, ReplayError> {
    if let Some(configs) = &value.last_assignment_configs {
        refuse_repeated_keys(configs)?;
    }
    Ok(Epoch { epoch: value.epoch, validated_topology_epoch: value.validated_topology_epoch })
}

/// Type 19.
pub(in crate::load) fn member(value: &StreamsGroupMemberMetadataValue) -> Prepared<MemberMetadata> {
    refuse_repeated_keys(&value.client_tags)?;
    Ok(Shared::new(MemberMetadata {
        instance_id: maybe_name(value.instance_id.as_ref()),
        rack_id: maybe_name(value.rack_id.as_ref()),
        client_id: name(&value.client_id),
        client_host: name(&value.client_host),
        rebalance_timeout_ms: Some(value.rebalance_timeout_ms),
        process_id: Some(name(&value.process_id)),
        ..MemberMetadata::default()
    }))
}

/// Type 21.
pub(in crate::load) fn target(value: &StreamsGroupTargetAssignmentMemberValue) -> Prepared<Holding> {
    let roles = [&value.active_tasks, &value.standby_tasks, &value.warmup_tasks];
    target_tasks(roles.map(|tasks| tasks.iter().map(target_entry)))
}

/// Type 22.
pub(in crate::load) fn current(
    rules: &NewRules,
    value: &StreamsGroupCurrentMemberAssignmentValue,
) -> Result<Current, ReplayError> {
    let epoch = value.member_epoch;
    let tasks = |roles: [&Vec<StreamsTaskIds>; 3]| {
        current_tasks(rules, epoch, roles.map(|tasks| tasks.iter().map(current_entry)))
    };
    Ok(Current {
        epoch,
        previous_epoch: value.previous_member_epoch,
        target_epoch: None,
        state: tasks_state(value.state),
        assigned: tasks([&value.active_tasks, &value.standby_tasks, &value.warmup_tasks])?,
        pending_revocation: tasks([
            &value.active_tasks_pending_revocation,
            &value.standby_tasks_pending_revocation,
            &value.warmup_tasks_pending_revocation,
        ])?,
    })
}

/// Type 23: the topology's epoch.
pub(in crate::load) fn topology(value: &StreamsGroupTopologyValue) -> Result<i32, ReplayError> {
    refuse_repeated(value.subtopologies.iter().map(|entry| (name(&entry.subtopology_id), entry)), |entry| {
        subtopology(entry)
    })?;
    Ok(value.epoch)
}

fn target_entry(tasks: &StreamsTargetTaskIds) -> (Name, &[i32]) {
    (name(&tasks.subtopology_id), &tasks.partitions)
}

fn current_entry(tasks: &StreamsTaskIds) -> Entry<'_, Name> {
    (name(&tasks.subtopology_id), &tasks.partitions, tasks.assignment_epochs.as_deref())
}

fn refuse_repeated_keys(pairs: &[KeyValue]) -> Result<(), ReplayError> {
    refuse_repeated(pairs.iter().map(|pair| (name(&pair.key), &pair.value)), |value| {
        java_text(value.as_bytes()).into_owned()
    })
}
