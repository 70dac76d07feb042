//! gzip: one or more members (RFC 1952), as `java.util.zip.GZIPInputStream` reads them.
#![expect(clippy::little_endian_bytes, reason = "gzip trailers are little-endian")]

use flate2::{Decompress, FlushDecompress, Status};

use super::Stop;
use super::output::Output;

pub(super) const MAGIC_EXPECTED: &str = "the bytes 1f 8b";
pub(super) const DEFLATE_EXPECTED: &str = "compression method 8 (deflate)";
pub(super) const HEADER_EXPECTED: &str = "a complete member header";
pub(super) const BAD_DEFLATE: &str = "invalid deflate data";
/// Header without optional fields.
const HEADER_BYTES: usize = 10;
/// CRC-32 and length of what a member inflates to.
const TRAILER_BYTES: usize = 8;

/// A raw deflate decoder, reset for every member.
#[derive(Default)]
pub(super) struct Gzip {
    decoder: Option<Decompress>,
}

impl Gzip {
    pub(super) fn inflate(&mut self, packed: &[u8], output: &mut Output) -> Result<(), Stop> {
        let mut at = header(packed).map_err(Stop::header)?;
        loop {
            at = self.member(packed, at, output)?;
            // Java takes anything behind a member that isn't another member for the end.
            match packed.get(at..).map(header) {
                Some(Ok(next)) => at += next,
                _ => return Ok(()),
            }
        }
    }

    /// Inflates the member whose deflate data starts at `at`; gives where its trailer ends.
    fn member(&mut self, packed: &[u8], at: usize, output: &mut Output) -> Result<usize, Stop> {
        let decoder = self.decoder.get_or_insert_with(|| Decompress::new(false));
        decoder.reset(false);
        let start = output.bytes().len();
        let mut at = at;
        loop {
            let input = packed.get(at..).unwrap_or_default();
            let room = output.any_room(at)?;
            let (read_before, written_before) = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress(input, room, FlushDecompress::None);
            let read = usize::try_from(decoder.total_in() - read_before).unwrap_or(usize::MAX);
            let written = usize::try_from(decoder.total_out() - written_before).unwrap_or(0);
            output.wrote(written);
            at = at.saturating_add(read);
            match status {
                Ok(Status::StreamEnd) => break,
                Ok(_) if read == 0 && written == 0 => return Err(Stop::truncated(at)),
                Ok(_) => {}
                Err(_) => return Err(Stop::corrupt(at, BAD_DEFLATE)),
            }
        }
        let Some(trailer) = packed.get(at..).and_then(|rest| rest.first_chunk::<TRAILER_BYTES>()) else {
            return Err(Stop::truncated(packed.len()));
        };
        let member = output.bytes().get(start..).unwrap_or_default();
        let [a, b, c, d, length @ ..] = *trailer;
        if u32::from_le_bytes([a, b, c, d]) != crc32fast::hash(member) {
            return Err(Stop::corrupt(at, "the member's checksum is wrong"));
        }
        // The length is stored modulo 2^32.
        if u32::from_le_bytes(length) != member.len() as u32 {
            return Err(Stop::corrupt(at, "the member's length is wrong"));
        }
        Ok(at + TRAILER_BYTES)
    }
}

/// Length of the member header that `bytes` start with, or what was expected instead.
fn header(bytes: &[u8]) -> Result<usize, &'static str> {
    match *bytes {
        [0x1f, 0x8b, 8, flags, ..] => header_length(bytes, flags).ok_or(HEADER_EXPECTED),
        [] | [0x1f] | [0x1f, 0x8b] | [0x1f, 0x8b, 8] => Err(HEADER_EXPECTED),
        [0x1f, 0x8b, _, ..] => Err(DEFLATE_EXPECTED),
        _ => Err(MAGIC_EXPECTED),
    }
}

fn header_length(bytes: &[u8], flags: u8) -> Option<usize> {
    let mut at = HEADER_BYTES;
    if flags & 0x04 != 0 {
        let extra = bytes.get(at..)?.first_chunk::<2>()?;
        at += 2 + usize::from(u16::from_le_bytes(*extra));
    }
    for text in [0x08, 0x10] {
        if flags & text != 0 {
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 0x02 != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}
