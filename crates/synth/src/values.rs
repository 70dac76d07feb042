//! Keys and values of the coordinator's records, one file per kind of group.
//!
//! Written from the message definitions of Kafka 4.3 (and the older layouts where a function says so), independently
//! of the reader's declarations. A function that ends in `_key` gives a key; the others give a value, version first.

pub mod classic;
pub mod consumer;
pub mod offsets;
pub mod share;
pub mod streams;

use crate::wire::{Uuid, Wire};

/// A record's key and value, ready for a batch.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

/// Key of a record that describes a whole group: type, group id.
pub fn group_key(record_type: i16, group: &str) -> Vec<u8> {
    let mut key = Wire::new();
    key.i16(record_type).string(group);
    key.into_bytes()
}

/// Key of a record that describes a part of a group (a member, a regular expression): type, group id, second id.
pub fn part_key(record_type: i16, group: &str, part: &str) -> Vec<u8> {
    let mut key = Wire::new();
    key.i16(record_type).string(group).string(part);
    key.into_bytes()
}

/// The deletion of `key`.
pub fn tombstone(key: Vec<u8>) -> Entry {
    (key, None)
}

/// Partitions of one topic, as every assignment names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// Topic id.
    pub topic_id: Uuid,
    /// Partition numbers.
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    /// One topic's partitions; an empty list of partitions means no entry at all.
    pub fn of(topic_id: Uuid, partitions: &[i32]) -> Vec<Self> {
        match partitions.is_empty() {
            true => Vec::new(),
            false => vec![Self { topic_id, partitions: partitions.to_vec() }],
        }
    }
}

/// The list that assignments share between consumer and share groups.
fn topic_partitions(wire: &mut Wire, topics: &[TopicPartitions]) {
    wire.compact_array(topics, |wire, topic| {
        wire.uuid(topic.topic_id).compact_i32s(&topic.partitions).no_tags();
    });
}

/// Value version 0 of a flexible message whose only plain field is an int32 (epochs).
fn epoch_value(epoch: i32, tags: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut value = Wire::new();
    value.i16(0).i32(epoch).tags(tags);
    value.into_bytes()
}
