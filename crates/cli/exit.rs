//! Exit codes: 0 nothing to report, 1 at least one error or warning was found, 2 could not run.

use std::process::ExitCode;

use lastwrites_report::findings::{Finding, Severity};

/// 1 when any finding is more than a note.
pub(crate) fn by_findings(findings: &[Finding]) -> ExitCode {
    if findings.iter().any(|finding| finding.severity != Severity::Note) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}

/// Usage errors, nothing found, nothing could be opened.
pub(crate) fn could_not_run() -> ExitCode {
    ExitCode::from(2)
}
