//! One committed offset and where it was written.

use lastwrites_records::{OffsetCommitValue, messages};
use lastwrites_types::Uuid;
use smallvec::SmallVec;

/// Where a record lies on disk, down to the batch that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Index of the segment file in the copy that was read.
    pub file: u32,
    /// Byte position of the batch in that file.
    pub position: u64,
    /// The record's offset in the offsets partition.
    pub record_offset: i64,
    /// Whether the batch's checksum was right.
    pub crc_ok: bool,
}

impl Place {
    /// Log order. Offsets repeat only where a torn copy holds a record twice; then the file decides, so that
    /// the answer does not depend on which worker came first.
    #[must_use]
    pub fn order(&self) -> (i64, u32, u64) {
        (self.record_offset, self.file, self.position)
    }
}

/// What a commit said (`OffsetCommitValue`, all versions).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// The committed position in the application's topic partition.
    pub offset: i64,
    /// Leader epoch of the record before `offset`, -1 when the client sent none.
    pub leader_epoch: i32,
    /// The client's own text, empty when it sent none; kept in place while short, so that a newer commit of
    /// the key touches no other memory.
    pub metadata: SmallVec<[u8; 24]>,
    /// When the broker took the commit, ms since 1970.
    pub commit_timestamp: i64,
    /// When a version 1 value expires, ms since 1970; -1 for "by the broker's retention".
    pub expire_timestamp: i64,
    /// Id of the topic, zero when not stored (it exists from 4.1 on).
    pub topic_id: Uuid,
}

impl From<&OffsetCommitValue<'_>> for Commit {
    fn from(value: &OffsetCommitValue<'_>) -> Self {
        Self {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: SmallVec::from_slice(value.metadata),
            commit_timestamp: value.commit_timestamp,
            expire_timestamp: value.expire_timestamp,
            topic_id: value.topic_id,
        }
    }
}

impl From<&messages::OffsetCommitValue> for Commit {
    fn from(value: &messages::OffsetCommitValue) -> Self {
        Self {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: value.metadata.as_bytes().into(),
            commit_timestamp: value.commit_timestamp,
            expire_timestamp: value.expire_timestamp,
            topic_id: value.topic_id,
        }
    }
}

/// A commit with its place and the producer of its transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// What was committed.
    pub commit: Commit,
    /// Where the record lies.
    pub place: Place,
    /// Producer id of the transaction that wrote it, -1 for a plain commit.
    pub producer_id: i64,
}

/// One write to a key: a commit, or the tombstone that deletes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// A committed offset.
    Commit(Committed),
    /// The key was deleted here.
    Tombstone(Place),
}

impl Write {
    /// Where the write lies.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Commit(committed) => committed.place,
            Self::Tombstone(place) => *place,
        }
    }
}
