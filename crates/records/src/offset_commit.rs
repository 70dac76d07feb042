//! The hot path: offset commits, borrowed, without an allocation.
//!
//! Most records of a log are offset commits. These two readers give what the declarations of
//! [`crate::messages`] give (a test holds them equal) for well-formed bytes, and `None` for anything else:
//! the caller then asks [`crate::decode()`] what the bytes are.

use lastwrites_types::Uuid;

/// Key of an offset commit (record types 0 and 1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OffsetCommitKey<'a> {
    /// Group id.
    pub group: &'a [u8],
    /// Topic name.
    pub topic: &'a [u8],
    /// Partition number.
    pub partition: i32,
}

/// Value of an offset commit, any version from 0 to 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetCommitValue<'a> {
    /// Version as stored.
    pub version: i16,
    /// The next offset the group will read.
    pub offset: i64,
    /// Leader epoch, -1 for none.
    pub leader_epoch: i32,
    /// The committer's own text.
    pub metadata: &'a [u8],
    /// When it was committed, ms.
    pub commit_timestamp: i64,
    /// When it expires, ms, -1 for none.
    pub expire_timestamp: i64,
    /// Topic id, zero when not known.
    pub topic_id: Uuid,
}

impl<'a> OffsetCommitKey<'a> {
    /// Reads a key that is nothing but an offset commit's.
    #[must_use]
    #[inline(always)]
    pub fn parse(key: &'a [u8]) -> Option<Self> {
        let (record_type, rest) = key.split_first_chunk::<2>()?;
        if !matches!(record_type, [0, 0 | 1]) {
            return None;
        }
        let (group, rest) = string(rest)?;
        let (topic, rest) = string(rest)?;
        let partition = i32::from_be_bytes(rest.try_into().ok()?);
        Some(Self { group, topic, partition })
    }
}

impl<'a> OffsetCommitValue<'a> {
    /// Reads a value of version 0 to 4 without unknown tags and without a rest.
    #[must_use]
    #[inline(always)]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (version, rest) = value.split_first_chunk::<2>()?;
        let version = i16::from_be_bytes(*version);
        let (offset, rest) = i64_field(rest)?;
        let (leader_epoch, rest) = if version >= 3 { i32_field(rest)? } else { (-1, rest) };
        let (metadata, rest) = if version >= 4 { compact_string(rest)? } else { string(rest)? };
        let (commit_timestamp, rest) = i64_field(rest)?;
        let (expire_timestamp, topic_id) = match (version, rest) {
            (0 | 2 | 3, []) | (4, [0]) => (-1, Uuid::ZERO),
            (1, expire) => (i64::from_be_bytes(expire.try_into().ok()?), Uuid::ZERO),
            (4, [1, 0, 16, id @ ..]) => (-1, Uuid(id.try_into().ok()?)),
            _ => return None,
        };
        Some(Self { version, offset, leader_epoch, metadata, commit_timestamp, expire_timestamp, topic_id })
    }
}

#[inline(always)]
fn i64_field(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    Some((i64::from_be_bytes(*head), rest))
}

#[inline(always)]
fn i32_field(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    Some((i32::from_be_bytes(*head), rest))
}

#[inline(always)]
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(i16::from_be_bytes(*length)).ok()?)
}

/// A compact string of up to 32767 bytes: one to three bytes of length + 1.
#[inline(always)]
fn compact_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let low = |byte: u8| usize::from(byte & 0x7f);
    let (length, rest) = match bytes {
        [a, rest @ ..] if *a < 0x80 => (low(*a), rest),
        [a, b, rest @ ..] if *b < 0x80 => (low(*a) | low(*b) << 7, rest),
        [a, b, c, rest @ ..] if *c < 0x80 => (low(*a) | low(*b) << 7 | low(*c) << 14, rest),
        _ => return None,
    };
    let length = length.checked_sub(1).filter(|n| *n <= 0x7fff)?;
    rest.split_at_checked(length)
}
