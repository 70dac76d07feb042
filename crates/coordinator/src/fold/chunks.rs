//! A list that grows without moving what it holds, so that no peak of twice its size ever stands in memory.

use prefetch_index::prefetch_index;

/// Items numbered in the order they were added.
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T> Chunks<T> {
    const CHUNK: usize = 512;

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.chunks.get(number as usize / Self::CHUNK)?.get(number as usize % Self::CHUNK)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.chunks.get_mut(number as usize / Self::CHUNK)?.get_mut(number as usize % Self::CHUNK)
    }

    /// Asks for an item's first cache line.
    #[inline]
    pub(super) fn prefetch(&self, number: u32) {
        if let Some(chunk) = self.chunks.get(number as usize / Self::CHUNK) {
            prefetch_index(chunk, number as usize % Self::CHUNK);
        }
    }

    /// Adds an item and gives its number; 32 bits count more items than any machine holds.
    pub(super) fn push(&mut self, item: T) -> u32 {
        let number = u32::try_from(self.len()).unwrap_or(u32::MAX);
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < Self::CHUNK => chunk.push(item),
            _ => self.chunks.push(vec![item]),
        }
        number
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * Self::CHUNK + last.len())
    }

    /// The items in order; each chunk's memory is given back as soon as it was read.
    pub(super) fn drain(self) -> impl Iterator<Item = T> {
        self.chunks.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_their_items() {
        let mut chunks = Chunks::default();
        for n in 0..2000u32 {
            assert_eq!((chunks.push(n), chunks.len()), (n, n as usize + 1));
        }
        assert!((0..2000).all(|n| chunks.get(n) == Some(&n) && chunks.get_mut(n).copied() == Some(n)));
        assert_eq!((chunks.get(2000), chunks.get(u32::MAX)), (None, None));
        assert!(chunks.drain().eq(0..2000));
    }
}
