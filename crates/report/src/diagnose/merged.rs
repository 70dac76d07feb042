//! The merged view: of several replicas the copy that a load of what they hold together rests on.

use std::collections::BTreeSet;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_evidence::Evidence;

use crate::merge::{ReadCopy, Replicas, Standing, group_source};

/// The copies whose verdicts are those of the merged view, one a partition of which there are several replicas;
/// `judgements` stand in the order of the evidence's copies.
///
/// States are merged, never bytes, so there is no merged log that a coordinator could read: it loads one replica's
/// copy, the one that group state is taken from.
pub(super) fn merged_copies(evidence: &Evidence, judgements: &[Option<&Judgement>]) -> BTreeSet<usize> {
    let read = |index: &usize| {
        let judgement = judgements.get(*index).copied().flatten()?;
        Some(ReadCopy {
            index: *index,
            copy: evidence.copies.get(*index)?,
            continuity: judgement.continuity,
            leader_epochs: None,
            newest_ms: judgement.counts.max_timestamp,
            state: (),
        })
    };
    let sets = Replicas::of(evidence);
    let sets = sets.iter().map(|set| {
        let brokers = set.brokers.iter().map(|series| series.iter().filter_map(read).collect());
        Standing::of(&brokers.collect::<Vec<Vec<_>>>())
    });
    let several = sets.filter(|standings| standings.iter().filter(|one| one.is_replica()).count() > 1);
    several.filter_map(|standings| Some(standings.get(group_source(&standings)?)?.index)).collect()
}
