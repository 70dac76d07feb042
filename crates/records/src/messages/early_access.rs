//! Layouts that changed without a new version number: what early-access releases wrote as version 0.
//!
//! Each struct is named after the message and the last release that wrote it so.

use crate::messages::{
    ShareTopicInfo, ShareTopicPartitionsInfo, TopicIdPartitions, TopicMetadata, TopicPartition,
};
use crate::wire::message;
use lastwrites_types::{ByteText, Uuid};

message! {
    /// Type 4 in 3.6 and 3.7: an epoch in front.
    pub struct ConsumerGroupPartitionMetadataValue37, flexible 0 {
        /// Epoch.
        epoch: i32, 0..;
        /// Topics.
        topics: Vec<TopicMetadata>, 0..;
    }

    /// Type 4 in 3.5.
    pub struct ConsumerGroupPartitionMetadataValue35, flexible 0 {
        /// Epoch.
        epoch: i32, 0..;
        /// Topics.
        topics: Vec<TopicMetadata35>, 0..;
    }

    /// One topic of [`ConsumerGroupPartitionMetadataValue35`].
    pub struct TopicMetadata35 {
        /// Topic id.
        topic_id: Uuid, 0..;
        /// How many partitions it had.
        num_partitions: i32, 0..;
    }

    /// Type 5 in 3.6 and 3.7: client-side assignors at the end.
    pub struct ConsumerGroupMemberMetadataValue37, flexible 0 {
        /// `group.instance.id` of a static member.
        instance_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Rack.
        rack_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client id.
        client_id: ByteText, 0..;
        /// Client host.
        client_host: ByteText, 0..;
        /// Topics subscribed to by name.
        subscribed_topic_names: Vec<ByteText>, 0..;
        /// Topics subscribed to by expression.
        subscribed_topic_regex: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Rebalance timeout, ms.
        rebalance_timeout_ms: i32, 0.., default -1;
        /// Server-side assignor asked for.
        server_assignor: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client-side assignors.
        assignors: Vec<Assignor>, 0..;
    }

    /// Type 5 in 3.5.
    pub struct ConsumerGroupMemberMetadataValue35, flexible 0 {
        /// Group epoch.
        group_epoch: i32, 0..;
        /// `group.instance.id` of a static member.
        instance_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Rack.
        rack_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client id.
        client_id: ByteText, 0..;
        /// Client host.
        client_host: ByteText, 0..;
        /// Topics subscribed to by name.
        subscribed_topic_names: Vec<ByteText>, 0..;
        /// Topics subscribed to by expression.
        subscribed_topic_regex: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client-side assignors.
        assignors: Vec<Assignor>, 0..;
    }

    /// A client-side assignor.
    pub struct Assignor, inline 0 {
        /// Name.
        name: ByteText, 0..;
        /// Lowest metadata version it reads.
        minimum_version: i16, 0..;
        /// Highest metadata version it reads.
        maximum_version: i16, 0..;
        /// Why the assignment was made.
        reason: i8, 0..;
        /// Version of `metadata`.
        version: i16, 0..;
        /// Its own bytes.
        metadata: Vec<u8>, 0..;
    }

    /// Type 7 in 3.5 to 3.7: an error in front, assignor bytes behind.
    pub struct ConsumerGroupTargetAssignmentMemberValue37, flexible 0 {
        /// Assignor error code.
        error: i8, 0..;
        /// Partitions by topic.
        topic_partitions: Vec<TopicPartition>, 0..;
        /// Version of `metadata_bytes`.
        metadata_version: i16, 0..;
        /// The assignor's own bytes.
        metadata_bytes: Vec<u8>, 0..;
    }

    /// Type 8 in 3.6 and 3.7.
    pub struct ConsumerGroupCurrentMemberAssignmentValue37, flexible 0 {
        /// Member epoch.
        member_epoch: i32, 0..;
        /// The epoch before.
        previous_member_epoch: i32, 0..;
        /// The epoch it is going to.
        target_member_epoch: i32, 0..;
        /// Partitions it owns.
        assigned_partitions: Vec<TopicIdPartitions>, 0..;
        /// Partitions it has yet to give back.
        partitions_pending_revocation: Vec<TopicIdPartitions>, 0..;
        /// Partitions it waits for.
        partitions_pending_assignment: Vec<TopicIdPartitions>, 0..;
        /// Assignor error code.
        error: i8, 0..;
        /// Version of `metadata_bytes`.
        metadata_version: i16, 0..;
        /// The assignor's own bytes.
        metadata_bytes: Vec<u8>, 0..;
    }

    /// Type 8 in 3.5.
    pub struct ConsumerGroupCurrentMemberAssignmentValue35, flexible 0 {
        /// Member epoch.
        member_epoch: i32, 0..;
        /// Assignor error code.
        error: i8, 0..;
        /// Partitions it owns.
        topic_partitions: Vec<TopicIdPartitions>, 0..;
        /// Version of `metadata_bytes`.
        metadata_version: i16, 0..;
        /// The assignor's own bytes.
        metadata_bytes: Vec<u8>, 0..;
    }

    /// Type 9 in 3.9 and type 15 in 4.0.
    pub struct ShareGroupStatePartitionMetadataValue40, flexible 0 {
        /// Initialised.
        initialized_topics: Vec<ShareTopicPartitionsInfo>, 0..;
        /// Being deleted.
        deleting_topics: Vec<ShareTopicInfo>, 0..;
    }

    /// Type 11 in 3.9 and 4.0: no metadata hash.
    pub struct ShareGroupMetadataValue40, flexible 0 {
        /// Group epoch.
        epoch: i32, 0..;
    }
}
