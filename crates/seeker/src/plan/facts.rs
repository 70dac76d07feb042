//! What was seen on the cluster, before anything is decided.

use std::collections::{BTreeMap, HashMap};

use crate::client::{
    Broker, ClientError, Cluster, DescribedGroup, EpochEnd, ErrorCode, Fetched, Member, OpenTransaction,
    Operations, Partition, PerPartition,
};

/// What kind of group the target is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// No coordinator knows the name.
    Absent,
    /// Join/sync protocol, or a name that only commits.
    Classic,
    /// KIP-848.
    Consumer,
    /// KIP-932.
    Share,
    /// KIP-1071.
    Streams,
    /// A type this program has no word for.
    Other(String),
}

impl Kind {
    /// The word in output.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Absent => "none",
            Self::Classic => "classic",
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
            Self::Other(word) => word,
        }
    }
}

/// A question about a group that got no usable answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// The broker's code, if it was a broker's answer.
    pub code: Option<ErrorCode>,
    /// The whole error as text.
    pub text: String,
    /// The broker asked couldn't be reached or gave no whole answer in time.
    pub unreachable: bool,
}

impl Unanswered {
    /// A describe that was answered with an error.
    pub(crate) fn describe(code: ErrorCode) -> Self {
        let text = format!("the coordinator answers {code} to a describe");
        Self { code: Some(code), text, unreachable: false }
    }
}

impl From<&ClientError> for Unanswered {
    fn from(error: &ClientError) -> Self {
        Self { code: error.code(), text: error.to_string(), unreachable: error.is_transport() }
    }
}

/// The target group as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupFacts {
    /// Its name.
    pub group_id: String,
    /// Partition of `__consumer_offsets` it hashes to, when the count is known.
    pub offsets_partition: Option<i32>,
    /// Broker that coordinates it.
    pub coordinator: Option<Broker>,
    /// Kind.
    pub kind: Kind,
    /// State in the coordinator's words; empty when absent.
    pub state: String,
    /// `consumer`, `connect`, ...
    pub protocol_type: String,
    /// Assignor or protocol.
    pub protocol: String,
    /// Its members.
    pub members: Vec<Member>,
    /// What this user may do with it.
    pub allowed: Option<Operations>,
    /// Its committed offsets, with `requireStable`.
    pub offsets: PerPartition<Fetched>,
    /// Transactions open on its offsets partition; asked only when an offset is unstable.
    pub transactions: Vec<OpenTransaction>,
    /// The group of the document's name, as far as the cluster shows it; looked at only when the target has
    /// another name.
    pub original: Option<DescribedGroup>,
    /// Set when the group couldn't be examined; then the rest may be empty.
    pub unanswered: Option<Unanswered>,
    /// Free names whose shard answers; looked for only when the group's own shard doesn't.
    pub elsewhere: Vec<String>,
}

impl GroupFacts {
    /// A group about which nothing is known yet.
    #[must_use]
    pub fn unseen(group_id: &str) -> Self {
        Self {
            group_id: group_id.to_owned(),
            offsets_partition: None,
            coordinator: None,
            kind: Kind::Absent,
            state: String::new(),
            protocol_type: String::new(),
            protocol: String::new(),
            members: Vec::new(),
            allowed: None,
            offsets: PerPartition::new(),
            transactions: Vec::new(),
            original: None,
            unanswered: None,
            elsewhere: Vec::new(),
        }
    }
}

/// The cluster and the logs of the topics in question.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// Metadata of the document's topics and of `__consumer_offsets`.
    pub cluster: Cluster,
    /// Log start offsets.
    pub earliest: PerPartition<Result<i64, ErrorCode>>,
    /// High watermarks.
    pub latest: PerPartition<Result<i64, ErrorCode>>,
    /// Ends of the epochs that would be written.
    pub epoch_ends: HashMap<(Partition, i32), Result<EpochEnd, ErrorCode>>,
    /// Broker settings that matter here, where this user may see them.
    pub settings: BTreeMap<String, String>,
    /// Names of all topics this user may see; filled only when a group is renamed.
    pub topic_names: Vec<String>,
    /// Groups by name with their listed type (`None`: the broker doesn't tell types).
    pub listed: HashMap<String, Option<String>>,
    /// Brokers that couldn't list their groups.
    pub unlisted: Vec<Unanswered>,
}

impl ClusterFacts {
    /// A numeric broker setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<i64> {
        self.settings.get(name)?.parse().ok()
    }

    /// Partition count of `__consumer_offsets`.
    #[must_use]
    pub fn offsets_partitions(&self) -> Option<i32> {
        let topic = self.cluster.topics.get(lastwrites_types::CONSUMER_OFFSETS_TOPIC)?;
        i32::try_from(topic.partitions.len()).ok().filter(|n| *n > 0)
    }
}
