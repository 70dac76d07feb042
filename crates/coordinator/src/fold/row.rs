//! One offset key as the table keeps it: one cache line, so that a write touches little memory.
//!
//! A log with many keys writes to them in random order, and the time goes into waiting for memory. What keys share lies in
//! [`Names`](crate::fold::names::Names), and what few commits have (a text, an expiry, a transaction) in [`Extra`].

use lastwrites_records::OffsetCommitValue;
use lastwrites_types::Uuid;

use crate::fold::commit::{Commit, Committed, Place, Write};
use crate::fold::extra::{CommitExtra, Extra};
use crate::fold::names::TopicIdAt;

/// The last settled write of one key.
#[repr(C, align(64))]
pub(super) struct Row {
    pub(super) last: Settled,
    /// Number of the key's group and topic in the table's names.
    pub(super) pair: u32,
    /// The key's partition, big-endian.
    pub(super) partition: [u8; 4],
    /// Number of the row's [`Extra`], [`NO_EXTRA`] for none.
    pub(super) extra: u32,
    /// Number of the row's own topic id, where it has one ([`TopicIdAt::Row`]) or had.
    pub(super) topic_id: u32,
}

const _: () = assert!(size_of::<Row>() == 64, "a row is one cache line");

/// In a row that has no [`Extra`], or no topic id of its own.
pub(super) const NONE: u32 = u32::MAX;

/// What every commit has, and where it lies. A tombstone leaves the commit's fields empty.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    record_offset: i64,
    position: u64,
    offset: i64,
    commit_timestamp: i64,
    file: u32,
    leader_epoch: i32,
    crc_ok: bool,
    pub(super) kind: Kind,
    /// Where its topic id is; known once the write is in its row.
    pub(super) topic_id: TopicIdAt,
}

/// What a row's last write is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing was settled yet.
    Nothing,
    Tombstone,
    /// A commit without text, expiry and transaction.
    Plain,
    /// A commit whose rest is in the row's [`Extra`].
    WithExtra,
}

/// A write that counts, on its way into a row.
#[derive(Clone, Copy)]
pub(super) struct NewWrite<'a> {
    pub(super) settled: Settled,
    /// The topic's id, zero when the commit stored none.
    pub(super) topic_id: Uuid,
    pub(super) extra: CommitExtra<'a>,
}

impl<'a> NewWrite<'a> {
    /// What an unused place of a queue holds.
    pub(super) const NOTHING: Self =
        Self { settled: Settled::NOTHING, topic_id: Uuid::ZERO, extra: CommitExtra::NONE };

    /// A commit, or a tombstone where `value` is `None`; `producer_id` is that of its transaction, -1 for none.
    #[inline(always)]
    pub(super) fn new(value: Option<&OffsetCommitValue<'a>>, place: Place, producer_id: i64) -> Self {
        let Some(value) = value else { return Self::tombstone(place) };
        let OffsetCommitValue { metadata, expire_timestamp, .. } = *value;
        let extra = CommitExtra { metadata, expire_timestamp, producer_id };
        let settled = Settled {
            record_offset: place.record_offset,
            position: place.position,
            offset: value.offset,
            commit_timestamp: value.commit_timestamp,
            file: place.file,
            leader_epoch: value.leader_epoch,
            crc_ok: place.crc_ok,
            kind: if extra.is_none() { Kind::Plain } else { Kind::WithExtra },
            topic_id: TopicIdAt::Nowhere,
        };
        Self { settled, topic_id: value.topic_id, extra }
    }

    #[inline(always)]
    fn tombstone(place: Place) -> Self {
        let settled = Settled {
            record_offset: place.record_offset,
            position: place.position,
            file: place.file,
            crc_ok: place.crc_ok,
            kind: Kind::Tombstone,
            ..Settled::NOTHING
        };
        Self { settled, topic_id: Uuid::ZERO, extra: CommitExtra::NONE }
    }

    pub(super) fn of(write: &'a Write) -> Self {
        match write {
            Write::Tombstone(place) => Self::tombstone(*place),
            Write::Commit(Committed { commit, place, producer_id }) => {
                let value = OffsetCommitValue {
                    version: 0,
                    offset: commit.offset,
                    leader_epoch: commit.leader_epoch,
                    metadata: &commit.metadata,
                    commit_timestamp: commit.commit_timestamp,
                    expire_timestamp: commit.expire_timestamp,
                    topic_id: commit.topic_id,
                };
                Self::new(Some(&value), *place, *producer_id)
            }
        }
    }

    /// The same write with its text at another place.
    #[inline(always)]
    pub(super) fn with_metadata<'b>(&self, metadata: &'b [u8]) -> NewWrite<'b> {
        NewWrite {
            settled: self.settled,
            topic_id: self.topic_id,
            extra: CommitExtra { metadata, ..self.extra },
        }
    }

    /// The commit in full, `None` for a tombstone.
    pub(super) fn committed(&self) -> Option<Committed> {
        self.settled.committed(self.topic_id, self.extra)
    }
}

impl Settled {
    pub(super) const NOTHING: Self = Self {
        record_offset: i64::MIN,
        position: 0,
        offset: -1,
        commit_timestamp: -1,
        file: 0,
        leader_epoch: -1,
        crc_ok: false,
        kind: Kind::Nothing,
        topic_id: TopicIdAt::Nowhere,
    };

    /// True when `self` stands behind `other` in the log; see [`Place::order`].
    #[inline]
    pub(super) fn is_after(&self, other: &Self) -> bool {
        self.record_offset > other.record_offset
            || other.kind == Kind::Nothing
            || self.place().order() > other.place().order()
    }

    #[inline]
    pub(super) const fn place(&self) -> Place {
        let Self { file, position, record_offset, crc_ok, .. } = *self;
        Place { file, position, record_offset, crc_ok }
    }

    pub(super) fn committed(&self, topic_id: Uuid, extra: CommitExtra<'_>) -> Option<Committed> {
        if matches!(self.kind, Kind::Nothing | Kind::Tombstone) {
            return None;
        }
        let commit = Commit {
            offset: self.offset,
            leader_epoch: self.leader_epoch,
            metadata: extra.metadata.into(),
            commit_timestamp: self.commit_timestamp,
            expire_timestamp: extra.expire_timestamp,
            topic_id,
        };
        Some(Committed { commit, place: self.place(), producer_id: extra.producer_id })
    }

    /// The write in full; `topic_id` and `extra` are the row's.
    pub(super) fn write(&self, topic_id: Uuid, extra: Option<&Extra>) -> Option<Write> {
        let committed = match (self.kind, extra) {
            (Kind::Nothing, _) => None,
            (Kind::Tombstone, _) => return Some(Write::Tombstone(self.place())),
            (Kind::WithExtra, Some(extra)) => extra.complete(self, topic_id),
            _ => self.committed(topic_id, CommitExtra::NONE),
        };
        committed.map(Write::Commit)
    }
}
