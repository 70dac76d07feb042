//! Copies and files as the report shows them.

use std::collections::BTreeMap;
use std::path::Path;

use lastwrites_coordinator::state::{Continuity, DamageKind, Tally};
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentFile};
use lastwrites_types::escaped;

use crate::findings::{Code, Finding};
use crate::model::{CopyReport, Damage, FileReport};

/// A path as a person reads it: bytes that are not text are escaped.
pub(crate) fn path_text(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes())
}

/// One copy without its files.
pub(crate) fn copy_report(evidence: &Evidence, copy: &PartitionCopy, continuity: &Continuity) -> CopyReport {
    let log_dir = copy.log_dir.and_then(|index| evidence.log_dirs.get(index));
    CopyReport {
        path: path_text(&copy.path),
        broker_id: copy.broker_id(),
        log_dir: log_dir.map(|dir| path_text(&dir.path)),
        partition: copy.partition,
        log_start_offset: copy.log_start_offset(),
        log_end_offset: continuity.next,
        high_watermark: copy.high_watermark(),
        first_dirty_offset: copy.first_dirty_offset(),
        files: Vec::new(),
    }
}

/// The copy of the evidence that a report's copy was made of: a text of several partitions is a copy of each.
pub(crate) fn found_copy<'e>(evidence: &'e Evidence, copy: &CopyReport) -> Option<&'e PartitionCopy> {
    evidence
        .copies
        .iter()
        .find(|found| found.partition == copy.partition && path_text(&found.path) == copy.path)
}

/// The files of a copy that were read, in the order of its file list.
pub(crate) fn file_reports(copy: &PartitionCopy, tallies: &BTreeMap<u32, Tally>) -> Vec<FileReport> {
    let read = |(index, file)| Some(file_report(file, tallies.get(&u32::try_from(index).ok()?)?));
    copy.files.iter().enumerate().filter_map(read).collect()
}

fn file_report(file: &SegmentFile, tally: &Tally) -> FileReport {
    let damage = tally.damage.iter().map(|damage| Damage {
        position: damage.range.start,
        length: if damage.kind.is_readable() { 0 } else { damage.range.len() },
        what: damage.what.clone(),
    });
    FileReport {
        name: file.name.to_string(),
        kind: file.kind.as_str(),
        size_bytes: tally.bytes(),
        base_offset: file.base_offset,
        batches: tally.batches,
        records: tally.records,
        decoded_bytes: tally.decoded_bytes,
        empty_bytes: tally.empty_bytes,
        damaged_bytes: tally.damaged_bytes,
        damage: damage.collect(),
    }
}

/// What the bytes of a copy's files give reason to say.
pub(crate) fn damage_findings(copy: &PartitionCopy, tallies: &BTreeMap<u32, Tally>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in (0u32..).zip(&copy.files) {
        let Some(tally) = tallies.get(&index) else { continue };
        let path = path_text(&file.path);
        let finding = |code, message: String, position| {
            Finding::new(code, message).in_partition(copy.partition).in_file(path.clone(), position)
        };
        let first = |kind| tally.damage.iter().find(|damage| damage.kind == kind);
        // A tool that dumps an empty segment prints its name.
        let nothing_printed = copy.is_text() && tally.damaged_bytes == 0;
        if tally.batches == 0 && tally.bytes() > 0 && !nothing_printed {
            let what =
                first(DamageKind::Unreadable).map_or("nothing but zeros", |damage| damage.what.as_str());
            let message = format!("nothing could be decoded in {} bytes: {what}", tally.bytes());
            findings.push(finding(Code::NothingDecoded, message, Some(0)));
        } else if let Some(damage) = first(DamageKind::Unreadable) {
            let more = tally.damage.iter().filter(|damage| !damage.kind.is_readable()).count() - 1;
            let more = if more == 0 { String::new() } else { format!(" (and {more} more places)") };
            let message = format!(
                "{} of {} bytes are damaged; the first at position {}: {}{more}",
                tally.damaged_bytes,
                tally.bytes(),
                damage.range.start,
                damage.what
            );
            findings.push(finding(Code::DamagedBytes, message, Some(damage.range.start)));
        }
        if let Some(damage) = first(DamageKind::WrongChecksum) {
            let message = format!(
                "{} of {} batches have a wrong checksum though their records can be read; the first at position {}",
                tally.damage.iter().filter(|damage| damage.kind == DamageKind::WrongChecksum).count(),
                tally.batches,
                damage.range.start
            );
            findings.push(finding(Code::WrongChecksum, message, Some(damage.range.start)));
        }
        if let Some(damage) = first(DamageKind::Moved) {
            let message = format!(
                "{} of {} batches can't lie at the offsets that they say; the first at position {}: {}. Order in the \
                 file decides, and what they hold is salvaged",
                tally.moved, tally.batches, damage.range.start, damage.what
            );
            findings.push(finding(Code::OutOfPlace, message, Some(damage.range.start)));
        }
    }
    findings
}
