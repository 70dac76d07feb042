//! Why a file couldn't be opened or read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use lastwrites_types::ByteRange;

/// A file couldn't be opened as a segment.
#[derive(Debug)]
pub struct OpenError {
    /// The path as given.
    pub path: PathBuf,
    /// Why.
    pub kind: OpenErrorKind,
}

/// The reason of an [`OpenError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenErrorKind {
    /// It exists but isn't a regular file; the words say what it is ("a directory", "a FIFO", ...).
    NotARegularFile(&'static str),
    /// The operating system refused.
    Io(io::Error),
}

impl OpenError {
    pub(super) fn io(path: &Path, error: impl Into<io::Error>) -> Self {
        Self { path: path.to_owned(), kind: OpenErrorKind::Io(error.into()) }
    }

    pub(super) fn not_a_file(path: &Path, found: &'static str) -> Self {
        Self { path: path.to_owned(), kind: OpenErrorKind::NotARegularFile(found) }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = lastwrites_types::escaped(self.path.as_os_str().as_encoded_bytes());
        match &self.kind {
            OpenErrorKind::NotARegularFile(found) => {
                write!(f, "{path}: expected a segment file (a regular file), found {found}")
            }
            OpenErrorKind::Io(error) => write!(f, "{path}: can't open the segment file: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            OpenErrorKind::NotARegularFile(_) => None,
            OpenErrorKind::Io(error) => Some(error),
        }
    }
}

/// Bytes couldn't be read.
#[derive(Debug)]
pub struct ReadError {
    /// The bytes that were asked for.
    pub range: ByteRange,
    /// Why.
    pub kind: ReadErrorKind,
}

/// The reason of a [`ReadError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The range ends after the source did when it was opened; `length` is the source's length in bytes.
    PastEnd {
        /// Length of the source.
        length: u64,
    },
    /// The file is shorter now than when it was opened: it ended at `position`.
    Shrank {
        /// Where it ends now.
        position: u64,
    },
    /// The operating system couldn't read.
    Io(io::Error),
}

impl ReadError {
    pub(crate) fn past_end(range: ByteRange, length: u64) -> Self {
        Self { range, kind: ReadErrorKind::PastEnd { length } }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ByteRange { start, end } = self.range;
        write!(f, "can't read bytes {start} to {end}: ")?;
        match &self.kind {
            ReadErrorKind::PastEnd { length } => write!(f, "the file has {length} bytes"),
            ReadErrorKind::Shrank { position } => {
                write!(f, "the file shrank while it was read and now ends at position {position}")
            }
            ReadErrorKind::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ReadErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}
