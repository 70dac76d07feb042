//! What the keys of one group and topic share, kept once: a row holds a number and the partition.
//!
//! Few keys differ in more than their partition, so the names that a lookup compares stay in the processor's caches, and a
//! row fits one cache line.

use lastwrites_types::Uuid;

use crate::fold::keys::{KeyArena, KeyHasher};

/// The (group, topic) pairs that a worker has met.
#[derive(Default)]
pub(super) struct Names {
    hasher: KeyHasher,
    /// Group and topic as they stand in the key.
    pairs: KeyArena,
    shared: Vec<Shared>,
}

/// What belongs to a pair beside its names.
#[derive(Clone, Copy, Default)]
struct Shared {
    /// Number of the group in the worker's list of groups.
    group: u32,
    /// The first id that a commit of the pair stored for its topic, zero for none. Another one comes only where the topic
    /// was made anew.
    topic_id: Uuid,
}

/// A key without its type, taken apart.
#[derive(Clone, Copy)]
pub(super) struct KeyParts<'k> {
    /// Group and topic with their lengths.
    pub(super) pair: &'k [u8],
    /// The partition, big-endian.
    pub(super) partition: [u8; 4],
}

impl<'k> KeyParts<'k> {
    /// Takes a key without its type apart; whatever is a key has a partition at its end.
    #[inline(always)]
    pub(super) fn of(key: &'k [u8]) -> Self {
        match key.split_last_chunk() {
            Some((pair, partition)) => Self { pair, partition: *partition },
            None => Self { pair: key, partition: [0; 4] },
        }
    }
}

/// Where a row finds the id of its topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TopicIdAt {
    /// The commit stored none.
    Nowhere,
    /// It is the one of the row's pair.
    Pair,
    /// It is another one, kept with the row.
    Row,
}

impl Names {
    pub(super) fn new(hasher: KeyHasher) -> Self {
        Self { hasher, ..Self::default() }
    }

    /// Hash of a key.
    #[inline(always)]
    pub(super) fn hash(&self, key: KeyParts<'_>) -> u64 {
        self.hasher.offset_key(self.hasher.hash(key.pair), key.partition)
    }

    /// Hash of the key of this pair and partition: that of [`Names::hash`], without a look at the names.
    pub(super) fn hash_of(&self, pair: u32, partition: [u8; 4]) -> u64 {
        self.hasher.offset_key(self.pairs.hash(pair), partition)
    }

    /// The names of a pair as they stand in a key.
    #[inline(always)]
    pub(super) fn pair(&self, pair: u32) -> &[u8] {
        self.pairs.get(pair)
    }

    /// Finds or adds a pair; `group` is kept when it is new.
    pub(super) fn intern(&mut self, names: &[u8], group: u32) -> u32 {
        let pair = self.pairs.intern(&self.hasher, names);
        if self.shared.len() < self.pairs.len() {
            self.shared.push(Shared { group, topic_id: Uuid::ZERO });
        }
        pair
    }

    /// The group that a pair was added with.
    #[inline(always)]
    pub(super) fn group(&self, pair: u32) -> Option<u32> {
        self.shared.get(pair as usize).map(|shared| shared.group)
    }

    /// The topic id that the pair's rows share, zero for none.
    pub(super) fn topic_id(&self, pair: u32) -> Uuid {
        self.shared.get(pair as usize).map_or(Uuid::ZERO, |shared| shared.topic_id)
    }

    /// Where a row of this pair keeps `topic_id`.
    #[inline(always)]
    pub(super) fn place_of(&self, pair: u32, topic_id: Uuid) -> TopicIdAt {
        if topic_id == Uuid::ZERO {
            TopicIdAt::Nowhere
        } else if self.topic_id(pair) == topic_id {
            TopicIdAt::Pair
        } else {
            TopicIdAt::Row
        }
    }

    /// Makes `topic_id` the one that the pair's rows share, if they have none; then a row of the pair keeps it where this
    /// says.
    #[cold]
    #[inline(never)]
    pub(super) fn adopt(&mut self, pair: u32, topic_id: Uuid) -> TopicIdAt {
        if let Some(shared) =
            self.shared.get_mut(pair as usize).filter(|shared| shared.topic_id == Uuid::ZERO)
        {
            shared.topic_id = topic_id;
        }
        self.place_of(pair, topic_id)
    }

    /// Takes over another worker's pairs; gives the number here of each of them.
    pub(super) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        let taken = |(number, shared): (u32, &Shared)| {
            let pair = self.intern(other.pair(number), shared.group);
            let _place = self.adopt(pair, shared.topic_id);
            pair
        };
        (0..).zip(&other.shared).map(taken).collect()
    }
}
