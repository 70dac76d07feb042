//! The whole post-mortem: one report and one diagnosis of the same evidence.

use serde::Serialize;

use super::model::{Diagnosis, PartitionDiagnosis};
use crate::findings;
use crate::model::Report;

/// What `examine` shows. Its JSON is the report's, with the diagnosis of every copy beside it.
#[derive(Serialize, Debug)]
pub struct Examination {
    /// Groups, offsets, copies; its findings are those of both, each once, most severe first.
    #[serde(flatten)]
    pub report: Report,
    /// Verdicts, races and incidents of every copy.
    #[serde(rename = "diagnosis")]
    pub partitions: Vec<PartitionDiagnosis>,
}

impl Examination {
    /// Puts both together. What the diagnosis says of loads stands in place of the report's shorter word.
    #[must_use]
    pub fn new(mut report: Report, diagnosis: Diagnosis) -> Self {
        report.findings.retain(|finding| !finding.code.is_load_failure());
        for finding in diagnosis.findings {
            if !report.findings.contains(&finding) {
                report.findings.push(finding);
            }
        }
        findings::sort(&mut report.findings);
        Self { report, partitions: diagnosis.partitions }
    }
}
