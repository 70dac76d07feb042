//! The `BlastRadius`. Field names are the machine-output contract.

use lastwrites_evidence::ViewKind;
use lastwrites_types::{ByteText, Uuid};
use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::Finding;
use crate::model::CopyReport;

/// Who is hit, and how far that can be believed.
#[derive(Serialize, JsonSchema, Debug)]
pub struct BlastRadius {
    /// How the copies of offsets partitions were read: `as-found`.
    pub view: ViewKind,
    /// Whose rules decided what counts as committed.
    pub rules: String,
    /// The copies of offsets partitions that were read.
    pub copies: Vec<CopyReport>,
    /// Brokers, partitions, groups, topics.
    #[serde(flatten)]
    pub radius: Radius,
    /// What a reader should know, most severe first.
    pub findings: Vec<Finding>,
}

/// Brokers, the offsets partitions they lead, the groups there, the topics these groups read.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Radius {
    /// The cluster's id; `null` when no copy tells.
    pub cluster_id: Option<String>,
    /// Offset of the last record of `__cluster_metadata` that counts; `null` without metadata, and for a moment before
    /// it begins.
    pub as_of_metadata_offset: Option<i64>,
    /// First offset of the metadata read that no majority of the controllers is known to have, and no snapshot covers;
    /// `null` when all of it is known to be committed, and without metadata.
    pub as_of_metadata_uncommitted_from: Option<i64>,
    /// Moment of the last record that counts, ms since 1970; `null` without metadata.
    pub as_of_metadata_ms: Option<i64>,
    /// The directory the metadata was read in; `null` without metadata.
    pub metadata_path: Option<String>,
    /// Number of partitions of `__consumer_offsets`; `null` where the groups found contradict Kafka's default and settle no
    /// other.
    pub offsets_topic_partitions: Option<i32>,
    /// True when nothing in the evidence settles that number.
    pub offsets_topic_partitions_assumed: bool,
    /// Brokers by id.
    pub brokers: Vec<BrokerRadius>,
    /// Offsets partitions by number.
    pub partitions: Vec<PartitionRadius>,
    /// Groups by id (raw bytes), then partition.
    pub groups: Vec<GroupRadius>,
    /// Topics that these groups read, by name (raw bytes).
    pub topics: Vec<TopicRadius>,
}

/// One broker.
#[derive(Serialize, JsonSchema, Debug)]
pub struct BrokerRadius {
    /// Broker id.
    pub broker_id: i32,
    /// Host of its first listener; `null` where no metadata tells.
    pub host: Option<ByteText>,
    /// Port of its first listener; `null` where no metadata tells.
    pub port: Option<u16>,
    /// Its rack; `null` where it has none or no metadata tells.
    pub rack: Option<ByteText>,
    /// True while the controller holds it for dead; `null` without metadata.
    pub fenced: Option<bool>,
    /// Offsets partitions it leads: it coordinates their groups. `null` without metadata.
    pub leads: Option<Vec<i32>>,
    /// Offsets partitions it has a replica of; without metadata those whose copies were found.
    pub replica_of: Vec<i32>,
}

/// One offsets partition.
#[derive(Serialize, JsonSchema, Debug)]
pub struct PartitionRadius {
    /// Partition of `__consumer_offsets`.
    pub partition: i32,
    /// Its leader; `null` when it has none or nothing tells.
    pub leader: Option<i32>,
    /// Leader epoch; `null` where nothing tells.
    pub leader_epoch: Option<i32>,
    /// Replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Replicas in sync.
    pub isr: Vec<i32>,
    /// True when `diagnose` reports that it does not load; `null` when no copy of it was judged.
    pub fails: Option<bool>,
    /// False where records that would name groups are missing, before the moment asked about or because every copy that
    /// answers is damaged, torn or out of date: there may be more groups than are named, and theirs may read more topics;
    /// by a copy that is out of date (LW311) those named may be gone, too. `null` where no moment is asked about and
    /// nothing says so, and when no copy of it was read.
    pub groups_complete: Option<bool>,
}

/// One group.
#[derive(Serialize, JsonSchema, Debug)]
pub struct GroupRadius {
    /// Group id.
    pub group_id: ByteText,
    /// Partition of `__consumer_offsets` it lives on; `null` where a lone segment file does not tell.
    pub offsets_partition: Option<i32>,
    /// Broker that coordinates it; `null` when the partition has no leader or nothing tells.
    pub coordinator: Option<i32>,
    /// True when its offsets partition does not load.
    pub fails: bool,
    /// True when the copies hold records of it; false for a group that was only asked for.
    pub found: bool,
    /// Whether it was there at the moment asked about, and with these topics alone, is not known: records are missing
    /// before that moment, copies disagree, or only a forked copy has it and it was asked for.
    pub unknown: bool,
    /// Application topics it has offsets for, or members assigned to, by name; of an `unknown` group those it may have had,
    /// as far as they are still named.
    pub topics: Vec<ByteText>,
    /// Records behind its committed offsets that were there for certain, over all partitions whose lag is known;
    /// `null` where none is.
    pub lag_at_least: Option<i64>,
    /// Offsets whose lag no copied disk tells.
    pub lag_unknown: usize,
}

/// One application topic.
#[derive(Serialize, JsonSchema, Debug)]
pub struct TopicRadius {
    /// Topic name.
    pub topic: ByteText,
    /// Its id in the metadata; `null` when it isn't there any more, or nothing tells.
    pub topic_id: Option<Uuid>,
    /// How many partitions it has; `null` like its id.
    pub partitions: Option<usize>,
    /// Groups that read it.
    pub groups: Vec<ByteText>,
}
