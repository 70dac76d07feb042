//! Digests of the files that a document rests on.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use lastwrites_recovered_offsets::Sha256;
use sha2::{Digest as _, Sha256 as Hasher};

/// SHA-256 of a file, read once from start to end.
pub(super) fn sha256(path: &Path) -> io::Result<Sha256> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256(hasher.finalize().into())),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
