//! Offset commits: key types 0 and 1, value versions 0 to 4 (`OffsetCommitKey`, `OffsetCommitValue`).

use crate::wire::{Uuid, Wire};

/// Key type 1.
pub fn offset_commit_key(group: &str, topic: &str, partition: i32) -> Vec<u8> {
    commit_key(1, group, topic, partition)
}

/// Key type 0, the 0.8.2 form. Up to Kafka 4.0 it goes with any value version, from 4.1 on with version 0 alone.
pub fn legacy_offset_commit_key(group: &str, topic: &str, partition: i32) -> Vec<u8> {
    commit_key(0, group, topic, partition)
}

fn commit_key(record_type: i16, group: &str, topic: &str, partition: i32) -> Vec<u8> {
    let mut key = Wire::with_capacity(10 + group.len() + topic.len());
    key.i16(record_type).string(group).string(topic).i32(partition);
    key.into_bytes()
}

/// What a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// The committed offset.
    pub offset: i64,
    /// Leader epoch of the last consumed record, -1 when unknown; stored from version 3 on.
    pub leader_epoch: i32,
    /// The client's own text.
    pub metadata: String,
    /// Milliseconds since the epoch.
    pub commit_timestamp_ms: i64,
    /// Stored by version 1 alone; -1 for none.
    pub expire_timestamp_ms: i64,
    /// Stored by version 4 alone, as tag 0; `None` leaves the tag out, as 4.1 brokers mostly do.
    pub topic_id: Option<Uuid>,
}

impl OffsetCommit {
    /// A commit without metadata, leader epoch, expiry or topic id.
    pub fn plain(offset: i64, commit_timestamp_ms: i64) -> Self {
        Self {
            offset,
            leader_epoch: -1,
            metadata: String::new(),
            commit_timestamp_ms,
            expire_timestamp_ms: -1,
            topic_id: None,
        }
    }

    /// The value in the given version, 0 to 4. Any other version gets the layout of version 4 under its own number,
    /// as a future broker might write it.
    pub fn value(&self, version: i16) -> Vec<u8> {
        let mut value = Wire::with_capacity(64 + self.metadata.len());
        value.i16(version).i64(self.offset);
        match version {
            0 | 2 => {
                value.string(&self.metadata).i64(self.commit_timestamp_ms);
            }
            1 => {
                value.string(&self.metadata).i64(self.commit_timestamp_ms).i64(self.expire_timestamp_ms);
            }
            3 => {
                value.i32(self.leader_epoch).string(&self.metadata).i64(self.commit_timestamp_ms);
            }
            _ => {
                value.i32(self.leader_epoch).compact_string(&self.metadata).i64(self.commit_timestamp_ms);
                match self.topic_id {
                    // One tagged field: tag 0, 16 bytes.
                    Some(id) => value.raw(&[1, 0, 16]).uuid(id),
                    None => value.no_tags(),
                };
            }
        }
        value.into_bytes()
    }
}
