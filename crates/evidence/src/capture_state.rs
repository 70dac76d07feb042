//! Copies that a capture (lastwrites-seek) left partial, as its `capture.json` tells.
//!
//! It's looked for two folders above each copy, where `capture` puts it: also a broker's folder, or a partition's, that
//! is given alone must not pass for a whole one. What the document tells of the cluster is read there too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::copy::PartitionCopy;
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
    path: String,
    state: String,
    why: Option<String>,
}

/// Why each partial copy is that, by its folder below the capture's.
type Partial = BTreeMap<PathBuf, String>;

/// Notes in each copy what keeps it from being whole, and gives the documents met, by resolved path.
pub(crate) fn note_partial(copies: &mut [PartitionCopy]) -> BTreeSet<PathBuf> {
    let mut known: BTreeMap<PathBuf, Option<Partial>> = BTreeMap::new();
    for copy in copies.iter_mut().filter(|copy| copy.log_dir.is_some()) {
        let Ok(path) = fs::canonicalize(&copy.path) else { continue };
        let Some(folder) = path.parent().and_then(Path::parent) else { continue };
        let document = folder.join(CAPTURE_FILE);
        let partial = known.entry(document).or_insert_with_key(|document| partial(document));
        let why = path.strip_prefix(folder).ok().and_then(|below| partial.as_ref()?.get(below));
        copy.capture_partial = why.cloned();
    }
    known.into_iter().filter_map(|(document, partial)| partial.map(|_| document)).collect()
}

/// `None` without a document. One that can't be read is named where its folder was given, and tells nothing.
fn partial(document: &Path) -> Option<Partial> {
    let bytes = read_file(document, MAX_CAPTURE_BYTES).ok()?;
    let document: Document = serde_json::from_slice(&bytes).ok()?;
    if document.format != "lastwrites/capture" {
        return None;
    }
    let partial = document.copies.into_iter().filter(|copy| copy.state != "whole");
    let why = |copy: Copy| (copy.path.into(), copy.why.unwrap_or_else(|| "not finished".to_owned()));
    Some(partial.map(why).collect())
}
