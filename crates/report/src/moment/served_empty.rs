//! Commits that may have been made after an old coordinator had lost the groups in silence.
//!
//! Such a coordinator logs one error, serves the partition empty and takes new commits behind the old ones: what a group
//! commits then begins where its `auto.offset.reset` says, and on disk nothing tells it from the group's own way on.

use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, ViewKind};

use crate::build::BuildError;
use crate::diagnose::{AskedProfiles, PartitionDiagnosis, RaceWindows, ReleaseVerdict, diagnose, spans};
use crate::model::Report;
use crate::options::Options;

/// Judges every copy by the releases with the old coordinator, or by the one that was named.
pub(super) fn judged(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<PartitionDiagnosis>, BuildError> {
    let named = options.release.map(|release| AskedProfiles::of(&[release]));
    let asked = named.unwrap_or_else(AskedProfiles::all).of_the_old_coordinator();
    if asked.iter().next().is_none() {
        return Ok(Vec::new());
    }
    Ok(diagnose(evidence, options, &asked, RaceWindows::None, progress)?.partitions)
}

/// Notes it in the offsets of a report; `judged` are its copies.
pub(super) fn note(report: &mut Report, judged: &[PartitionDiagnosis]) {
    for copy in judged {
        // The new coordinator's releases stand between them.
        let old = || copy.verdicts.iter().filter(|verdict| verdict.coordinator == "old");
        let silent = old().filter(|verdict| is_silent(verdict));
        let Some(from) = silent.filter_map(|verdict| verdict.offset).min() else { continue };
        let releases: Arc<str> = spans(old(), is_silent).into();
        let groups = report.groups.iter_mut().filter(|group| group.found_in == copy.partition);
        for offset in groups.flat_map(|group| &mut group.offsets) {
            if offset.record.as_ref().is_some_and(|record| record.offset > from) {
                offset.served_empty = Some(Arc::clone(&releases));
            }
        }
    }
}

/// A load of the log as found that loses every group; not that of a release too old for the records, which nobody runs on them.
fn is_silent(verdict: &ReleaseVerdict) -> bool {
    verdict.view == ViewKind::AsFound
        && verdict.is_silent()
        && verdict.cause.is_some_and(|cause| !cause.is_too_old_a_release())
}
