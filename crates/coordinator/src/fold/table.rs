//! The last settled write of every offset key, sharded so that tables of several workers merge in parallel.

use crate::fold::chunks::Chunks;
use crate::fold::commit::Write;
use crate::fold::extra::Extra;
use crate::fold::index::Index;
use crate::fold::keys::KeyHasher;
use crate::fold::row::{Kind, NO_EXTRA, NewWrite, Row, RowKey, Settled};

/// Shards of one table: a constant, so that results cannot depend on the number of threads.
pub const SHARDS: usize = 16;

/// What is known of one key.
#[derive(Debug)]
pub struct KeySlot {
    /// The settled write with the highest record offset.
    pub last: Option<Write>,
    /// Record offset of the newest tombstone, which also cancels pending writes below it; -1 when none.
    pub newest_tombstone: i64,
}

impl Default for KeySlot {
    fn default() -> Self {
        Self { last: None, newest_tombstone: -1 }
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
    index: Index,
    rows: Chunks<Row>,
    long_keys: Chunks<Box<[u8]>>,
    extras: Chunks<Extra>,
}

/// Names one slot of a [`ShardedTable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlotId {
    shard: u8,
    slot: u32,
}

impl SlotId {
    /// Names no slot.
    pub(super) const NONE: Self = Self { shard: 0, slot: u32::MAX };
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
        let slot = self.shard(hash)?.find(hash, key)?;
        Some(SlotId { shard: shard_of(hash), slot })
    }

    /// For many keys at once, the slots that by their hashes are probably theirs; [`ShardedTable::is`] tells.
    ///
    /// One key after the other would wait for memory at one random place after the other: the index, then the
    /// row. So each kind of place is visited for all keys first, in a loop so short that the processor waits
    /// for many of them at once.
    pub(super) fn candidates(&self, hashes: &[u64], candidates: &mut [SlotId]) {
        for (hash, candidate) in hashes.iter().zip(&mut *candidates) {
            let slot = self.shard(*hash).and_then(|shard| shard.index.find(*hash, |_| true));
            *candidate = SlotId { shard: shard_of(*hash), slot: slot.unwrap_or(u32::MAX) };
            if let Some(row) = self.row(*candidate) {
                row.prefetch();
            }
        }
        for id in candidates.iter().take(hashes.len()) {
            if let Some((shard, row)) = self.shards.get(id.shard as usize).zip(self.row(*id)) {
                shard.extras.prefetch(row.extra);
                row.prefetch_key();
            }
        }
    }

    /// Asks for the memory that a lookup of `hash` will begin with.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        if let Some(shard) = self.shard(hash) {
            shard.index.prefetch(hash);
        }
    }

    /// Whether `key` is the key of this slot.
    #[inline]
    pub(super) fn is(&self, id: SlotId, key: &[u8]) -> bool {
        self.shards.get(id.shard as usize).is_some_and(|shard| shard.is(id.slot, key))
    }

    #[inline]
    fn shard(&self, hash: u64) -> Option<&Shard> {
        self.shards.get(shard_of(hash) as usize)
    }

    #[inline]
    fn row(&self, id: SlotId) -> Option<&Row> {
        self.shards.get(id.shard as usize)?.rows.get(id.slot)
    }

    /// Adds a key that [`ShardedTable::find`] did not know.
    pub fn insert(&mut self, hash: u64, key: &[u8], group: u32) -> SlotId {
        let shard = shard_of(hash);
        let slot = match self.shards.get_mut(shard as usize) {
            Some(part) => part.insert(&self.hasher, hash, key, group),
            None => u32::MAX,
        };
        SlotId { shard, slot }
    }

    /// Hash of a key as this table's shards use it.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// Takes a settled write into a slot if nothing newer is known there.
    pub fn settle(&mut self, id: SlotId, write: &Write) {
        self.take(id, &NewWrite::of(write));
    }

    /// [`ShardedTable::settle`]; returns the group that the slot was added with.
    pub(super) fn take(&mut self, id: SlotId, write: &NewWrite<'_>) -> Option<u32> {
        self.shards.get_mut(id.shard as usize)?.take(id.slot, write)
    }

    /// [`ShardedTable::take`], if `key` is the key of this slot.
    #[inline(always)]
    pub(super) fn take_if(&mut self, id: SlotId, key: &[u8], write: &NewWrite<'_>) -> Option<u32> {
        let shard = self.shards.get_mut(id.shard as usize)?;
        let row = shard.rows.get_mut(id.slot).filter(|row| row.key.bytes(&shard.long_keys) == key)?;
        Some(row.take(&mut shard.extras, write))
    }

    /// The group that a slot was added with.
    pub(super) fn group(&self, id: SlotId) -> Option<u32> {
        self.row(id).map(|row| row.group)
    }

    /// The key bytes of a slot (group, topic, partition as stored).
    #[must_use]
    pub fn key(&self, id: SlotId) -> &[u8] {
        self.shards.get(id.shard as usize).map_or(&[], |shard| shard.key(id.slot))
    }

    /// Every key with its slot, in no particular order.
    pub fn into_slots(self) -> impl Iterator<Item = (Box<[u8]>, KeySlot)> {
        self.shards.into_iter().flat_map(|shard| {
            let Shard { rows, long_keys, extras, .. } = shard;
            rows.drain().map(move |row| (row.key.bytes(&long_keys).into(), row.slot(&extras)))
        })
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.rows.len()).sum()
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
        let hasher = &first.hasher;
        rayon::scope(|scope| {
            let mut others: Vec<_> = tables.iter_mut().map(|table| table.shards.iter_mut()).collect();
            for into in &mut first.shards {
                let from: Vec<_> = others.iter_mut().filter_map(Iterator::next).map(std::mem::take).collect();
                scope.spawn(move |_| from.into_iter().for_each(|shard| into.absorb(hasher, shard)));
            }
        });
        Some(first)
    }
}

