//! The one byte cursor of this crate: big-endian integers, Kafka's varints and sized byte strings.
//!
//! Hot path. It never reads past its slice, never panics and never allocates; what went wrong is a small
//! [`Fault`], to which the caller adds place and words.

use crate::error::VarintFault;

/// A position in a slice that only moves forward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

/// Why a cursor couldn't read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Fewer bytes are left than needed.
    Eof { need: u64, have: u64 },
    /// A varint or varlong without an end.
    TooLong(VarintFault),
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not read yet.
    #[inline(always)]
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What wasn't read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline(always)]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.rest.split_first_chunk::<N>() {
            Some((array, rest)) => {
                self.rest = rest;
                Ok(*array)
            }
            None => Err(self.eof(N as u64)),
        }
    }

    #[inline(always)]
    pub(crate) fn i8(&mut self) -> Result<i8, Fault> {
        self.array().map(i8::from_be_bytes)
    }

    #[inline(always)]
    pub(crate) fn i16(&mut self) -> Result<i16, Fault> {
        self.array().map(i16::from_be_bytes)
    }

    #[inline(always)]
    pub(crate) fn i32(&mut self) -> Result<i32, Fault> {
        self.array().map(i32::from_be_bytes)
    }

    #[inline(always)]
    pub(crate) fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline(always)]
    pub(crate) fn i64(&mut self) -> Result<i64, Fault> {
        self.array().map(i64::from_be_bytes)
    }

    /// The next `length` bytes.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        match self.rest.split_at_checked(length) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.eof(length as u64)),
        }
    }

    /// Bytes whose length was just read: negative means null, as everywhere in Kafka's record formats.
    #[inline(always)]
    pub(crate) fn nullable(&mut self, length: i32) -> Result<Option<&'a [u8]>, Fault> {
        match usize::try_from(length) {
            Ok(length) => self.bytes(length).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A zigzag varint of 32 bits (`ByteUtils.readVarint`): at most 5 bytes, bits beyond the 32nd are dropped.
    #[inline(always)]
    pub(crate) fn varint(&mut self) -> Result<i32, Fault> {
        let value = match self.rest {
            [a, rest @ ..] if *a < 0x80 => {
                self.rest = rest;
                u32::from(*a)
            }
            [a, b, rest @ ..] if *b < 0x80 => {
                self.rest = rest;
                u32::from(*a & 0x7f) | u32::from(*b) << 7
            }
            _ => self.skip(long_varint(self.rest)?),
        };
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    /// Takes a value that was read from what is left, and the number of its bytes.
    #[inline(always)]
    fn skip<T>(&mut self, (value, length): (T, usize)) -> T {
        self.rest = self.rest.get(length..).unwrap_or_default();
        value
    }

    /// A zigzag varint of 64 bits (`ByteUtils.readVarlong`): at most 10 bytes.
    #[inline(always)]
    pub(crate) fn varlong(&mut self) -> Result<i64, Fault> {
        let value = match self.rest {
            [a, rest @ ..] if *a < 0x80 => {
                self.rest = rest;
                u64::from(*a)
            }
            _ => self.skip(long_varlong(self.rest)?),
        };
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    #[inline(always)]
    fn eof(&self, need: u64) -> Fault {
        eof(need, self.rest)
    }
}

#[inline(always)]
fn eof(need: u64, rest: &[u8]) -> Fault {
    Fault::Eof { need, have: rest.len() as u64 }
}

/// A varint of any length: its value before the zigzag, and its bytes. The cursor stays outside, in registers.
#[inline(never)]
fn long_varint(bytes: &[u8]) -> Result<(u32, usize), Fault> {
    let mut value = 0u32;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        let shift = 7 * index as u32;
        if index == 4 {
            // Java keeps all bits of the fifth byte that fit.
            value |= u32::from(*byte) << shift;
            if *byte >= 0x80 {
                return Err(Fault::TooLong(VarintFault::Varint(value)));
            }
        } else {
            value |= u32::from(*byte & 0x7f) << shift;
        }
        if *byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(eof(bytes.len() as u64 + 1, bytes))
}

/// The same for a varlong.
#[inline(never)]
fn long_varlong(bytes: &[u8]) -> Result<(u64, usize), Fault> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(*byte & 0x7f) << (7 * index as u32);
        if *byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    if bytes.len() >= 10 {
        return Err(Fault::TooLong(VarintFault::Varlong(value)));
    }
    Err(eof(bytes.len() as u64 + 1, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Encodings as the Protocol Buffers documentation gives them.
    #[test]
    fn varints_are_zigzag() {
        for (bytes, value) in [
            (&[0u8][..], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0x7f], -64),
            (&[0x80, 0x01], 64),
            (&[0xfe, 0xff, 0xff, 0xff, 0x0f], i32::MAX),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], i32::MIN),
            (&[0x80, 0x00], 0),
        ] {
            let mut cursor = Cursor::new(bytes);
            assert_eq!(cursor.varint(), Ok(value), "{bytes:x?}");
            assert_eq!(cursor.remaining(), 0);
            let mut cursor = Cursor::new(bytes);
            assert_eq!(cursor.varlong(), Ok(i64::from(value)), "{bytes:x?}");
            assert_eq!(cursor.remaining(), 0);
        }
        let min = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Cursor::new(&min).varlong(), Ok(i64::MIN));
    }

    #[test]
    fn varints_without_an_end_are_faults() {
        assert_eq!(Cursor::new(&[0x80, 0x80]).varint(), Err(Fault::Eof { need: 3, have: 2 }));
        assert_eq!(Cursor::new(&[]).varlong(), Err(Fault::Eof { need: 1, have: 0 }));
        assert_eq!(Cursor::new(&[0xff; 5]).varint(), Err(Fault::TooLong(VarintFault::Varint(0xffff_ffff))));
        assert_eq!(Cursor::new(&[0x80; 10]).varlong(), Err(Fault::TooLong(VarintFault::Varlong(0))));
    }
}
