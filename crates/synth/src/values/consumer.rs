//! KIP-848 consumer groups: key types 3 to 8 and 16. Values are version 0, as Kafka 4.0 to 4.2 write them.

use super::{TopicPartitions, epoch_value, group_key, part_key, topic_partitions};
use crate::wire::{Uuid, Wire};

/// Key type 3.
pub fn metadata_key(group: &str) -> Vec<u8> {
    group_key(3, group)
}

/// `ConsumerGroupMetadataValue`; the hash (4.1 and later) is left out when 0, its default.
pub fn metadata(epoch: i32, metadata_hash: i64) -> Vec<u8> {
    match metadata_hash {
        0 => epoch_value(epoch, &[]),
        hash => epoch_value(epoch, &[(0, hash.to_be_bytes().to_vec())]),
    }
}

/// Key type 4.
pub fn partition_metadata_key(group: &str) -> Vec<u8> {
    group_key(4, group)
}

/// `ConsumerGroupPartitionMetadataValue`, written up to 4.0: one entry per topic, no racks.
pub fn partition_metadata(topics: &[(Uuid, &str, i32)]) -> Vec<u8> {
    let mut value = Wire::new();
    value
        .i16(0)
        .compact_array(topics, |value, (topic_id, name, partitions)| {
            value
                .uuid(*topic_id)
                .compact_string(name)
                .i32(*partitions)
                .compact_array(&[(); 0], |_, ()| {})
                .no_tags();
        })
        .no_tags();
    value.into_bytes()
}

/// Key type 5.
pub fn member_metadata_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(5, group, member_id)
}

/// `ConsumerGroupMemberMetadataValue` of a member of the consumer protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMetadata {
    /// Static membership.
    pub instance_id: Option<String>,
    /// Rack; brokers write "" for none.
    pub rack_id: Option<String>,
    /// Client id.
    pub client_id: String,
    /// "/" and an address.
    pub client_host: String,
    /// Subscribed topics.
    pub topics: Vec<String>,
    /// Subscribed regular expression; members without one are written with "".
    pub regex: Option<String>,
    /// Rebalance timeout.
    pub rebalance_timeout_ms: i32,
    /// Server-side assignor; "" for the default.
    pub server_assignor: Option<String>,
}

impl MemberMetadata {
    /// A dynamic member as Kafka 4.1 stores one: no rack, no expression, assignor "uniform".
    pub fn of(client_id: &str, topics: &[&str]) -> Self {
        Self {
            instance_id: None,
            rack_id: None,
            client_id: client_id.to_owned(),
            client_host: "/10.0.0.1".to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            regex: Some(String::new()),
            rebalance_timeout_ms: 300_000,
            server_assignor: Some("uniform".to_owned()),
        }
    }

    /// The value.
    pub fn value(&self) -> Vec<u8> {
        let mut value = Wire::new();
        value
            .i16(0)
            .compact_nullable_string(self.instance_id.as_deref())
            .compact_nullable_string(self.rack_id.as_deref())
            .compact_string(&self.client_id)
            .compact_string(&self.client_host)
            .compact_strings(&self.topics)
            .compact_nullable_string(self.regex.as_deref())
            .i32(self.rebalance_timeout_ms)
            .compact_nullable_string(self.server_assignor.as_deref())
            // The tagged ClassicMemberMetadata defaults to an empty struct, so null has to be spelled out.
            .tags(&[(0, vec![0])]);
        value.into_bytes()
    }
}

/// Key type 6.
pub fn target_assignment_metadata_key(group: &str) -> Vec<u8> {
    group_key(6, group)
}

/// `ConsumerGroupTargetAssignmentMetadataValue`.
pub fn target_assignment_metadata(assignment_epoch: i32) -> Vec<u8> {
    epoch_value(assignment_epoch, &[])
}

/// Key type 7.
pub fn target_assignment_member_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(7, group, member_id)
}

/// `ConsumerGroupTargetAssignmentMemberValue`.
pub fn target_assignment_member(assigned: &[TopicPartitions]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0);
    topic_partitions(&mut value, assigned);
    value.no_tags();
    value.into_bytes()
}

/// Key type 8.
pub fn current_member_assignment_key(group: &str, member_id: &str) -> Vec<u8> {
    part_key(8, group, member_id)
}

/// State of a member in `ConsumerGroupCurrentMemberAssignmentValue`.
pub const STABLE: i8 = 0;

/// `ConsumerGroupCurrentMemberAssignmentValue` of a stable member without pending revocations.
pub fn current_member_assignment(epoch: i32, previous_epoch: i32, assigned: &[TopicPartitions]) -> Vec<u8> {
    current_member_assignment_in(STABLE, epoch, previous_epoch, assigned, &[])
}

/// `ConsumerGroupCurrentMemberAssignmentValue` in any state.
pub fn current_member_assignment_in(
    state: i8,
    epoch: i32,
    previous_epoch: i32,
    assigned: &[TopicPartitions],
    pending_revocation: &[TopicPartitions],
) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).i32(previous_epoch).i8(state);
    topic_partitions(&mut value, assigned);
    topic_partitions(&mut value, pending_revocation);
    value.no_tags();
    value.into_bytes()
}

/// Key type 16.
pub fn regular_expression_key(group: &str, regex: &str) -> Vec<u8> {
    part_key(16, group, regex)
}

/// `ConsumerGroupRegularExpressionValue`: the topics an expression resolved to.
pub fn regular_expression(topics: &[String], version: i64, timestamp_ms: i64) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).compact_strings(topics).i64(version).i64(timestamp_ms).no_tags();
    value.into_bytes()
}
