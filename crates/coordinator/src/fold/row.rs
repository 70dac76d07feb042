//! One offset key as the table keeps it: three cache lines, so that a write touches little memory.
//!
//! A log with many keys writes to them in random order, and the time goes into waiting for memory: a row holds
//! the last write in one line, the key in the next, and the rest of a long key in the third. What few commits have (a text, an expiry, a
//! transaction) lies elsewhere, in [`Extra`].

use std::slice::from_ref;

use lastwrites_records::OffsetCommitValue;
use lastwrites_types::Uuid;
use prefetch_index::prefetch_index;

use crate::fold::chunks::Chunks;
use crate::fold::commit::{Commit, Committed, Place, Write};
use crate::fold::extra::{CommitExtra, Extra};

/// The last settled write of one key.
#[repr(C, align(64))]
pub(super) struct Row {
    pub(super) last: Settled,
    /// Number of the key's group in the worker's list of groups.
    pub(super) group: u32,
    /// Number of the row's [`Extra`], [`NO_EXTRA`] for none.
    pub(super) extra: u32,
    pub(super) key: RowKey,
}

impl Row {
    /// Asks for the first two cache lines; a line is as long as `last`.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch_index(from_ref(&self.last), 0);
        prefetch_index(from_ref(&self.last), 1);
    }

    /// Asks for the third, where the key reaches into it. Reads the second.
    #[inline]
    pub(super) fn prefetch_key(&self) {
        if matches!(self.key, RowKey::Short { length, .. } if usize::from(length) > RowKey::IN_SECOND_LINE) {
            prefetch_index(from_ref(&self.last), 2);
        }
    }
}

const _: () = assert!(size_of::<Row>() == 192 && size_of::<Settled>() == 64, "a row is three cache lines");

/// In a row that needs no [`Extra`].
pub(super) const NO_EXTRA: u32 = u32::MAX;

/// What every commit has, and where it lies. A tombstone leaves the commit's fields empty.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    record_offset: i64,
    position: u64,
    offset: i64,
    commit_timestamp: i64,
    topic_id: Uuid,
    file: u32,
    leader_epoch: i32,
    crc_ok: bool,
    pub(super) kind: Kind,
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

/// A key's bytes: in the row when they fit, which nearly all do.
pub(super) enum RowKey {
    Short {
        length: u8,
        bytes: [u8; Self::SHORT],
    },
    /// Number in the shard's list of long keys.
    Long(u32),
}

impl RowKey {
    /// Bytes that fit into the row beside its numbers; names of a group and a topic rarely take more.
    pub(super) const SHORT: usize = 118;
    /// Those of them in the row's second cache line.
    const IN_SECOND_LINE: usize = 54;

    /// The key inside the row, when it fits.
    pub(super) fn short(key: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::SHORT];
        bytes.get_mut(..key.len())?.copy_from_slice(key);
        Some(Self::Short { length: key.len() as u8, bytes })
    }

    /// The key's bytes; `long` are the shard's long keys.
    #[inline]
    pub(super) fn bytes<'a>(&'a self, long: &'a Chunks<Box<[u8]>>) -> &'a [u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(number) => long.get(*number).map_or(&[], |key| key),
        }
    }
}

/// A write that counts, on its way into a row.
#[derive(Clone, Copy)]
pub(super) struct NewWrite<'a> {
    pub(super) settled: Settled,
    pub(super) extra: CommitExtra<'a>,
}

impl<'a> NewWrite<'a> {
    /// What an unused place of a queue holds.
    pub(super) const NOTHING: Self = Self { settled: Settled::NOTHING, extra: CommitExtra::NONE };

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
            topic_id: value.topic_id,
            file: place.file,
            leader_epoch: value.leader_epoch,
            crc_ok: place.crc_ok,
            kind: if extra.is_none() { Kind::Plain } else { Kind::WithExtra },
        };
        Self { settled, extra }
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
        Self { settled, extra: CommitExtra::NONE }
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
        NewWrite { settled: self.settled, extra: CommitExtra { metadata, ..self.extra } }
    }

    /// The commit in full, `None` for a tombstone.
    pub(super) fn committed(&self) -> Option<Committed> {
        self.settled.committed(self.extra)
    }
}

impl Settled {
    pub(super) const NOTHING: Self = Self {
        record_offset: i64::MIN,
        position: 0,
        offset: -1,
        commit_timestamp: -1,
        topic_id: Uuid::ZERO,
        file: 0,
        leader_epoch: -1,
        crc_ok: false,
        kind: Kind::Nothing,
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

    pub(super) fn committed(&self, extra: CommitExtra<'_>) -> Option<Committed> {
        if matches!(self.kind, Kind::Nothing | Kind::Tombstone) {
            return None;
        }
        let commit = Commit {
            offset: self.offset,
            leader_epoch: self.leader_epoch,
            metadata: extra.metadata.into(),
            commit_timestamp: self.commit_timestamp,
            expire_timestamp: extra.expire_timestamp,
            topic_id: self.topic_id,
        };
        Some(Committed { commit, place: self.place(), producer_id: extra.producer_id })
    }

    /// The write in full; `extra` is the row's.
    pub(super) fn write(&self, extra: Option<&Extra>) -> Option<Write> {
        let committed = match (self.kind, extra) {
            (Kind::Nothing, _) => None,
            (Kind::Tombstone, _) => return Some(Write::Tombstone(self.place())),
            (Kind::WithExtra, Some(extra)) => extra.complete(self),
            _ => self.committed(CommitExtra::NONE),
        };
        committed.map(Write::Commit)
    }
}
