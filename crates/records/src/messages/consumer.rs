//! Values of record types 3-8 and 16: groups of the consumer protocol (KIP-848).

use crate::messages::{TopicMetadata, TopicPartition};
use crate::wire::message;
use lastwrites_types::ByteText;

message! {
    /// Type 3: the group epoch.
    pub struct ConsumerGroupMetadataValue, flexible 0 {
        /// Group epoch.
        epoch: i32, 0..;
        /// Hash of the subscribed topics' metadata.
        metadata_hash: i64, 0.., tag 0 since (4, 1);
    }

    /// Type 4: metadata of the subscribed topics. Not written from 4.1 on.
    pub struct ConsumerGroupPartitionMetadataValue, flexible 0 {
        /// Topics.
        topics: Vec<TopicMetadata>, 0..;
    }

    /// Type 5: what a member told about itself.
    pub struct ConsumerGroupMemberMetadataValue, flexible 0 {
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
        /// There when the member speaks the classic protocol.
        classic_member_metadata: Option<ClassicMemberMetadata>, 0.., default Some(ClassicMemberMetadata::default()), tag 0 since (3, 8);
    }

    /// A classic-protocol member of a consumer group.
    pub struct ClassicMemberMetadata, inline 0 {
        /// Session timeout, ms.
        session_timeout_ms: i32, 0..;
        /// Protocols in order of preference.
        supported_protocols: Vec<ClassicProtocol>, 0..;
    }

    /// One protocol of [`ClassicMemberMetadata`].
    pub struct ClassicProtocol, inline 0 {
        /// Assignor name.
        name: ByteText, 0..;
        /// Subscription blob.
        metadata: Vec<u8>, 0..;
    }

    /// Type 6: the epoch of the target assignment.
    pub struct ConsumerGroupTargetAssignmentMetadataValue, flexible 0 {
        /// Assignment epoch.
        assignment_epoch: i32, 0..;
        /// When it was computed, ms.
        assignment_timestamp: i64, 0.., tag 0 since (4, 3);
    }

    /// Type 7: a member's target assignment.
    pub struct ConsumerGroupTargetAssignmentMemberValue, flexible 0 {
        /// Partitions by topic.
        topic_partitions: Vec<TopicPartition>, 0..;
    }

    /// Type 8: what a member really holds.
    pub struct ConsumerGroupCurrentMemberAssignmentValue, flexible 0 {
        /// Member epoch; -1 left, -2 a static member that left for a while.
        member_epoch: i32, 0..;
        /// The epoch before, for lost responses.
        previous_member_epoch: i32, 0..;
        /// 0 stable, 1 unrevoked partitions, 2 unreleased partitions.
        state: i8, 0..;
        /// Partitions it owns.
        assigned_partitions: Vec<ConsumerTopicPartitions>, 0..;
        /// Partitions it has yet to give back.
        partitions_pending_revocation: Vec<ConsumerTopicPartitions>, 0..;
    }

    /// Partitions of one topic in [`ConsumerGroupCurrentMemberAssignmentValue`].
    pub struct ConsumerTopicPartitions {
        /// Topic id.
        topic_id: lastwrites_types::Uuid, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
        /// Epoch each partition was assigned at, parallel to `partitions`.
        assignment_epochs: Option<Vec<i32>>, 0.., default Some(Vec::new()), tag 0 since (4, 3);
    }

    /// Type 16: the topics a regular expression resolved to.
    pub struct ConsumerGroupRegularExpressionValue, flexible 0 {
        /// Topics.
        topics: Vec<ByteText>, 0..;
        /// Metadata version they were resolved at.
        version: i64, 0..;
        /// When, ms.
        timestamp: i64, 0..;
    }
}
