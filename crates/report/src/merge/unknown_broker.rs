//! Copies of which nothing says what broker they are of: replicas of a partition, or one broker's at several moments.
//!
//! Replicas hold the same batches byte for byte, under the same leader epochs, and so do two snapshots: without
//! `meta.properties` only what the cleaner did tells the two apart, and that seldom.

use lastwrites_evidence::{Evidence, PartitionCopy};

use super::replicas::Replicas;
use crate::build::path_text;
use crate::findings::{Code, Finding};

/// One finding a partition where copies were taken for replicas though nothing says so.
pub(crate) fn unknown_brokers(evidence: &Evidence, sets: &[Replicas]) -> Vec<Finding> {
    sets.iter().filter_map(|set| unknown(evidence, set)).collect()
}

fn unknown(evidence: &Evidence, set: &Replicas) -> Option<Finding> {
    let first = |series: &Vec<usize>| evidence.copies.get(*series.first()?);
    let copies: Vec<&PartitionCopy> = set.brokers.iter().filter_map(first).collect();
    let doubted = |at: &usize| {
        let others = copies.iter().enumerate().filter(|(other, _)| other != at);
        copies.get(*at).is_some_and(|copy| {
            others.into_iter().any(|(_, other)| {
                (copy.broker_id().is_none() || other.broker_id().is_none())
                    && !(is_no_later_than(copy, other) && is_no_later_than(other, copy))
            })
        })
    };
    let doubted: Vec<usize> = (0..copies.len()).filter(doubted).collect();
    (!doubted.is_empty()).then(|| {
        let message = "without meta.properties nothing says whether these copies are replicas on several brokers or \
            snapshots of one broker: they were taken for replicas and merged. If they are snapshots, read the newest \
            alone"
            .to_owned();
        let paths = doubted.iter().filter_map(|at| copies.get(*at)).map(|copy| path_text(&copy.path)).collect();
        Finding::new(Code::UnknownBroker, message).in_partition(set.partition).shown_by(paths)
    })
}

/// True where `later` can't be the same directory at a later moment: it has a segment that begins inside one of
/// `earlier`'s. The cleaner joins segments and never splits one.
fn is_no_later_than(later: &PartitionCopy, earlier: &PartitionCopy) -> bool {
    let bases = |copy: &PartitionCopy| copy.log_files().map(|(_, file)| file.base_offset).collect::<Vec<_>>();
    let known = bases(earlier);
    let (Some(first), Some(active)) = (known.first(), known.last()) else { return false };
    bases(later).iter().any(|base| (first..=active).contains(&base) && !known.contains(base))
}
