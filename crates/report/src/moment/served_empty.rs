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

/// Notes it in the offsets of a report: of every release with the old coordinator, or of the one that was named.
pub(super) fn note(
    report: &mut Report,
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<(), BuildError> {
    let named = options.release.map(|release| AskedProfiles::of(&[release]));
    let asked = named.unwrap_or_else(AskedProfiles::all).of_the_old_coordinator();
    if asked.iter().next().is_none() {
        return Ok(());
    }
    for copy in diagnose(evidence, options, &asked, RaceWindows::None, progress)?.partitions {
        let Some(from) =
            copy.verdicts.iter().filter(|verdict| is_silent(verdict)).filter_map(|v| v.offset).min()
        else {
            continue;
        };
        let releases: Arc<str> = spans(as_found(&copy), is_silent).into();
        let groups = report.groups.iter_mut().filter(|group| group.found_in == copy.partition);
        for offset in groups.flat_map(|group| &mut group.offsets) {
            if offset.record.as_ref().is_some_and(|record| record.offset > from) {
                offset.served_empty = Some(Arc::clone(&releases));
            }
        }
    }
    Ok(())
}

fn as_found(copy: &PartitionDiagnosis) -> impl Iterator<Item = &ReleaseVerdict> {
    copy.verdicts.iter().filter(|verdict| verdict.view == ViewKind::AsFound)
}

/// A load that loses every group; not that of a release too old for the records, which nobody runs on them.
fn is_silent(verdict: &ReleaseVerdict) -> bool {
    verdict.view == ViewKind::AsFound
        && verdict.is_silent()
        && verdict.cause.is_some_and(|cause| !cause.is_too_old_a_release())
}
