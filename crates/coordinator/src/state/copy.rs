//! The final state of one copy.

use std::collections::BTreeMap;

use lastwrites_records::OffsetCommitKey;

use lastwrites_segment::LeaderEpochs;

use crate::fold::{Commit, Committed, Doubt, KeySlot, OpenWrite, Place, ShardedTable, Write};
use crate::load::{LoadOutcome, OffsetKey, StoredOffset};
use crate::state::continuity::Continuity;
use crate::state::edge::Counts;
use crate::state::in_order::Ordered;
use crate::state::tally::Tally;

/// What one copy of a partition holds once every record was seen.
pub struct CopyState {
    /// Bytes accounted for, per file.
    pub tallies: BTreeMap<u32, Tally>,
    /// Offsets seen, per file.
    pub spans: BTreeMap<u32, Continuity>,
    /// How far back the log is unbroken.
    pub continuity: Continuity,
    /// Leader epochs that batches carry, with the first offset of each; at most [`LeaderEpochs::MOST`].
    pub leader_epochs: LeaderEpochs,
    /// Numbers about records.
    pub counts: Counts,
    /// The load under the chosen rules, and the groups it leads to.
    pub load: LoadOutcome,
    /// Offset keys with a committed or pending value, by group, topic (raw bytes) and partition.
    pub keys: Vec<KeyState>,
    /// Offset keys whose last settled write is a tombstone that the log still holds, in the same order. Rules that
    /// depend on order (3.7 and the old coordinator) keep none.
    pub deleted: Vec<DeletedKey>,
}

/// One (group, topic, partition) that was deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeletedKey {
    /// Group id.
    pub group_id: Box<[u8]>,
    /// Topic name.
    pub topic: Box<[u8]>,
    /// Partition number.
    pub partition: i32,
    /// Where the tombstone lies.
    pub tombstone: Place,
}

/// One (group, topic, partition) that has a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyState {
    /// Group id.
    pub group_id: Box<[u8]>,
    /// Topic name.
    pub topic: Box<[u8]>,
    /// Partition number.
    pub partition: i32,
    /// The committed value.
    pub committed: Option<Committed>,
    /// Values of transactions that no marker surely ended, by producer id: open ones, and those that damage leaves in doubt.
    pub pending: Vec<Committed>,
}

impl CopyState {
    /// From the commuting fold.
    pub(super) fn folded(mut ordered: Ordered, mut tables: Vec<ShardedTable>) -> Self {
        tables.push(std::mem::take(&mut ordered.settled));
        let mut open: BTreeMap<Box<[u8]>, Vec<(Committed, Doubt)>> = BTreeMap::new();
        for OpenWrite { key, committed, doubt } in std::mem::take(&mut ordered.open) {
            open.entry(key).or_default().push((committed, doubt));
        }
        let table = ShardedTable::merged(tables);
        let (mut keys, mut deleted) =
            (Vec::with_capacity(table.as_ref().map_or(0, ShardedTable::len)), Vec::new());
        let mut take = |key: &[u8], slot: KeySlot, pending: Vec<(Committed, Doubt)>| {
            let last = slot.last.as_ref().map_or(-1, |write| write.place().record_offset);
            let may_count = |(write, doubt): (Committed, Doubt)| {
                let offset = write.place.record_offset;
                // A tombstone cancels what was pending before it (3.8 and later), and behind a later commit nothing hangs
                // on how a transaction ended that is over.
                let open = slot.newest_tombstone < offset && (doubt != Doubt::Parted || last < offset);
                open.then_some(write)
            };
            let mut pending: Vec<Committed> = pending.into_iter().filter_map(may_count).collect();
            pending.sort_by_key(pending_order);
            let typed = [&[0, 1], key].concat();
            let Some(key) = OffsetCommitKey::parse(&typed) else { return };
            let (group_id, topic, partition): (Box<[u8]>, Box<[u8]>, i32) =
                (key.group.into(), key.topic.into(), key.partition);
            let committed = match slot.last {
                Some(Write::Commit(committed)) => Some(committed),
                Some(Write::Tombstone(tombstone)) => {
                    let (group_id, topic) = (group_id.clone(), topic.clone());
                    deleted.push(DeletedKey { group_id, topic, partition, tombstone });
                    None
                }
                None => None,
            };
            if committed.is_some() || !pending.is_empty() {
                keys.push(KeyState { group_id, topic, partition, committed, pending });
            }
        };
        for (key, slot) in table.into_iter().flat_map(ShardedTable::into_slots) {
            let pending = open.remove(&key).unwrap_or_default();
            take(&key, slot, pending);
        }
        // Keys that only open transactions wrote to.
        for (key, pending) in open {
            take(&key, KeySlot::default(), pending);
        }
        Self::new(ordered, keys, deleted)
    }

    /// From the offsets of a replay in order; `places` tells where each record lies.
    pub(super) fn in_order(ordered: Ordered, places: &BTreeMap<i64, Place>) -> Self {
        let mut keys: BTreeMap<OffsetKey, KeyState> = BTreeMap::new();
        let offsets = &ordered.load.offsets;
        for (key, stored) in offsets.committed() {
            entry(&mut keys, key).committed = Some(committed(stored, -1, places));
        }
        for (producer_id, key, stored) in offsets.unsettled() {
            entry(&mut keys, key).pending.push(committed(stored, producer_id, places));
        }
        keys.values_mut().for_each(|key| key.pending.sort_by_key(pending_order));
        let keys = keys.into_values().collect();
        Self::new(ordered, keys, Vec::new())
    }

    fn new(ordered: Ordered, mut keys: Vec<KeyState>, mut deleted: Vec<DeletedKey>) -> Self {
        // Raw keys sort by their length prefixes first; people and the contract sort by the names.
        keys.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        deleted.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        let Ordered { load, tallies, spans, continuity, leader_epochs, counts, .. } = ordered;
        Self { tallies, spans, continuity, leader_epochs, counts, load, keys, deleted }
    }
}

/// Group, topic and partition: the order of people and of the contract.
pub type KeyName<'a> = (&'a [u8], &'a [u8], i32);

impl KeyState {
    /// The key.
    #[must_use]
    pub fn key(&self) -> KeyName<'_> {
        (&self.group_id, &self.topic, self.partition)
    }
}

impl DeletedKey {
    /// The key.
    #[must_use]
    pub fn key(&self) -> KeyName<'_> {
        (&self.group_id, &self.topic, self.partition)
    }
}

fn entry<'k>(keys: &'k mut BTreeMap<OffsetKey, KeyState>, key: &OffsetKey) -> &'k mut KeyState {
    keys.entry(key.clone()).or_insert_with(|| KeyState {
        group_id: key.group.as_ref().into(),
        topic: key.topic.as_ref().into(),
        partition: key.partition,
        committed: None,
        pending: Vec::new(),
    })
}

const fn pending_order(write: &Committed) -> (i64, i64) {
    (write.producer_id, write.place.record_offset)
}

fn committed(stored: &StoredOffset, producer_id: i64, places: &BTreeMap<i64, Place>) -> Committed {
    let unplaced = Place { record_offset: stored.record_offset, ..Place::default() };
    Committed {
        commit: Commit {
            offset: stored.offset,
            leader_epoch: stored.leader_epoch,
            metadata: stored.metadata.as_ref().into(),
            commit_timestamp: stored.commit_timestamp,
            expire_timestamp: stored.expire_timestamp.unwrap_or(-1),
            topic_id: stored.topic_id.unwrap_or_default(),
        },
        place: places.get(&stored.record_offset).copied().unwrap_or(unplaced),
        producer_id,
    }
}
