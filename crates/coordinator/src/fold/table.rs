//! The last settled write of every offset key, sharded so that tables of several workers merge in parallel.

use std::sync::Arc;

use lastwrites_types::Uuid;

use crate::fold::chunks::Chunks;
use crate::fold::commit::Write;
use crate::fold::extra::Extra;
use crate::fold::index::Index;
use crate::fold::keys::KeyHasher;
use crate::fold::names::{KeyParts, Names, TopicIdAt};
use crate::fold::row::{Kind, NONE, NewWrite, Row, Settled};

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
    names: Names,
    shards: [Shard; SHARDS],
}

#[derive(Default)]
struct Shard {
    index: Index,
    rows: Chunks<Row>,
    extras: Chunks<Extra>,
    /// Topic ids that are not the one that their pair has.
    topic_ids: Chunks<Uuid>,
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
        Self { names: Names::new(hasher), shards: Default::default() }
    }

    /// The slot of a key that was seen before.
    #[must_use]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<SlotId> {
        let slot = self.shard(hash)?.find(&self.names, hash, KeyParts::of(key))?;
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
            if let (Some(shard), Some(slot)) = (self.shard(*hash), slot) {
                shard.rows.prefetch(slot);
            }
        }
        for id in candidates.iter().take(hashes.len()) {
            if let Some((shard, row)) = self.shards.get(id.shard as usize).zip(self.row(*id)) {
                shard.extras.prefetch(row.extra);
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
        self.row(id).is_some_and(|row| row.is(&self.names, KeyParts::of(key)))
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
        let KeyParts { pair, partition } = KeyParts::of(key);
        let pair = self.names.intern(pair, group);
        let shard = shard_of(hash);
        let slot = match self.shards.get_mut(shard as usize) {
            Some(part) => part.insert(&self.names, hash, pair, partition),
            None => u32::MAX,
        };
        SlotId { shard, slot }
    }

    /// Hash of a key as this table's shards use it.
    #[must_use]
    #[inline(always)]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.names.hash(KeyParts::of(key))
    }

    /// Takes a settled write into a slot if nothing newer is known there.
    pub fn settle(&mut self, id: SlotId, write: &Write) {
        self.take(id, &NewWrite::of(write));
    }

    /// [`ShardedTable::settle`]; returns the group that the slot's names were added with.
    pub(super) fn take(&mut self, id: SlotId, write: &NewWrite<'_>) -> Option<u32> {
        let pair = self.row(id)?.pair;
        let place = place_of(&mut self.names, pair, write.topic_id);
        self.shards.get_mut(id.shard as usize)?.take(id.slot, write, place);
        self.names.group(pair)
    }

    /// [`ShardedTable::take`], if `key` is the key of this slot.
    #[inline(always)]
    pub(super) fn take_if(&mut self, id: SlotId, key: &[u8], write: &NewWrite<'_>) -> Option<u32> {
        let Self { names, shards } = self;
        let Shard { rows, extras, topic_ids, .. } = shards.get_mut(id.shard as usize)?;
        let row = rows.get_mut(id.slot).filter(|row| row.is(names, KeyParts::of(key)))?;
        let place = place_of(names, row.pair, write.topic_id);
        row.take(extras, topic_ids, write, place);
        names.group(row.pair)
    }

    /// The group that a slot's names were added with.
    pub(super) fn group(&self, id: SlotId) -> Option<u32> {
        self.names.group(self.row(id)?.pair)
    }

    /// The key of a slot (group, topic, partition as stored); empty for a slot that isn't there.
    #[must_use]
    pub fn key(&self, id: SlotId) -> Box<[u8]> {
        self.row(id).map(|row| row.key(&self.names)).unwrap_or_default()
    }

    /// Every key with its slot, in no particular order.
    pub fn into_slots(self) -> impl Iterator<Item = (Box<[u8]>, KeySlot)> {
        let names = Arc::new(self.names);
        self.shards.into_iter().flat_map(move |shard| {
            let Shard { rows, extras, topic_ids, .. } = shard;
            let names = Arc::clone(&names);
            rows.drain()
                .map(move |row| (row.key(&names), row.slot(&extras, topic_id(&names, &topic_ids, &row))))
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
        let Self { mut names, mut shards } = tables.pop()?;
        let theirs: Vec<Theirs> = tables
            .iter_mut()
            .map(|table| Theirs {
                pairs: names.absorb(&table.names),
                names: std::mem::take(&mut table.names),
            })
            .collect();
        rayon::scope(|scope| {
            let (names, theirs) = (&names, &theirs);
            let mut others: Vec<_> = tables.iter_mut().map(|table| table.shards.iter_mut()).collect();
            for into in &mut shards {
                let from: Vec<_> = others.iter_mut().filter_map(Iterator::next).map(std::mem::take).collect();
                scope.spawn(move |_| {
                    from.into_iter()
                        .zip(theirs)
                        .for_each(|(shard, theirs)| into.absorb(names, shard, theirs));
                });
            }
        });
        Some(Self { names, shards })
    }
}

/// The names of a table that another one takes over, and the numbers they have there.
struct Theirs {
    names: Names,
    pairs: Vec<u32>,
}

impl Shard {
    fn find(&self, names: &Names, hash: u64, key: KeyParts<'_>) -> Option<u32> {
        self.index.find(hash, |slot| self.rows.get(slot).is_some_and(|row| row.is(names, key)))
    }

    fn insert(&mut self, names: &Names, hash: u64, pair: u32, partition: [u8; 4]) -> u32 {
        let slot =
            self.rows.push(Row { last: Settled::NOTHING, pair, partition, extra: NONE, topic_id: NONE });
        let rows = &self.rows;
        self.index.insert(hash, slot, |slot| {
            rows.get(slot).map_or(0, |row| names.hash_of(row.pair, row.partition))
        });
        slot
    }

    fn take(&mut self, slot: u32, write: &NewWrite<'_>, place: TopicIdAt) {
        if let Some(row) = self.rows.get_mut(slot) {
            row.take(&mut self.extras, &mut self.topic_ids, write, place);
        }
    }

    fn absorb(&mut self, names: &Names, other: Self, theirs: &Theirs) {
        let Self { rows, extras, topic_ids, .. } = other;
        for row in rows.drain() {
            let Some(pair) = theirs.pairs.get(row.pair as usize).copied() else { continue };
            let hash = names.hash_of(pair, row.partition);
            let key = KeyParts { pair: names.pair(pair), partition: row.partition };
            let slot =
                self.find(names, hash, key).unwrap_or_else(|| self.insert(names, hash, pair, row.partition));
            let KeySlot { last, newest_tombstone } =
                row.slot(&extras, topic_id(&theirs.names, &topic_ids, &row));
            if let Some(write) = &last {
                let write = NewWrite::of(write);
                self.take(slot, &write, names.place_of(pair, write.topic_id));
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

/// Where a row of this pair keeps `topic_id`; the first one of a pair becomes the one that its rows share.
#[inline(always)]
fn place_of(names: &mut Names, pair: u32, topic_id: Uuid) -> TopicIdAt {
    match names.place_of(pair, topic_id) {
        TopicIdAt::Row => names.adopt(pair, topic_id),
        place => place,
    }
}

/// The topic id of a row's commit, zero for none; `own` are its shard's.
fn topic_id(names: &Names, own: &Chunks<Uuid>, row: &Row) -> Uuid {
    match row.last.topic_id {
        TopicIdAt::Nowhere => Uuid::ZERO,
        TopicIdAt::Pair => names.topic_id(row.pair),
        TopicIdAt::Row => own.get(row.topic_id).copied().unwrap_or(Uuid::ZERO),
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

/// Keeps a topic id with the row.
#[cold]
#[inline(never)]
fn keep_topic_id(row: &mut Row, topic_ids: &mut Chunks<Uuid>, topic_id: Uuid) {
    match topic_ids.get_mut(row.topic_id) {
        Some(kept) => *kept = topic_id,
        None => row.topic_id = topic_ids.push(topic_id),
    }
}

/// The row's extra, made when it has none.
fn extra_of<'e>(row: &mut Row, extras: &'e mut Chunks<Extra>) -> Option<&'e mut Extra> {
    if row.extra == NONE {
        row.extra = extras.push(Extra::default());
    }
    extras.get_mut(row.extra)
}

impl Row {
    /// Whether `key` is the row's key.
    #[inline(always)]
    fn is(&self, names: &Names, key: KeyParts<'_>) -> bool {
        self.partition == key.partition && names.pair(self.pair) == key.pair
    }

    /// The row's key (group, topic, partition as stored).
    fn key(&self, names: &Names) -> Box<[u8]> {
        [names.pair(self.pair), &self.partition].concat().into()
    }

    /// Takes a settled write if nothing newer is known; `place` is where its topic id is.
    #[inline(always)]
    fn take(
        &mut self,
        extras: &mut Chunks<Extra>,
        topic_ids: &mut Chunks<Uuid>,
        write: &NewWrite<'_>,
        place: TopicIdAt,
    ) {
        let newer = write.settled.is_after(&self.last);
        if self.last.kind == Kind::Tombstone || !newer {
            note_tombstone(self, extras, write, newer);
        }
        if newer {
            self.last = write.settled;
            self.last.topic_id = place;
            if place == TopicIdAt::Row {
                keep_topic_id(self, topic_ids, write.topic_id);
            }
            if write.settled.kind == Kind::WithExtra
                && let Some(extra) = extra_of(self, extras)
            {
                extra.take(write);
            }
        }
    }

    /// What is known of the key; `topic_id` is the row's.
    fn slot(&self, extras: &Chunks<Extra>, topic_id: Uuid) -> KeySlot {
        let extra = extras.get(self.extra);
        let last = self.last.write(topic_id, extra);
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
