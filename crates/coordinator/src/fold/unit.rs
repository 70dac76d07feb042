//! One worker's tables, and how the records of a unit reach them.

use std::collections::BTreeMap;

use lastwrites_records::OffsetCommitValue;

use crate::fold::commit::{Commit, Committed, Place, Write};
use crate::fold::keys::{KeyArena, KeyHasher};
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
}

/// What a unit's transactions leave for the ordered stage.
#[derive(Default, Debug)]
pub struct UnitTransactions {
    /// Each producer's first marker in the unit, and whether it was a COMMIT.
    pub first_markers: BTreeMap<i64, bool>,
    /// Writes of transactions that the unit does not close.
    pub open: Vec<OpenWrite>,
}

/// What happened to an offset commit record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Folded {
    /// Not taken: the bytes are no offset key.
    NotAKey,
    /// Taken; the group was already touched in this unit, so the ordered stage need not know.
    Quiet,
    /// Taken; the first value of its group since the unit began or since the group's last group record.
    Touched {
        /// The group.
        group_id: Box<[u8]>,
    },
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

    /// A write to a key; `key` is the key without its type, `group_id` gives the group in it when the key is
    /// new to this table.
    ///
    /// `producer_id` is the batch's: from Kafka 3.7 on any id but -1 makes a commit transactional
    /// (`OffsetMetadataManager.replay`), whatever the batch's flag says. A tombstone always counts at once.
    pub fn write<'k>(
        &mut self,
        key: &[u8],
        group_id: impl FnOnce() -> Option<&'k [u8]>,
        value: Option<&OffsetCommitValue<'_>>,
        producer_id: i64,
        place: Place,
    ) -> Folded {
        let hash = self.table.hash(key);
        let slot = match self.table.find(hash, key) {
            Some(slot) => slot,
            None => {
                let Some(group_id) = group_id() else { return Folded::NotAKey };
                let group = self.groups.intern(&self.hasher, group_id);
                self.table.insert(hash, key, group)
            }
        };
        let Some(known) = self.table.slot_mut(slot) else { return Folded::Quiet };
        let Some(value) = value else {
            known.settle(Write::Tombstone(place));
            return Folded::Quiet;
        };
        let group = known.group;
        if producer_id == -1 {
            known.commit(value, place);
        } else {
            let committed = Committed { commit: Commit::from(value), place, producer_id };
            self.open.entry(producer_id).or_default().insert(slot, committed);
        }
        self.touch(group)
    }

    /// A COMMIT or ABORT marker of a producer.
    pub fn marker(&mut self, producer_id: i64, committed: bool) {
        self.first_markers.entry(producer_id).or_insert(committed);
        let Some(writes) = self.open.remove(&producer_id) else { return };
        if !committed {
            return;
        }
        for (slot, write) in writes {
            if let Some(slot) = self.table.slot_mut(slot) {
                slot.settle(Write::Commit(write));
            }
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

    fn touch(&mut self, group: u32) -> Folded {
        if self.touched.len() <= group as usize {
            self.touched.resize(group as usize + 1, self.stamp.wrapping_sub(1));
        }
        match self.touched.get_mut(group as usize) {
            Some(touched) if *touched != self.stamp => {
                *touched = self.stamp;
                Folded::Touched { group_id: self.groups.get(group).into() }
            }
            _ => Folded::Quiet,
        }
    }
}
