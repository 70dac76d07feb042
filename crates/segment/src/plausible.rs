//! Whether bytes look like the header of a batch that Kafka could have written.
//!
//! Used where a header isn't vouched for by the batch before it. Stricter than any reader of Kafka; nothing is
//! ever refused for failing here when its checksum is right.

use lastwrites_types::ByteRange;

use crate::header::{BatchHeader, Codec};
use crate::source::ReadError;
use crate::window::Window;

/// Bytes to look at: a magic 2 header.
pub(crate) const HEAD_BYTES: u64 = 61;

/// The plausible header at `position`, of a batch that lies wholly in the source.
pub(crate) fn plausible_at(window: &mut Window<'_>, position: u64) -> Result<Option<BatchHeader>, ReadError> {
    let available = window.len().saturating_sub(position);
    let head = window.up_to(position, HEAD_BYTES)?;
    if let Some(header) = plausible_v2(head, available) {
        return Ok(Some(header));
    }
    let header = BatchHeader::read(head).filter(|header| header.magic < 2 && fits(header, available));
    let Some(header) = header.filter(fields_legacy) else { return Ok(None) };
    Ok(lengths_add_up(window, position, &header)?.then_some(header))
}

/// The plausible magic 2 header that `head` starts with, of a batch that has `available` bytes to lie in.
#[inline(always)]
pub(crate) fn plausible_v2(head: &[u8], available: u64) -> Option<BatchHeader> {
    BatchHeader::read_v2(head)
        .filter(|header| header.magic == 2 && fits(header, available) && fields_v2(header))
}

#[inline(always)]
fn fits(header: &BatchHeader, available: u64) -> bool {
    u64::from(header.size_bytes) <= available
}

#[inline(always)]
fn fields_v2(header: &BatchHeader) -> bool {
    header.base_offset >= 0
        && header.partition_leader_epoch >= -1
        && header.attributes & !0x7f == 0
        && !matches!(header.codec(), Codec::Unknown(_))
        && header.last_offset_delta >= 0
        && header.record_count >= 0
        && i64::from(header.record_count) <= i64::from(header.last_offset_delta) + 1
        && header.producer_id >= -1
        && header.producer_epoch >= -1
        && header.base_sequence >= -1
}

fn fields_legacy(header: &BatchHeader) -> bool {
    let unused = if header.magic == 0 { !0x07 } else { !0x0f };
    header.base_offset >= 0
        && header.attributes & unused == 0
        && !matches!(header.codec(), Codec::Zstd | Codec::Unknown(_))
}

/// In magic 0 and 1 the lengths of key and value must fill the entry exactly.
fn lengths_add_up(window: &mut Window<'_>, position: u64, header: &BatchHeader) -> Result<bool, ReadError> {
    let key_length_at = position + if header.magic == 0 { 18 } else { 26 };
    let end = position + u64::from(header.size_bytes);
    let Some(value_length_at) = after_sized(window, key_length_at, end)? else { return Ok(false) };
    Ok(after_sized(window, value_length_at, end)? == Some(end))
}

/// Where a length-prefixed (-1 for null) field ends, if that is at or before `end`.
fn after_sized(window: &mut Window<'_>, position: u64, end: u64) -> Result<Option<u64>, ReadError> {
    if position + 4 > end {
        return Ok(None);
    }
    let bytes = window.bytes(ByteRange::new(position, position + 4))?;
    let length = bytes.first_chunk::<4>().map_or(i32::MIN, |bytes| i32::from_be_bytes(*bytes));
    if length < -1 {
        return Ok(None);
    }
    let after = position + 4 + u64::try_from(length).unwrap_or(0);
    Ok((after <= end).then_some(after))
}
