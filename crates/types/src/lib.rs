//! Words every other crate shares.
//!
//! This crate knows nothing of files, batches or groups: only the small values that travel through all
//! of them. Offsets are `i64` as in Kafka and byte positions are `u64`, so the two can't be mixed
//! silently; `offset` always means Kafka's logical offset and `position` a byte in a file.

mod byte_text;
mod flags;
mod java_string;
mod partition_for;
mod ranges;
mod release;
pub mod schema;
mod topic_partition;
mod trust;
mod uuid;

pub use byte_text::{ByteText, escaped};
pub use flags::{Flag, Flags};
pub use java_string::{java_hash_code, java_text};
pub use partition_for::{group_hash, group_to_partition, group_to_partition_unsigned};
pub use ranges::{ByteRange, OffsetSet};
pub use release::{ParseReleaseError, Release};
pub use topic_partition::TopicPartition;
pub use trust::Trust;
pub use uuid::{ParseUuidError, Uuid};

/// Name of the topic that holds group state and committed offsets (Kafka's `Topic.GROUP_METADATA_TOPIC_NAME`).
pub const CONSUMER_OFFSETS_TOPIC: &str = "__consumer_offsets";
/// Name of the topic that holds transaction state (Kafka's `Topic.TRANSACTION_STATE_TOPIC_NAME`).
pub const TRANSACTION_STATE_TOPIC: &str = "__transaction_state";
/// Name of the KRaft metadata log (Kafka's `Topic.CLUSTER_METADATA_TOPIC_NAME`).
pub const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";
