//! What copies lack at their ends: what their own files know of, and what the other copies of a partition prove.
//!
//! A copy that is whole by itself may end before records that the cluster had acknowledged: another copy's checkpoint tells,
//! though that copy has them no more than this one. Then nobody knows what came behind the longest of them.

use lastwrites_coordinator::state::Continuity;
use lastwrites_evidence::PartitionCopy;

use super::path_text;
use crate::findings::{AtEnds, Code, FilesRead, Finding, Severity};
use crate::merge::{Proof, ReadCopy, Role, Standing, broker, proved_end};
use crate::terminal::grouped;

/// The ends of one copy.
pub(crate) struct CopyEnds {
    /// From where and below where it lacks records: before its first file, or behind its end (below `i64::MAX`).
    missing: Option<(i64, i64)>,
    /// Offset that its log is known to have reached; `i64::MAX` where it went on and nothing tells how far.
    pub(crate) reached: i64,
    /// What to say of it where nothing in its own files does.
    pub(crate) finding: Option<Finding>,
}

impl CopyEnds {
    /// True where its log went on behind its end, or may have.
    pub(crate) fn goes_on(&self) -> bool {
        self.missing.is_some_and(|(_, below)| below == i64::MAX)
    }

    /// Says so of what stands before: a later write may be among what is missing.
    pub(crate) fn hurt(&self, continuity: &mut Continuity) {
        if let Some((from, below)) = self.missing {
            continuity.hurt(Some(from), below);
        }
    }
}

/// The ends of the copies of one partition, by their index in the run; `brokers` as they were read.
pub(crate) fn ends_of<'a, S>(mut brokers: Vec<Vec<ReadCopy<'a, S>>>) -> Vec<(usize, CopyEnds)>
where
    S: Copy + Into<FilesRead<'a>>,
{
    let mut ends = Vec::new();
    for read in brokers.iter_mut().flatten() {
        let AtEnds { missing, reached } = AtEnds::of(read.copy, read.state);
        let own = CopyEnds { missing, reached, finding: None };
        own.hurt(&mut read.continuity);
        ends.push((read.index, own));
    }
    let standings = Standing::of(&brokers);
    let told =
        |index: usize| told_by_capture(brokers.iter().flatten().find(|read| read.index == index)?.copy);
    let known = |index: usize| {
        let own = ends.iter().find(|(at, _)| *at == index).map(|(_, own)| own.reached);
        own.max(told(index))
    };
    let proved = proved_end(&brokers, &standings, known);
    for (index, own) in &mut ends {
        let standing = standings.iter().find(|standing| standing.index == *index);
        let short = standing.filter(|standing| standing.is_unforked()).zip(proved);
        if let Some((standing, proof)) = short {
            own.lacks(&proof, standing, &standings);
        }
        // A capture that was cut short doesn't say how much was left.
        if own.goes_on() && own.reached <= end_of(standing) {
            own.reached = i64::MAX;
        }
    }
    ends
}

fn end_of<S>(standing: Option<&Standing<'_, S>>) -> i64 {
    standing.map_or(0, |standing| standing.end)
}

fn told_by_capture(copy: &PartitionCopy) -> Option<i64> {
    copy.capture.as_ref()?.log_reached
}

impl CopyEnds {
    /// It lacks what is proved to be missing from the reference, whose history it shares.
    fn lacks<S: Copy>(&mut self, proof: &Proof, standing: &Standing<'_, S>, standings: &[Standing<'_, S>]) {
        self.reached = self.reached.max(proof.reached);
        let own = standing.end.min(proof.from);
        let from = self.missing.map_or(own, |(from, _)| from.min(own));
        if !self.goes_on() && matches!(standing.role, Role::Reference | Role::InSync) {
            let prover = standings.iter().find(|other| other.index == proof.by).map(|prover| prover.copy);
            let by = match prover {
                Some(copy) if told_by_capture(copy) == Some(proof.reached) => "its capture.json".to_owned(),
                Some(copy) => format!("the copy of {}", broker(copy)),
                None => "the copy of another broker".to_owned(),
            };
            let end = grouped(standing.end);
            let why = if proof.from < standing.end {
                let from = grouped(proof.from);
                format!(
                    "ends at offset {end}, and by {by} a newer leader's log parts from it at {from}: what it holds from there on was cut off"
                )
            } else {
                let reached = grouped(proof.reached);
                format!("ends at offset {end}, and by {by} the log reached {reached}")
            };
            let joined = if proof.from < standing.end { "," } else { ":" };
            let message = format!(
                "this copy {why}{joined} later commits and deletions may be missing, and no better copy is here"
            );
            let finding = Finding::new(Code::ReplicaBehind, message).in_partition(standing.copy.partition);
            let finding = finding.in_file(path_text(&standing.copy.path), None);
            self.finding = Some(Finding { severity: Severity::Warning, ..finding });
        }
        self.missing = Some((from, i64::MAX));
    }
}
