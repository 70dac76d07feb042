//! The two checksums of batches. Verified and reported, never required: a loader doesn't look at them either.

/// Where the checksum of a batch starts to count: attributes in magic 2, the magic byte before.
pub(crate) const fn covered_from(magic: i8) -> usize {
    if magic >= 2 { 21 } else { 16 }
}

/// The checksum of a complete batch: CRC-32C in magic 2, CRC-32 (zlib's) in magic 0 and 1.
pub(crate) fn of_batch(magic: i8, bytes: &[u8]) -> u32 {
    let covered = bytes.get(covered_from(magic)..).unwrap_or_default();
    if magic >= 2 { crc32c::crc32c(covered) } else { crc32fast::hash(covered) }
}
