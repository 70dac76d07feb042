//! The merged view: of several replicas the copy that a load of what they hold together rests on.

use std::collections::BTreeSet;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_evidence::Evidence;

use crate::merge::{Replicas, SeenCopy, loaded_from};

/// The copies whose verdicts are those of the merged view, one a partition of which there are several replicas;
/// `judgements` stand in the order of the evidence's copies.
///
/// States are merged, never bytes, so there is no merged log that a coordinator could read: it loads one replica's
/// copy. This is the one that `groups` takes group state from.
pub(super) fn merged_copies(evidence: &Evidence, judgements: &[Option<&Judgement>]) -> BTreeSet<usize> {
    let seen = |index: &usize| {
        let judgement = judgements.get(*index).copied().flatten()?;
        Some(SeenCopy {
            index: *index,
            copy: evidence.copies.get(*index)?,
            continuity: &judgement.continuity,
            newest_ms: judgement.counts.max_timestamp,
        })
    };
    let sets = Replicas::of(evidence);
    let brokers = sets.iter().map(|set| {
        set.brokers.iter().map(|series| series.iter().filter_map(seen).collect()).collect::<Vec<Vec<_>>>()
    });
    brokers.filter_map(|brokers| loaded_from(&brokers)).collect()
}
