//! Writes that wait to be looked up together.
//!
//! A log with many keys finds the next record's key at a random place in memory, and waits for it. Looking up
//! a few dozen keys in one tight loop lets the processor wait for all of them at once.

use std::ops::Range;

use crate::fold::row::NewWrite;

/// A bounded queue of writes, in log order.
#[derive(Default)]
pub(super) struct Queue {
    /// Hash of each write's key, without its type.
    pub(super) hashes: Vec<u64>,
    pub(super) writes: Vec<Queued>,
    bytes: Vec<u8>,
}

/// One write; its bytes are in the queue.
pub(super) struct Queued {
    key: Range<u32>,
    metadata: Range<u32>,
    write: NewWrite<'static>,
    /// Base offset of its batch.
    pub(super) batch_base_offset: i64,
}

impl Queue {
    /// Writes looked up together: enough to hide the waiting, few enough to stay in the first-level cache.
    pub(super) const LENGTH: usize = 32;

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.writes.len() >= Self::LENGTH
    }

    /// `key` is the key as stored, its type included.
    #[inline]
    pub(super) fn push(&mut self, hash: u64, key: &[u8], write: &NewWrite<'_>, batch_base_offset: i64) {
        let key = self.copy(key);
        let metadata = self.copy(write.extra.metadata);
        self.hashes.push(hash);
        self.writes.push(Queued { key, metadata, write: write.with_metadata(&[]), batch_base_offset });
    }

    /// The key as stored, its type included.
    #[inline]
    pub(super) fn key(&self, queued: &Queued) -> &[u8] {
        self.slice(&queued.key)
    }

    /// The write itself.
    #[inline]
    pub(super) fn write(&self, queued: &Queued) -> NewWrite<'_> {
        queued.write.with_metadata(self.slice(&queued.metadata))
    }

    pub(super) fn clear(&mut self) {
        self.hashes.clear();
        self.writes.clear();
        self.bytes.clear();
    }

    /// Lengths are those of two strings of at most 32767 bytes each, [`Queue::LENGTH`] times: they fit.
    #[inline]
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
