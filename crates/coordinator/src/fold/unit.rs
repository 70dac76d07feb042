//! One worker's tables, and how the records of a unit reach them.

use std::collections::BTreeMap;

use lastwrites_records::{OffsetCommitKey, OffsetCommitValue};

use crate::fold::commit::{Committed, Place, Write};
use crate::fold::keys::{KeyArena, KeyHasher};
use crate::fold::queue::Queue;
use crate::fold::row::{Kind, NewWrite};
use crate::fold::settle::OpenWrite;
use crate::fold::table::{ShardedTable, SlotId};

/// A worker's table of offset keys for one copy, and the open transactions of the unit it is reading.
pub struct UnitFold {
    hasher: KeyHasher,
    groups: KeyArena,
    /// Per group: the stamp under which its last touch was reported.
    touched: Vec<u32>,
    stamp: u32,
    table: ShardedTable,
    open: BTreeMap<i64, BTreeMap<SlotId, Committed>>,
    first_markers: BTreeMap<i64, bool>,
    queue: Queue,
}

/// What a unit's transactions leave for the ordered stage.
#[derive(Default, Debug)]
pub struct UnitTransactions {
    /// Each producer's first marker in the unit, and whether it was a COMMIT.
    pub first_markers: BTreeMap<i64, bool>,
    /// Writes of transactions that the unit does not close.
    pub open: Vec<OpenWrite>,
}

/// The first value of a group since its unit began or since the group's last group record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touch {
    /// Offset of the record.
    pub record_offset: i64,
    /// Base offset of its batch.
    pub batch_base_offset: i64,
    /// The group.
    pub group_id: Box<[u8]>,
}

impl UnitFold {
    /// Empty tables; `hasher` is the run's.
    #[must_use]
    pub fn new(hasher: KeyHasher) -> Self {
        Self {
            table: ShardedTable::new(hasher.clone()),
            hasher,
            groups: KeyArena::default(),
            touched: Vec::new(),
            stamp: 0,
            open: BTreeMap::new(),
            first_markers: BTreeMap::new(),
            queue: Queue::default(),
        }
    }

    /// Starts a unit: every group's next touch is news again.
    pub fn begin(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
    }

    /// Ends a unit and hands over what crosses its border.
    pub fn end(&mut self) -> UnitTransactions {
        let open = std::mem::take(&mut self.open);
        let table = &self.table;
        let open = open
            .into_values()
            .flatten()
            .map(|(slot, committed)| OpenWrite { key: table.key(slot).into(), committed })
            .collect();
        UnitTransactions { first_markers: std::mem::take(&mut self.first_markers), open }
    }

    /// Takes a write to an offset key (`key` as stored, its type included) and returns whether it is one; any
    /// other key is left to the caller.
    ///
    /// The write counts when [`UnitFold::flush`] runs, which must be before anything that stands behind it in
    /// the log and is not a write itself.
    ///
    /// `producer_id` is the batch's: from Kafka 3.7 on any id but -1 makes a commit transactional
    /// (`OffsetMetadataManager.replay`), whatever the batch's flag says. A tombstone always counts at once.
    #[must_use]
    pub fn write(
        &mut self,
        key: &[u8],
        value: Option<&OffsetCommitValue<'_>>,
        producer_id: i64,
        place: Place,
        batch_base_offset: i64,
    ) -> bool {
        if OffsetCommitKey::parse(key).is_none() {
            return false;
        }
        let hash = self.hasher.hash(body(key));
        self.table.prefetch(hash);
        self.queue.push(hash, key, &NewWrite::new(value, place, producer_id), batch_base_offset);
        true
    }

    /// True when the writes taken so far should be flushed before the next one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Applies the writes taken so far; `touched` sees, in log order, the first value of each group since the
    /// unit began or since the group's last group record.
    ///
    /// `ShardedTable::candidates` says why writes wait for each other.
    pub fn flush(&mut self, mut touched: impl FnMut(Touch)) {
        let queue = std::mem::take(&mut self.queue);
        let mut candidates = [SlotId::NONE; Queue::LENGTH];
        self.table.candidates(&queue.hashes, &mut candidates);
        for ((hash, queued), candidate) in queue.hashes.iter().zip(&queue.writes).zip(candidates) {
            let key = body(queue.key(queued));
            let slot = if self.table.is(candidate, key) { Some(candidate) } else { self.slot(*hash, key) };
            let Some(slot) = slot else { continue };
            let write = queue.write(queued);
            let group = self.apply(slot, &write);
            if let Some(group) = group.filter(|group| self.touch(*group)) {
                touched(Touch {
                    record_offset: write.settled.place().record_offset,
                    batch_base_offset: queued.batch_base_offset,
                    group_id: self.groups.get(group).into(),
                });
            }
        }
        self.queue = queue;
        self.queue.clear();
    }

    /// The slot of a key that the index did not find at first look; new keys get one.
    #[cold]
    fn slot(&mut self, hash: u64, key: &[u8]) -> Option<SlotId> {
        if let Some(slot) = self.table.find(hash, key) {
            return Some(slot);
        }
        let group = self.groups.intern(&self.hasher, group_of(key)?);
        Some(self.table.insert(hash, key, group))
    }

    /// Applies one write; returns the group of a value.
    #[inline]
    fn apply(&mut self, id: SlotId, write: &NewWrite<'_>) -> Option<u32> {
        if write.extra.producer_id == -1 {
            let group = self.table.take(id, write);
            return group.filter(|_| write.settled.kind != Kind::Tombstone);
        }
        let committed = write.committed()?;
        self.open.entry(write.extra.producer_id).or_default().insert(id, committed);
        self.table.group(id)
    }

    /// A COMMIT or ABORT marker of a producer.
    pub fn marker(&mut self, producer_id: i64, committed: bool) {
        self.first_markers.entry(producer_id).or_insert(committed);
        let Some(writes) = self.open.remove(&producer_id) else { return };
        if !committed {
            return;
        }
        for (slot, write) in writes {
            self.table.settle(slot, &Write::Commit(write));
        }
    }

    /// A group record: the group's next offset commit is news to the ordered stage again, because the record
    /// may have removed the group.
    pub fn group_record(&mut self, group_id: &[u8]) {
        let hash = self.hasher.hash(group_id);
        if let Some(touched) =
            self.groups.find(hash, group_id).and_then(|id| self.touched.get_mut(id as usize))
        {
            *touched = self.stamp.wrapping_sub(1);
        }
    }

    /// The settled table.
    #[must_use]
    pub fn into_table(self) -> ShardedTable {
        self.table
    }

    fn touch(&mut self, group: u32) -> bool {
        if self.touched.len() <= group as usize {
            self.touched.resize(group as usize + 1, self.stamp.wrapping_sub(1));
        }
        match self.touched.get_mut(group as usize) {
            Some(touched) if *touched != self.stamp => {
                *touched = self.stamp;
                true
            }
            _ => false,
        }
    }
}

/// A key without its type: types 0 and 1 name the same committed offset.
fn body(key: &[u8]) -> &[u8] {
    key.get(2..).unwrap_or_default()
}

/// The group of a key without its type.
fn group_of(body: &[u8]) -> Option<&[u8]> {
    let (length, rest) = body.split_first_chunk()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}
