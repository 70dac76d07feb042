//! Snappy: the chunks of snappy-java ("xerial"), or one raw block as some foreign clients write it.

use snap::raw::{Decoder, decompress_len};

use super::output::Output;
use super::{InflateReason, Stop};

/// What a snappy-java stream starts with, before two version numbers of 4 bytes each.
const XERIAL_MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
pub(super) const NEGATIVE_CHUNK: &str = "a negative chunk length";
pub(super) const LOOSE_END: &str = "1 to 3 bytes where a chunk length was expected";
const XERIAL_HEADER_BYTES: usize = 16;
/// No snappy element of n bytes gives more than 22 n bytes; a block that announces more lies.
const LARGEST_RATIO: usize = 22;

/// A block decoder.
#[derive(Default)]
pub(super) struct Snappy {
    decoder: Decoder,
}

impl Snappy {
    pub(super) fn inflate(&mut self, packed: &[u8], output: &mut Output) -> Result<(), Stop> {
        if packed.is_empty() {
            return Err(Stop::header("a snappy block"));
        }
        if !packed.starts_with(&XERIAL_MAGIC) {
            return self.block(packed, 0, output).map_err(|stop| match stop.reason {
                InflateReason::TooLarge { .. } => stop,
                _ => Stop::header("a snappy-java stream or one snappy block"),
            });
        }
        if packed.len() < XERIAL_HEADER_BYTES {
            return Err(Stop::header("a complete snappy-java header"));
        }
        let mut at = 0;
        while let Some(rest) = packed.get(at..).filter(|rest| !rest.is_empty()) {
            // Streams may be concatenated: a header can stand wherever a chunk can.
            if rest.starts_with(&XERIAL_MAGIC) {
                at += XERIAL_HEADER_BYTES;
                continue;
            }
            let Some((length, rest)) = rest.split_first_chunk::<4>() else {
                return Err(Stop::corrupt(at, LOOSE_END));
            };
            let length = usize::try_from(i32::from_be_bytes(*length))
                .map_err(|_| Stop::corrupt(at, NEGATIVE_CHUNK))?;
            let chunk = rest.get(..length).ok_or(Stop::truncated(packed.len()))?;
            self.block(chunk, at + 4, output)?;
            at += 4 + length;
        }
        if at > packed.len() { Err(Stop::truncated(packed.len())) } else { Ok(()) }
    }

    fn block(&mut self, block: &[u8], at: usize, output: &mut Output) -> Result<(), Stop> {
        let length = decompress_len(block).map_err(|_| Stop::corrupt(at, "no block length"))?;
        if length > block.len().saturating_mul(LARGEST_RATIO) {
            return Err(Stop::corrupt(at, "the block announces more than it can hold"));
        }
        let room = output.room(length, at)?;
        let room = room.get_mut(..length).unwrap_or_default();
        let written = self.decoder.decompress(block, room).map_err(|_| Stop::corrupt(at, "invalid block"))?;
        output.wrote(written);
        Ok(())
    }
}
