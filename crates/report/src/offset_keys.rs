//! Offset keys of one copy, numbered, so that whoever keeps something of each looks it up once.

use lastwrites_coordinator::fold::{KeyArena, KeyHasher};

/// Group, topic and partition of an offset commit, in one piece.
pub(crate) struct OffsetKey {
    hash: u64,
    /// Length of the group id in 4 bytes, group id, topic, 4 bytes of partition.
    bytes: Box<[u8]>,
}

/// Bytes of the length before the group id, and of the partition at the end.
const NUMBER: usize = 4;

impl OffsetKey {
    pub(crate) fn new(group_id: &[u8], topic: &[u8], partition: i32) -> Self {
        // No name of a record is longer than 32,767 bytes.
        let length = u32::try_from(group_id.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(group_id.len() + topic.len() + 2 * NUMBER);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(group_id);
        bytes.extend_from_slice(topic);
        bytes.extend_from_slice(&partition.to_be_bytes());
        Self { hash: KeyHasher::default().hash(&bytes), bytes: bytes.into() }
    }

    pub(crate) fn group_id(&self) -> &[u8] {
        parts(&self.bytes).0
    }

    pub(crate) fn topic(&self) -> &[u8] {
        parts(&self.bytes).1
    }

    pub(crate) fn partition(&self) -> i32 {
        parts(&self.bytes).2
    }

    /// The same in pieces, in the order that reports sort by.
    pub(crate) fn into_parts(self) -> (Box<[u8]>, Box<[u8]>, i32) {
        let (group_id, topic, partition) = parts(&self.bytes);
        (group_id.into(), topic.into(), partition)
    }
}

/// Group id, topic and partition in the bytes of a key.
fn parts(key: &[u8]) -> (&[u8], &[u8], i32) {
    let whole = || {
        let (length, rest) = key.split_first_chunk::<NUMBER>()?;
        let (group_id, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let (topic, partition) = rest.split_last_chunk::<NUMBER>()?;
        Some((group_id, topic, i32::from_be_bytes(*partition)))
    };
    whole().unwrap_or((&[], &[], -1))
}

/// Numbers of offset keys, from 0 on in the order they were met.
#[derive(Default)]
pub(crate) struct OffsetKeys {
    arena: KeyArena,
}

impl OffsetKeys {
    /// Keys looked up together: one after the other each would wait for memory at a random place.
    const TOGETHER: usize = 32;

    /// The number of a key; a new one gets the next.
    pub(crate) fn number(&mut self, key: &OffsetKey) -> u32 {
        let known = self.arena.find(key.hash, &key.bytes);
        known.unwrap_or_else(|| self.arena.insert(key.hash, &key.bytes))
    }

    /// [`OffsetKeys::number`] of many.
    pub(crate) fn numbers(&mut self, keys: &[&OffsetKey]) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(keys.len());
        for keys in keys.chunks(Self::TOGETHER) {
            for key in keys {
                self.arena.prefetch(key.hash);
            }
            numbers.extend(keys.iter().map(|key| self.number(key)));
        }
        numbers
    }

    /// Topic and partition of a key.
    pub(crate) fn topic(&self, number: u32) -> (&[u8], i32) {
        let (_, topic, partition) = parts(self.arena.get(number));
        (topic, partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_run_into_each_other_stay_apart() {
        let keys = [
            OffsetKey::new(b"ab", b"c", 1),
            OffsetKey::new(b"a", b"bc", 1),
            OffsetKey::new(b"ab", b"c", 2),
            OffsetKey::new(b"", b"", 0),
            OffsetKey::new(b"ab", b"c", 1),
        ];
        let all: Vec<&OffsetKey> = keys.iter().collect();
        let mut numbers = OffsetKeys::default();
        assert_eq!(numbers.numbers(&all), [0, 1, 2, 3, 0]);
        assert_eq!((numbers.topic(0), numbers.topic(1)), ((&b"c"[..], 1), (&b"bc"[..], 1)));
        let key = OffsetKey::new(b"ab", b"c", -1);
        assert_eq!((key.group_id(), key.topic(), key.partition()), (&b"ab"[..], &b"c"[..], -1));
    }
}
