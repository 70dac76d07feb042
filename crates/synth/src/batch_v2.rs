//! Record batches, magic 2 (KIP-98, KIP-534; `DefaultRecordBatch`, `DefaultRecord`).
//!
//! From a [`Batch`] to bytes. The checksum covers everything from the attributes on.

use std::io;

use crate::batch::{Batch, Record};
use crate::codec::{Codec, Compressor};
use crate::wire::{Wire, count};

/// Where a header field lies, in bytes from the start of the batch. The damage module aims with these.
pub(crate) mod position {
    /// int32, bytes after this field.
    pub(crate) const LENGTH: usize = 8;
    /// int8.
    pub(crate) const MAGIC: usize = 16;
    /// uint32, CRC-32C.
    pub(crate) const CRC: usize = 17;
    /// int16; the checksum starts here.
    pub(crate) const ATTRIBUTES: usize = 21;
    /// int32.
    pub(crate) const RECORD_COUNT: usize = 57;
    /// First byte of the records.
    pub(crate) const RECORDS: usize = 61;
}

const LOG_APPEND_TIME: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;
const DELETE_HORIZON: i16 = 1 << 6;

/// The whole batch.
pub(crate) fn encode(batch: &Batch, contexts: &mut Compressor) -> io::Result<Vec<u8>> {
    // The base timestamp is the delete horizon where that bit is set; deltas follow it either way.
    let first = batch.records.first().map_or(-1, |record| record.timestamp_ms);
    let base_timestamp = batch.delete_horizon_ms.unwrap_or(first);

    let mut plain = Wire::with_capacity(160 * batch.records.len());
    let mut scratch = Wire::with_capacity(256);
    for one in &batch.records {
        record(&mut plain, &mut scratch, one, base_timestamp);
    }
    let plain = plain.into_bytes();
    // A batch without records is a bare header whatever its codec bits say.
    let payload = match batch.codec {
        Codec::None => plain,
        _ if batch.records.is_empty() => plain,
        codec => codec.compress(&plain, 2, contexts)?,
    };

    let mut covered = Wire::with_capacity(position::RECORDS - position::ATTRIBUTES + payload.len());
    covered
        .i16(attributes(batch))
        .i32(batch.last_offset_delta)
        .i64(base_timestamp)
        .i64(batch.max_timestamp_ms)
        .i64(batch.producer_id)
        .i16(batch.producer_epoch)
        .i32(batch.base_sequence)
        .i32(count(batch.records.len()))
        .raw(&payload);
    let covered = covered.into_bytes();

    let mut out = Wire::with_capacity(position::ATTRIBUTES + covered.len());
    out.i64(batch.base_offset)
        .i32(count(covered.len() + position::ATTRIBUTES - position::LENGTH - 4))
        .i32(batch.leader_epoch)
        .i8(2)
        .u32(crc32c::crc32c(&covered))
        .raw(&covered);
    Ok(out.into_bytes())
}

fn attributes(batch: &Batch) -> i16 {
    let flag = |set: bool, bit: i16| if set { bit } else { 0 };
    i16::from(batch.codec.attribute_bits())
        | flag(batch.log_append_time_ms.is_some(), LOG_APPEND_TIME)
        | flag(batch.transactional, TRANSACTIONAL)
        | flag(batch.control, CONTROL)
        | flag(batch.delete_horizon_ms.is_some(), DELETE_HORIZON)
}

fn record(out: &mut Wire, body: &mut Wire, record: &Record, base_timestamp: i64) {
    body.clear();
    body.i8(0).varlong(record.timestamp_ms - base_timestamp).varlong(i64::from(record.offset_delta));
    nullable(body, record.key.as_deref());
    nullable(body, record.value.as_deref());
    body.varlong(i64::from(count(record.headers.len())));
    for (name, value) in &record.headers {
        nullable(body, Some(name.as_bytes()));
        nullable(body, value.as_deref());
    }
    out.varlong(i64::from(count(body.len()))).raw(body.as_bytes());
}

fn nullable(out: &mut Wire, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => out.varlong(i64::from(count(bytes.len()))).raw(bytes),
        None => out.varlong(-1),
    };
}
