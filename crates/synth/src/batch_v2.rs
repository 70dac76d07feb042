//! Record batches, magic 2 (KIP-98, KIP-534; `DefaultRecordBatch`, `DefaultRecord`).
//!
//! From a [`Batch`] to bytes. The checksum covers everything from the attributes on.

use std::io;

use crate::batch::{Batch, Record};
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
pub(crate) fn encode(batch: &Batch) -> io::Result<Vec<u8>> {
    // The base timestamp is the delete horizon where that bit is set; deltas follow it either way.
    let first = batch.records.first().map_or(-1, |record| record.timestamp_ms);
    let base_timestamp = batch.delete_horizon_ms.unwrap_or(first);

    let mut plain = Wire::new();
    for one in &batch.records {
        record(&mut plain, one, base_timestamp);
    }
    // A batch without records is a bare header whatever its codec bits say.
    let payload = match batch.records.is_empty() {
        true => Vec::new(),
        false => batch.codec.compress(&plain.into_bytes(), 2)?,
    };
    Ok(frame(batch, base_timestamp, count(batch.records.len()), &payload))
}

/// Header and checksum around a payload that is already in its final form.
pub(crate) fn frame(batch: &Batch, base_timestamp: i64, record_count: i32, payload: &[u8]) -> Vec<u8> {
    let mut covered = Wire::new();
    covered
        .i16(attributes(batch))
        .i32(batch.last_offset_delta)
        .i64(base_timestamp)
        .i64(batch.max_timestamp_ms)
        .i64(batch.producer_id)
        .i16(batch.producer_epoch)
        .i32(batch.base_sequence)
        .i32(record_count)
        .raw(payload);
    let covered = covered.into_bytes();

    let mut out = Wire::new();
    out.i64(batch.base_offset)
        .i32(count(covered.len() + position::ATTRIBUTES - position::LENGTH - 4))
        .i32(batch.leader_epoch)
        .i8(2)
        .u32(crc32c::crc32c(&covered))
        .raw(&covered);
    out.into_bytes()
}

fn attributes(batch: &Batch) -> i16 {
    let flag = |set: bool, bit: i16| if set { bit } else { 0 };
    i16::from(batch.codec.attribute_bits())
        | flag(batch.log_append_time_ms.is_some(), LOG_APPEND_TIME)
        | flag(batch.transactional, TRANSACTIONAL)
        | flag(batch.control, CONTROL)
        | flag(batch.delete_horizon_ms.is_some(), DELETE_HORIZON)
}

fn record(out: &mut Wire, record: &Record, base_timestamp: i64) {
    let mut body = Wire::new();
    body.i8(0).varlong(record.timestamp_ms - base_timestamp).varlong(i64::from(record.offset_delta));
    nullable(&mut body, record.key.as_deref());
    nullable(&mut body, record.value.as_deref());
    body.varlong(i64::from(count(record.headers.len())));
    for (name, value) in &record.headers {
        nullable(&mut body, Some(name.as_bytes()));
        nullable(&mut body, value.as_deref());
    }
    out.varlong(i64::from(count(body.len()))).raw(&body.into_bytes());
}

fn nullable(out: &mut Wire, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => out.varlong(i64::from(count(bytes.len()))).raw(bytes),
        None => out.varlong(-1),
    };
}
