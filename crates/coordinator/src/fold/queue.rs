//! Writes that wait to be looked up together.
//!
//! A log with many keys finds the next record's key at a random place in memory, and waits for it. Looking up
//! a few dozen keys in one tight loop lets the processor wait for all of them at once.

use std::ops::Range;

use crate::fold::row::NewWrite;

/// A bounded queue of writes, in log order.
pub(super) struct Queue {
    /// Hash of each write's key, without its type.
    hashes: [u64; Self::LENGTH],
    writes: [Queued; Self::LENGTH],
    length: usize,
    bytes: Vec<u8>,
}

/// One write; its bytes are in the queue.
#[derive(Clone)]
pub(super) struct Queued {
    key: Range<u32>,
    metadata: Range<u32>,
    write: NewWrite<'static>,
    /// Base offset of its batch.
    pub(super) batch_base_offset: i64,
}

impl Default for Queue {
    fn default() -> Self {
        let nothing = Queued { key: 0..0, metadata: 0..0, write: NewWrite::NOTHING, batch_base_offset: -1 };
        Self {
            hashes: [0; Self::LENGTH],
            writes: std::array::from_fn(|_| nothing.clone()),
            length: 0,
            bytes: Vec::new(),
        }
    }
}

impl Queue {
    /// Writes looked up together: enough to hide the waiting, few enough to stay in the first-level cache.
    pub(super) const LENGTH: usize = 32;

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.length >= Self::LENGTH
    }

    /// `key` is the key without its type. A full queue takes nothing more.
    #[inline(always)]
    pub(super) fn push(&mut self, hash: u64, key: &[u8], write: NewWrite<'_>, batch_base_offset: i64) {
        let key = self.copy(key);
        let metadata = self.copy(write.extra.metadata);
        let places = self.hashes.get_mut(self.length).zip(self.writes.get_mut(self.length));
        if let Some((hash_place, place)) = places {
            *hash_place = hash;
            *place = Queued { key, metadata, write: write.with_metadata(&[]), batch_base_offset };
            self.length += 1;
        }
    }

    /// Hashes of the keys, in order.
    #[inline]
    pub(super) fn hashes(&self) -> &[u64] {
        self.hashes.get(..self.length).unwrap_or_default()
    }

    /// The writes, in order.
    #[inline]
    pub(super) fn writes(&self) -> &[Queued] {
        self.writes.get(..self.length).unwrap_or_default()
    }

    /// The key without its type.
    #[inline]
    pub(super) fn key(&self, queued: &Queued) -> &[u8] {
        self.slice(&queued.key)
    }

    /// The write itself.
    #[inline(always)]
    pub(super) fn write(&self, queued: &Queued) -> NewWrite<'_> {
        queued.write.with_metadata(self.slice(&queued.metadata))
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
        self.bytes.clear();
    }

    /// Lengths are those of two strings of at most 32767 bytes each, [`Queue::LENGTH`] times: they fit.
    #[inline(always)]
    fn copy(&mut self, bytes: &[u8]) -> Range<u32> {
        let start = self.bytes.len() as u32;
        if !bytes.is_empty() {
            self.bytes.extend_from_slice(bytes);
        }
        start..self.bytes.len() as u32
    }

    #[inline]
    fn slice(&self, range: &Range<u32>) -> &[u8] {
        self.bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}
