//! Writes that wait to be looked up together.
//!
//! A log with many keys finds the next record's key at a random place in memory, and waits for it. Looking up
//! a few dozen keys in one tight loop lets the processor wait for all of them at once.

use std::ops::Range;

use lastwrites_records::OffsetCommitValue;

use crate::fold::commit::Place;

/// A bounded queue of writes, in log order.
#[derive(Default)]
pub(super) struct Queue {
    /// Hash of each write's key, without its type.
    pub(super) hashes: Vec<u64>,
    pub(super) writes: Vec<Queued>,
    bytes: Vec<u8>,
}

/// One write; its bytes are in the queue.
#[derive(Clone)]
pub(super) struct Queued {
    key: Range<u32>,
    metadata: Range<u32>,
    value: Option<OffsetCommitValue<'static>>,
    /// Producer id of its batch, -1 without one.
    pub(super) producer_id: i64,
    /// Where it lies.
    pub(super) place: Place,
    /// Base offset of its batch.
    pub(super) batch_base_offset: i64,
}

impl Queue {
    /// Writes looked up together: enough to hide the waiting, few enough to stay in the first-level cache.
    pub(super) const LENGTH: usize = 32;

    pub(super) fn is_full(&self) -> bool {
        self.writes.len() >= Self::LENGTH
    }

    pub(super) fn push(
        &mut self,
        hash: u64,
        key: &[u8],
        value: Option<&OffsetCommitValue<'_>>,
        producer_id: i64,
        place: Place,
        batch_base_offset: i64,
    ) {
        let key = self.copy(key);
        let metadata = self.copy(value.map_or(&[], |value| value.metadata));
        let value = value.map(|value| OffsetCommitValue { metadata: &[], ..*value });
        self.hashes.push(hash);
        self.writes.push(Queued { key, metadata, value, producer_id, place, batch_base_offset });
    }

    /// The key as stored, its type included.
    pub(super) fn key(&self, queued: &Queued) -> &[u8] {
        self.slice(&queued.key)
    }

    /// The key of write number `n`.
    pub(super) fn key_at(&self, n: usize) -> &[u8] {
        self.writes.get(n).map_or(&[], |queued| self.key(queued))
    }

    /// What is committed; `None` is a tombstone.
    pub(super) fn value(&self, queued: &Queued) -> Option<OffsetCommitValue<'_>> {
        queued.value.map(|value| OffsetCommitValue { metadata: self.slice(&queued.metadata), ..value })
    }

    pub(super) fn clear(&mut self) {
        self.hashes.clear();
        self.writes.clear();
        self.bytes.clear();
    }

    /// Lengths are those of two strings of at most 32767 bytes each, [`Queue::LENGTH`] times: they fit.
    fn copy(&mut self, bytes: &[u8]) -> Range<u32> {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len() as u32
    }

    fn slice(&self, range: &Range<u32>) -> &[u8] {
        self.bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}
