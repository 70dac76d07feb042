//! How many partitions does the offsets topic have?

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_types::group_hash;

/// Kafka's default for `offsets.topic.num.partitions`.
pub const DEFAULT_PARTITIONS: i32 = 50;

/// The number of partitions of `__consumer_offsets`, and how it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionCount {
    /// The number, at least 1; `None` where the groups contradict the one to assume and settle no other.
    pub partitions: Option<i32>,
    /// True when nothing settles it.
    pub assumed: bool,
}

/// Infers the number from where groups were found, `(group id, partition)`, and from the partitions that lie here.
///
/// It is Kafka's default unless another count sends nearly all groups to where they lie and so many of them that
/// chance is out of the question: of the hundreds of counts tried, some fit a few groups by luck. A group
/// that the count doesn't fit is a foreign one. Where a count that is only assumed would make most of several groups
/// foreign, the count is what is wrong, and it is unknown.
#[must_use]
pub fn partition_count<'g>(
    found: impl IntoIterator<Item = (&'g [u8], i32)>,
    here: &BTreeSet<i32>,
) -> PartitionCount {
    // Hundreds of counts are tried on the same hashes.
    let found: Vec<(i32, i32)> =
        found.into_iter().map(|(id, partition)| (group_hash(id), partition)).collect();
    let highest = here.last().copied().max(found.iter().map(|(_, partition)| *partition).max());
    let lowest = highest.unwrap_or(0).max(0).saturating_add(1);
    let complete = here.len() == usize::try_from(lowest).unwrap_or(usize::MAX);
    let fits = |count: i32| Fit::of(&found, count);
    let mut best = (lowest <= DEFAULT_PARTITIONS).then(|| fits(DEFAULT_PARTITIONS));
    let mut settled = best.as_ref().is_some_and(|best| best.is_nearly_all() && best.bits(None) >= OF_DEFAULT);
    for count in lowest..=lowest.saturating_add(MOST_TRIED) {
        let wanted = if complete && count == lowest { OF_COMPLETE } else { OF_ANY };
        let fit = fits(count);
        let as_many = best.as_ref().is_none_or(|best| fit.fitting >= best.fitting);
        if as_many && fit.is_nearly_all() && fit.bits(best.as_ref()) >= wanted {
            best = Some(fit);
            settled = true;
        }
    }
    // Where few groups speak for a count, its multiples may fit them as well: then the evidence leaves it open.
    let other = best.as_ref().filter(|best| best.count != DEFAULT_PARTITIONS).and_then(|best| {
        let multiples = (2..=MOST_MULTIPLE).map(|times| fits(best.count.saturating_mul(times)));
        let fitting: Vec<Fit> =
            multiples.filter(|fit| fit.fitting >= best.fitting && fit.is_nearly_all()).collect();
        let likely = fitting.iter().rfind(|fit| fit.bits(Some(best)) >= OF_MULTIPLE).map(|fit| fit.count);
        (!fitting.is_empty()).then(|| likely.unwrap_or(best.count))
    });
    // Its divisors always fit them, and a few groups that fit a count fit a multiple of it by luck: the less likely, the more of
    // them do, so that it stays the one to assume.
    let has_divisor = best.as_ref().filter(|best| best.count != DEFAULT_PARTITIONS).is_some_and(|best| {
        let mut divisors = (lowest..best.count).filter(|divisor| best.count % divisor == 0);
        divisors.any(|divisor| best.bits(Some(&fits(divisor))) < OF_DEFAULT)
    });
    let partitions = other.or(best.map(|best| best.count)).unwrap_or(lowest);
    let assumed = !settled || has_divisor || other.is_some();
    if assumed && fits(partitions).is_contradicted() {
        return PartitionCount { partitions: None, assumed };
    }
    PartitionCount { partitions: Some(partitions), assumed }
}

/// Counts tried above the highest partition seen.
const MOST_TRIED: i32 = 500;
/// Evidence that makes the default known: two groups where it sends them.
const OF_DEFAULT: f64 = 10.0;
/// Evidence for the count of a directory that has every partition from 0 on and none above.
const OF_COMPLETE: f64 = 4.0;
/// Evidence for a count that nothing else speaks for: [`MOST_TRIED`] alone take 9 bits of it.
const OF_ANY: f64 = 20.0;

