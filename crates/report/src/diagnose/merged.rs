//! The merged view: of several replicas the copy that a load of what they hold together rests on.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::pass::{CopyFiles, Progress};
use lastwrites_coordinator::state::{Continuity, scan};
use lastwrites_evidence::{Evidence, PartitionCopy};

use crate::build::{BuildError, Reading, at_ends, in_files};
use crate::findings::FilesRead;
use crate::merge::{ReadCopy, Replicas, Standing, group_source};
use crate::options::Options;

/// How the copies stand to each other, as far as verdicts go.
#[derive(Default)]
pub(super) struct MergedCopies {
    /// Copies that the merged view rests on.
    pub(super) answering: BTreeSet<usize>,
    /// Up to where each copy holds the history that the cluster went on with.
    pub(super) agreed_to: BTreeMap<usize, i64>,
}

/// The copies whose verdicts are those of the merged view, one a partition of which there are several replicas;
/// `judgements` stand in the order of the evidence's copies.
///
/// States are merged, never bytes, so there is no merged log that a coordinator could read: it loads one replica's
/// copy, the one that group state is taken from.
///
/// # Errors
/// When worker threads can't be started.
pub(super) fn merged_copies(
    evidence: &Evidence,
    judgements: &[Option<&Judgement>],
    options: &Options,
    progress: &Progress,
) -> Result<MergedCopies, BuildError> {
    let placed = placed(evidence, judgements, options, progress)?;
    let read = |index: &usize| {
        let judgement = judgements.get(*index).copied().flatten()?;
        Some(ReadCopy {
            index: *index,
            copy: evidence.copies.get(*index)?,
            continuity: placed.get(index).copied().unwrap_or(judgement.continuity),
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
    let mut merged = MergedCopies::default();
    for standings in sets {
        merged.agreed_to.extend(standings.iter().map(|standing| (standing.index, standing.agreed_to)));
        if standings.iter().filter(|one| one.is_replica()).count() > 1 {
            let source = group_source(&standings).and_then(|at| standings.get(at));
            merged.answering.extend(source.map(|standing| standing.index));
        }
    }
    Ok(merged)
}

/// The offsets of copies as they are with misplaced batches where they belong; none where no batch is misplaced. A load
/// reads the bytes as they lie, so verdicts don't change by this, but one flipped bit must not make a copy the longest.
fn placed(
    evidence: &Evidence,
    judgements: &[Option<&Judgement>],
    options: &Options,
    progress: &Progress,
) -> Result<BTreeMap<usize, Continuity>, BuildError> {
    let reading = Reading::of_replicas(evidence);
    let judged = |at: &usize| Some((evidence.copies.get(*at)?, judgements.get(*at).copied().flatten()?));
    let judged: Option<Vec<(&PartitionCopy, &Judgement)>> = reading.copies.iter().map(judged).collect();
    let Some(judged) = judged.filter(|_| reading.sets.iter().any(|set| set.brokers.len() > 1)) else {
        return Ok(BTreeMap::new());
    };
    let (copies, read): (Vec<&PartitionCopy>, Vec<FilesRead<'_>>) =
        judged.into_iter().map(|(copy, judgement)| (copy, FilesRead::from(judgement))).unzip();
    let mut files = CopyFiles::open(copies.iter().map(|copy| copy.log_files().collect()), options.open());
    let misplaced = in_files(&copies, &mut files, &read);
    if !at_ends(&copies, &mut files, &read, &reading) && !misplaced {
        return Ok(BTreeMap::new());
    }
    let in_order = scan(&files, progress)?.into_iter().map(|files| {
        let mut log = Continuity::default();
        files.into_values().for_each(|file| log.then(file.continuity));
        log
    });
    Ok(reading.copies.into_iter().zip(in_order).collect())
}
