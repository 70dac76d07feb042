//! Which offsets partition coordinates a group.

use crate::java_string::{java_hash_code, java_text};

/// The `__consumer_offsets` partition of a group: `Utils.abs(groupId.hashCode) % partitions`, where Kafka's
/// `abs` maps `Integer.MIN_VALUE` to 0 (`GroupCoordinatorService.partitionFor`, `GroupMetadataManager.partitionFor`).
///
/// `partitions` is the topic's real partition count (50 by default, never to be assumed silently); a count
/// below 1 gives `None`. Ids that aren't UTF-8 use the Java string Kafka would make of them.
#[must_use]
pub fn group_to_partition(group_id: &[u8], partitions: i32) -> Option<i32> {
    (partitions > 0).then(|| group_hash(group_id) % partitions)
}

/// What [`group_to_partition`] takes modulo the number of partitions: 0 to `i32::MAX`.
#[must_use]
pub fn group_hash(group_id: &[u8]) -> i32 {
    let hash = java_hash_code(&java_text(group_id));
    if hash == i32::MIN { 0 } else { hash.abs() }
}

/// What the unsigned formula found in many runbooks gives (`(31*h + code point) & 0xFFFFFFFF % partitions`).
///
/// Wrong for about half of all ids; kept only to warn people whose notes hold its answer.
#[must_use]
pub fn group_to_partition_unsigned(group_id: &[u8], partitions: i32) -> Option<i32> {
    let hash = java_text(group_id).chars().fold(0u32, |h, c| h.wrapping_mul(31).wrapping_add(u32::from(c)));
    let partitions = u32::try_from(partitions).ok().filter(|n| *n > 0)?;
    i32::try_from(hash % partitions).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formula_is_signed() {
        for (group, partition, unsigned) in [
            ("payments", 13, 13),
            ("my-broken-group", 28, 28),
            ("my-group", 12, 34),
            ("billing", 9, 37),
            ("analytics", 10, 36),
            ("group-\u{1F980}", 10, 8),
            ("polygenelubricants", 0, 48),
            ("checkout-группа", 43, 43),
            ("", 0, 0),
        ] {
            assert_eq!(group_to_partition(group.as_bytes(), 50), Some(partition), "{group}");
            assert_eq!(group_to_partition_unsigned(group.as_bytes(), 50), Some(unsigned), "{group}");
        }
        assert_eq!(group_to_partition(b"x", 0), None);
    }
}
