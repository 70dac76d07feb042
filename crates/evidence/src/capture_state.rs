//! Copies that a capture (lastwrites-seek) left partial, as its `capture.json` tells.
//!
//! It's looked for two folders above each copy, where `capture` puts it: also a broker's folder, or a partition's, that
//! is given alone must not pass for a whole one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::copy::PartitionCopy;
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
    path: String,
    state: String,
    why: Option<String>,
}

/// Why each partial copy is that, by its folder below the capture's.
type Partial = BTreeMap<PathBuf, String>;

/// Notes in each copy what keeps it from being whole.
pub(crate) fn note_partial(copies: &mut [PartitionCopy]) {
    let mut known: BTreeMap<PathBuf, Partial> = BTreeMap::new();
    for copy in copies.iter_mut().filter(|copy| copy.log_dir.is_some()) {
        let Ok(path) = fs::canonicalize(&copy.path) else { continue };
        let Some(folder) = path.parent().and_then(Path::parent) else { continue };
        let partial = known.entry(folder.to_owned()).or_insert_with(|| partial(folder));
        copy.capture_partial = path.strip_prefix(folder).ok().and_then(|below| partial.get(below).cloned());
    }
}

/// A document that can't be read is named where its folder was given, and tells nothing.
fn partial(folder: &Path) -> Partial {
    let bytes = read_file(&folder.join("capture.json"), MAX_CAPTURE_BYTES).ok();
    let document: Option<Document> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let copies = document.filter(|document| document.format == "lastwrites/capture").map(|d| d.copies);
    let partial = copies.into_iter().flatten().filter(|copy| copy.state != "whole");
    partial.map(|copy| (copy.path.into(), copy.why.unwrap_or_else(|| "not finished".to_owned()))).collect()
}
