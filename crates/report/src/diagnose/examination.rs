//! The whole post-mortem: report, diagnosis and blast radius of the same evidence, and what they come to in words.

use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Diagnosis, PartitionDiagnosis};
use crate::blast_radius::Radius;
use crate::chart::Histories;
use crate::digest::FileDigest;
use crate::findings;
use crate::model::{CopyReport, Report};
use crate::terminal::{next_steps, verdict_lines};

/// What `examine` shows. Its JSON is the report's, with the rest beside it; report.html is made of that JSON.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Examination {
    /// Groups, offsets, copies; its findings are those of both, each once, most severe first.
    #[serde(flatten)]
    pub report: Report,
    /// Verdicts, races and incidents of every copy.
    #[serde(rename = "diagnosis")]
    pub partitions: Vec<PartitionDiagnosis>,
    /// Who is hit.
    pub blast_radius: Radius,
    /// What the groups did over time, as far as it can be drawn; `history --json` has all of it.
    pub histories: Histories,
    /// The program that made this.
    pub created_by: &'static str,
    /// What was read, as the person named it.
    pub evidence: String,
    /// The answer in words.
    pub summary: Vec<SummaryPart>,
    /// Commands to run next.
    pub next: Vec<NextStep>,
    /// Every segment file with its digest; `null` unless asked for, as each costs a reading.
    pub digests: Option<Vec<FileDigest>>,
}

/// One part of the answer: `VERDICT`, `WHY`, `HELPS` or `HELPS NOT`.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct SummaryPart {
    /// Which part.
    #[schemars(schema_with = "crate::schema::words::summary_part")]
    pub label: &'static str,
    /// Its sentences.
    pub text: Vec<String>,
}

/// A command that goes on from here.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// The command, as a shell takes it.
    pub command: String,
    /// What it is good for.
    pub what: &'static str,
}

impl Examination {
    /// Puts all together. What the diagnosis says of loads stands in place of the report's shorter word. `evidence`
    /// is what was read, as the person named it.
    #[must_use]
    pub fn new(
        mut report: Report,
        diagnosis: Diagnosis,
        blast_radius: Radius,
        histories: Histories,
        evidence: String,
    ) -> Self {
        report.findings.retain(|finding| !finding.code.is_load_failure());
        for finding in diagnosis.findings {
            if !report.findings.contains(&finding) {
                report.findings.push(finding);
            }
        }
        findings::sort(&mut report.findings);
        let places = judged_copies(&mut report.copies, diagnosis.copies);
        let mut partitions = diagnosis.partitions;
        for record in partitions.iter_mut().flat_map(PartitionDiagnosis::records_mut) {
            record.copy = places.get(record.copy).copied().unwrap_or(record.copy);
        }
        Self {
            summary: summary(verdict_lines(&report, &partitions)),
            next: next_steps(&report, &partitions, &evidence),
            report,
            partitions,
            blast_radius,
            histories,
            created_by: concat!("lastwrites ", env!("CARGO_PKG_VERSION")),
            evidence,
            digests: None,
        }
    }
}

/// Puts the copies that were judged behind those that were read for offsets; gives each one's new place.
fn judged_copies(copies: &mut Vec<CopyReport>, judged: Vec<CopyReport>) -> Vec<usize> {
    let place = |copy: CopyReport| {
        let known =
            copies.iter().position(|known| (&known.path, known.partition) == (&copy.path, copy.partition));
        known.unwrap_or_else(|| {
            copies.push(copy);
            copies.len() - 1
        })
    };
    judged.into_iter().map(place).collect()
}

/// Lines without a label go on with the part before.
fn summary(lines: Vec<(&'static str, String)>) -> Vec<SummaryPart> {
    let mut parts: Vec<SummaryPart> = Vec::new();
    for (label, text) in lines {
        match parts.last_mut().filter(|_| label.is_empty()) {
            Some(part) => part.text.push(text),
            None => parts.push(SummaryPart { label, text: vec![text] }),
        }
    }
    parts
}
