//! A batch of format version 2, made up from what a text says of it.

use super::record::TextRecord;

/// Bytes of a batch before its records.
const OVERHEAD: usize = 61;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;
const DELETE_HORIZON: i16 = 0x40;
const LOG_APPEND_TIME: i16 = 0x08;
/// The codec of batches without records: nothing is inflated there, so anything may fill them.
const GZIP: i16 = 0x01;

/// What a text says of a batch, or what stands for what it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextBatch {
    pub(super) base_offset: i64,
    pub(super) last_offset: i64,
    /// Records it has, by its own line.
    pub(super) count: Option<i32>,
    pub(super) base_sequence: i32,
    pub(super) producer_id: i64,
    pub(super) producer_epoch: i16,
    pub(super) leader_epoch: i32,
    pub(super) transactional: bool,
    pub(super) control: bool,
    pub(super) delete_horizon_ms: Option<i64>,
    pub(super) log_append_time: bool,
    pub(super) max_timestamp: i64,
    /// False where the tool found another checksum than the stored one (`isvalid: false`).
    pub(super) checksum_holds: bool,
}

impl TextBatch {
    /// One of which nothing is known.
    pub(super) const fn unknown(offset: i64, timestamp_ms: i64) -> Self {
        Self {
            base_offset: offset,
            last_offset: offset,
            count: None,
            base_sequence: -1,
            producer_id: -1,
            producer_epoch: -1,
            leader_epoch: -1,
            transactional: false,
            control: false,
            delete_horizon_ms: None,
            log_append_time: false,
            max_timestamp: timestamp_ms,
            checksum_holds: true,
        }
    }

    /// Bytes that the batch needs at least for these records; 0 where their numbers are no batch's.
    pub(super) fn least_size(&self, records: &[TextRecord]) -> usize {
        let Some(first) = records.first() else { return OVERHEAD };
        let base_timestamp = self.delete_horizon_ms.unwrap_or(first.timestamp_ms);
        let of_record = |record: &TextRecord| {
            let offset_delta = record.offset.saturating_sub(first.offset.min(self.base_offset));
            let delta = i32::try_from(offset_delta).unwrap_or(i32::MAX);
            let bare = record.body(record.timestamp_ms.saturating_sub(base_timestamp), delta).len() + 1;
            varint_length(bare) + bare
        };
        OVERHEAD + records.iter().map(of_record).sum::<usize>()
    }

    /// The batch with these records, exactly `size` bytes long; `None` when it doesn't fit.
    pub(super) fn encode(&self, records: &[TextRecord], size: usize) -> Option<Vec<u8>> {
        let first = records.first().map_or(self.base_offset, |record| record.offset.min(self.base_offset));
        let base_timestamp = match (self.delete_horizon_ms, records.first()) {
            (Some(horizon), _) => horizon,
            (None, Some(record)) => record.timestamp_ms,
            (None, None) => self.max_timestamp,
        };
        let mut packed = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let delta = i32::try_from(record.offset.checked_sub(first)?).ok()?;
            let body = record.body(record.timestamp_ms.checked_sub(base_timestamp)?, delta);
            let filler =
                if index + 1 == records.len() { size.checked_sub(OVERHEAD + packed.len())? } else { 0 };
            put_record(&mut packed, body, filler)?;
        }
        if records.is_empty() {
            packed.resize(size.checked_sub(OVERHEAD)?, 0);
        }
        let last_delta = i32::try_from(self.last_offset.checked_sub(first)?).ok()?;
        let mut attributes = if records.is_empty() { GZIP } else { 0 };
        for (flag, bit) in [
            (self.transactional, TRANSACTIONAL),
            (self.control, CONTROL),
            (self.delete_horizon_ms.is_some(), DELETE_HORIZON),
            (self.log_append_time, LOG_APPEND_TIME),
        ] {
            attributes |= if flag { bit } else { 0 };
        }
        let mut checked = Vec::with_capacity(size);
        checked.extend_from_slice(&attributes.to_be_bytes());
        checked.extend_from_slice(&last_delta.to_be_bytes());
        checked.extend_from_slice(&base_timestamp.to_be_bytes());
        checked.extend_from_slice(&self.max_timestamp.to_be_bytes());
        checked.extend_from_slice(&self.producer_id.to_be_bytes());
        checked.extend_from_slice(&self.producer_epoch.to_be_bytes());
        checked.extend_from_slice(&self.base_sequence.to_be_bytes());
        checked.extend_from_slice(&i32::try_from(records.len()).ok()?.to_be_bytes());
        checked.extend_from_slice(&packed);
        let mut out = Vec::with_capacity(size);
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&i32::try_from(size.checked_sub(12)?).ok()?.to_be_bytes());
        out.extend_from_slice(&self.leader_epoch.to_be_bytes());
        out.push(2);
        // What was wrong on the disk is wrong here, so that it is told of like any other.
        let checksum = crc32c::crc32c(&checked) ^ u32::from(!self.checksum_holds);
        out.extend_from_slice(&checksum.to_be_bytes());
        out.extend_from_slice(&checked);
        (out.len() == size).then_some(out)
    }
}

/// Appends a record whose body lacks its headers; with `filler`, one header makes it that many bytes long, its length
/// field included. `None` when there is no room.
fn put_record(out: &mut Vec<u8>, body: Vec<u8>, filler: usize) -> Option<()> {
    let bare = body.len() + 1;
    if filler == 0 || varint_length(bare) + bare == filler {
        put_varint(out, i64::try_from(bare).ok()?);
        out.extend_from_slice(&body);
        out.push(0);
        return Some(());
    }
    // Where a longer length field leaves a byte over, a name of one byte takes it.
    for name in 0..=1 {
        for value in filler.checked_sub(bare)?.saturating_sub(16)..=filler - bare {
            let length = bare + 1 + name + varint_length(value) + value;
            if varint_length(length) + length == filler {
                put_varint(out, i64::try_from(length).ok()?);
                out.extend_from_slice(&body);
                put_varint(out, 1);
                put_varint(out, i64::try_from(name).ok()?);
                out.resize(out.len() + name, b'-');
                put_varint(out, i64::try_from(value).ok()?);
                out.resize(out.len() + value, 0);
                return Some(());
            }
        }
    }
    None
}

/// Appends Kafka's zig-zag varint.
pub(super) fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Bytes of a length as varint.
const fn varint_length(length: usize) -> usize {
    let mut rest = (length as u64) << 1;
    let mut bytes = 1;
    while rest >= 0x80 {
        rest >>= 7;
        bytes += 1;
    }
    bytes
}
