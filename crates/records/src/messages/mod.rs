//! The messages of `__consumer_offsets`, declared once each.
//!
//! Fields stand in wire order under Kafka's names (snake case here, camel case in JSON). A nested struct
//! that several messages share in one shape is declared once. `flexible 0` means every version is.

mod classic;
mod consumer;
pub mod early_access;
mod keys;
pub mod metadata;
mod offset_commit;
pub mod quorum;
mod share;
mod streams;
pub mod transaction_state;

pub use classic::{GroupMetadataValue, MemberMetadata};
pub use consumer::*;
pub use keys::*;
pub use offset_commit::OffsetCommitValue;
pub use share::*;
pub use streams::*;

use crate::wire::message;
use lastwrites_types::{ByteText, Uuid};

message! {
    /// Partitions of a topic known by its id.
    pub struct TopicIdPartitions {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
    }

    /// The same in a member's target assignment (type 7).
    pub struct TopicPartition, inline 0 {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
    }

    /// One topic of a group's subscription metadata.
    pub struct TopicMetadata, inline 0 {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Topic name.
        topic_name: ByteText, 0..;
        /// How many partitions it had.
        num_partitions: i32, 0..;
        /// Racks of each partition's replicas.
        partition_metadata: Vec<PartitionMetadata>, 0..;
    }

    /// One partition of [`TopicMetadata`].
    pub struct PartitionMetadata, inline 0 {
        /// Partition number.
        partition: i32, 0..;
        /// Racks its replicas stood in.
        racks: Vec<ByteText>, 0..;
    }

    /// A key and a value.
    pub struct KeyValue {
        /// Key.
        key: ByteText, 0..;
        /// Value.
        value: ByteText, 0..;
    }
}
