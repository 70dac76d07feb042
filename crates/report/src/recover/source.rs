//! The evidence behind a document.

use std::collections::BTreeSet;

use lastwrites_evidence::{Evidence, ViewKind};
use lastwrites_recovered_offsets::{PartitionCopy, Source, SourceFile, View};
use lastwrites_types::ByteText;

use super::RecoverError;
use crate::build::found_copy;
use crate::digest::sha256;
use crate::model::{GroupReport, Report};

/// All copies of the report, so that `record.copy` counts the same way; files only where a chosen group has
/// records, because every digest costs a read.
pub(super) fn source(
    report: &Report,
    evidence: &Evidence,
    chosen: &[&GroupReport],
) -> Result<Source, RecoverError> {
    let offsets = chosen.iter().flat_map(|group| &group.offsets);
    let places = offsets.flat_map(|offset| {
        let others = offset.alternatives.iter().filter_map(|other| other.record.as_ref());
        offset.record.iter().chain(others)
    });
    // A value that was deleted since may stand in a `.deleted` original, which no report of the log as it lies lists.
    let named: BTreeSet<(usize, &str)> = places.map(|place| (place.copy, &*place.file)).collect();
    let used: BTreeSet<usize> = named.iter().map(|(copy, _)| *copy).collect();
    let mut copies = Vec::with_capacity(report.copies.len());
    let mut cluster_ids = BTreeSet::new();
    for (index, copy) in report.copies.iter().enumerate() {
        let found = found_copy(evidence, copy);
        let log_dir = found.and_then(|found| evidence.log_dirs.get(found.log_dir?));
        cluster_ids.extend(log_dir.and_then(|dir| dir.cluster_id.clone()));
        let mut files = Vec::new();
        if let Some(found) = found.filter(|_| used.contains(&index)) {
            let read = |name: &str| {
                named.contains(&(index, name)) || copy.files.iter().any(|file| file.name == name)
            };
            for file in found.files.iter().filter(|file| read(&file.name)) {
                let digest = sha256(&file.path);
                let (_, sha256) =
                    digest.map_err(|error| RecoverError::Digest { path: file.path.clone(), error })?;
                files.push(SourceFile { name: text(&file.name), size_bytes: file.size_bytes, sha256 });
            }
        }
        copies.push(PartitionCopy {
            path: text(&copy.path),
            broker_id: copy.broker_id,
            log_dir: copy.log_dir.as_deref().map(text),
            partition: copy.partition,
            log_start_offset: copy.log_start_offset.unwrap_or(0).max(0),
            log_end_offset: copy.log_end_offset.unwrap_or(0).max(0),
            high_watermark: copy.high_watermark,
            files,
        });
    }
    Ok(Source {
        cluster_id: if cluster_ids.len() == 1 { cluster_ids.pop_first() } else { None },
        offsets_topic_partitions: report
            .offsets_topic_partitions
            .filter(|_| !report.offsets_topic_partitions_assumed),
        names_redacted: report.names_redacted,
        view: match report.view {
            ViewKind::AsFound => View::AsFound,
            ViewKind::AsLoaded => View::AsLoaded,
            ViewKind::BeforeCompaction => View::BeforeCompaction,
            ViewKind::Merged => View::Merged,
        },
        rules: report.rules.clone(),
        copies,
    })
}

fn text(text: &(impl AsRef<str> + ?Sized)) -> ByteText {
    ByteText::from(text.as_ref())
}
