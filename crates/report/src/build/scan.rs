//! The report of `scan`: inventory and damage of every file, leftovers included.

use lastwrites_coordinator::pass::{CopyFiles, Progress};
use lastwrites_coordinator::state::{Continuity, scan};
use lastwrites_evidence::{Evidence, SegmentKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::copies::{copy_report, damage_findings, file_reports};
use super::report::{BuildError, nothing_opened};
use crate::findings::{self, Finding, evidence_findings};
use crate::model::CopyReport;
use crate::options::Options;

/// What lies on the disks, file by file.
#[derive(Serialize, JsonSchema, Debug)]
pub struct ScanReport {
    /// Every copy, by partition and path.
    pub copies: Vec<CopyReport>,
    /// What a reader should know.
    pub findings: Vec<Finding>,
}

/// Accounts for every byte of every segment file of every copy.
///
/// # Errors
/// A file that can't be opened or read any more.
pub fn scan_report(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<ScanReport, BuildError> {
    let files = evidence.copies.iter().map(|copy| copy.files.iter().enumerate().collect());
    let files = CopyFiles::open(files, options.open());
    nothing_opened(&files)?;
    let scans = scan(&files, progress)?;
    let mut findings = evidence_findings(evidence);
    let mut copies = Vec::with_capacity(evidence.copies.len());
    for (copy, files) in evidence.copies.iter().zip(scans) {
        let mut log = Continuity::default();
        for (index, file) in &files {
            if copy.files.get(*index as usize).is_some_and(|file| file.kind == SegmentKind::Log) {
                log.then(file.continuity);
            }
        }
        let tallies = files.into_iter().map(|(index, file)| (index, file.tally)).collect();
        findings.extend(damage_findings(copy, &tallies));
        copies.push(CopyReport { files: file_reports(copy, &tallies), ..copy_report(evidence, copy, &log) });
    }
    findings::sort(&mut findings);
    Ok(ScanReport { copies, findings })
}
