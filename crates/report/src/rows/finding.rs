//! A row of the `findings` table.

use crate::findings::Finding;

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FindingRow<'a> {
    /// Stable code such as `LW101`.
    pub code: &'a str,
    /// `error`, `warning` or `note`.
    pub severity: &'a str,
    /// One sentence for a person.
    pub message: &'a str,
    /// `__consumer_offsets` partition it is about; null without one.
    pub partition: Option<i32>,
    /// Group it is about; null without one.
    pub group_id: Option<&'a [u8]>,
    /// File it is about, path as given; null without one.
    pub file: Option<&'a str>,
    /// Byte position in that file; null without one.
    pub position: Option<u64>,
    /// Offset in the offsets partition; null without one.
    pub offset: Option<i64>,
    /// What shows it, one thing a line; null without any.
    pub proof: Option<String>,
    /// What helps and what doesn't, one thing a line; null without any.
    pub remedy: Option<String>,
}

impl<'a> From<&'a Finding> for FindingRow<'a> {
    fn from(finding: &'a Finding) -> Self {
        let lines = |lines: &[String]| (!lines.is_empty()).then(|| lines.join("\n"));
        Self {
            code: finding.code.as_str(),
            severity: finding.severity.as_str(),
            message: &finding.message,
            partition: finding.partition,
            group_id: finding.group_id.as_ref().map(|id| id.as_bytes()),
            file: finding.file.as_deref(),
            position: finding.position,
            offset: finding.offset,
            proof: lines(&finding.proof),
            remedy: lines(&finding.remedy),
        }
    }
}
