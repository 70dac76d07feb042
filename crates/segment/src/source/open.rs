//! Opening evidence without disturbing it.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::mapped::MappedFile;
use super::plain::PlainFile;
use super::{ByteSource, OpenError};

/// How a segment file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReadMode {
    /// Mapped into memory: the fastest. A file that is truncated while it is mapped kills the process
    /// (SIGBUS); a file that can't be mapped is read plainly instead.
    #[default]
    Mapped,
    /// Read into the caller's buffer: 10-13 % slower, and a file that shrinks is an ordinary error.
    Plain,
}

/// Opens a regular file read-only.
///
/// Never blocks (a FIFO without a writer is refused, not waited for) and leaves the access time alone where
/// the file's owner lets us.
///
/// # Errors
/// The path doesn't exist, isn't readable, or is no regular file.
pub fn open(path: &Path, how: ReadMode) -> Result<Box<dyn ByteSource>, OpenError> {
    let file = open_quietly(path)?;
    let stat = rustix::fs::fstat(&file).map_err(|error| OpenError::io(path, error))?;
    if let Some(found) = other_than_file(FileType::from_raw_mode(stat.st_mode)) {
        return Err(OpenError::not_a_file(path, found));
    }
    open_file(&file, path, how)
}

/// The source of a file that is open already; `path` is what errors name.
///
/// # Errors
/// The system refuses to tell its size or to give it a second time.
pub fn open_file(file: &File, path: &Path, how: ReadMode) -> Result<Box<dyn ByteSource>, OpenError> {
    let length = file.metadata().map_err(|error| OpenError::io(path, error))?.len();
    if how == ReadMode::Mapped
        && let Some(mapped) = MappedFile::map(file, length)
    {
        return Ok(Box::new(mapped));
    }
    let again = file.try_clone().map_err(|error| OpenError::io(path, error))?;
    Ok(Box::new(PlainFile::new(again, length)))
}

fn open_quietly(path: &Path) -> Result<File, OpenError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    // Linux grants NOATIME only to the file's owner (or root): anyone else gets EPERM and tries without.
    let opened = match rustix::fs::open(path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => rustix::fs::open(path, flags, Mode::empty()),
        opened => opened,
    };
    match opened {
        Ok(descriptor) => Ok(File::from(descriptor)),
        // Opening a socket gives ENXIO, which nobody would understand.
        Err(Errno::NXIO) => Err(OpenError::not_a_file(path, "a socket or a device without a driver")),
        Err(error) => Err(OpenError::io(path, error)),
    }
}

fn other_than_file(found: FileType) -> Option<&'static str> {
    match found {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice => Some("a character device"),
        FileType::BlockDevice => Some("a block device"),
        FileType::Symlink => Some("a symbolic link"),
        FileType::Unknown => Some("something of an unknown kind"),
    }
}

#[cfg(test)]
mod tests {
    use lastwrites_types::ByteRange;

    use super::*;

    #[test]
    fn both_modes_read_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("00000000000000000000.log");
        let content: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        std::fs::write(&path, &content).unwrap();
        for how in [ReadMode::Mapped, ReadMode::Plain] {
            let source = open(&path, how).unwrap();
            assert_eq!(source.len(), 10_000);
            assert_eq!(source.in_memory().is_some(), how == ReadMode::Mapped);
            let mut scratch = Vec::new();
            for (start, end) in [(0, 0), (0, 10_000), (4095, 4097), (9_999, 10_000), (10_000, 10_000)] {
                let range = ByteRange::new(start, end);
                let expected = content.get(start as usize..end as usize).unwrap();
                assert_eq!(source.window(range, &mut scratch).unwrap(), expected, "{how:?} {range:?}");
                source.release(range);
                assert_eq!(
                    source.window(range, &mut scratch).unwrap(),
                    expected,
                    "{how:?} {range:?} released"
                );
            }
            let error = source.window(ByteRange::new(9_000, 10_001), &mut scratch).unwrap_err();
            assert_eq!(error.to_string(), "can't read bytes 9000 to 10001: the file has 10000 bytes");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_source() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for how in [ReadMode::Mapped, ReadMode::Plain] {
            assert!(open(file.path(), how).unwrap().is_empty());
        }
    }

    #[test]
    fn a_file_that_shrank_is_an_error_when_read_plainly() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(5_000).unwrap();
        let source = open(file.path(), ReadMode::Plain).unwrap();
        file.as_file().set_len(100).unwrap();
        let error = source.window(ByteRange::new(0, 5_000), &mut Vec::new()).unwrap_err();
        assert!(
            error.to_string().ends_with("shrank while it was read and now ends at position 100"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_regular_file_is_refused_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, found) in [
            (dir.path(), "found a directory"),
            (&fifo, "found a FIFO"),
            (&socket, "found a socket"),
            (Path::new("/dev/null"), "found a character device"),
            (&dir.path().join("none"), "No such file or directory"),
        ] {
            let error = open(path, ReadMode::Mapped).map(|_| ()).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()) && error.contains(found), "{error}");
        }
    }
}
