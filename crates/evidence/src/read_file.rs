//! Reads small files of the evidence without following links, blocking, or touching access times.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

use crate::problem::{Problem, ProblemKind};

/// Reads a whole companion file of at most `limit` bytes.
pub(crate) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let file = open_regular(path)?;
    let size_bytes = file.metadata().map_err(|error| Problem::unreadable(path, error))?.len();
    if size_bytes > limit {
        return Err(Problem::new(path, ProblemKind::TooLarge { size_bytes, limit_bytes: limit }));
    }
    let mut bytes = Vec::new();
    // The size is not believed either: a file still growing is read up to the limit.
    file.take(limit).read_to_end(&mut bytes).map_err(|error| Problem::unreadable(path, error))?;
    Ok(bytes)
}

/// Reads at most the first `count` bytes of a file.
pub(crate) fn read_start(path: &Path, count: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let file = open_regular(path)?;
    file.take(count).read_to_end(&mut bytes).map_err(|error| Problem::unreadable(path, error))?;
    Ok(bytes)
}

/// Opens a regular file.
pub(crate) fn open_regular(path: &Path) -> Result<File, Problem> {
    let file = open_quietly(path).map_err(|error| Problem::unreadable(path, error))?;
    let file_type = file.metadata().map_err(|error| Problem::unreadable(path, error))?.file_type();
    if !file_type.is_file() {
        return Err(Problem::new(path, ProblemKind::NotAFile(file_type.into())));
    }
    Ok(file)
}

fn open_quietly(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    match open(path, flags | OFlags::NOATIME, Mode::empty()) {
        Ok(file) => return Ok(file.into()),
        // Only a file's owner may leave its access time alone.
        Err(rustix::io::Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(open(path, flags, Mode::empty())?.into())
}
