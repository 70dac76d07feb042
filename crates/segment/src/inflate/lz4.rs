//! LZ4 frames, as Kafka's `Lz4BlockInputStream` reads them: independent blocks, content checksum not verified.
#![expect(clippy::little_endian_bytes, reason = "LZ4 frames are little-endian")]

use super::output::Output;
use super::xxh32::xxh32;
use super::{Irregularity, Stop};

pub(super) const MAGIC_EXPECTED: &str = "the bytes 04 22 4d 18";
pub(super) const HEADER_EXPECTED: &str = "a complete frame header";
const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const UNCOMPRESSED_BLOCK: u32 = 1 << 31;

/// A frame's flags and largest block.
struct Frame {
    block_checksum: bool,
    largest_block: usize,
    irregularity: Option<Irregularity>,
    /// Where the blocks start.
    at: usize,
}

pub(super) fn inflate(
    packed: &[u8],
    ignore_header_checksum: bool,
    output: &mut Output,
) -> Result<Option<Irregularity>, Stop> {
    let frame = header(packed, ignore_header_checksum)?;
    let mut at = frame.at;
    loop {
        let length = packed.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Stop::truncated(at))?;
        let word = u32::from_le_bytes(*length);
        let length = (word & !UNCOMPRESSED_BLOCK) as usize;
        if length == 0 {
            // The end mark; Kafka looks at nothing behind it.
            return Ok(frame.irregularity);
        }
        if length > frame.largest_block {
            return Err(Stop::corrupt(at, "a block longer than the frame allows"));
        }
        at += 4;
        let block =
            packed.get(at..).and_then(|rest| rest.get(..length)).ok_or(Stop::truncated(packed.len()))?;
        if word & UNCOMPRESSED_BLOCK != 0 {
            let room = output.room(length, at)?;
            if let Some(room) = room.get_mut(..length) {
                room.copy_from_slice(block);
            }
            output.wrote(length);
        } else {
            // The largest block is at most 4 MiB by the format.
            let room = output.room(frame.largest_block, at)?;
            let room = room.get_mut(..frame.largest_block).unwrap_or_default();
            let written = lz4_flex::block::decompress_into(block, room)
                .map_err(|_| Stop::corrupt(at, "invalid block"))?;
            output.wrote(written);
        }
        at += length;
        if frame.block_checksum {
            let sum = packed.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Stop::truncated(at))?;
            if u32::from_le_bytes(*sum) != xxh32(block) {
                return Err(Stop::corrupt(at, "a block's checksum is wrong"));
            }
            at += 4;
        }
    }
}

fn header(packed: &[u8], ignore_checksum: bool) -> Result<Frame, Stop> {
    let [m0, m1, m2, m3, flags, descriptor, ..] = *packed else { return Err(Stop::header(HEADER_EXPECTED)) };
    if [m0, m1, m2, m3] != MAGIC {
        return Err(Stop::header(MAGIC_EXPECTED));
    }
    if flags >> 6 != 1 {
        return Err(Stop::header("frame version 1"));
    }
    if flags & 0x20 == 0 {
        return Err(Stop::header("independent blocks"));
    }
    let largest_block = match descriptor >> 4 & 0x07 {
        size @ 4..=7 => 1 << (8 + 2 * size),
        _ => return Err(Stop::header("a block size of 64 KiB to 4 MiB")),
    };
    let content_size = if flags & 0x08 != 0 { 8 } else { 0 };
    let at = 6 + content_size;
    let Some(checksum) = packed.get(at) else { return Err(Stop::header(HEADER_EXPECTED)) };
    let right = ignore_checksum || (xxh32(packed.get(4..at).unwrap_or_default()) >> 8) as u8 == *checksum;
    Ok(Frame {
        block_checksum: flags & 0x10 != 0,
        largest_block,
        irregularity: (!right).then_some(Irregularity::Lz4HeaderChecksum),
        at: at + 1,
    })
}