impl Shard {
    fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.index.find(hash, |slot| self.is(slot, key))
    }

    #[inline]
    fn is(&self, slot: u32, key: &[u8]) -> bool {
        self.rows.get(slot).is_some_and(|row| row.key.bytes(&self.long_keys) == key)
    }

    fn key(&self, slot: u32) -> &[u8] {
        self.rows.get(slot).map_or(&[], |row| row.key.bytes(&self.long_keys))
    }

    fn insert(&mut self, hasher: &KeyHasher, hash: u64, key: &[u8], group: u32) -> u32 {
        let stored = RowKey::short(key).unwrap_or_else(|| RowKey::Long(self.long_keys.push(key.into())));
        let slot = self.rows.push(Row { last: Settled::NOTHING, group, extra: NO_EXTRA, key: stored });
        let (rows, long_keys) = (&self.rows, &self.long_keys);
        self.index.insert(hash, slot, |slot| {
            hasher.hash(rows.get(slot).map_or(&[], |row| row.key.bytes(long_keys)))
        });
        slot
    }

    fn take(&mut self, slot: u32, write: &NewWrite<'_>) -> Option<u32> {
        self.rows.get_mut(slot).map(|row| row.take(&mut self.extras, write))
    }

    fn absorb(&mut self, hasher: &KeyHasher, other: Self) {
        let Self { rows, long_keys, extras, .. } = other;
        for row in rows.drain() {
            let key = row.key.bytes(&long_keys);
            let hash = hasher.hash(key);
            let slot = self.find(hash, key).unwrap_or_else(|| self.insert(hasher, hash, key, row.group));
            let KeySlot { last, newest_tombstone } = row.slot(&extras);
            if let Some(write) = &last {
                let _group = self.take(slot, &NewWrite::of(write));
            }
            if newest_tombstone >= 0
                && let Some(row) = self.rows.get_mut(slot)
                && let Some(extra) = extra_of(row, &mut self.extras)
            {
                extra.tombstone(newest_tombstone);
            }
        }
    }
}

/// Keeps in mind a tombstone that a newer write follows, or that arrives behind one.
#[cold]
#[inline(never)]
fn note_tombstone(row: &mut Row, extras: &mut Chunks<Extra>, write: &NewWrite<'_>, newer: bool) {
    let older = if newer { row.last } else { write.settled };
    if older.kind == Kind::Tombstone
        && let Some(extra) = extra_of(row, extras)
    {
        extra.tombstone(older.place().record_offset);
    }
}

/// The row's extra, made when it has none.
fn extra_of<'e>(row: &mut Row, extras: &'e mut Chunks<Extra>) -> Option<&'e mut Extra> {
    if row.extra == NO_EXTRA {
        row.extra = extras.push(Extra::default());
    }
    extras.get_mut(row.extra)
}

impl Row {
    /// Takes a settled write if nothing newer is known; returns the row's group.
    #[inline(always)]
    fn take(&mut self, extras: &mut Chunks<Extra>, write: &NewWrite<'_>) -> u32 {
        let newer = write.settled.is_after(&self.last);
        if self.last.kind == Kind::Tombstone || !newer {
            note_tombstone(self, extras, write, newer);
        }
        if newer {
            self.last = write.settled;
            if write.settled.kind == Kind::WithExtra
                && let Some(extra) = extra_of(self, extras)
            {
                extra.take(write);
            }
        }
        self.group
    }

    fn slot(&self, extras: &Chunks<Extra>) -> KeySlot {
        let extra = extras.get(self.extra);
        let last = self.last.write(extra);
        let mut newest_tombstone = extra.map_or(-1, Extra::newest_tombstone);
        if self.last.kind == Kind::Tombstone {
            newest_tombstone = newest_tombstone.max(self.last.place().record_offset);
        }
        KeySlot { last, newest_tombstone }
    }
}

/// Middle bits choose the shard: the index takes its position from the low and its tag from the high ones.
#[inline]
fn shard_of(hash: u64) -> u8 {
    ((hash >> 40) % SHARDS as u64) as u8
}
