//! A file read with `pread` into the caller's buffer.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;

use lastwrites_types::ByteRange;

use super::{ByteSource, ReadError, ReadErrorKind};

/// A regular file and the length it had when it was opened.
pub(super) struct PlainFile {
    file: File,
    length: u64,
}

impl PlainFile {
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { file, length }
    }
}

impl ByteSource for PlainFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn window<'a>(&'a self, range: ByteRange, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], ReadError> {
        let past_end = || ReadError::past_end(range, self.length);
        if range.end > self.length {
            return Err(past_end());
        }
        let wanted = usize::try_from(range.len()).map_err(|_| past_end())?;
        // Only ever grows: a shorter window must not make the next longer one clear the memory again.
        if scratch.len() < wanted {
            scratch.resize(wanted, 0);
        }
        let buffer = scratch.get_mut(..wanted).unwrap_or_default();
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let position = range.start + filled as u64;
            match self.file.read_at(rest, position) {
                Ok(0) => return Err(ReadError { range, kind: ReadErrorKind::Shrank { position } }),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError { range, kind: ReadErrorKind::Io(error) }),
            }
        }
        Ok(buffer)
    }
}
