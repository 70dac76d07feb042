//! Half-open ranges of bytes and sets of offsets.

/// A half-open range of byte positions in one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte; never below `start`.
    pub end: u64,
}

impl ByteRange {
    /// A range; an `end` below `start` gives the empty range at `start`.
    #[must_use]
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Bytes in the range.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// True when there is no byte in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Offsets as sorted, disjoint, half-open ranges; neighbours are joined.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OffsetSet(Vec<(i64, i64)>);

impl OffsetSet {
    /// Adds `start..end`; an empty range changes nothing.
    pub fn insert(&mut self, start: i64, end: i64) {
        if end <= start {
            return;
        }
        let first = self.0.partition_point(|(_, e)| *e < start);
        let last = self.0.partition_point(|(s, _)| *s <= end);
        let joined = self.0.get(first..last).unwrap_or_default();
        let start = joined.first().map_or(start, |(s, _)| start.min(*s));
        let end = joined.last().map_or(end, |(_, e)| end.max(*e));
        self.0.splice(first..last.max(first), [(start, end)]);
    }

    /// True when `offset` is in the set.
    #[must_use]
    pub fn contains(&self, offset: i64) -> bool {
        let after = self.0.partition_point(|(s, _)| *s <= offset);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|(_, e)| offset < *e)
    }

    /// The ranges in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.iter().copied()
    }

    /// True when nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_set_joins_neighbours() {
        let mut set = OffsetSet::default();
        for (start, end) in [(10, 20), (30, 40), (20, 25), (5, 5), (24, 31), (0, 1)] {
            set.insert(start, end);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [(0, 1), (10, 40)]);
        assert!(set.contains(0) && !set.contains(1) && set.contains(39) && !set.contains(40));
    }
}
