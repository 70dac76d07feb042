//! The order in which a JVM iterates small hash maps.
//!
//! When several partitions of one assignment conflict, the exception names the first one that the
//! coordinator's `HashMap` iteration reaches. Keys with well-defined hash codes make that reproducible.

use lastwrites_types::{Uuid, java_hash_code, java_text};

/// `HashMap`'s default table size.
const DEFAULT_CAPACITY: usize = 16;

/// A key whose Java hash code does not depend on the JVM that runs.
pub(crate) trait JavaHash {
    /// What `hashCode()` returns.
    fn java_hash(&self) -> i32;
}

impl JavaHash for i32 {
    fn java_hash(&self) -> i32 {
        *self
    }
}

impl JavaHash for Uuid {
    fn java_hash(&self) -> i32 {
        let [high, low] = [0, 8].map(|at| {
            self.0.get(at..at + 8).and_then(|half| half.try_into().ok()).map_or(0, u64::from_be_bytes)
        });
        let mixed = high ^ low;
        let [upper, lower] = [mixed >> 32, mixed & u64::from(u32::MAX)];
        i32::from_be_bytes(((upper ^ lower) as u32).to_be_bytes())
    }
}

impl JavaHash for super::shared::Name {
    fn java_hash(&self) -> i32 {
        java_hash_code(&java_text(self))
    }
}

/// Sorts distinct items into the order of a `HashMap` that grew from its default size.
pub(crate) fn sort_as_grown_map<T, K: JavaHash>(items: &mut [T], key: impl Fn(&T) -> &K) {
    let mut capacity = DEFAULT_CAPACITY;
    while items.len() > capacity / 4 * 3 {
        capacity = capacity.saturating_mul(2);
    }
    sort_by_bucket(items, capacity, key);
}

/// Sorts distinct items into the order of `new HashSet<>(list)`, where the list had `listed` elements.
pub(crate) fn sort_as_copied_set<T, K: JavaHash>(items: &mut [T], listed: usize, key: impl Fn(&T) -> &K) {
    let wanted = (listed.saturating_mul(4) / 3).saturating_add(1).max(DEFAULT_CAPACITY);
    sort_by_bucket(items, wanted.checked_next_power_of_two().unwrap_or(wanted), key);
}

/// Stable by bucket: within one bucket a `HashMap` keeps insertion order, also when it grows.
fn sort_by_bucket<T, K: JavaHash>(items: &mut [T], capacity: usize, key: impl Fn(&T) -> &K) {
    items.sort_by_key(|item| {
        let hash = key(item).java_hash().cast_unsigned();
        (hash ^ (hash >> 16)) as usize & (capacity - 1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    // Orders printed by a JVM (`new HashSet<>(List.of(17, 1, 16, 0, 33, 5))`, and the same put one by one).
    #[test]
    fn buckets_follow_the_table_size() {
        let mut few = vec![17, 1, 16, 0, 33, 5];
        sort_as_copied_set(&mut few, 6, |n| n);
        assert_eq!(few, [16, 0, 17, 1, 33, 5]);
        let mut many: Vec<i32> = (0..13).rev().chain([16]).collect();
        sort_as_grown_map(&mut many, |n| n);
        assert_eq!(many, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16]);
    }
}
