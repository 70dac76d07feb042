//! Message sets, magic 0 and 1 (`LegacyRecord`, `AbstractLegacyRecordBatch`).
//!
//! Uncompressed, a [`Batch`] becomes one entry per record. Compressed, it becomes one wrapper entry whose value is a
//! compressed message set; its offset is that of the last inner message. Inner offsets are absolute in magic 0 and
//! relative to the first in magic 1 (KIP-31).

use std::io;

use crate::batch::{Batch, Magic};
use crate::codec::{Codec, Compressor};
use crate::wire::{Wire, count};

const LOG_APPEND_TIME: u8 = 1 << 3;

/// All entries of the batch.
pub(crate) fn encode(batch: &Batch, contexts: &mut Compressor) -> io::Result<Vec<u8>> {
    let mut set = Wire::new();
    let compressed = batch.codec != Codec::None;
    let flags = if batch.log_append_time_ms.is_some() { LOG_APPEND_TIME } else { 0 };
    for (offset, record) in batch.offsets() {
        let offset = match (compressed, batch.magic) {
            (true, Magic::V1) => i64::from(record.offset_delta),
            _ => offset,
        };
        let timestamp = batch.log_append_time_ms.filter(|_| !compressed).unwrap_or(record.timestamp_ms);
        // Inner messages keep the producer's create-time flag; only the wrapper is stamped by the broker.
        let flags = if compressed { 0 } else { flags };
        entry(
            &mut set,
            offset,
            batch.magic,
            flags,
            timestamp,
            record.key.as_deref(),
            record.value.as_deref(),
        );
    }
    let set = set.into_bytes();
    if !compressed {
        return Ok(set);
    }
    let payload = batch.codec.compress(&set, batch.magic.byte(), contexts)?;
    let mut out = Wire::new();
    let last = batch.records.last().map_or(batch.last_offset(), |record| batch.offset_of(record));
    let flags = flags | batch.codec.attribute_bits();
    entry(&mut out, last, batch.magic, flags, batch.max_timestamp_ms, None, Some(&payload));
    Ok(out.into_bytes())
}

fn entry(
    out: &mut Wire,
    offset: i64,
    magic: Magic,
    attributes: u8,
    timestamp_ms: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) {
    let mut covered = Wire::new();
    covered.raw(&[magic.byte(), attributes]);
    if magic == Magic::V1 {
        covered.i64(timestamp_ms);
    }
    covered.nullable_bytes(key).nullable_bytes(value);
    let covered = covered.into_bytes();
    out.i64(offset).i32(count(covered.len() + 4)).u32(crc32fast::hash(&covered)).raw(&covered);
}
