//! The LZ4 frame as Kafka writes it, including the header checksum that message format 0 got wrong.

use std::io::{self, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

/// Frame magic (4), FLG and BD.
const DESCRIPTOR_END: usize = 6;

/// One frame. `kafka_3160` replaces the header checksum by the one old Kafka computed: over frame magic and descriptor
/// instead of the descriptor alone.
pub(super) fn frame(plain: &[u8], kafka_3160: bool) -> io::Result<Vec<u8>> {
    let info = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(plain)?;
    let mut bytes = encoder.finish().map_err(io::Error::other)?;
    if kafka_3160
        && let Some((head, tail)) = bytes.split_at_mut_checked(DESCRIPTOR_END)
        && let Some(checksum) = tail.first_mut()
    {
        *checksum = (xxh32_short(head) >> 8) as u8;
    }
    Ok(bytes)
}

/// xxHash32 with seed 0 of an input below 16 bytes: the part of the algorithm a frame header needs.
fn xxh32_short(input: &[u8]) -> u32 {
    const P1: u32 = 0x9e37_79b1;
    const P2: u32 = 0x85eb_ca77;
    const P3: u32 = 0xc2b2_ae3d;
    const P4: u32 = 0x27d4_eb2f;
    const P5: u32 = 0x1656_67b1;
    let mut hash = P5.wrapping_add(input.len() as u32);
    let (words, rest) = input.as_chunks::<4>();
    for word in words {
        let lane = word.iter().rev().fold(0_u32, |lane, byte| (lane << 8) | u32::from(*byte));
        hash = hash.wrapping_add(lane.wrapping_mul(P3)).rotate_left(17).wrapping_mul(P4);
    }
    for byte in rest {
        hash = hash.wrapping_add(u32::from(*byte).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
    }
    hash = (hash ^ (hash >> 15)).wrapping_mul(P2);
    hash = (hash ^ (hash >> 13)).wrapping_mul(P3);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::xxh32_short;

    #[test]
    fn the_short_hash_agrees_with_the_library_on_a_right_header() {
        let frame = super::frame(b"some records", false).unwrap_or_default();
        let descriptor = frame.get(4..6).unwrap_or_default();
        assert_eq!(frame.get(6).copied(), Some((xxh32_short(descriptor) >> 8) as u8));
    }

    #[test]
    fn format_0_gets_another_checksum() {
        let right = super::frame(b"some records", false).unwrap_or_default();
        let wrong = super::frame(b"some records", true).unwrap_or_default();
        assert_ne!(right.get(6), wrong.get(6));
        assert_eq!(right.get(7..), wrong.get(7..));
    }
}
