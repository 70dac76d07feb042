//! Interned byte keys: each distinct key is copied once, however often it is written.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Distinct byte strings, numbered in the order they were first seen.
///
/// Lookups compare raw bytes; the hash is seeded per process, so crafted keys can't collide on purpose.
#[derive(Default)]
pub struct KeyArena {
    index: HashTable<Entry>,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

/// Where a key's bytes are, beside its number: a lookup touches the index and the key, nothing else.
#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    length: u32,
    id: u32,
}

impl Entry {
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.start + self.length as usize).unwrap_or_default()
    }
}

/// The hash every table of a run uses, so that a key's hash is computed once.
#[derive(Clone, Default)]
pub struct KeyHasher(RandomState);

impl KeyHasher {
    /// Hash of a raw key.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.0.hash_one(key)
    }
}

impl KeyArena {
    /// Number of distinct keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when nothing was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of key number `id`; empty for a number that was never given out.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(id).and_then(|end| self.bytes.get(start..*end)).unwrap_or_default()
    }

    /// The number of a key, when it was seen before.
    #[must_use]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.index.find(hash, |entry| entry.of(&self.bytes) == key).map(|entry| entry.id)
    }

    /// Adds a key that [`KeyArena::find`] did not know. `hasher` is only used when the table grows.
    pub fn insert(&mut self, hasher: &KeyHasher, hash: u64, key: &[u8]) -> u32 {
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let entry =
            Entry { start: self.bytes.len(), length: u32::try_from(key.len()).unwrap_or(u32::MAX), id };
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        let bytes = &self.bytes;
        self.index.insert_unique(hash, entry, |other| hasher.hash(other.of(bytes)));
        id
    }

    /// Finds or adds a key.
    pub fn intern(&mut self, hasher: &KeyHasher, key: &[u8]) -> u32 {
        let hash = hasher.hash(key);
        self.find(hash, key).unwrap_or_else(|| self.insert(hasher, hash, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_keys_distinct() {
        let hasher = KeyHasher::default();
        let mut arena = KeyArena::default();
        for round in 0..2 {
            for n in 0..1000u32 {
                assert_eq!(arena.intern(&hasher, &n.to_be_bytes()), n, "round {round}");
            }
        }
        assert_eq!(arena.intern(&hasher, b""), 1000);
        assert_eq!((arena.get(0), arena.get(1000), arena.get(1001)), (&[0, 0, 0, 0][..], &[][..], &[][..]));
    }
}
