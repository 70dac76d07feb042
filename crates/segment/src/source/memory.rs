//! Bytes that are already in memory: an unpacked archive entry, a Fetch capture, a test.

use lastwrites_types::ByteRange;

use super::{ByteSource, ReadError, slice};

impl ByteSource for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn window<'a>(&'a self, range: ByteRange, _: &'a mut Vec<u8>) -> Result<&'a [u8], ReadError> {
        slice(self, range).ok_or_else(|| ReadError::past_end(range, ByteSource::len(self)))
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl ByteSource for Vec<u8> {
    fn len(&self) -> u64 {
        Vec::len(self) as u64
    }

    fn window<'a>(&'a self, range: ByteRange, _: &'a mut Vec<u8>) -> Result<&'a [u8], ReadError> {
        slice(self, range).ok_or_else(|| ReadError::past_end(range, ByteSource::len(self)))
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}
