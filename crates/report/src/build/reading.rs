//! Which copies a report reads, and which of them belong together.

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, ViewKind};

use super::choose::Chosen;
use super::copies::path_text;
use super::report::BuildError;
use crate::findings::{Code, Finding};
use crate::merge::{Replicas, different_partitions, set_aside, unknown_brokers};
use crate::options::Options;

/// The plan of a report.
pub(crate) struct Reading {
    /// Copies to read, in the order of the report; indexes into the evidence, ascending.
    pub(crate) copies: Vec<usize>,
    /// The same by partition.
    pub(crate) sets: Vec<Replicas>,
    /// What the choice of copies gives reason to say.
    pub(crate) findings: Vec<Finding>,
}

impl Reading {
    /// All replicas of every partition; one copy a partition where a way of looking at single copies is asked for.
    ///
    /// # Errors
    /// When nothing can be read of copies to choose from.
    pub(crate) fn of(
        evidence: &Evidence,
        options: &Options,
        progress: &Progress,
    ) -> Result<Self, BuildError> {
        if matches!(options.view, None | Some(ViewKind::Merged)) {
            return Ok(Self::of_replicas(evidence));
        }
        let chosen = Chosen::of(evidence, options, None, progress)?;
        let alone = |(index, partition): &(usize, Option<i32>)| Replicas {
            partition: *partition,
            brokers: vec![vec![*index]],
            aside: Vec::new(),
        };
        Ok(Self::of_sets(chosen.used.iter().map(alone).collect(), left_aside(&chosen, evidence)))
    }

    /// All replicas of every partition.
    pub(crate) fn of_replicas(evidence: &Evidence) -> Self {
        let sets = Replicas::of(evidence);
        let mut findings = different_partitions(evidence, &sets);
        findings.extend(sets.iter().flat_map(|set| set_aside(evidence, set)));
        findings.extend(unknown_brokers(evidence, &sets));
        Self::of_sets(sets, findings)
    }

    /// These sets alone.
    pub(crate) fn of_sets(sets: Vec<Replicas>, findings: Vec<Finding>) -> Self {
        let mut copies: Vec<usize> = sets.iter().flat_map(Replicas::read).collect();
        copies.sort_unstable();
        Self { copies, sets, findings }
    }

    /// The view of the whole report.
    pub(crate) fn view(&self, asked: Option<ViewKind>) -> ViewKind {
        let several = self.sets.iter().any(|set| set.brokers.len() > 1);
        asked.unwrap_or(if several { ViewKind::Merged } else { ViewKind::AsFound })
    }
}

/// Says which copies were left aside, and for which.
pub(crate) fn left_aside(chosen: &Chosen, evidence: &Evidence) -> Vec<Finding> {
    let finding = |(left, used): &(usize, usize)| {
        let beyond = chosen.beyond.get(left).map(|words| format!("; {words}")).unwrap_or_default();
        let (left, used) = (evidence.copies.get(*left)?, evidence.copies.get(*used)?);
        let message = format!(
            "another copy of this partition was used: {} (the one that the merged view holds the others against); only the \
             merged view puts copies together{beyond}",
            path_text(&used.path)
        );
        let finding = Finding::new(Code::SeveralCopies, message);
        Some(finding.in_partition(left.partition).in_file(path_text(&left.path), None))
    };
    chosen.beside.iter().filter_map(finding).collect()
}
