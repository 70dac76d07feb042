//! Share groups (KIP-932): key types 10 to 15. Values are version 0 in the layout of Kafka 4.1 unless a name says 4.0.

use super::{TopicPartitions, epoch_value, group_key, part_key, topic_partitions};
use crate::wire::{Uuid, Wire};

/// Key type 10.
pub fn member_metadata_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(10, group, member_id)
}

/// `ShareGroupMemberMetadataValue`; the rack is "".
pub fn member_metadata(client_id: &str, client_host: &str, topics: &[String]) -> Vec<u8> {
    let mut value = Wire::new();
    value
        .i16(0)
        .compact_nullable_string(Some(""))
        .compact_string(client_id)
        .compact_string(client_host)
        .compact_strings(topics)
        .no_tags();
    value.into_bytes()
}

/// Key type 11.
pub fn metadata_key(group: &str) -> Vec<u8> {
    group_key(11, group)
}

/// `ShareGroupMetadataValue` from 4.1 on, where the hash is a plain field.
pub fn metadata(epoch: i32, metadata_hash: i64) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).i64(metadata_hash).no_tags();
    value.into_bytes()
}

/// `ShareGroupMetadataValue` of 4.0 (early access): the same version number without the hash.
pub fn metadata_of_4_0(epoch: i32) -> Vec<u8> {
    epoch_value(epoch, &[])
}

/// Key type 12.
pub fn target_assignment_metadata_key(group: &str) -> Vec<u8> {
    group_key(12, group)
}

/// `ShareGroupTargetAssignmentMetadataValue`.
pub fn target_assignment_metadata(assignment_epoch: i32) -> Vec<u8> {
    epoch_value(assignment_epoch, &[])
}

/// Key type 13.
pub fn target_assignment_member_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(13, group, member_id)
}

/// `ShareGroupTargetAssignmentMemberValue`.
pub fn target_assignment_member(assigned: &[TopicPartitions]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0);
    topic_partitions(&mut value, assigned);
    value.no_tags();
    value.into_bytes()
}

/// Key type 14.
pub fn current_member_assignment_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(14, group, member_id)
}

/// `ShareGroupCurrentMemberAssignmentValue`, state 0.
pub fn current_member_assignment(epoch: i32, previous_epoch: i32, assigned: &[TopicPartitions]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).i32(previous_epoch).i8(0);
    topic_partitions(&mut value, assigned);
    value.no_tags();
    value.into_bytes()
}

/// Key type 15.
pub fn state_partition_metadata_key(group: &str) -> Vec<u8> {
    group_key(15, group)
}

/// `ShareGroupStatePartitionMetadataValue` from 4.1 on: nothing initializing, nothing being deleted.
pub fn state_partition_metadata(initialized: &[(Uuid, &str, &[i32])]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).compact_array(&[(); 0], |_, ()| {});
    value.compact_array(initialized, |value, (topic_id, name, partitions)| {
        value.uuid(*topic_id).compact_string(name).compact_i32s(partitions).no_tags();
    });
    value.compact_array(&[(); 0], |_, ()| {}).no_tags();
    value.into_bytes()
}
