//! Which copies a report reads, and which of them belong together.

use lastwrites_evidence::{Evidence, ViewKind};

use super::choose::Chosen;
use super::copies::path_text;
use crate::findings::{Code, Finding};
use crate::merge::{Replicas, different_partitions, set_aside, unknown_brokers};

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
    pub(crate) fn of(evidence: &Evidence, view: Option<ViewKind>) -> Self {
        let (sets, findings) = match view {
            None | Some(ViewKind::Merged) => {
                let sets = Replicas::of(evidence);
                let mut findings = different_partitions(evidence, &sets);
                findings.extend(sets.iter().flat_map(|set| set_aside(evidence, set)));
                findings.extend(unknown_brokers(evidence, &sets));
                (sets, findings)
            }
            Some(_) => {
                let chosen = Chosen::of(evidence);
                let alone = |(index, copy): &(usize, &lastwrites_evidence::PartitionCopy)| Replicas {
                    partition: copy.partition,
                    brokers: vec![vec![*index]],
                    aside: Vec::new(),
                };
                (chosen.used.iter().map(alone).collect(), left_aside(&chosen, evidence))
            }
        };
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

/// Which copies a stream of rows (history, records, commits, batches) leaves aside, and for which: a union of rows would
/// tell of one event several times, so it reads one copy a partition.
#[must_use]
pub fn copies_left_aside(evidence: &Evidence) -> Vec<Finding> {
    left_aside(&Chosen::of(evidence), evidence)
}

/// Says which copies were left aside, and for which.
fn left_aside(chosen: &Chosen<'_>, evidence: &Evidence) -> Vec<Finding> {
    let finding = |(left, used): &(usize, usize)| {
        let (left, used) = (evidence.copies.get(*left)?, evidence.copies.get(*used)?);
        let message = format!(
            "another copy of this partition was used: {} (its epochs or its newest segment are later, or it comes \
             first); only the merged view puts copies together",
            path_text(&used.path)
        );
        let finding = Finding::new(Code::SeveralCopies, message);
        Some(finding.in_partition(left.partition).in_file(path_text(&left.path), None))
    };
    chosen.beside.iter().filter_map(finding).collect()
}
