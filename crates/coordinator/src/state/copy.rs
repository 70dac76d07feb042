//! The final state of one copy.

use std::collections::{BTreeMap, HashMap, HashSet};

use lastwrites_records::OffsetCommitKey;

use lastwrites_segment::LeaderEpochs;

use crate::fold::{Commit, Committed, Doubt, KeySlot, OpenWrite, Place, ShardedTable, Write};
use crate::group::Name;
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
    /// Leader epochs that batches carry, with the first and last batch of each; at most [`LeaderEpochs::MOST`].
    pub leader_epochs: LeaderEpochs,
    /// Numbers about records.
    pub counts: Counts,
    /// The load under the chosen rules, and the groups it leads to.
    pub load: LoadOutcome,
    /// Offset keys with a committed or pending value, by group (raw bytes).
    pub keys: KeysByGroup,
    /// Offset keys whose last settled write is a tombstone that the log still holds, by group, topic (raw bytes) and
    /// partition. Rules that depend on order (3.7 and the old coordinator) keep none.
    pub deleted: Vec<DeletedKey>,
}

/// One (group, topic, partition) that was deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeletedKey {
    /// Group id.
    pub group_id: Name,
    /// Topic name.
    pub topic: Name,
    /// Partition number.
    pub partition: i32,
    /// Where the tombstone lies.
    pub tombstone: Place,
}

/// The offset keys of each group, by topic (raw bytes) and partition: a report takes them one group at a time.
pub type KeysByGroup = BTreeMap<Name, Vec<KeyState>>;

/// One (topic, partition) of a group that has a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyState {
    /// Topic name, shared by all keys that have it.
    pub topic: Name,
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
        let mut keys = Keys::default();
        let mut take = |key: &[u8], slot: KeySlot, pending: Vec<(Committed, Doubt)>| {
            let last = slot.last.as_ref().map_or(-1, |write| write.place().record_offset);
            let may_count = |(write, doubt): (Committed, Doubt)| {
                let offset = write.place.record_offset;
                // A tombstone cancels what was pending before it (3.8 and later), and behind a later commit nothing hangs
                // on how a transaction ended that is over.
                let open = slot.newest_tombstone < offset && (doubt != Doubt::Parted || last < offset);
                open.then_some(write)
            };
            let pending: Vec<Committed> = pending.into_iter().filter_map(may_count).collect();
            let typed = [&[0, 1], key].concat();
            let Some(key) = OffsetCommitKey::parse(&typed) else { return };
            keys.add((key.group, key.topic, key.partition), slot.last, pending);
        };
        for (key, slot) in ShardedTable::merged(tables).into_iter().flat_map(ShardedTable::into_slots) {
            let pending = open.remove(&key).unwrap_or_default();
            take(&key, slot, pending);
        }
        // Keys that only open transactions wrote to.
        for (key, pending) in open {
            take(&key, KeySlot::default(), pending);
        }
        Self::new(ordered, keys)
    }

    /// From the offsets of a replay in order; `places` tells where each record lies.
    pub(super) fn in_order(ordered: Ordered, places: &BTreeMap<i64, Place>) -> Self {
        let mut found: BTreeMap<&OffsetKey, (Option<Committed>, Vec<Committed>)> = BTreeMap::new();
        let offsets = &ordered.load.offsets;
        for (key, stored) in offsets.committed() {
            found.entry(key).or_default().0 = Some(committed(stored, -1, places));
        }
        for (producer_id, key, stored) in offsets.unsettled() {
            found.entry(key).or_default().1.push(committed(stored, producer_id, places));
        }
        let mut keys = Keys::default();
        for (key, (committed, pending)) in found {
            keys.add((&key.group, &key.topic, key.partition), committed.map(Write::Commit), pending);
        }
        Self::new(ordered, keys)
    }

    fn new(ordered: Ordered, keys: Keys) -> Self {
        let Ordered { load, tallies, spans, continuity, leader_epochs, counts, .. } = ordered;
        let (keys, deleted) = keys.sorted();
        Self { tallies, spans, continuity, leader_epochs, counts, load, keys, deleted }
    }

    /// Every key with a value, in the order of [`KeyName`].
    pub fn named_keys(&self) -> impl Iterator<Item = (KeyName<'_>, &KeyState)> {
        self.keys.iter().flat_map(|(group, keys)| keys.iter().map(|key| (key.named(group), key)))
    }

    /// One key's value.
    #[must_use]
    pub fn key(&self, (group, topic, partition): KeyName<'_>) -> Option<&KeyState> {
        let keys = self.keys.get(group)?;
        let at = keys.binary_search_by(|key| (&*key.topic, key.partition).cmp(&(topic, partition))).ok()?;
        keys.get(at)
    }
}

/// Keys on their way into a [`CopyState`], in any order. A name is kept once: a million keys share few.
#[derive(Default)]
struct Keys {
    topics: HashSet<Name>,
    groups: HashMap<Name, Vec<KeyState>>,
    deleted: Vec<DeletedKey>,
}

impl Keys {
    fn add(
        &mut self,
        (group, topic, partition): KeyName<'_>,
        last: Option<Write>,
        mut pending: Vec<Committed>,
    ) {
        let topic = match self.topics.get(topic) {
            Some(topic) => topic.clone(),
            None => {
                let topic = Name::from(topic);
                self.topics.insert(topic.clone());
                topic
            }
        };
        let committed = match last {
            Some(Write::Commit(committed)) => Some(committed),
            Some(Write::Tombstone(tombstone)) => {
                let group_id =
                    self.groups.get_key_value(group).map_or_else(|| group.into(), |(id, _)| id.clone());
                self.deleted.push(DeletedKey { group_id, topic: topic.clone(), partition, tombstone });
                None
            }
            None => None,
        };
        if committed.is_none() && pending.is_empty() {
            return;
        }
        pending.sort_by_key(pending_order);
        let key = KeyState { topic, partition, committed, pending };
        match self.groups.get_mut(group) {
            Some(keys) => keys.push(key),
            None => {
                self.groups.insert(group.into(), vec![key]);
            }
        }
    }

    fn sorted(self) -> (KeysByGroup, Vec<DeletedKey>) {
        let Self { groups, mut deleted, .. } = self;
        let mut keys: KeysByGroup = groups.into_iter().collect();
        // Raw keys sort by their length prefixes first; people and the contract sort by the names.
        for keys in keys.values_mut() {
            keys.sort_unstable_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        }
        deleted.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        (keys, deleted)
    }
}

/// Group, topic and partition: the order of people and of the contract.
pub type KeyName<'a> = (&'a [u8], &'a [u8], i32);

impl KeyState {
    /// The key's name, by that of its group.
    #[must_use]
    pub fn named<'a>(&'a self, group: &'a [u8]) -> KeyName<'a> {
        (group, &self.topic, self.partition)
    }
}

impl DeletedKey {
    /// The key.
    #[must_use]
    pub fn key(&self) -> KeyName<'_> {
        (&self.group_id, &self.topic, self.partition)
    }
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
