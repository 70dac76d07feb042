//! A tiny zstd frame that inflates to a huge one (RFC 8878): a raw block, then run-length blocks of zeros.

/// Largest block of a frame.
const BLOCK_BYTES: usize = 128 * 1024;

/// A frame that inflates to `start` followed by `zeros` zero bytes (rounded up to whole 128 KiB blocks).
pub(super) fn zstd(start: &[u8], zeros: usize) -> Vec<u8> {
    // Magic; descriptor without content size, checksum, dictionary; window of 8 MiB (exponent 13).
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3];
    block(&mut frame, 0, start.len(), start, false);
    let runs = zeros.div_ceil(BLOCK_BYTES);
    for run in 1..=runs {
        block(&mut frame, 1, BLOCK_BYTES, &[0], run == runs);
    }
    frame
}

/// Block header: last (1 bit), kind (2 bits), size (21 bits), little-endian.
fn block(frame: &mut Vec<u8>, kind: u32, size: usize, content: &[u8], last: bool) {
    let header = u32::from(last) | (kind << 1) | ((size as u32) << 3);
    frame.extend([header as u8, (header >> 8) as u8, (header >> 16) as u8]);
    frame.extend_from_slice(content);
}
