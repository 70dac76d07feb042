//! Which failures are incidents, and which only say that an older release could not read a newer log.
//!
//! A verdict says what a release would do; a finding says what a person should care about. Without `--kafka` the
//! releases in question are those whose coordinator runs by default and that were there when such records were
//! written. `docs/decisions.md` argues it, the tests hold it against healthy brokers' logs.

use lastwrites_evidence::ViewKind;

use super::cause::{Cause, Persistence};
use super::incident::{Incident, Seen};
use super::model::ReleaseVerdict;
use crate::findings::Severity;

/// How bad an incident is; `None` where it isn't worth a finding.
pub(super) fn severity(incident: &Incident, explicit: bool, seen: Seen<'_>) -> Option<Severity> {
    if incident.cause == Cause::DamagedBytes {
        let starts_well = seen.start_cut.is_none() && starts_well(incident, seen.verdicts);
        return Some(if incident.view == ViewKind::AsFound && starts_well {
            // A starting broker cuts the damage off itself, and no committed offset with it.
            Severity::Warning
        } else {
            Severity::Error
        });
    }
    if incident.cause == Cause::UnexpectedUnload {
        // The groups are served all the same.
        return Some(if explicit { Severity::Warning } else { Severity::Note });
    }
    if explicit || incident.newest_fails {
        return Some(Severity::Error);
    }
    let by_default = incident.verdicts.iter().any(ReleaseVerdict::runs_by_default);
    match incident.cause {
        cause if cause.is_too_old_a_release() => None,
        // Groups of a kind that was in early access there, and compaction alone does it.
        Cause::StreamsOrder | Cause::ShareGroupNotFound | Cause::ShareStateOn40 => Some(Severity::Note),
        _ if !by_default => Some(Severity::Note),
        cause if cause.persistence() == Persistence::Race => Some(Severity::Error),
        Cause::StreamsAfterOffsets | Cause::WrittenConflict => Some(Severity::Error),
        _ => Some(Severity::Warning),
    }
}

/// True when the releases that fail on the files as they lie load what a start makes of them.
fn starts_well(incident: &Incident, verdicts: &[ReleaseVerdict]) -> bool {
    let mut started =
        verdicts.iter().filter(|verdict| verdict.view == ViewKind::AsLoaded).filter(|verdict| {
            incident
                .verdicts
                .iter()
                .any(|failed| (failed.kafka, failed.coordinator) == (verdict.kafka, verdict.coordinator))
        });
    started.all(|verdict| verdict.cause != Some(Cause::DamagedBytes))
}
