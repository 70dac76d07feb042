//! What copies lack at their ends: what their own files know of, and what the other copies of a partition prove.
//!
//! A copy that is whole by itself may end before records that the cluster had acknowledged: another copy's checkpoint tells,
//! though that copy has them no more than this one. Then nobody knows what came behind the longest of them.

use lastwrites_coordinator::state::Continuity;

use super::path_text;
use crate::findings::{AtEnds, Code, FilesRead, Finding, Severity};
use crate::merge::{ReadCopy, Role, Standing, broker, proved_end};
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
    let known = |index: usize| ends.iter().find(|(at, _)| *at == index).map(|(_, own)| own.reached);
    let proved = proved_end(&brokers, &standings, known);
    for (index, own) in &mut ends {
        let standing = standings.iter().find(|standing| standing.index == *index);
        let short = standing.filter(|standing| standing.is_unforked()).zip(proved);
        if let Some((standing, (by, end))) = short {
            own.lacks_up_to(end, standing, by, &standings);
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

impl CopyEnds {
    /// The copy `by` proves that the log of the reference, which ends before, reached `end`.
    fn lacks_up_to<S: Copy>(
        &mut self,
        end: i64,
        standing: &Standing<'_, S>,
        by: usize,
        standings: &[Standing<'_, S>],
    ) {
        self.reached = self.reached.max(end);
        let from = self.missing.map_or(standing.end, |(from, _)| from.min(standing.end));
        if !self.goes_on() && matches!(standing.role, Role::Reference | Role::InSync) {
            let prover = standings.iter().find(|other| other.index == by);
            let message = format!(
                "this copy ends at offset {}, and by the copy of {} the log reached {}: later commits and deletions may be \
                 missing, and no better copy is here",
                grouped(standing.end),
                prover.map_or_else(|| "another broker".to_owned(), |prover| broker(prover.copy)),
                grouped(end)
            );
            let finding = Finding::new(Code::ReplicaBehind, message).in_partition(standing.copy.partition);
            let finding = finding.in_file(path_text(&standing.copy.path), None);
            self.finding = Some(Finding { severity: Severity::Warning, ..finding });
        }
        self.missing = Some((from, i64::MAX));
    }
}
