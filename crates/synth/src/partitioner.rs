//! Which partition of `__consumer_offsets` a group belongs to (`Utils.abs(groupId.hashCode()) % partitions`).
//!
//! Logs are only believable when their groups belong where they lie.

/// The partition of `group` among `partitions`; 0 when there are none.
pub fn partition_of(group: &str, partitions: i32) -> i32 {
    let hash =
        group.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    // Kafka's abs gives 0 for the one number whose absolute value does not fit.
    hash.checked_abs().unwrap_or(0).checked_rem(partitions).unwrap_or(0)
}

/// Names `prefix0`, `prefix1`, ... that belong to `partition`, without end as long as the partition exists.
pub fn names_in(prefix: &str, partition: i32, partitions: i32) -> impl Iterator<Item = String> {
    (0_u64..)
        .map(move |number| format!("{prefix}{number}"))
        .filter(move |name| partition_of(name, partitions) == partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hash codes printed by a JVM.
    #[test]
    fn partitions_are_those_of_the_jvm() {
        let known = [
            ("payments", 13),
            ("my-broken-group", 28),
            ("my-group", 12),
            ("billing", 9),
            ("group-\u{1f980}", 10),
            ("polygenelubricants", 0),
            ("checkout-группа", 43),
            ("", 0),
        ];
        for (group, partition) in known {
            assert_eq!(partition_of(group, 50), partition, "{group}");
        }
    }
}
