//! What a capture (lastwrites-seek) tells of its copies in `capture.json`: which it left partial, and how far their logs reached.
//!
//! It's looked for two folders above each copy, where `capture` puts it: also a broker's folder, or a partition's, that
//! is given alone must not pass for a whole one. What the document tells of the cluster is read there too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::copy::{CaptureNote, PartitionCopy};
use crate::file_name::CAPTURE_FILE;
use crate::read_file::read_file;

/// Largest document read: one of 10,000 partitions on three brokers each has 20 MB.
pub(crate) const MAX_CAPTURE_BYTES: u64 = 256 << 20;

/// What this reads of the document.
#[derive(Deserialize)]
struct Document {
    format: String,
    copies: Vec<Copy>,
}

#[derive(Deserialize)]
struct Copy {
    topic: Option<String>,
    partition: Option<i32>,
    path: String,
    state: String,
    why: Option<String>,
    high_watermark: Option<i64>,
    leader_high_watermark: Option<i64>,
}

/// What is told of each copy, by its folder below the capture's.
type Notes = BTreeMap<PathBuf, CaptureNote>;

/// Notes in each copy what the capture that made it tells of it, and gives the documents met, by resolved path.
pub(crate) fn note_captures(copies: &mut [PartitionCopy]) -> BTreeSet<PathBuf> {
    let mut known: BTreeMap<PathBuf, Option<Notes>> = BTreeMap::new();
    for copy in copies.iter_mut().filter(|copy| copy.log_dir.is_some()) {
        let Ok(path) = fs::canonicalize(&copy.path) else { continue };
        let Some(folder) = path.parent().and_then(Path::parent) else { continue };
        let document = folder.join(CAPTURE_FILE);
        let notes = known.entry(document).or_insert_with_key(|document| notes(document));
        let note = path.strip_prefix(folder).ok().and_then(|below| notes.as_ref()?.get(below));
        copy.capture = note.cloned();
    }
    known.into_iter().filter_map(|(document, notes)| notes.map(|_| document)).collect()
}

/// `None` without a document. One that can't be read is named where its folder was given, and tells nothing.
fn notes(document: &Path) -> Option<Notes> {
    let bytes = read_file(document, MAX_CAPTURE_BYTES).ok()?;
    let document: Document = serde_json::from_slice(&bytes).ok()?;
    if document.format != "lastwrites/capture" {
        return None;
    }
    // One replica's mark counts for all: what was acknowledged is the partition's.
    let mut reached: BTreeMap<(Option<String>, Option<i32>), Option<i64>> = BTreeMap::new();
    for copy in &document.copies {
        let highest = reached.entry((copy.topic.clone(), copy.partition)).or_default();
        *highest = (*highest).max(copy.high_watermark).max(copy.leader_high_watermark);
    }
    let note = |copy: Copy| {
        let partial = (copy.state != "whole").then(|| copy.why.unwrap_or_else(|| "not finished".to_owned()));
        let log_reached = reached.get(&(copy.topic, copy.partition)).copied().flatten();
        (copy.path.into(), CaptureNote { partial, log_reached })
    };
    Some(document.copies.into_iter().map(note).collect())
}
