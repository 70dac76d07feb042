//! Message sets of magic 0 and 1 (`AbstractLegacyRecordBatch`, `LegacyRecord`).
//!
//! A compressed wrapper holds a message set one level deep. Magic 0 stores absolute offsets inside; magic 1
//! stores relative ones, counted so that the last inner message has the wrapper's offset.

use crate::batch::RawBatch;
use crate::cursor::{Cursor, Fault};
use crate::error::{BatchError, BatchErrorKind, Field, RecordError, RecordErrorKind, RecordPlace};
use crate::header::{Codec, LOG_OVERHEAD, RECORD_OVERHEAD_V0, TimestampType};
use crate::inflate::{Inflater, Irregularity};
use crate::record::{Headers, Record};
use crate::records::{Packed, Records};

/// Records of a magic 0 or 1 entry: itself, or what its wrapper holds.
pub(crate) struct LegacyRecords<'b> {
    packed: Packed<'b>,
    cursor: Cursor<'b>,
    position: u64,
    magic: i8,
    /// Added to inner offsets; 0 where they are absolute.
    base_offset: i64,
    /// The wrapper's timestamp, where it goes for the inner magic 1 messages.
    log_append_time: Option<i64>,
    read: u32,
    /// Bytes behind values, which Kafka ignores; reported at the end.
    leftover: u64,
}

/// The fields of one message after its 12 bytes of offset and size.
struct Message<'b> {
    magic: i8,
    attributes: i8,
    timestamp: i64,
    key: Option<&'b [u8]>,
    value: Option<&'b [u8]>,
    /// Bytes behind the value.
    leftover: u64,
}

impl<'b> LegacyRecords<'b> {
    pub(crate) fn of(batch: &'b RawBatch<'_>, inflater: &'b mut Inflater) -> Result<Records<'b>, BatchError> {
        let magic = batch.header.magic;
        let codec = batch.header.codec();
        if codec == Codec::None {
            return Ok(Self::new(batch, Packed::plain(batch.bytes), 0, None).into());
        }
        match codec {
            Codec::Zstd => return Err(batch.error(BatchErrorKind::ZstdWrapper { magic })),
            Codec::Unknown(id) => return Err(batch.error(BatchErrorKind::UnknownCodec { id })),
            _ => {}
        }
        let wrapper = message(batch.bytes.get(LOG_OVERHEAD as usize..).unwrap_or_default());
        let wrapper = wrapper.map_err(|kind| batch.error(wrapper_error(kind)))?;
        let Some(value) = wrapper.value else {
            return Err(batch.error(BatchErrorKind::NullWrapper { magic }));
        };
        let packed = batch.inflate(codec, value, inflater)?;
        let base_offset = base_offset(batch, &packed)?;
        let appended = batch.header.timestamp_type() == TimestampType::LogAppendTime;
        let log_append_time = appended.then_some(wrapper.timestamp);
        Ok(Self::new(batch, packed, base_offset, log_append_time).into())
    }

    fn new(batch: &RawBatch<'_>, packed: Packed<'b>, base_offset: i64, log_append_time: Option<i64>) -> Self {
        let (position, magic) = (batch.position, batch.header.magic);
        let cursor = Cursor::new(packed.bytes);
        Self { packed, cursor, position, magic, base_offset, log_append_time, read: 0, leftover: 0 }
    }

    pub(crate) fn irregularity(&self) -> Option<Irregularity> {
        self.packed.irregularity
    }

    pub(crate) fn next(&mut self) -> Result<Option<Record<'b>>, RecordError> {
        let at = (self.packed.bytes.len() - self.cursor.remaining()) as u64;
        let (offset, body) = match entry(&mut self.cursor) {
            Entry::Message { offset, body } => (offset, body),
            Entry::End { leftover: 0 } => return self.end(at),
            // What the end cuts off, Kafka drops silently.
            Entry::End { leftover: bytes } => {
                let kind =
                    self.packed.broken.map_or(RecordErrorKind::Leftover { bytes }, RecordErrorKind::Inflate);
                return Err(self.error(at, kind));
            }
            Entry::TooSmall { size } => {
                return Err(
                    self.error(at, RecordErrorKind::PastEnd { field: Field::Key, need: 14, have: size })
                );
            }
        };
        match message(body).and_then(|message| self.record(offset, &message, body.len())) {
            Ok(record) => {
                self.read += 1;
                Ok(Some(record))
            }
            // Kafka inflates all messages before it looks into one, so the break is what it sees.
            Err(kind) => Err(self.error(at, self.packed.broken.map_or(kind, RecordErrorKind::Inflate))),
        }
    }

