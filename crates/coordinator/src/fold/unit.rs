//! One worker's tables, and how the records of a unit reach them.

use std::collections::BTreeMap;

use lastwrites_records::{OffsetCommitKey, OffsetCommitValue};

use crate::fold::commit::{Committed, Place, Write};
use crate::fold::keys::{KeyArena, KeyHasher};
use crate::fold::open_writes::{Damage, Doubt, OpenWrites};
use crate::fold::queue::Queue;
use crate::fold::row::{Kind, NewWrite};
use crate::fold::settle::OpenWrite;
use crate::fold::table::{ShardedTable, SlotId};

/// A worker's table of offset keys for one copy, and the open transactions of the unit it is reading.
pub struct UnitFold {
    hasher: KeyHasher,
    queue: Queue,
    settled: Tables,
    open: OpenWrites<SlotId, Committed>,
    first_markers: BTreeMap<i64, FirstMarker>,
    /// The worst damage of the unit so far.
    damage: Option<Damage>,
}

/// Keys and groups a worker has met.
struct Tables {
    hasher: KeyHasher,
    offsets: ShardedTable,
    groups: KeyArena,
    /// Per group: the stamp under which its last touch was reported.
    touched: Vec<u32>,
    stamp: u32,
}

/// What a unit's transactions leave for the ordered stage.
#[derive(Default, Debug)]
pub struct UnitTransactions {
    /// Each producer's first marker in the unit.
    pub first_markers: BTreeMap<i64, FirstMarker>,
    /// The worst damage in the unit.
    pub damage: Option<Damage>,
    /// Writes of transactions that the unit does not surely close.
    pub open: Vec<OpenWrite>,
}

/// The first marker of a producer in a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirstMarker {
    /// COMMIT, not ABORT.
    pub committed: bool,
    /// The worst damage before it in the unit.
    pub behind: Option<Damage>,
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
            queue: Queue::default(),
            settled: Tables {
                hasher: hasher.clone(),
                offsets: ShardedTable::new(hasher.clone()),
                groups: KeyArena::default(),
                touched: Vec::new(),
                stamp: 0,
            },
            hasher,
            open: OpenWrites::default(),
            first_markers: BTreeMap::new(),
            damage: None,
        }
    }

    /// Starts a unit: every group's next touch is news again.
    pub fn begin(&mut self) {
        self.settled.stamp = self.settled.stamp.wrapping_add(1);
    }

    /// Ends a unit and hands over what crosses its border.
    pub fn end(&mut self) -> UnitTransactions {
        let open = std::mem::take(&mut self.open);
        let table = &self.settled.offsets;
        let open = open
            .into_writes()
            .map(|(_, slot, committed, doubt)| OpenWrite { key: table.key(slot), committed, doubt })
            .collect();
        UnitTransactions {
            first_markers: std::mem::take(&mut self.first_markers),
            damage: self.damage.take(),
            open,
        }
    }

    /// Takes a write to an offset key (`key` as stored, its type included) and returns whether it is one; any
    /// other key is left to the caller.
    ///
    /// The write counts when [`UnitFold::flush`] runs, which must be before anything that stands behind it in
    /// the log and is not a write itself, and before the next write once [`UnitFold::is_full`].
    ///
    /// `producer_id` is the batch's: from Kafka 3.7 on any id but -1 makes a commit transactional
    /// (`OffsetMetadataManager.replay`), whatever the batch's flag says. A tombstone always counts at once.
    #[must_use]
    #[inline(always)]
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
        let key = body(key);
        let hash = self.settled.offsets.hash(key);
        self.settled.offsets.prefetch(hash);
        self.queue.push(hash, key, NewWrite::new(value, place, producer_id), batch_base_offset);
        true
    }

    /// True when the writes taken so far must be flushed before the next one.
    #[must_use]
    #[inline]
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Applies the writes taken so far; `touched` sees, in log order, the first value of each group since the
    /// unit began or since the group's last group record.
    ///
    /// `ShardedTable::candidates` says why writes wait for each other.
    pub fn flush(&mut self, mut touched: impl FnMut(Touch)) {
        let Self { queue, settled, open, .. } = self;
        let mut candidates = [SlotId::NONE; Queue::LENGTH];
        settled.offsets.candidates(queue.hashes(), &mut candidates);
        for ((hash, queued), candidate) in queue.hashes().iter().zip(queue.writes()).zip(candidates) {
            let (key, write) = (queue.key(queued), queue.write(queued));
            let group = if write.extra.producer_id == -1 {
                settled.take(*hash, candidate, key, &write)
            } else {
                settled.keep_open(*hash, candidate, key, &write, open)
            };
            if write.settled.kind == Kind::Tombstone {
                continue;
            }
            if let Some(group) = group.filter(|group| settled.touch(*group)) {
                touched(Touch {
                    record_offset: write.settled.place().record_offset,
                    batch_base_offset: queued.batch_base_offset,
                    group_id: settled.groups.get(group).into(),
                });
            }
        }
        queue.clear();
    }

    /// A COMMIT or ABORT marker of a producer.
    pub fn marker(&mut self, producer_id: i64, committed: bool) {
        let first = FirstMarker { committed, behind: self.damage };
        self.first_markers.entry(producer_id).or_insert(first);
        for (slot, write) in self.open.marker(producer_id, committed) {
            self.settled.offsets.settle(slot, &Write::Commit(write));
        }
    }

    /// The log is damaged here, or its last batch is: a marker may have been lost.
    pub fn damage(&mut self, damage: Damage) {
        self.damage = self.damage.max(Some(damage));
        self.open.damage(damage);
    }

    /// A group record: the group's next offset commit is news to the ordered stage again, because the record
    /// may have removed the group.
    pub fn group_record(&mut self, group_id: &[u8]) {
        self.settled.forget_touch(self.hasher.hash(group_id), group_id);
    }

    /// The settled table.
    #[must_use]
    pub fn into_table(self) -> ShardedTable {
        self.settled.offsets
    }
}

