//! Streams groups (KIP-1071): key types 17 and 19 to 23. Values are version 0 as Kafka 4.1 writes them.

use super::{epoch_value, group_key, part_key};
use crate::wire::Wire;

/// Key type 17.
pub fn metadata_key(group: &str) -> Vec<u8> {
    group_key(17, group)
}

/// `StreamsGroupMetadataValue`.
pub fn metadata(epoch: i32, metadata_hash: i64) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).i64(metadata_hash).no_tags();
    value.into_bytes()
}

/// Key type 19.
pub fn member_metadata_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(19, group, member_id)
}

/// `StreamsGroupMemberMetadataValue` without instance, rack, endpoint and client tags.
pub fn member_metadata(client_id: &str, client_host: &str, process_id: &str) -> Vec<u8> {
    let mut value = Wire::new();
    value
        .i16(0)
        .compact_nullable_string(None)
        .compact_nullable_string(None)
        .compact_string(client_id)
        .compact_string(client_host)
        .i32(300_000)
        .i32(1)
        .compact_string(process_id)
        // UserEndpoint: a nullable struct that is not tagged, so one byte says null.
        .i8(-1)
        .compact_array(&[(); 0], |_, ()| {})
        .no_tags();
    value.into_bytes()
}

/// Key type 20.
pub fn target_assignment_metadata_key(group: &str) -> Vec<u8> {
    group_key(20, group)
}

/// `StreamsGroupTargetAssignmentMetadataValue`.
pub fn target_assignment_metadata(assignment_epoch: i32) -> Vec<u8> {
    epoch_value(assignment_epoch, &[])
}

/// Tasks of one subtopology.
pub type Tasks<'a> = (&'a str, &'a [i32]);

/// Key type 21.
pub fn target_assignment_member_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(21, group, member_id)
}

/// `StreamsGroupTargetAssignmentMemberValue` with active tasks alone.
pub fn target_assignment_member(active: &[Tasks<'_>]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0);
    for tasks in [active, &[], &[]] {
        task_list(&mut value, tasks);
    }
    value.no_tags();
    value.into_bytes()
}

/// Key type 22.
pub fn current_member_assignment_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(22, group, member_id)
}

/// State of a member in `StreamsGroupCurrentMemberAssignmentValue`.
pub const STABLE: i8 = 1;

/// `StreamsGroupCurrentMemberAssignmentValue` of a stable member with active tasks alone.
pub fn current_member_assignment(epoch: i32, previous_epoch: i32, active: &[Tasks<'_>]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).i32(previous_epoch).i8(STABLE);
    for tasks in [active, &[], &[], &[], &[], &[]] {
        task_list(&mut value, tasks);
    }
    value.no_tags();
    value.into_bytes()
}

fn task_list(value: &mut Wire, tasks: &[Tasks<'_>]) {
    value.compact_array(tasks, |value, (subtopology, partitions)| {
        value.compact_string(subtopology).compact_i32s(partitions).no_tags();
    });
}

/// Key type 23.
pub fn topology_key(group: &str) -> Vec<u8> {
    group_key(23, group)
}

/// `StreamsGroupTopologyValue`: one subtopology that reads `source_topics`.
pub fn topology(epoch: i32, subtopology: &str, source_topics: &[String]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).compact_array(&[subtopology], |value, id| {
        value.compact_string(id).compact_strings(source_topics);
        // Source regexes, changelogs, repartition sinks, repartition sources, co-partition groups.
        for _ in 0..5 {
            value.compact_array(&[(); 0], |_, ()| {});
        }
        value.no_tags();
    });
    value.no_tags();
    value.into_bytes()
}
