//! What discovery gives reason to say.

use lastwrites_evidence::{Evidence, Problem, ProblemKind};

use super::{Code, Finding, Severity};
use crate::build::path_text;

/// Findings about the files themselves, before any of them is read.
pub(crate) fn evidence_findings(evidence: &Evidence) -> Vec<Finding> {
    evidence.problems.iter().map(problem_finding).collect()
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
