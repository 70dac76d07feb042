//! A row of the `commits` table.

use lastwrites_types::Uuid;

/// What became of a commit, as far as the log tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Written plainly, or in a transaction whose marker is COMMIT.
    Committed,
    /// Written in a transaction whose marker is ABORT.
    Aborted,
    /// Written in a transaction that the log never closes.
    Open,
    /// Written in a transaction that was open where the log is damaged: its marker may be lost.
    InDoubt,
    /// A tombstone: the offset was deleted.
    Tombstone,
}

/// One offset-commit record of the log (key type 0 or 1), a tombstone included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitRow<'a> {
    /// The copy it was read from: the partition directory as given.
    pub copy: &'a str,
    /// `__consumer_offsets` partition the record lies in; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The record's offset in that partition.
    pub record_offset: i64,
    /// Base offset of its batch.
    pub batch_base_offset: i64,
    /// File name inside the partition directory.
    pub file: &'a [u8],
    /// Byte in the file where the batch starts.
    pub position: u64,
    /// The record's timestamp in milliseconds since the epoch; negative where the batch has none.
    pub timestamp_ms: i64,
    /// Group id.
    pub group_id: &'a [u8],
    /// Topic name.
    pub topic: &'a [u8],
    /// Partition of that topic.
    pub topic_partition: i32,
    /// The committed offset; null for a tombstone.
    pub committed_offset: Option<i64>,
    /// Leader epoch of the commit; null for a tombstone and where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The commit's metadata text, often empty; null for a tombstone.
    pub metadata: Option<&'a [u8]>,
    /// The commit's own timestamp in milliseconds since the epoch; null for a tombstone.
    pub commit_timestamp_ms: Option<i64>,
    /// When the offset expires (value version 1 only), in milliseconds since the epoch; null elsewhere and
    /// where Kafka stores -1.
    pub expire_timestamp_ms: Option<i64>,
    /// Topic id of the commit (value version 4); null elsewhere.
    pub topic_id: Option<Uuid>,
    /// Producer id of the batch; null where Kafka stores -1.
    pub producer_id: Option<i64>,
    /// True when the batch belongs to a transaction.
    pub transactional: bool,
    /// What became of it.
    pub outcome: Outcome,
}

impl Outcome {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
            Self::InDoubt => "in-doubt",
            Self::Tombstone => "tombstone",
        }
    }
}
