//! Interned byte keys: each distinct key is copied once, however often it is written.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

use crate::fold::index::Index;

/// Distinct byte strings, numbered in the order they were first seen.
///
/// Lookups compare raw bytes; the hash is seeded per process, so crafted keys can't collide on purpose.
#[derive(Default)]
pub struct KeyArena {
    index: Index,
    spans: Vec<Span>,
    bytes: Vec<u8>,
}

/// Where a key's bytes are.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    hash: u64,
    length: u32,
}

/// The hash every table of a process uses, so that a key's hash is computed once; seeded anew in each process.
#[derive(Clone)]
pub struct KeyHasher(SeedableRandomState);

impl Default for KeyHasher {
    #[inline(always)]
    fn default() -> Self {
        Self(SeedableRandomState::with_seed(0, SharedSeed::global_random()))
    }
}

impl KeyHasher {
    /// Hash of a raw key: of its bytes alone, because keys of different lengths differ in their bytes anyway.
    #[must_use]
    #[inline(always)]
    pub fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// Hash of an offset key: of its names' hash and its partition (big-endian), so that it can be computed again
    /// without the names.
    #[must_use]
    #[inline(always)]
    pub(super) fn offset_key(&self, names: u64, partition: [u8; 4]) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u64(names);
        hasher.write_u32(u32::from_be_bytes(partition));
        hasher.finish()
    }
}

impl KeyArena {
    /// Number of distinct keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// True when nothing was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The bytes of key number `id`; empty for a number that was never given out.
    #[must_use]
    #[inline]
    pub fn get(&self, id: u32) -> &[u8] {
        let Some(span) = self.spans.get(id as usize) else { return &[] };
        self.bytes.get(span.start..span.start + span.length as usize).unwrap_or_default()
    }

    /// The hash of key number `id`, as it was given when the key was added.
    #[must_use]
    pub fn hash(&self, id: u32) -> u64 {
        self.spans.get(id as usize).map_or(0, |span| span.hash)
    }

    /// Asks for the memory that [`KeyArena::find`] will begin with.
    pub fn prefetch(&self, hash: u64) {
        self.index.prefetch(hash);
    }

    /// The number of a key, when it was seen before.
    #[must_use]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.index.find(hash, |id| self.get(id) == key)
    }

    /// Adds a key that [`KeyArena::find`] did not know.
    pub fn insert(&mut self, hash: u64, key: &[u8]) -> u32 {
        let id = u32::try_from(self.spans.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.spans.push(Span { start, hash, length });
        let spans = &self.spans;
        self.index.insert(hash, id, |id| spans.get(id as usize).map_or(0, |span| span.hash));
        id
    }

    /// Finds or adds a key.
    pub fn intern(&mut self, hasher: &KeyHasher, key: &[u8]) -> u32 {
        let hash = hasher.hash(key);
        self.find(hash, key).unwrap_or_else(|| self.insert(hash, key))
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

    #[test]
    fn equal_hashes_do_not_mix_keys() {
        let mut arena = KeyArena::default();
        let (one, two) = (arena.insert(7, b"one"), arena.insert(7, b"two"));
        assert_eq!((arena.find(7, b"one"), arena.find(7, b"two")), (Some(one), Some(two)));
        assert_eq!(arena.find(7, b"three"), None);
    }
}