/// Multiples of a count that are looked at beside it.
const MOST_MULTIPLE: i32 = 12;
/// Evidence that makes a multiple likelier than the count itself.
const OF_MULTIPLE: f64 = 4.0;

/// Groups of one other partition that can't be there by chance: then the directory is a foreign one.
const OF_ONE_HOME: usize = 3;

/// What one count makes of the groups.
struct Fit {
    count: i32,
    /// Whether each group is where the count sends it.
    by_group: Vec<bool>,
    fitting: usize,
    /// How unlikely the groups that don't fit are as copies of whole foreign partitions, in bits: all groups of
    /// such a copy map to one partition.
    contradicted: f64,
    /// Groups that the count does explain: those where it sends them, and the groups of whole foreign partitions.
    explained: usize,
}

impl Fit {
    /// `found` are the groups' hashes and partitions; `count` is above 0.
    fn of(found: &[(i32, i32)], count: i32) -> Self {
        let maps_to = |hash: i32| hash.checked_rem(count).unwrap_or(-1);
        let by_group: Vec<bool> = found.iter().map(|(hash, at)| maps_to(*hash) == *at).collect();
        let mut homes: BTreeMap<i32, BTreeMap<i32, usize>> = BTreeMap::new();
        for ((hash, at), fits) in found.iter().zip(&by_group) {
            if !fits {
                *homes.entry(*at).or_default().entry(maps_to(*hash)).or_default() += 1;
            }
        }
        let odd: usize = homes.values().map(|homes| homes.len().saturating_sub(1)).sum();
        let fitting = by_group.iter().filter(|fits| **fits).count();
        let whole = homes.values().flat_map(BTreeMap::values).filter(|groups| **groups >= OF_ONE_HOME);
        Self {
            count,
            fitting,
            explained: fitting + whole.sum::<usize>(),
            by_group,
            contradicted: odd as f64 * f64::from(count).log2(),
        }
    }

    /// All but one in twenty.
    fn is_nearly_all(&self) -> bool {
        self.fitting > 0 && (self.by_group.len() - self.fitting) * 20 <= self.by_group.len()
    }

    /// Most of several groups are none that the count explains. One group alone is as likely a foreign one.
    fn is_contradicted(&self) -> bool {
        self.by_group.len() > 1 && self.explained * 2 < self.by_group.len()
    }

    /// How unlikely the fit is if `other` (or no count at all) is true, in bits.
    fn bits(&self, other: Option<&Self>) -> f64 {
        let alone = f64::from(self.count).log2();
        let Some(other) = other else { return self.fitting as f64 * alone };
        let beside = f64::from(self.count / common_divisor(self.count, other.count)).log2();
        let groups = self.by_group.iter().zip(&other.by_group);
        let bits = groups.filter(|(mine, _)| **mine).map(|(_, theirs)| if *theirs { beside } else { alone });
        bits.sum::<f64>() + other.contradicted
    }
}

