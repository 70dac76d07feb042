//! Values of record types 9-15: share groups (KIP-932).

use crate::messages::{TopicIdPartitions, TopicMetadata};
use crate::wire::message;
use lastwrites_types::{ByteText, Uuid};

message! {
    /// Type 9 as 4.0 has it; unknown to 4.1 and later.
    pub struct ShareGroupPartitionMetadataValue, flexible 0 {
        /// Topics.
        topics: Vec<TopicMetadata>, 0..;
    }

    /// Type 10: what a member told about itself.
    pub struct ShareGroupMemberMetadataValue, flexible 0 {
        /// Rack.
        rack_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client id.
        client_id: ByteText, 0..;
        /// Client host.
        client_host: ByteText, 0..;
        /// Topics subscribed to.
        subscribed_topic_names: Vec<ByteText>, 0..;
    }

    /// Type 11: the group epoch.
    pub struct ShareGroupMetadataValue, flexible 0 {
        /// Group epoch.
        epoch: i32, 0..;
        /// Hash of the subscribed topics' metadata (from 4.1).
        metadata_hash: i64, 0..;
    }

    /// Type 12: the epoch of the target assignment.
    pub struct ShareGroupTargetAssignmentMetadataValue, flexible 0 {
        /// Assignment epoch.
        assignment_epoch: i32, 0..;
        /// When it was computed, ms.
        assignment_timestamp: i64, 0.., tag 0 since (4, 3);
    }

    /// Type 13: a member's target assignment.
    pub struct ShareGroupTargetAssignmentMemberValue, flexible 0 {
        /// Partitions by topic.
        topic_partitions: Vec<TopicIdPartitions>, 0..;
    }

    /// Type 14: what a member really holds.
    pub struct ShareGroupCurrentMemberAssignmentValue, flexible 0 {
        /// Member epoch.
        member_epoch: i32, 0..;
        /// The epoch before.
        previous_member_epoch: i32, 0..;
        /// State.
        state: i8, 0..;
        /// Partitions by topic.
        assigned_partitions: Vec<TopicIdPartitions>, 0..;
    }

    /// Type 15: which share partitions have state (from 4.1).
    pub struct ShareGroupStatePartitionMetadataValue, flexible 0 {
        /// Being initialised.
        initializing_topics: Vec<ShareTopicPartitionsInfo>, 0..;
        /// Initialised.
        initialized_topics: Vec<ShareTopicPartitionsInfo>, 0..;
        /// Being deleted.
        deleting_topics: Vec<ShareTopicInfo>, 0..;
    }

    /// Partitions of one topic.
    pub struct ShareTopicPartitionsInfo {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Topic name.
        topic_name: ByteText, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
    }

    /// One topic.
    pub struct ShareTopicInfo {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// Topic name.
        topic_name: ByteText, 0..;
    }
}
