//! What discovery gives reason to say.

use std::path::PathBuf;

use lastwrites_evidence::{Evidence, Problem, ProblemKind, foreign_metadata};

use super::{Code, Finding, Severity};
use crate::build::path_text;

/// Findings about the files themselves, before any of them is read.
pub(crate) fn evidence_findings(evidence: &Evidence) -> Vec<Finding> {
    evidence.problems.iter().map(problem_finding).chain(other_metadata(evidence)).collect()
}

/// Metadata logs of clusters that none of the offsets partitions here is of.
pub(crate) fn other_metadata(evidence: &Evidence) -> Vec<Finding> {
    let finding = |(path, cluster): (PathBuf, String)| {
        let message = format!(
            "this metadata log is of cluster {cluster}, the copies of __consumer_offsets are of another \
             (cluster.id in meta.properties): it decides nothing here, neither leaders nor topics"
        );
        let finding = Finding::new(Code::MetadataMoment, message).in_file(path_text(&path), None);
        Finding { severity: Severity::Warning, ..finding }
    };
    foreign_metadata(evidence).into_iter().map(finding).collect()
}

fn problem_finding(problem: &Problem) -> Finding {
    let (code, severity) = match &problem.kind {
        ProblemKind::Companion(_) | ProblemKind::TooLarge { .. } => {
            (Code::DamagedCompanion, Severity::Warning)
        }
        ProblemKind::Text(_) => (Code::TextEvidence, Severity::Warning),
        ProblemKind::LinkNotFollowed { .. } | ProblemKind::EmptySegment | ProblemKind::NoSegments => {
            (Code::Unreadable, Severity::Note)
        }
        _ => (Code::Unreadable, Severity::Warning),
    };
    let mut finding = Finding::new(code, problem.to_string()).in_file(path_text(&problem.path), None);
    finding.severity = severity;
    finding
}
