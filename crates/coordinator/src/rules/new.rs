//! What distinguishes one release of the new (Java) coordinator's replay from another.

/// Switches of the new coordinator's replay (`GroupMetadataManager.replay`, `OffsetMetadataManager.replay`).
///
/// Every field names one decision that changed between releases; what a release can *read* lies in its
/// layouts, not here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NewRules {
    /// How consumer-group records find their group (KAFKA-17306, fixed in 4.0.0).
    pub consumer_lookup: ConsumerLookup,
    /// How share-group records find their group (KAFKA-19453, fixed in 4.1.0).
    pub share_lookup: ShareLookup,
    /// Whether a streams record may replace a group that only holds offsets (KAFKA-20254, fixed in 4.2.1).
    pub streams_over_offsets: StreamsOverOffsets,
    /// How two claims of one partition are judged (KAFKA-19862, fixed in 4.0.2, 4.1.2, 4.2.0).
    pub partition_epochs: PartitionEpochRule,
    /// How two claims of one streams task are judged (KAFKA-19862 again: fixed in 4.1.2, 4.2.0).
    pub task_processes: TaskProcessRule,
    /// How a committed transaction meets a plain commit of the same key (KAFKA-14505, settled in 3.8.0).
    pub transactional_offsets: TransactionalOffsets,
    /// What a topic listed twice in a member's current assignment does.
    pub repeated_topic: Repeated,
    /// What a subtopology listed twice in a streams member's current assignment does.
    pub repeated_subtopology: Repeated,
    /// How the per-partition assignment epochs of current assignments are read.
    pub assignment_epochs: AssignmentEpochs,
    /// Group and assignment epoch of a group object before any record sets them: 0, from 4.3.0 on 1.
    pub first_epoch: i32,
    /// When a streams group with members counts as ready after a load.
    pub streams_ready: StreamsReady,
    /// What malformed subscription bytes of a classic "consumer" member do (KAFKA-20570).
    pub subscription: SubscriptionParsing,
    /// Whether type 15 records have a replay method (4.0 decodes them and has none).
    pub state_partitions: StatePartitions,
    /// What the broker writes to its log when a record fails.
    pub failure_log: FailureLog,
    /// Whether the loader takes a snapshot every 16,384 offsets, so that many transactions below the high
    /// watermark don't exhaust the heap (KAFKA-19716, fixed in 4.0.2, 4.1.1, 4.2.0).
    pub snapshots_while_loading: bool,
}

/// How consumer-group records find their group object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConsumerLookup {
    /// 3.7: as [`ConsumerLookup::CreationOrder`]; a member's state follows from its pending partitions.
    EarlyAccess,
    /// 3.8, 3.9: records must come in creation order, tombstones need their group and member, and a group
    /// that only holds offsets is in the way.
    CreationOrder,
    /// 4.0 and later: any record creates what it needs, tombstones of missing objects are ignored, and a
    /// simple classic group is replaced.
    AnyOrder,
}

/// How share-group records find their group object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShareLookup {
    /// 4.0: records must come in creation order and tombstones need their group.
    CreationOrder,
    /// 4.1 and later: any record creates what it needs, tombstones of missing objects are ignored.
    AnyOrder,
}

/// Whether streams records replace a simple classic group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StreamsOverOffsets {
    /// 4.1, 4.2.0: `Group G is not a streams group.`
    Refused,
    /// 4.2.1 and later.
    Replaces,
}

/// How `ConsumerGroup.addPartitionEpochs` and `removePartitionEpochs` judge a partition's owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PartitionEpochRule {
    /// 3.7: the last claim wins, nothing throws (KAFKA-16147).
    Unchecked,
    /// 3.8 - 4.0.1, 4.1.0, 4.1.1: any present owner is an error, and so is removing another's epoch.
    Strict,
    /// 4.0.2, 4.1.2 and later: a larger epoch takes over, removing another's epoch does nothing.
    Lenient,
}

/// How `StreamsGroup` judges the process that owns a task.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TaskProcessRule {
    /// 4.1.0, 4.1.1: any present owner is an error, and so is removing another's claim.
    Strict,
    /// 4.1.2, 4.2.0 and later: nothing throws, the last claim wins.
    Lenient,
}

/// What a COMMIT marker does where the key already has a committed offset, and what a tombstone removes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TransactionalOffsets {
    /// 3.7: the transaction overwrites; tombstones leave pending offsets alone.
    MarkerOrder,
    /// 3.8 and later: the larger record offset wins; tombstones remove pending offsets of every producer.
    RecordOffset,
}

/// What a map key listed twice does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Repeated {
    /// `Duplicate key ...` (`Collectors.toMap`).
    Refused,
    /// The later entry replaces the earlier one.
    LastWins,
}

/// How assignment epochs inside current assignments are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AssignmentEpochs {
    /// Before 4.2: no such field.
    Absent,
    /// 4.2: streams only; a list that is neither empty nor as long as the partitions is an error.
    StreamsChecked,
    /// 4.3 and later: consumer and streams; a list of another length is ignored.
    Lenient,
}

/// When a loaded streams group with members leaves `NotReady`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StreamsReady {
    /// 4.1: never by a load alone, the configured topology lives in memory only.
    NotAfterLoad,
    /// 4.2 and later: when the topology's epoch is the validated one of the group record.
    ValidatedTopology,
}

/// What an unparsable classic subscription does to a load.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubscriptionParsing {
    /// Negative or oversized lengths escape as they are and fail the load (KAFKA-20570).
    Escapes,
    /// Caught: the coordinator does not know the subscribed topics.
    Caught,
}

/// What a type 15 record does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatePartitions {
    /// 4.0: deserialized, then `Received an unknown record type 15 in ...`.
    Unreplayable,
    /// Replayed (4.1 and later), or unknown and skipped by the deserializer (before 4.0).
    Replayed,
}

/// What the broker logs about a failing record beside the failed load itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureLog {
    /// 3.7 - 3.9: only the cause, no record and no offset.
    CauseOnly,
    /// 4.0, 4.1: `Replaying record R from TP at offset O ... failed due to: <cause>`.
    DueTo,
    /// 4.2 and later: the same without the cause, a stack trace follows.
    StackTrace,
}

impl NewRules {
    /// True when both refuse the same records: what they write to the broker's log and how much memory they take
    /// is aside.
    #[must_use]
    pub fn replays_like(&self, other: &Self) -> bool {
        let aside = |rules: &Self| Self {
            failure_log: FailureLog::CauseOnly,
            snapshots_while_loading: false,
            ..*rules
        };
        aside(self) == aside(other)
    }
}

impl ConsumerLookup {
    /// True where tombstones need their objects and records their order (before 4.0).
    #[must_use]
    pub const fn wants_creation_order(self) -> bool {
        matches!(self, Self::EarlyAccess | Self::CreationOrder)
    }
}
