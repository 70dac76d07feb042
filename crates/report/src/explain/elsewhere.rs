//! Lines about other matters than groups and their coordinator, which use the same words: error names such as
//! NOT_COORDINATOR and LOADING are the transaction and share coordinators', too, and replicas are members of an ISR.

use aho_corasick::AhoCorasick;

/// What marks a line as another component's: its logger, its prefix, or the request it is about.
const MARKS: &[&str] = &[
    // Transactions have a coordinator of their own; only TxnOffsetCommit goes to the group's.
    "AddOffsetsToTxn",
    "ADD_OFFSETS_TO_TXN",
    "|ADDOFFSETS|",
    "AddPartitionsToTxn",
    "ADD_PARTITIONS_TO_TXN",
    "|TXNADDPARTS|",
    "|ADDPARTS|",
    "InitProducerId",
    "INIT_PRODUCER_ID",
    "|GETPID|",
    "EndTxn",
    "END_TXN",
    "|ENDTXN|",
    "WriteTxnMarkers",
    "WRITE_TXN_MARKERS",
    "DescribeTransactions",
    "DESCRIBE_TRANSACTIONS",
    "TxnCoordinator",
    "ransaction coordinator",
    "ransactional coordinator",
    "coordinatorType=TRANSACTION",
    "[TransactionCoordinator ",
    "[Transaction State Manager ",
    "[Transaction Marker ",
    ".coordinator.transaction.",
    "__transaction_state",
    // Share groups' state has one, too.
    "__share_group_state",
    "[ShareCoordinator ",
    ".coordinator.share.",
    "ReadShareGroupState",
    "WriteShareGroupState",
    "READ_SHARE_GROUP_STATE",
    "WRITE_SHARE_GROUP_STATE",
    "coordinatorType=SHARE",
    // Controllers, brokers as members of the cluster, replicas.
    "[Controller ",
    "[QuorumController ",
    "[ControllerServer ",
    "[RaftManager ",
    "[BrokerLifecycleManager ",
    "[ReplicaFetcher ",
    "[ReplicaAlterLogDirsThread",
    "[ReplicaLeaderEndPoint",
    "(kafka.controller.",
    "(org.apache.kafka.controller.",
    "(org.apache.kafka.raft.",
    "(kafka.raft.",
    "(org.apache.kafka.metadata.",
    "(org.apache.kafka.image.",
    "(org.apache.zookeeper.",
    "(kafka.zk.",
    "(kafka.zookeeper.",
    "(kafka.network.",
    "(org.apache.kafka.common.network.",
    "(org.apache.kafka.connect.runtime.distributed.DistributedHerder)",
];

/// Knows other components' lines.
pub(super) struct Elsewhere(Option<AhoCorasick>);

impl Elsewhere {
    pub(super) fn new() -> Self {
        Self(AhoCorasick::new(MARKS).ok())
    }

    /// True for a line that isn't about a group or its coordinator, whatever its words.
    pub(super) fn is(&self, line: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|marks| marks.is_match(line)) || is_producers(line)
    }
}

/// A transactional producer asks the group's coordinator for one thing only.
fn is_producers(line: &[u8]) -> bool {
    let holds = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
    holds("[Producer clientId=")
        && !["TxnOffsetCommit", "TXN_OFFSET_COMMIT", "roup coordinator", "consumer group", "roupId"]
            .iter()
            .any(|word| holds(word))
}
