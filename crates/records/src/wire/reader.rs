//! A cursor over one key or value, with the bounds of Kafka's `ByteBufferAccessor`.

use super::{FieldName, WireError};

/// Reads one key's or value's bytes from front to back.
///
/// Promises no panic and no allocation. In the strict reading it refuses what Kafka's writers never
/// write although its readers accept it; the lenient reading is the broker's.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    strict: bool,
    unknown_tags: u32,
}

impl<'a> Reader<'a> {
    /// The forensic reading: everything must be explained.
    #[must_use]
    pub const fn strict(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, strict: true, unknown_tags: 0 }
    }

    /// A broker's reading.
    #[must_use]
    pub const fn lenient(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, strict: false, unknown_tags: 0 }
    }

    /// True in the strict reading.
    #[must_use]
    pub const fn is_strict(&self) -> bool {
        self.strict
    }

    /// Bytes not read yet.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Unknown tagged fields met so far, nested structs included.
    #[must_use]
    pub const fn unknown_tags(&self) -> u32 {
        self.unknown_tags
    }

    pub(crate) const fn count_unknown_tag(&mut self) {
        self.unknown_tags = self.unknown_tags.saturating_add(1);
    }

    /// Nothing may be left in the strict reading; a broker ignores a rest.
    pub(crate) const fn finish(&self) -> Result<(), WireError> {
        if self.strict && !self.rest.is_empty() {
            return Err(WireError::Trailing { bytes: self.rest.len() });
        }
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Underflow)?;
        self.rest = rest;
        Ok(*head)
    }

    /// An unsigned varint as Java reads it: 32 bits in an `int`, so it may come out negative.
    pub(crate) fn unsigned_varint(&mut self) -> Result<i32, WireError> {
        let mut value = 0i32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.array()?;
            value |= i32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::VarintTooLong { value })
    }

    /// The length prefix of a string: varint + 1 in flexible versions, else int16; below 0 is null.
    pub(crate) fn string_length(&mut self, flexible: bool) -> Result<i32, WireError> {
        if flexible { self.compact_length() } else { Ok(i32::from(i16::from_be_bytes(self.array()?))) }
    }

    /// The length prefix of bytes or an array: varint + 1 in flexible versions, else int32.
    pub(crate) fn length(&mut self, flexible: bool) -> Result<i32, WireError> {
        if flexible { self.compact_length() } else { Ok(i32::from_be_bytes(self.array()?)) }
    }

    fn compact_length(&mut self) -> Result<i32, WireError> {
        Ok(self.unsigned_varint()?.wrapping_sub(1))
    }

    /// `size` bytes; `size` is not negative where Kafka calls this.
    pub(crate) fn bytes(&mut self, size: i32) -> Result<&'a [u8], WireError> {
        let remaining = self.rest.len();
        let too_long = WireError::BytesTooLong { size, remaining };
        let taken = usize::try_from(size).map_err(|_| WireError::NegativeTagSize { size })?;
        let (head, rest) = self.rest.split_at_checked(taken).ok_or(too_long)?;
        self.rest = rest;
        Ok(head)
    }

    /// A string's bytes, `None` for null.
    pub(crate) fn string(&mut self, flexible: bool, field: FieldName) -> Result<Option<&'a [u8]>, WireError> {
        let length = self.string_length(flexible)?;
        if length < 0 {
            return Ok(None);
        }
        if length > i32::from(i16::MAX) {
            return Err(WireError::InvalidStringLength { field, length });
        }
        self.bytes(length).map(Some)
    }
}
