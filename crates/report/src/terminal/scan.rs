//! `scan` on a terminal.

use super::findings::{findings, wrapped};
use super::number::{bytes, counted, grouped};
use super::table::Table;
use crate::build::ScanReport;

/// Copies and files, then what is wrong with them.
#[must_use]
pub fn scan(report: &ScanReport) -> String {
    let files: Vec<_> = report.copies.iter().flat_map(|copy| &copy.files).collect();
    let size = files.iter().map(|file| file.size_bytes).sum();
    let damaged: u64 = files.iter().map(|file| file.damaged_bytes).sum();
    let inventory = format!(
        "{} of __consumer_offsets in {}, {}, {}",
        counted(report.copies.len(), "partition copy", "partition copies"),
        counted(files.len(), "segment file", "segment files"),
        bytes(size),
        if damaged == 0 { "no byte damaged".to_owned() } else { format!("{} damaged", bytes(damaged)) }
    );
    let mut out = wrapped(&inventory, 0, 0) + "\n";
    let mut table = Table::new(2)
        .number("part")
        .text("file")
        .word("kind")
        .number("batches")
        .number("records")
        .number("decoded")
        .number("empty")
        .number("damaged");
    for copy in &report.copies {
        for file in &copy.files {
            let partition = copy.partition.map_or_else(|| "?".to_owned(), |partition| partition.to_string());
            table.row([
                partition,
                file.name.clone(),
                file.kind.to_owned(),
                count(file.batches),
                count(file.records),
                count(file.decoded_bytes),
                count(file.empty_bytes),
                count(file.damaged_bytes),
            ]);
        }
    }
    out.push_str(&table.render());
    if !report.findings.is_empty() {
        out.push('\n');
        out.push_str(&findings(&report.findings, usize::MAX));
    }
    out
}

fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}
