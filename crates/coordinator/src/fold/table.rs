//! The last settled write of every offset key, sharded so that tables of several workers merge in parallel.

use lastwrites_records::OffsetCommitValue;

use crate::fold::commit::{Commit, Committed, Place, Write};
use crate::fold::keys::{KeyArena, KeyHasher};
use crate::fold::queue::Queue;

/// Shards of one table: a constant, so that results cannot depend on the number of threads.
pub const SHARDS: usize = 16;

/// What is known of one key; two cache lines.
#[repr(align(64))]
pub struct KeySlot {
    /// The settled write with the highest record offset.
    pub last: Option<Write>,
    /// Record offset of the newest tombstone, which also cancels pending writes below it; -1 when none.
    pub newest_tombstone: i64,
    /// Number of the key's group in the worker's group list.
    pub group: u32,
}

impl Default for KeySlot {
    fn default() -> Self {
        Self { last: None, newest_tombstone: -1, group: 0 }
    }
}

/// Keys and their slots, split by hash.
#[derive(Default)]
pub struct ShardedTable {
    hasher: KeyHasher,
    shards: [Shard; SHARDS],
}

#[derive(Default)]
struct Shard {
    keys: KeyArena,
    slots: Vec<KeySlot>,
}

/// Names one slot of a [`ShardedTable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlotId {
    shard: u8,
    slot: u32,
}

impl ShardedTable {
    /// An empty table. Tables that will be merged must share one hasher.
    #[must_use]
    pub fn new(hasher: KeyHasher) -> Self {
        Self { hasher, shards: Default::default() }
    }

    /// The slot of a key that was seen before.
    #[must_use]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<SlotId> {
        let shard = shard_of(hash);
        let slot = self.shards.get(shard as usize)?.keys.find(hash, key)?;
        Some(SlotId { shard, slot })
    }

    /// The slots of many keys at once: `hashes` and `key` give the keys, `found` takes the slots of those that
    /// were seen before (nearly all of them; a rare clash of hashes is left to [`ShardedTable::find`]).
    ///
    /// One key after the other would wait for memory at one random place after the other: the index, the key's
    /// bytes, the slot. So each kind of place is visited for all keys first, in a loop so short that the
    /// processor waits for many of them at once.
    pub(super) fn find_many<'k>(
        &self,
        hashes: &[u64],
        key: impl Fn(usize) -> &'k [u8],
        found: &mut Vec<Option<SlotId>>,
    ) {
        const MANY: usize = Queue::LENGTH;
        let mut seen = 0u64;
        for hash in hashes {
            seen ^= u64::from(self.shard(*hash).map_or(0, |shard| shard.keys.touch_index(*hash)));
        }
        let mut candidates = [None; MANY];
        for (hash, candidate) in hashes.iter().zip(&mut candidates) {
            *candidate = self.shard(*hash).and_then(|shard| Some((shard, shard.keys.candidate(*hash)?)));
        }
        for (shard, cell) in candidates.iter().flatten() {
            seen ^= u64::from(shard.keys.touch_key(*cell));
        }
        for (shard, cell) in candidates.iter().flatten() {
            if let Some(slot) = shard.slots.get(cell.id() as usize) {
                seen ^= slot.touch();
            }
        }
        std::hint::black_box(seen);
        found.clear();
        for (n, (hash, candidate)) in hashes.iter().zip(candidates).enumerate() {
            found.push(
                candidate
                    .filter(|(shard, cell)| shard.keys.is(*cell, key(n)))
                    .map(|(_, cell)| SlotId { shard: shard_of(*hash), slot: cell.id() }),
            );
        }
    }

    #[inline]
    fn shard(&self, hash: u64) -> Option<&Shard> {
        self.shards.get(shard_of(hash) as usize)
    }

    /// Adds a key that [`ShardedTable::find`] did not know.
    pub fn insert(&mut self, hash: u64, key: &[u8], group: u32) -> SlotId {
        let shard = shard_of(hash);
        let mut slot = 0;
        if let Some(part) = self.shards.get_mut(shard as usize) {
            slot = part.keys.insert(hash, key);
            part.slots.push(KeySlot { group, ..KeySlot::default() });
        }
        SlotId { shard, slot }
    }

    /// Hash of a key as this table's shards use it.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// The slot itself.
    pub fn slot_mut(&mut self, id: SlotId) -> Option<&mut KeySlot> {
        self.shards.get_mut(id.shard as usize)?.slots.get_mut(id.slot as usize)
    }

    /// The key bytes of a slot (group, topic, partition as stored).
    #[must_use]
    pub fn key(&self, id: SlotId) -> &[u8] {
        self.shards.get(id.shard as usize).map_or(&[], |shard| shard.keys.get(id.slot))
    }

    /// Every key with its slot, in no particular order.
    pub fn into_slots(self) -> impl Iterator<Item = (Box<[u8]>, KeySlot)> {
        self.shards.into_iter().flat_map(|shard| {
            let keys = shard.keys;
            (0u32..).zip(shard.slots).map(move |(id, slot)| (keys.get(id).into(), slot)).collect::<Vec<_>>()
        })
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.slots.len()).sum()
    }

    /// True when no key was ever written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Merges the tables of several workers, shard by shard in parallel; the highest record offset wins.
    #[must_use]
    pub fn merged(mut tables: Vec<Self>) -> Option<Self> {
        let mut first = tables.pop()?;
        rayon::scope(|scope| {
            let mut others: Vec<_> = tables.iter_mut().map(|table| table.shards.iter_mut()).collect();
            for into in &mut first.shards {
                let from: Vec<_> = others.iter_mut().filter_map(Iterator::next).map(std::mem::take).collect();
                scope.spawn(move |_| from.into_iter().for_each(|shard| into.absorb(shard)));
            }
        });
        Some(first)
    }
}

