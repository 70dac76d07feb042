//! Checksums of many overlapping stretches at the price of one pass.
//!
//! After damage every position is a possible batch that claims a stretch of up to 2 GiB, and a hostile file can
//! make all those claims overlap. Summing each stretch would be quadratic. Instead the running checksum is kept
//! at every block's start, and a stretch's own checksum follows from the running ones at its two ends:
//! `crc(a..b) = crc(..b) ^ (crc(..a) * x^(8 * (b - a)))` over GF(2). So a claim costs at most two blocks.

use lastwrites_types::ByteRange;

use crate::source::ReadError;
use crate::window::Window;

const BLOCK_BYTES: u64 = 4096;

/// A polynomial in reflected bit order and how its running checksum is continued.
#[derive(Clone, Copy)]
pub(crate) struct Polynomial {
    reflected: u32,
    append: fn(u32, &[u8]) -> u32,
}

/// Magic 2.
pub(crate) const CRC_32C: Polynomial = Polynomial { reflected: 0x82f6_3b78, append: crc32c::crc32c_append };
/// Magic 0 and 1.
pub(crate) const CRC_32: Polynomial = Polynomial {
    reflected: 0xedb8_8320,
    append: |crc, bytes| {
        let mut hasher = crc32fast::Hasher::new_with_initial(crc);
        hasher.update(bytes);
        hasher.finalize()
    },
};

/// Running checksums of a source from some position on, grown as far as asked.
///
/// Memory: 4 bytes per 4 KiB between the lowest position still of interest and the furthest claim.
pub(crate) struct PrefixCrc {
    polynomial: Polynomial,
    /// Position of the first block; a multiple of nothing in particular.
    base: u64,
    /// Running checksum at the start of each block.
    at_block: Vec<u32>,
}

impl PrefixCrc {
    pub(crate) fn new(polynomial: Polynomial) -> Self {
        Self { polynomial, base: 0, at_block: Vec::new() }
    }

    /// The checksum of `range`, which must lie in the source.
    ///
    /// Calls must come with `start` never far below an earlier one: going back is correct but starts over.
    pub(crate) fn of(&mut self, window: &mut Window<'_>, range: ByteRange) -> Result<u32, ReadError> {
        let covered_to = self.base + self.at_block.len() as u64 * BLOCK_BYTES;
        if self.at_block.is_empty() || range.start < self.base || range.start > covered_to {
            self.base = range.start;
            self.at_block.clear();
            self.at_block.push(0);
        }
        let before = self.up_to(window, range.start)?;
        let whole = self.up_to(window, range.end)?;
        Ok(whole ^ self.polynomial.shifted(before, range.len()))
    }

    /// Running checksum from the base to `position`.
    fn up_to(&mut self, window: &mut Window<'_>, position: u64) -> Result<u32, ReadError> {
        let block = usize::try_from((position - self.base) / BLOCK_BYTES).unwrap_or(usize::MAX);
        loop {
            let known = self.at_block.len() - 1;
            let index = block.min(known);
            let crc = self.at_block.get(index).copied().unwrap_or_default();
            let start = self.base + index as u64 * BLOCK_BYTES;
            let end = position.min(start + BLOCK_BYTES);
            let crc = (self.polynomial.append)(crc, window.bytes(ByteRange::new(start, end))?);
            if index == block {
                return Ok(crc);
            }
            self.at_block.push(crc);
        }
    }
}

impl Polynomial {
    /// `crc * x^(8 * bytes)`: what a checksum becomes when that many zero bytes follow, without the
    /// complements that a real one is dressed in.
    fn shifted(self, crc: u32, bytes: u64) -> u32 {
        // x^8 in reflected order, squared for every bit of the exponent.
        let mut power = 1u32 << 23;
        let mut exponent = bytes;
        let mut result = crc;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.product(power, result);
            }
            power = self.product(power, power);
            exponent >>= 1;
        }
        result
    }

    /// Product of two polynomials modulo this one.
    fn product(self, a: u32, mut b: u32) -> u32 {
        let mut product = 0;
        for bit in (0..32).rev() {
            if a >> bit & 1 == 1 {
                product ^= b;
            }
            b = if b & 1 == 1 { b >> 1 ^ self.reflected } else { b >> 1 };
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_direct_checksum() {
        let data: Vec<u8> = (0u32..50_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for (polynomial, direct) in [(CRC_32C, crc32c::crc32c as fn(&[u8]) -> u32), (CRC_32, crc32fast::hash)]
        {
            let mut prefix = PrefixCrc::new(polynomial);
            let mut scratch = Vec::new();
            let mut window = Window::new(&data, &mut scratch);
            for (start, end) in [
                (100, 100),
                (100, 101),
                (100, 4196),
                (100, 50_000),
                (4096, 8192),
                (4097, 8191),
                (20_000, 40_001),
                (49_999, 50_000),
                (3, 9),
            ] {
                let range = ByteRange::new(start as u64, end as u64);
                let expected = direct(data.get(start..end).unwrap());
                assert_eq!(prefix.of(&mut window, range).unwrap(), expected, "{range:?}");
            }
        }
    }
}
