//! Committed and pending offsets in log order, under each release's transaction rules.
//!
//! The parallel pass has its own form of the 3.8+ rules, which commute; this one follows every release
//! record by record (`OffsetMetadataManager.replay`, the old coordinator's `loadedOffsets`), and both must agree.

use std::collections::BTreeMap;

use lastwrites_types::Uuid;

use super::event::LoadRecord;
use crate::fold::{Damage, Doubt, OpenWrites};
use crate::group::Name;
use crate::rules::{Rules, TransactionalOffsets};

/// Whose offset it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OffsetKey {
    /// Group id.
    pub group: Name,
    /// Topic name.
    pub topic: Name,
    /// Partition number.
    pub partition: i32,
}

/// One commit as its record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredOffset {
    /// The committed offset.
    pub offset: i64,
    /// Leader epoch of the committed offset; -1 for none.
    pub leader_epoch: i32,
    /// Metadata string.
    pub metadata: Name,
    /// When it was committed (ms since the epoch).
    pub commit_timestamp: i64,
    /// When it expires (ms since the epoch), where an old client asked for that.
    pub expire_timestamp: Option<i64>,
    /// Topic id, where the writer stored one.
    pub topic_id: Option<Uuid>,
    /// Offset of the commit's record.
    pub record_offset: i64,
    /// Offset of the first record in the commit's batch: what the old coordinator orders by.
    pub batch_first_offset: i64,
}

impl StoredOffset {
    const fn order(&self) -> CommitOrder {
        CommitOrder { record_offset: self.record_offset, batch_first_offset: self.batch_first_offset }
    }

    /// The commit with the place of its record.
    pub(super) fn at(self, record: &LoadRecord<'_>) -> Self {
        Self { record_offset: record.place.offset, batch_first_offset: record.batch_first_offset, ..self }
    }
}

/// How commits, tombstones and markers meet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetSemantics {
    /// The old coordinator: the batch's transactional flag decides, tombstones inside a transaction reach its own
    /// pending offsets only, batch positions order commits, and every control record ends a transaction.
    Old,
    /// The new coordinator: the producer id decides.
    New(TransactionalOffsets),
}

/// Where a commit stands, as far as any release's order asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitOrder {
    /// Offset of the commit's record.
    pub record_offset: i64,
    /// Offset of the first record in its batch.
    pub batch_first_offset: i64,
}

impl OffsetSemantics {
    /// Those of a release.
    #[must_use]
    pub const fn of(rules: &Rules) -> Self {
        match rules {
            Rules::Old(_) => Self::Old,
            Rules::New(rules) => Self::New(rules.transactional_offsets),
        }
    }

    /// Whether a commit that its marker settles takes the place of the stored one.
    #[must_use]
    pub const fn settles_over(self, stored: CommitOrder, settled: CommitOrder) -> bool {
        match self {
            Self::Old => stored.batch_first_offset < settled.batch_first_offset,
            Self::New(TransactionalOffsets::MarkerOrder) => true,
            Self::New(TransactionalOffsets::RecordOffset) => stored.record_offset < settled.record_offset,
        }
    }

    /// What a tombstone deletes; `transactional` as for [`Offsets::commit`].
    #[must_use]
    pub const fn deletes(self, transactional: bool) -> Deletes {
        match (self, transactional) {
            (Self::Old, true) => Deletes::PendingOfItsProducer,
            (Self::Old, false) | (Self::New(TransactionalOffsets::MarkerOrder), _) => Deletes::Committed,
            (Self::New(TransactionalOffsets::RecordOffset), _) => Deletes::CommittedAndPending,
        }
    }
}

/// What an offset's tombstone reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deletes {
    /// The committed offset.
    Committed,
    /// The committed offset, and what any open transaction would commit.
    CommittedAndPending,
    /// What its own transaction would commit.
    PendingOfItsProducer,
}

/// Committed and pending offsets of one partition of the offsets topic.
#[derive(Clone, Debug)]
pub struct Offsets {
    semantics: OffsetSemantics,
    committed: BTreeMap<OffsetKey, StoredOffset>,
    pending: OpenWrites<OffsetKey, StoredOffset>,
}

impl Offsets {
    /// No offset yet.
    #[must_use]
    pub fn new(semantics: OffsetSemantics) -> Self {
        Self { semantics, committed: BTreeMap::new(), pending: OpenWrites::default() }
    }

    /// Committed offsets by group, topic and partition.
    #[must_use]
    pub const fn committed(&self) -> &BTreeMap<OffsetKey, StoredOffset> {
        &self.committed
    }

    /// Offsets of open transactions, by producer id.
    #[must_use]
    pub const fn pending(&self) -> &BTreeMap<i64, BTreeMap<OffsetKey, StoredOffset>> {
        self.pending.open()
    }

    /// Offsets that no marker surely settled: those of open transactions, and those that damage leaves in doubt and that
    /// no commit behind them has replaced. Producer id, key, commit.
    pub fn unsettled(&self) -> impl Iterator<Item = (i64, &OffsetKey, &StoredOffset)> {
        let replaced = |key: &OffsetKey, value: &StoredOffset| {
            let stored = self.committed.get(key);
            stored.is_some_and(|stored| !self.semantics.settles_over(stored.order(), value.order()))
        };
        let left = self.pending.iter();
        left.filter(move |(_, key, value, doubt)| *doubt != Doubt::Parted || !replaced(key, value))
            .map(|(producer, key, value, _)| (producer, key, value))
    }

    /// The log is damaged here: a marker may be lost.
    pub fn damage(&mut self, damage: Damage) {
        self.pending.damage(damage);
    }

    /// A commit; `producer` is `Some` when it belongs to a transaction.
    pub fn commit(&mut self, producer: Option<i64>, key: OffsetKey, value: StoredOffset) {
        match producer {
            None => {
                self.committed.insert(key, value);
            }
            Some(producer) => self.pending.write(producer, key, value, Doubt::None),
        }
    }

    /// A tombstone; `producer` as for [`Offsets::commit`].
    pub fn delete(&mut self, producer: Option<i64>, key: &OffsetKey) {
        match (self.semantics.deletes(producer.is_some()), producer) {
            (Deletes::PendingOfItsProducer, Some(producer)) => {
                self.pending.remove(producer, key);
            }
            (Deletes::Committed | Deletes::PendingOfItsProducer, _) => {
                self.committed.remove(key);
            }
            (Deletes::CommittedAndPending, _) => {
                self.committed.remove(key);
                self.pending.remove_all(key);
            }
        }
    }

    /// The end of a producer's transaction.
    pub fn end_transaction(&mut self, producer: i64, committed: bool) {
        for (key, value) in self.pending.marker(producer, committed) {
            let stored = self.committed.get(&key).map(StoredOffset::order);
            let wins = stored.is_none_or(|stored| self.semantics.settles_over(stored, value.order()));
            if wins {
                self.committed.insert(key, value);
            }
        }
    }

    /// True when some commit of the group is stored, pending ones not counted.
    #[must_use]
    pub fn has_committed(&self, group: &[u8]) -> bool {
        let from = OffsetKey { group: group.into(), topic: Name::default(), partition: i32::MIN };
        self.committed.range(from..).next().is_some_and(|(key, _)| *key.group == *group)
    }

    /// Ids of groups that have an offset, committed or pending; may repeat.
    pub fn groups(&self) -> impl Iterator<Item = &Name> {
        let pending = self.pending.iter().map(|(_, key, ..)| key);
        self.committed.keys().chain(pending).map(|key| &key.group)
    }
}
