//! Rows of the tables: one plain struct per table, borrowed from whatever a pass holds at the moment.
//!
//! A pass hands rows to a sink one at a time, so a table of any length takes no memory here. Text is raw
//! bytes as stored; how each output spells it is the sink's business. "null" is what a reader of the table
//! sees where a field is `None`.

use lastwrites_types::Uuid;

use crate::model::GroupReport;

/// What became of a commit, as far as the log tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Written plainly, or in a transaction whose marker is COMMIT.
    Committed,
    /// Written in a transaction whose marker is ABORT.
    Aborted,
    /// Written in a transaction that the log never closes.
    Open,
    /// A tombstone: the offset was deleted.
    Tombstone,
}

/// One offset-commit record of the log (key type 0 or 1), a tombstone included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitRow<'a> {
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

/// One group at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupRow<'a> {
    /// Group id.
    pub group_id: &'a [u8],
    /// `classic`, `consumer`, `share`, `streams`, or `none` for offsets without a group.
    pub group_type: &'a str,
    /// State a broker that just loaded the log computes; null for `none`.
    pub state: Option<&'a str>,
    /// `__consumer_offsets` partition the records were found in; null when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// `__consumer_offsets` partition the id hashes to; null where that can't be told.
    pub maps_to: Option<i32>,
    /// Protocol type of a classic group; null elsewhere.
    pub protocol_type: Option<&'a [u8]>,
    /// Chosen protocol of a classic group; null elsewhere.
    pub protocol: Option<&'a [u8]>,
    /// Generation of a classic group; null elsewhere.
    pub generation: Option<i32>,
    /// Group epoch of a consumer, share or streams group; null elsewhere.
    pub group_epoch: Option<i32>,
    /// Members in the records.
    pub members: u64,
    /// Topic partitions with a committed offset.
    pub offsets: u64,
    /// Newest commit timestamp of these offsets in milliseconds since the epoch; null without any.
    pub last_commit_ms: Option<i64>,
}

impl Outcome {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
            Self::Tombstone => "tombstone",
        }
    }
}

impl<'a> From<&'a GroupReport> for GroupRow<'a> {
    fn from(group: &'a GroupReport) -> Self {
        let committed = || group.offsets.iter().filter(|offset| offset.offset.is_some());
        Self {
            group_id: group.group_id.as_bytes(),
            group_type: group.group_type,
            state: group.state,
            found_in: group.found_in,
            maps_to: group.maps_to,
            protocol_type: group.protocol_type.as_ref().map(|text| text.as_bytes()),
            protocol: group.protocol.as_ref().map(|text| text.as_bytes()),
            generation: group.generation,
            group_epoch: group.group_epoch,
            members: group.members.len() as u64,
            offsets: committed().count() as u64,
            last_commit_ms: committed().filter_map(|offset| offset.committed_at_ms).max(),
        }
    }
}
