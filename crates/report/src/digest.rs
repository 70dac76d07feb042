//! Digests of the files that a report or a document rests on.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lastwrites_evidence::{Evidence, PartitionCopy, SegmentFile};
use lastwrites_recovered_offsets::Sha256;
use lastwrites_segment::{ReadMode, open};
use lastwrites_types::ByteRange;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256 as Hasher};

use crate::build::path_text;
use crate::options::Options;

/// Bytes read at once.
const WINDOW_BYTES: u64 = 1 << 20;

/// A file that was read, and what identifies its content.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct FileDigest {
    /// The file, path as given.
    pub path: String,
    /// Its size when it was read, in bytes; `null` where it can't be read any more.
    pub size_bytes: Option<u64>,
    /// SHA-256 of its bytes, in hexadecimal; `null` where it can't be read any more.
    pub sha256: Option<Sha256>,
}

/// SHA-256 and size of every segment file of every copy, leftovers included, in the order of the copies.
///
/// Every file is read once more from start to end.
#[must_use]
pub fn digests(evidence: &Evidence, options: &Options) -> Vec<FileDigest> {
    let of_copy = |copy: &'_ PartitionCopy| copy.files.clone();
    let files: Vec<SegmentFile> = evidence.copies.iter().flat_map(of_copy).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some((at, file)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| files.get(at).map(|file| (at, file)))
        {
            let digest = sha256(&file.path).ok();
            let (size_bytes, sha256) = digest.unzip();
            found.push((at, FileDigest { path: path_text(&file.path), size_bytes, sha256 }));
        }
        found
    };
    let mut found: Vec<(usize, FileDigest)> = thread::scope(|scope| {
        let workers: Vec<_> = (1..options.threads).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        found.extend(workers.into_iter().filter_map(|worker| worker.join().ok()).flatten());
        found
    });
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, digest)| digest).collect()
}

/// Size and SHA-256 of a file, read once from start to end; its access time stays.
///
/// # Errors
/// It can't be opened or read, in words.
pub(crate) fn sha256(path: &Path) -> Result<(u64, Sha256), String> {
    let file = open(path, ReadMode::Plain).map_err(|error| error.to_string())?;
    let (mut hasher, mut scratch) = (Hasher::new(), Vec::new());
    let mut position = 0;
    while position < file.len() {
        let end = file.len().min(position + WINDOW_BYTES);
        let bytes = file.window(ByteRange { start: position, end }, &mut scratch);
        hasher.update(bytes.map_err(|error| error.to_string())?);
        position = end;
    }
    Ok((file.len(), Sha256(hasher.finalize().into())))
}
