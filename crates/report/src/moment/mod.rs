//! The report of another moment: as of a time or an offset, since a time, or with what was deleted.

mod answers;
mod as_of;
mod captured;
mod deleted;
mod earlier;
mod follow;
mod group_objects;
mod keys;
mod pace;
mod panel;
mod served_empty;
mod unknown;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::Evidence;
use lastwrites_types::Flag;

use crate::build::{BuildError, report};
use crate::diagnose::PartitionDiagnosis;
use crate::findings::{self, Code, Finding};
use crate::model::Report;
use crate::options::Options;
use crate::terminal::{counted, moment};
pub(crate) use panel::{Panel, layout_then};

/// A moment in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AsOf {
    /// Per partition before the first batch whose max timestamp is later, ms since 1970.
    Time(i64),
    /// Records of one partition below this offset, also inside a batch; other partitions are left out.
    Offset {
        /// Partition of `__consumer_offsets`.
        partition: i32,
        /// First offset that is left out.
        offset: i64,
    },
}

/// What is asked beyond the state at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// The moment; `None` is the end of the log.
    pub as_of: Option<AsOf>,
    /// Only offsets committed at this time or later, ms since 1970.
    pub since_ms: Option<i64>,
    /// Also offsets that were deleted, with the last value before.
    pub deleted: bool,
    /// Also the few values that every offset had before, as alternatives, and every key that the logs name.
    pub earlier: bool,
}

/// [`report`] of what is asked.
///
/// # Errors
/// When nothing at all can be read. Damage is part of the report.
pub fn report_asked(
    evidence: &Evidence,
    options: &Options,
    asked: Asked,
    progress: &Progress,
) -> Result<Report, BuildError> {
    let mut made = match asked.as_of {
        Some(as_of) => as_of::report_as_of(evidence, options, as_of, progress)?,
        None => report(evidence, options, progress)?,
    };
    if asked.deleted {
        deleted::add(&mut made, evidence, options, asked.as_of, progress)?;
    }
    if asked.earlier {
        add_for_document(&mut made, evidence, options, asked.as_of, None, progress)?;
    }
    if let Some(since_ms) = asked.since_ms {
        keep_since(&mut made, since_ms);
    }
    Ok(made)
}

/// What only a document of recovered offsets shows: the few values that every offset had before, what a load in silence may have
/// made of it, and every key that the logs name. `judged` are the copies as a diagnosis of every release has them, where there is one.
///
/// # Errors
/// When nothing at all can be read.
pub fn add_for_document(
    report: &mut Report,
    evidence: &Evidence,
    options: &Options,
    as_of: Option<AsOf>,
    judged: Option<&[PartitionDiagnosis]>,
    progress: &Progress,
) -> Result<(), BuildError> {
    earlier::add(report, evidence, options, as_of, progress)?;
    // Who names a moment has chosen one before such a load, or knows of none.
    if as_of.is_none() {
        match judged {
            Some(judged) => served_empty::note(report, judged),
            None => served_empty::note(report, &served_empty::judged(evidence, options, progress)?),
        }
    }
    keys::note(report, evidence, options, progress)
}

/// Leaves out what was committed earlier, and groups of which nothing is left. What isn't known has no time and stays. Where a
/// later commit may be lost, a finding says that some may have been committed since all the same.
fn keep_since(report: &mut Report, since_ms: i64) {
    let mut doubtful = 0;
    for group in &mut report.groups {
        group.offsets.retain(|offset| {
            let stays = offset.committed_at_ms.is_none_or(|at| at >= since_ms);
            let doubted =
                [Flag::BeforeGap, Flag::InDoubt].into_iter().any(|flag| offset.flags.contains(flag));
            doubtful += usize::from(!stays && doubted);
            stays
        });
    }
    report.groups.retain(|group| !group.offsets.is_empty());
    if doubtful > 0 {
        let message = format!(
            "{} left out as committed before {}, though a later commit may be lost to damage: without --since they are shown, \
             flagged",
            counted(doubtful, "offset is", "offsets are"),
            moment(since_ms)
        );
        report.findings.push(Finding::new(Code::CompactedMoment, message));
        findings::sort(&mut report.findings);
    }
}
