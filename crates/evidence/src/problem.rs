//! What could not be read, or looks odd, while looking around.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::companion::CompanionError;
use crate::text::TextDoubts;

/// One thing in the evidence that could not be used, or that a reader should know of. Never stops discovery.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The file or directory.
    pub path: PathBuf,
    /// What is the matter with it.
    pub kind: ProblemKind,
}

/// What is the matter with a file or directory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The system refused to list or read it (no such file, no permission, an I/O error).
    Unreadable(Arc<io::Error>),
    /// Neither a regular file nor a directory; reading it could block for ever.
    NotAFile(FileKind),
    /// A file named as PATH that is not a segment, by name or content.
    NotASegment {
        /// Byte of the file.
        position: u64,
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A symbolic link that leads back to a directory above it.
    DirectoryLoop {
        /// Where it leads.
        target: PathBuf,
    },
    /// A symbolic link inside the evidence; only links named as PATH are followed.
    LinkNotFollowed {
        /// Where it leads, as stored in the link.
        target: PathBuf,
    },
    /// A companion file is not as Kafka writes it; what could be read of it is used.
    Companion(CompanionError),
    /// A companion file is too large to be one.
    TooLarge {
        /// Its size.
        size_bytes: u64,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// A text in UTF-16; tools' texts are read in UTF-8.
    Utf16,
    /// Compressed with gzip.
    Gzip,
    /// A segment that a view needed could not be opened or read.
    SegmentUnreadable(String),
    /// A text that can't be read, or not be turned into a segment.
    TextUnreadable(String),
    /// A text that stands in for a segment: what that is worth.
    Text(TextDoubts),
    /// A capture's document that can't be used: who led is not known.
    Capture(String),
    /// A segment of 0 bytes: normal for one just rolled, worth knowing when it was named as PATH.
    EmptySegment,
    /// A partition directory of the offsets topic without any segment file.
    NoSegments,
    /// A directory named as PATH in which (and below which) nothing of Kafka's was found.
    NothingFound,
}

/// What stands in the place of a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// A directory with a segment's name.
    Directory,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

impl Problem {
    pub(crate) fn new(path: impl Into<PathBuf>, kind: ProblemKind) -> Self {
        Self { path: path.into(), kind }
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self::new(path, ProblemKind::Unreadable(Arc::new(error)))
    }

    /// True when nothing is lost by it: worth a note, not a warning.
    #[must_use]
    pub fn is_note(&self) -> bool {
        matches!(
            self.kind,
            ProblemKind::EmptySegment | ProblemKind::NoSegments | ProblemKind::DirectoryLoop { .. }
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = lastwrites_types::escaped(self.path.as_os_str().as_encoded_bytes());
        match &self.kind {
            ProblemKind::Unreadable(error) => write!(f, "{path}: cannot read: {error}"),
            ProblemKind::NotAFile(kind) => {
                write!(f, "{path}: expected a regular file or a directory, found {kind}; not opened")
            }
            ProblemKind::NotASegment { position, expected, found } => {
                write!(
                    f,
                    "not a Kafka segment: {path} position {position}: expected {expected}, found {found}"
                )
            }
            ProblemKind::DirectoryLoop { target } => {
                let target = lastwrites_types::escaped(target.as_os_str().as_encoded_bytes());
                write!(f, "{path}: directory loop: this link leads back up to {target}; not followed")
            }
            ProblemKind::LinkNotFollowed { target } => {
                let target = lastwrites_types::escaped(target.as_os_str().as_encoded_bytes());
                write!(
                    f,
                    "{path}: symbolic link to {target} not followed; name its target as a path to include it"
                )
            }
            ProblemKind::Companion(error) => write!(f, "{path} {error}"),
            ProblemKind::TooLarge { size_bytes, limit_bytes } => {
                write!(
                    f,
                    "{path}: {size_bytes} bytes; such a file has at most {limit_bytes}, so it was not read"
                )
            }
            ProblemKind::Gzip => {
                write!(
                    f,
                    "{path}: compressed with gzip, which is not read in place: `gunzip -k` a copy of it first"
                )
            }
            ProblemKind::Utf16 => write!(
                f,
                "{path}: not a Kafka segment, but a text in UTF-16, as Windows PowerShell writes with `>`; texts of kafka-dump-log \
                 and of a console consumer are read in UTF-8: `iconv -f UTF-16 -t UTF-8` makes that of it"
            ),
            // The reader's own text names the file.
            ProblemKind::SegmentUnreadable(what) => f.write_str(what),
            ProblemKind::Capture(why) => {
                write!(f, "{path}: not a capture's document: {why}; who led what is not taken from it")
            }
            ProblemKind::TextUnreadable(why) => {
                write!(f, "{path}: the text can't be turned into a segment: {why}")
            }
            ProblemKind::Text(doubts) => {
                write!(
                    f,
                    "text of {} ({} records): what comes from it is unverified, and whether a coordinator would load the \
                     log can't be told from it; such text leaves out {}",
                    doubts.form.tool(),
                    doubts.records,
                    doubts.form.limits()
                )?;
                if doubts.not_understood > 0 {
                    write!(
                        f,
                        "; {} lines or records of it are missing or not understood",
                        doubts.not_understood
                    )?;
                }
                if doubts.other_sizes > 0 {
                    write!(
                        f,
                        "; {} records have names or fields that the text does not hold exactly",
                        doubts.other_sizes
                    )?;
                }
                if doubts.wrong_checksums > 0 {
                    write!(f, "; batches whose checksum the tool found wrong: {}", doubts.wrong_checksums)?;
                }
                if doubts.damage > 0 {
                    write!(f, "; places where the tool met bytes that it could not read: {}", doubts.damage)?;
                }
                if doubts.unknown_types > 0 {
                    write!(
                        f,
                        "; records of which it has only a type that the tool did not know, so that groups of newer \
                         types are not whole here: {}",
                        doubts.unknown_types
                    )?;
                }
                Ok(())
            }
            ProblemKind::EmptySegment => write!(f, "{path}: a segment of 0 bytes: nothing was written to it"),
            ProblemKind::NoSegments => write!(f, "{path}: a partition directory without segment files"),
            ProblemKind::NothingFound => write!(f, "{path}: no Kafka segment in this directory or below it"),
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Other => "something else",
        })
    }
}

impl From<std::fs::FileType> for FileKind {
    fn from(file_type: std::fs::FileType) -> Self {
        use std::os::unix::fs::FileTypeExt as _;
        if file_type.is_fifo() {
            Self::Fifo
        } else if file_type.is_socket() {
            Self::Socket
        } else if file_type.is_char_device() || file_type.is_block_device() {
            Self::Device
        } else if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }
}
