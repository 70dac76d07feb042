//! Values of record types 17-24: streams groups (KIP-1071).

use crate::messages::KeyValue;
use crate::wire::message;
use lastwrites_types::{ByteText, Uuid};

message! {
    /// Type 17: the group epoch.
    pub struct StreamsGroupMetadataValue, flexible 0 {
        /// Group epoch.
        epoch: i32, 0..;
        /// Hash of the topics' metadata.
        metadata_hash: i64, 0..;
        /// Topology epoch that was validated.
        validated_topology_epoch: i32, 0.., default -1, tag 0 since (4, 2);
        /// Assignment configuration last used.
        last_assignment_configs: Option<Vec<KeyValue>>, 0.., default Some(Vec::new()), tag 1 since (4, 2);
        /// Topology epoch whose description is stored.
        stored_description_topology_epoch: i32, 0.., default -1, tag 2 since (4, 4);
        /// Topology epoch whose description failed.
        failed_description_topology_epoch: i32, 0.., default -1, tag 3 since (4, 4);
    }

    /// Type 19: what a member told about itself.
    pub struct StreamsGroupMemberMetadataValue, flexible 0 {
        /// `group.instance.id` of a static member.
        instance_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Rack.
        rack_id: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Client id.
        client_id: ByteText, 0..;
        /// Client host.
        client_host: ByteText, 0..;
        /// Rebalance timeout, ms.
        rebalance_timeout_ms: i32, 0.., default -1;
        /// Topology epoch the member runs.
        topology_epoch: i32, 0..;
        /// Process the member belongs to.
        process_id: ByteText, 0..;
        /// Where interactive queries reach it.
        user_endpoint: Option<StreamsEndpoint>, 0..;
        /// Tags for rack-aware placement.
        client_tags: Vec<KeyValue>, 0..;
    }

    /// Host and port of [`StreamsGroupMemberMetadataValue`].
    pub struct StreamsEndpoint {
        /// Host.
        host: ByteText, 0..;
        /// Port.
        port: u16, 0..;
    }

    /// Type 20: the epoch of the target assignment.
    pub struct StreamsGroupTargetAssignmentMetadataValue, flexible 0 {
        /// Assignment epoch.
        assignment_epoch: i32, 0..;
        /// When it was computed, ms.
        assignment_timestamp: i64, 0.., tag 0 since (4, 3);
    }

    /// Type 21: a member's target assignment.
    pub struct StreamsGroupTargetAssignmentMemberValue, flexible 0 {
        /// Active tasks.
        active_tasks: Vec<StreamsTargetTaskIds>, 0..;
        /// Standby tasks.
        standby_tasks: Vec<StreamsTargetTaskIds>, 0..;
        /// Warm-up tasks.
        warmup_tasks: Vec<StreamsTargetTaskIds>, 0..;
    }

    /// Tasks of one subtopology in a target assignment.
    pub struct StreamsTargetTaskIds {
        /// Subtopology.
        subtopology_id: ByteText, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
    }

    /// Type 22: what a member really holds.
    pub struct StreamsGroupCurrentMemberAssignmentValue, flexible 0 {
        /// Member epoch.
        member_epoch: i32, 0..;
        /// The epoch before.
        previous_member_epoch: i32, 0..;
        /// 1 stable, 2 unrevoked tasks, 3 unreleased tasks.
        state: i8, 0..;
        /// Active tasks.
        active_tasks: Vec<StreamsTaskIds>, 0..;
        /// Standby tasks.
        standby_tasks: Vec<StreamsTaskIds>, 0..;
        /// Warm-up tasks.
        warmup_tasks: Vec<StreamsTaskIds>, 0..;
        /// Active tasks it has yet to give back.
        active_tasks_pending_revocation: Vec<StreamsTaskIds>, 0..;
        /// Standby tasks it has yet to give back.
        standby_tasks_pending_revocation: Vec<StreamsTaskIds>, 0..;
        /// Warm-up tasks it has yet to give back.
        warmup_tasks_pending_revocation: Vec<StreamsTaskIds>, 0..;
    }

    /// Tasks of one subtopology in a current assignment.
    pub struct StreamsTaskIds {
        /// Subtopology.
        subtopology_id: ByteText, 0..;
        /// Partition numbers.
        partitions: Vec<i32>, 0..;
        /// Epoch each task was assigned at, parallel to `partitions`.
        assignment_epochs: Option<Vec<i32>>, 0.., default Some(Vec::new()), tag 0 since (4, 2);
    }

    /// Type 23: the topology the group runs.
    pub struct StreamsGroupTopologyValue, flexible 0 {
        /// Topology epoch.
        epoch: i32, 0..;
        /// Subtopologies.
        subtopologies: Vec<StreamsSubtopology>, 0..;
    }

    /// One subtopology.
    pub struct StreamsSubtopology {
        /// Subtopology.
        subtopology_id: ByteText, 0..;
        /// Topics it reads.
        source_topics: Vec<ByteText>, 0..;
        /// Expressions it reads.
        source_topic_regex: Vec<ByteText>, 0..;
        /// Changelogs of its stores.
        state_changelog_topics: Vec<StreamsTopicInfo>, 0..;
        /// Repartition topics it writes.
        repartition_sink_topics: Vec<ByteText>, 0..;
        /// Repartition topics it reads.
        repartition_source_topics: Vec<StreamsTopicInfo>, 0..;
        /// Topics that must have equal partition counts.
        copartition_groups: Vec<StreamsCopartitionGroup>, 0..;
    }

    /// An internal topic.
    pub struct StreamsTopicInfo {
        /// Topic name.
        name: ByteText, 0..;
        /// Partition count, 0 for "as its source".
        partitions: i32, 0..;
        /// Replication factor, 0 for the default.
        replication_factor: i16, 0..;
        /// Topic configuration.
        topic_configs: Vec<KeyValue>, 0..;
    }

    /// Indexes into the lists of a [`StreamsSubtopology`].
    pub struct StreamsCopartitionGroup {
        /// Into its source topics.
        source_topics: Vec<i16>, 0..;
        /// Into its source expressions.
        source_topic_regex: Vec<i16>, 0..;
        /// Into its repartition source topics.
        repartition_source_topics: Vec<i16>, 0..;
    }

    /// Type 24: topic ids a target assignment was computed from (seen after 4.4 only).
    pub struct StreamsGroupTargetAssignmentResolvedTopicIdsValue, flexible 0 {
        /// Assignment epoch.
        assignment_epoch: i32, 0..;
        /// Ids by subtopology.
        resolved_topic_ids_by_subtopology: Vec<StreamsResolvedTopicIds>, 0..;
    }

    /// Topic ids of one subtopology.
    pub struct StreamsResolvedTopicIds {
        /// Subtopology.
        subtopology_id: ByteText, 0..;
        /// Topic ids.
        topic_ids: Vec<Uuid>, 0..;
    }
}
