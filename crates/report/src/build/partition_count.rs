//! How many partitions does the offsets topic have?

use lastwrites_types::group_to_partition;

/// Kafka's default for `offsets.topic.num.partitions`.
pub const DEFAULT_PARTITIONS: i32 = 50;

/// The number of partitions of `__consumer_offsets`, and how it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionCount {
    /// The number.
    pub partitions: i32,
    /// True when nothing settles it.
    pub assumed: bool,
}

/// Infers the number from where groups were found: `(group id, partition)`.
///
/// The true count sends every group to its partition, so it fits most of them (a foreign group may not), and
/// it is above every partition number seen. The default wins a tie; fewer than two groups settle nothing.
#[must_use]
pub fn partition_count<'g>(
    found: impl IntoIterator<Item = (&'g [u8], i32)>,
    highest_seen: Option<i32>,
) -> PartitionCount {
    let found: Vec<(&[u8], i32)> = found.into_iter().collect();
    let lowest =
        highest_seen.unwrap_or(0).max(found.iter().map(|(_, partition)| *partition).max().unwrap_or(0)) + 1;
    let fitting =
        |count: i32| found.iter().filter(|(id, at)| group_to_partition(id, count) == Some(*at)).count();
    let seen = highest_seen.map_or(lowest, |highest| highest + 1);
    // The default first, then the number of partitions that lie here, then the others, smallest first.
    let candidates = [DEFAULT_PARTITIONS, seen].into_iter().chain(lowest..=lowest.saturating_add(MOST_TRIED));
    let mut best = PartitionCount { partitions: DEFAULT_PARTITIONS.max(lowest), assumed: true };
    let mut best_fit = 0;
    for count in candidates.filter(|count| *count >= lowest) {
        let fit = fitting(count);
        if fit > best_fit {
            best_fit = fit;
            best = PartitionCount { partitions: count, assumed: fit < SETTLED_BY.min(found.len().max(2)) };
        }
    }
    best
}

/// Counts tried above the highest partition seen.
const MOST_TRIED: i32 = 500;
/// Groups that must agree before the count is called known: each wrong count fits one by chance in about 50.
const SETTLED_BY: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_tell_the_count() {
        let ids: Vec<String> = (0..20).map(|n| format!("group-{n}")).collect();
        for count in [5, 7, 50, 100] {
            let found: Vec<(&[u8], i32)> = ids
                .iter()
                .map(|id| (id.as_bytes(), group_to_partition(id.as_bytes(), count).unwrap()))
                .collect();
            let highest = found.iter().map(|(_, p)| *p).max();
            assert_eq!(partition_count(found, highest), PartitionCount { partitions: count, assumed: false });
        }
    }

    #[test]
    fn nothing_found_is_the_default_and_assumed() {
        assert_eq!(partition_count([], None), PartitionCount { partitions: 50, assumed: true });
        assert_eq!(
            partition_count([(&b"payments"[..], 13)], Some(13)),
            PartitionCount { partitions: 50, assumed: true }
        );
        // Partition numbers above the default rule it out.
        assert_eq!(partition_count([], Some(63)), PartitionCount { partitions: 64, assumed: true });
    }
}
