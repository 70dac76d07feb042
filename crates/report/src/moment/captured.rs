//! A capture has a moment of its own: what came after it, it can't tell.

use std::path::Path;

use lastwrites_evidence::Evidence;

use super::AsOf;
use crate::build::path_text;
use crate::findings::{Code, Finding, Severity};
use crate::terminal::moment;

/// Says so where the moment asked about is later than the newest capture and nothing but captures is here.
pub(super) fn later_than_captured(evidence: &Evidence, as_of: AsOf) -> Option<Finding> {
    let AsOf::Time(asked) = as_of else { return None };
    let newest = evidence.captures.iter().max_by_key(|capture| capture.as_of_ms)?;
    let taken = newest.as_of_ms.filter(|taken| *taken < asked)?;
    let folders = || evidence.captures.iter().filter_map(|capture| capture.path.parent());
    let is_captured = |path: &Path| folders().any(|folder| path.starts_with(folder));
    evidence.copies.iter().all(|copy| is_captured(&copy.path)).then(|| {
        let message = format!(
            "this capture was taken at {}, before {}: what was committed or deleted in between is not in it",
            moment(taken),
            moment(asked)
        );
        let finding = Finding::new(Code::MetadataMoment, message).in_file(path_text(&newest.path), None);
        Finding { severity: Severity::Warning, ..finding }
    })
}