impl Shard {
    fn absorb(&mut self, other: Self) {
        for (id, slot) in (0u32..).zip(other.slots) {
            let key = other.keys.get(id);
            let hash = other.keys.hash(id);
            match self.keys.find(hash, key).and_then(|known| self.slots.get_mut(known as usize)) {
                Some(mine) => mine.absorb(slot),
                None => {
                    self.keys.insert(hash, key);
                    self.slots.push(slot);
                }
            }
        }
    }
}

impl KeySlot {
    /// Takes a settled write if nothing newer is known.
    pub fn settle(&mut self, write: Write) {
        let offset = write.place().record_offset;
        if let Write::Tombstone(_) = write {
            self.newest_tombstone = self.newest_tombstone.max(offset);
        }
        if self.last.as_ref().is_none_or(|last| last.place().order() < write.place().order()) {
            self.last = Some(write);
        }
    }

    /// Takes a plain commit if nothing newer is known.
    pub fn commit(&mut self, value: &OffsetCommitValue<'_>, place: Place) {
        match &mut self.last {
            Some(last) if last.place().order() >= place.order() => {}
            Some(Write::Commit(last)) => last.replace(value, place),
            last => {
                *last = Some(Write::Commit(Committed { commit: Commit::from(value), place, producer_id: -1 }))
            }
        }
    }

    /// Reads a word from each of the slot's cache lines.
    #[inline]
    fn touch(&self) -> u64 {
        let tombstone = self.newest_tombstone as u64;
        match &self.last {
            Some(Write::Commit(last)) => tombstone ^ last.commit.offset as u64 ^ last.place.position,
            _ => tombstone,
        }
    }

    fn absorb(&mut self, other: Self) {
        self.newest_tombstone = self.newest_tombstone.max(other.newest_tombstone);
        if let Some(write) = other.last {
            self.settle(write);
        }
    }
}

/// Middle bits choose the shard: the hash table inside takes its position from the low and its tag from the
/// high ones.
fn shard_of(hash: u64) -> u8 {
    ((hash >> 40) % SHARDS as u64) as u8
}