fn common_divisor(a: i32, b: i32) -> i32 {
    if b == 0 { a.max(1) } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use lastwrites_types::group_to_partition;

    use super::*;

    fn homes(ids: &[String], count: i32) -> Vec<(&[u8], i32)> {
        ids.iter().map(|id| (id.as_bytes(), group_to_partition(id.as_bytes(), count).unwrap())).collect()
    }

    fn here(found: &[(&[u8], i32)]) -> BTreeSet<i32> {
        found.iter().map(|(_, partition)| *partition).collect()
    }

    fn ids(number: usize) -> Vec<String> {
        (0..number).map(|n| format!("group-{n}")).collect()
    }

    const ASSUMED: PartitionCount = PartitionCount { partitions: Some(50), assumed: true };
    const UNKNOWN: PartitionCount = PartitionCount { partitions: None, assumed: true };

    #[test]
    fn groups_tell_the_count() {
        let ids = ids(40);
        for count in [1, 3, 5, 7, 50, 100] {
            let found = homes(&ids, count);
            let told = partition_count(found.iter().copied(), &here(&found));
            assert_eq!(told, PartitionCount { partitions: Some(count), assumed: false });
        }
    }

    #[test]
    fn few_groups_tell_nothing() {
        assert_eq!(partition_count([], &BTreeSet::new()), ASSUMED);
        assert_eq!(partition_count([(&b"payments"[..], 13)], &[13].into()), ASSUMED);
        // Of this group 14 fits by luck, and 50 doesn't: it may be a foreign one.
        assert_eq!(partition_count([(&b"audit"[..], 13)], &[13].into()), ASSUMED);
        // Partition numbers above the default rule it out.
        let told = partition_count([], &[63].into());
        assert_eq!(told, PartitionCount { partitions: Some(64), assumed: true });
    }

    #[test]
    fn a_foreign_partition_is_not_another_count() {
        let ids = ids(2000);
        let of_seven: Vec<&[u8]> =
            homes(&ids, 50).into_iter().filter(|(_, at)| *at == 7).map(|(id, _)| id).take(30).collect();
        assert_eq!(of_seven.len(), 30);
        assert_eq!(partition_count(of_seven.iter().map(|id| (*id, 12)), &[12].into()), ASSUMED);
        assert_eq!(partition_count(of_seven.iter().map(|id| (*id, 0)), &[0].into()), ASSUMED);
        let mixed = ids.iter().take(12).map(|id| (id.as_bytes(), 3));
        assert_eq!(partition_count(mixed, &[3].into()), UNKNOWN, "groups of everywhere are no partition's");
    }

    #[test]
    fn some_directories_of_a_small_cluster_leave_its_multiples_open() {
        let ids = ids(12);
        for copied in [vec![0], vec![1], vec![2], vec![0, 1, 2]] {
            let mut found = homes(&ids, 6);
            found.retain(|(_, at)| copied.contains(at));
            let told = partition_count(found.iter().copied(), &copied.iter().copied().collect());
            assert!(told.assumed, "{copied:?}: {told:?}");
        }
    }

    /// Each of four groups that all lie in partition 1 of six would be there by a chance of one in three if there were two.
    #[test]
    fn a_divisor_leaves_the_count_open_and_is_not_the_one_to_assume() {
        let ids = ids(400);
        let of_one: Vec<(&[u8], i32)> = homes(&ids, 6).into_iter().filter(|(_, at)| *at == 1).collect();
        for four in of_one.chunks_exact(4) {
            let told = partition_count(four.iter().copied(), &[1].into());
            assert!(!matches!(told.partitions, Some(2 | 3)), "a divisor of six, though six fits: {told:?}");
        }
    }

    /// Whatever few groups of one directory of five suggest, no number is taken for known but the right one, and none
    /// that would call half of them foreign.
    #[test]
    fn one_small_directory_never_disowns_its_groups() {
        for first in 0..200 {
            let ids: Vec<String> = (first..first + 12).map(|n| format!("group-{n}")).collect();
            for partition in 0..5 {
                let mut found = homes(&ids, 5);
                found.retain(|(_, at)| *at == partition);
                let told = partition_count(found.iter().copied(), &[partition].into());
                assert!(told.assumed || told.partitions == Some(5), "{found:?}: {told:?}");
                let at_home = |count| {
                    found.iter().filter(|(id, at)| group_to_partition(id, count) == Some(*at)).count()
                };
                let fits = |count| at_home(count) * 2 >= found.len();
                assert!(found.len() < 2 || told.partitions.is_none_or(fits), "{found:?}: {told:?}");
            }
        }
    }

    /// One group in a directory of three that belong there is the foreign one.
    #[test]
    fn a_foreign_group_does_not_take_the_count_away() {
        let ids = ids(2000);
        let of_seven = homes(&ids, 50).into_iter().filter(|(_, at)| *at == 7).take(3);
        let found = of_seven.chain([(&b"audit"[..], 7)]);
        assert_ne!(group_to_partition(b"audit", 50), Some(7));
        assert_eq!(partition_count(found, &[7].into()).partitions, Some(50));
    }

    #[test]
    fn a_small_cluster_is_told_by_its_directories() {
        let ids = ids(3);
        let found = homes(&ids, 5);
        let told = partition_count(found, &(0..5).collect());
        assert_eq!(told, PartitionCount { partitions: Some(5), assumed: false });
    }
}
