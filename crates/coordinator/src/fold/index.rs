//! A hash index whose places in memory can be visited ahead of a lookup.
//!
//! Own code rather than `hashbrown`, because a lookup of many keys must first touch the memory of all of them
//! in a loop of a few instructions; a table that hides its memory can't be asked to (`docs/decisions.md`).
//! Open addressing, linear probing, nothing is ever removed, at most three quarters full.

use prefetch_index::prefetch_index;

/// Numbers of keys by hash.
#[derive(Default)]
pub(super) struct Index {
    /// A power of two, or empty.
    cells: Vec<Cell>,
    used: usize,
}

/// A key's number beside part of its hash.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// Part of the hash that the position does not tell.
    tag: u32,
    /// The key's number + 1; 0 in an empty cell.
    number: u32,
}

impl Index {
    /// Asks for the cell where a lookup of `hash` will begin.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        prefetch_index(&self.cells, self.home(hash));
    }

    /// The first number whose key has this hash, as far as cells tell, and that `is_it` takes.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        loop {
            let cell = *self.cells.get(at)?;
            if cell.number == 0 {
                return None;
            }
            if cell.tag == tag_of(hash) && is_it(cell.number - 1) {
                return Some(cell.number - 1);
            }
            at = (at + 1) & (self.cells.len() - 1);
        }
    }

    /// Adds key number `id`; `hash_of` gives the hash of every number added before.
    pub(super) fn insert(&mut self, hash: u64, id: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.used + 1) * 4 > self.cells.len() * 3 {
            let larger = (self.cells.len() * 2).max(16);
            let old = std::mem::replace(&mut self.cells, vec![Cell::default(); larger]);
            for cell in old.into_iter().filter(|cell| cell.number != 0) {
                self.place(hash_of(cell.number - 1), cell);
            }
        }
        self.used += 1;
        self.place(hash, Cell { tag: tag_of(hash), number: id.saturating_add(1) });
    }

    fn place(&mut self, hash: u64, cell: Cell) {
        let mut at = self.home(hash);
        while let Some(here) = self.cells.get_mut(at) {
            if here.number == 0 {
                *here = cell;
                return;
            }
            at = (at + 1) & (self.cells.len() - 1);
        }
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        hash as usize & self.cells.len().wrapping_sub(1)
    }
}

/// The position takes the low bits, the shard some in the middle; the tag is the high ones.
#[inline]
fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}