    fn record(
        &mut self,
        offset: i64,
        message: &Message<'b>,
        length: usize,
    ) -> Result<Record<'b>, RecordErrorKind> {
        if self.packed.compressed && message.attributes & 0x07 != 0 {
            return Err(RecordErrorKind::InnerCompressed);
        }
        self.leftover += message.leftover;
        let appended = self.log_append_time.filter(|_| message.magic == 1);
        Ok(Record {
            offset: self.base_offset.wrapping_add(offset),
            timestamp_ms: appended.unwrap_or(message.timestamp),
            sequence: -1,
            key: message.key,
            value: message.value,
            headers: Headers::default(),
            attributes: message.attributes,
            size_bytes: u32::try_from(length).unwrap_or(u32::MAX).saturating_add(LOG_OVERHEAD),
        })
    }

    fn end(&self, at: u64) -> Result<Option<Record<'b>>, RecordError> {
        match (self.packed.broken, self.leftover) {
            (None, 0) => Ok(None),
            (None, bytes) => Err(self.error(at, RecordErrorKind::Leftover { bytes })),
            (Some(broken), _) => Err(self.error(at, RecordErrorKind::InflateTail(broken))),
        }
    }

    fn error(&self, at: u64, kind: RecordErrorKind) -> RecordError {
        let place = if self.packed.compressed {
            RecordPlace::Inflated(at)
        } else {
            RecordPlace::File(self.position + at)
        };
        RecordError { batch_position: self.position, magic: self.magic, index: self.read, place, kind }
    }
}

/// One step through a message set.
enum Entry<'b> {
    Message { offset: i64, body: &'b [u8] },
    End { leftover: u64 },
    TooSmall { size: u64 },
}

fn entry<'b>(cursor: &mut Cursor<'b>) -> Entry<'b> {
    let end = Entry::End { leftover: cursor.remaining() as u64 };
    let (Ok(offset), Ok(size)) = (cursor.i64(), cursor.i32()) else { return end };
    let Some(size) = usize::try_from(size).ok().filter(|size| *size >= RECORD_OVERHEAD_V0 as usize) else {
        return Entry::TooSmall { size: u64::try_from(size).unwrap_or(0) };
    };
    cursor.bytes(size).map_or(end, |body| Entry::Message { offset, body })
}

/// What the inner offsets of a wrapper are relative to; checks what Kafka checks before the first record.
fn base_offset(batch: &RawBatch<'_>, packed: &Packed<'_>) -> Result<i64, BatchError> {
    let mut cursor = Cursor::new(packed.bytes);
    let mut last = None;
    loop {
        match entry(&mut cursor) {
            Entry::Message { offset, .. } => last = Some(offset),
            Entry::End { .. } => break,
            Entry::TooSmall { size } => {
                if let Some(broken) = packed.broken.filter(|broken| !broken.comes_late()) {
                    return Err(batch.error(BatchErrorKind::Inflate(broken)));
                }
                return Err(batch.error(BatchErrorKind::InnerTooSmall { size: size as i32 }));
            }
        }
    }
    let wrapper = batch.header.base_offset;
    match (last, packed.broken) {
        (None, None) => Err(batch.error(BatchErrorKind::EmptyWrapper)),
        (None, Some(broken)) => Err(batch.error(BatchErrorKind::Inflate(broken))),
        (Some(_), _) if batch.header.magic == 0 => Ok(0),
        // Some versions of librdkafka wrote wrappers of offset 0.
        (Some(_), _) if wrapper == 0 => Ok(0),
        // The last inner message is missing, and with it the one whose offset is known.
        (Some(_), Some(broken)) => Err(batch.error(BatchErrorKind::Inflate(broken))),
        (Some(last_inner), None) if wrapper < last_inner => {
            Err(batch.error(BatchErrorKind::WrapperOffset { wrapper, last_inner }))
        }
        (Some(last_inner), None) => Ok(wrapper.wrapping_sub(last_inner)),
    }
}

fn message(body: &[u8]) -> Result<Message<'_>, RecordErrorKind> {
    let mut cursor = Cursor::new(body);
    let crc_and_magic = cursor.u32().and_then(|_| cursor.i8());
    let magic = crc_and_magic.map_err(|fault| outside(Field::Magic, fault))?;
    if !(0..=1).contains(&magic) {
        return Err(RecordErrorKind::InnerMagic { magic });
    }
    let attributes = cursor.i8().map_err(|fault| outside(Field::Attributes, fault))?;
    let timestamp =
        if magic == 0 { -1 } else { cursor.i64().map_err(|fault| outside(Field::Timestamp, fault))? };
    let key_size = cursor.i32().map_err(|fault| outside(Field::KeySize, fault))?;
    let key = cursor.nullable(key_size).map_err(|fault| outside(Field::Key, fault))?;
    let value_size = cursor.i32().map_err(|fault| outside(Field::ValueSize, fault))?;
    let value = cursor.nullable(value_size).map_err(|fault| outside(Field::Value, fault))?;
    Ok(Message { magic, attributes, timestamp, key, value, leftover: cursor.remaining() as u64 })
}

fn outside(field: Field, fault: Fault) -> RecordErrorKind {
    match fault {
        Fault::Eof { need, have } => RecordErrorKind::PastEnd { field, need, have },
        Fault::TooLong(fault) => RecordErrorKind::Varint { field, fault },
    }
}

fn wrapper_error(kind: RecordErrorKind) -> BatchErrorKind {
    match kind {
        RecordErrorKind::PastEnd { field, need, have } => BatchErrorKind::WrapperField { field, need, have },
        // The framer let only magic 0 and 1 through, so nothing else can come up.
        _ => BatchErrorKind::EmptyWrapper,
    }
}
