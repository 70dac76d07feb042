//! The two things every coordinator key starts with.

/// Record type and group id of a key; `None` when it is too short for them.
///
/// All key types are the type (int16) and then a group id (int16 length, bytes), whatever follows.
#[must_use]
pub fn key_group(key: &[u8]) -> Option<(i16, &[u8])> {
    let (record_type, rest) = key.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
    Some((i16::from_be_bytes(*record_type), rest.get(..length)?))
}
