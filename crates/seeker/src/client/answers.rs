//! What brokers told us, in plain types: no codec type leaves the client.

use std::collections::BTreeMap;

use lastwrites_types::Uuid;

use super::ErrorCode;

/// A topic name and partition as they go over the wire (valid UTF-8, unlike what a log may hold).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Partition {
    /// Topic name.
    pub topic: String,
    /// Partition number, from 0.
    pub partition: i32,
}

impl Partition {
    /// Puts the two together.
    #[must_use]
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}-{}", self.topic, self.partition))
    }
}

/// A live broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    /// `broker.id` / `node.id`.
    pub id: i32,
    /// Advertised host of the listener we came in on.
    pub host: String,
    /// Advertised port.
    pub port: u16,
}

/// Cluster and topics, from Metadata.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cluster {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// Live brokers.
    pub brokers: Vec<Broker>,
    /// The topics asked for, by name; those that don't exist carry the error.
    pub topics: BTreeMap<String, Topic>,
}

impl Cluster {
    /// What the metadata says of a partition, if both topic and partition exist.
    #[must_use]
    pub fn partition(&self, of: &Partition) -> Option<&TopicPartitionInfo> {
        self.topics.get(&of.topic)?.partitions.get(&of.partition)
    }

    /// True when the broker is in the list of live ones.
    #[must_use]
    pub fn is_alive(&self, broker: i32) -> bool {
        self.brokers.iter().any(|b| b.id == broker)
    }
}

/// A topic as the cluster knows it now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// 0, or why the rest is empty (3: no such topic, 29: not allowed to see it).
    pub error: ErrorCode,
    /// The topic's id; `None` from brokers before 2.8.
    pub topic_id: Option<Uuid>,
    /// Partitions by number.
    pub partitions: BTreeMap<i32, TopicPartitionInfo>,
    /// What this user may do, as bits of `AclOperation` codes; `None` if the broker did not say.
    pub allowed: Option<Operations>,
}

/// A partition as the cluster knows it now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicPartitionInfo {
    /// Broker that leads it; `None` when there is none.
    pub leader: Option<i32>,
    /// The leader's epoch; `None` if not told.
    pub leader_epoch: Option<i32>,
    /// Brokers that shall have a copy, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that are in sync.
    pub in_sync: Vec<i32>,
}

/// A set of `AclOperation` codes (KIP-430).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operations(pub i32);

impl Operations {
    /// `AclOperation.READ`: needed to commit, on group and topic.
    pub const READ: u32 = 3;
    /// `AclOperation.DELETE`: needed on the group to delete an offset.
    pub const DELETE: u32 = 6;

    /// The wire's form: `i32::MIN` means "not told".
    #[must_use]
    pub fn from_wire(bits: i32) -> Option<Self> {
        (bits != i32::MIN).then_some(Self(bits))
    }

    /// True when the operation is in the set.
    #[must_use]
    pub const fn allows(self, operation: u32) -> bool {
        self.0 & (1 << operation) != 0
    }
}

/// One line of ListGroups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedGroup {
    /// Group id.
    pub group_id: String,
    /// `consumer`, `connect`, `share`, empty for groups that only commit.
    pub protocol_type: String,
    /// State, from v4.
    pub state: Option<String>,
    /// `classic`, `consumer`, `share`, `streams`; from v5 (Kafka 3.8).
    pub group_type: Option<String>,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Member id.
    pub member_id: String,
    /// `group.instance.id` of a static member.
    pub group_instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub client_host: String,
}

/// A group as one of the three describe requests shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DescribedGroup {
    /// 0, or why there is nothing to show.
    pub error: ErrorCode,
    /// `Empty`, `Stable`, `Dead`, ...
    pub state: String,
    /// `consumer`, `connect`, ...; only classic groups have it.
    pub protocol_type: String,
    /// Chosen assignor or protocol (`stream` is Kafka Streams); empty without members.
    pub protocol: String,
    /// Members.
    pub members: Vec<Member>,
    /// What this user may do with the group.
    pub allowed: Option<Operations>,
}

/// A committed offset as the coordinator answers it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommittedOffset {
    /// Next offset to read.
    pub offset: i64,
    /// Leader epoch of the record before it; `None` is -1.
    pub leader_epoch: Option<i32>,
    /// The consumer's own text. Null reads back as "".
    pub metadata: String,
}

/// OffsetFetch's answer for one partition: an offset, none, or an error (88: an open transaction).
pub type Fetched = Result<Option<CommittedOffset>, ErrorCode>;

/// One end of a log, from ListOffsets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogEnd {
    /// The log start offset.
    Earliest,
    /// The high watermark.
    Latest,
}

/// Where an epoch ends in the leader's log, from OffsetForLeaderEpoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochEnd {
    /// The largest epoch at or below the one asked for; `None`: the leader knows none.
    pub leader_epoch: Option<i32>,
    /// First offset after that epoch; `None` with it.
    pub end_offset: Option<i64>,
}

/// Answers about epochs: partition, epoch asked about, where it ends.
pub type EpochEnds = Vec<(Partition, i32, Result<EpochEnd, ErrorCode>)>;

/// A producer with an open transaction, from DescribeProducers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenTransaction {
    /// Producer id.
    pub producer_id: i64,
    /// Producer epoch.
    pub producer_epoch: i32,
    /// Where its transaction starts in the partition asked about.
    pub start_offset: i64,
}