impl Tables {
    /// Applies a write that counts at once; `candidate` is what the index found for its hash. Returns its group.
    #[inline(always)]
    fn take(&mut self, hash: u64, candidate: SlotId, key: &[u8], write: &NewWrite<'_>) -> Option<u32> {
        if let Some(group) = self.offsets.take_if(candidate, key, write) {
            return Some(group);
        }
        let slot = self.slot(hash, key)?;
        self.offsets.take(slot, write)
    }

    /// Keeps a transactional write until its marker. Returns its group.
    #[inline(never)]
    fn keep_open(
        &mut self,
        hash: u64,
        candidate: SlotId,
        key: &[u8],
        write: &NewWrite<'_>,
        open: &mut OpenWrites<SlotId, Committed>,
    ) -> Option<u32> {
        let slot = if self.offsets.is(candidate, key) { candidate } else { self.slot(hash, key)? };
        open.write(write.extra.producer_id, slot, write.committed()?, Doubt::None);
        self.offsets.group(slot)
    }

    /// The slot of a key that the index did not find at first look; new keys get one.
    #[cold]
    #[inline(never)]
    fn slot(&mut self, hash: u64, key: &[u8]) -> Option<SlotId> {
        if let Some(slot) = self.offsets.find(hash, key) {
            return Some(slot);
        }
        let group = self.groups.intern(&self.hasher, group_of(key)?);
        Some(self.offsets.insert(hash, key, group))
    }

    /// True when the group was not touched since its unit began or since its last group record.
    #[inline]
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

    fn forget_touch(&mut self, hash: u64, group_id: &[u8]) {
        if let Some(touched) =
            self.groups.find(hash, group_id).and_then(|id| self.touched.get_mut(id as usize))
        {
            *touched = self.stamp.wrapping_sub(1);
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
