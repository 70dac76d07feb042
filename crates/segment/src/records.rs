//! Walking the records of a batch (`DefaultRecordBatch.RecordIterator`, `DefaultRecord.readFrom`).

use crate::batch::RawBatch;
use crate::cursor::{Cursor, Fault};
use crate::error::{Field, RecordError, RecordErrorKind, RecordPlace};
use crate::header::{RECORD_BATCH_OVERHEAD, TimestampType, increment_sequence};
use crate::inflate::{InflateError, Irregularity};
use crate::legacy::LegacyRecords;
use crate::record::{Headers, Record, structure};

/// The packed records of a batch, inflated if they were compressed.
pub(crate) struct Packed<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) compressed: bool,
    /// Why inflating stopped before the end; `bytes` holds what came out until then.
    pub(crate) broken: Option<InflateError>,
    pub(crate) irregularity: Option<Irregularity>,
}

impl<'b> Packed<'b> {
    pub(crate) fn plain(bytes: &'b [u8]) -> Self {
        Self { bytes, compressed: false, broken: None, irregularity: None }
    }
}

/// The records of one batch, in stored order.
pub struct Records<'b> {
    kind: Kind<'b>,
    finished: bool,
}

enum Kind<'b> {
    V2(RecordsV2<'b>),
    Legacy(LegacyRecords<'b>),
}

impl<'b> From<RecordsV2<'b>> for Records<'b> {
    fn from(records: RecordsV2<'b>) -> Self {
        Self { kind: Kind::V2(records), finished: false }
    }
}

impl<'b> From<LegacyRecords<'b>> for Records<'b> {
    fn from(records: LegacyRecords<'b>) -> Self {
        Self { kind: Kind::Legacy(records), finished: false }
    }
}

impl<'b> Records<'b> {
    /// The next record, or `None` after the last one.
    ///
    /// The end is checked too: bytes left over after the last record are an error in place of the `None`.
    ///
    /// # Errors
    /// The record can't be read. Nothing follows an error: the next call gives `None`.
    #[expect(clippy::should_implement_trait, reason = "fallible iteration has its own contract")]
    pub fn next(&mut self) -> Result<Option<Record<'b>>, RecordError> {
        if self.finished {
            return Ok(None);
        }
        let next = match &mut self.kind {
            Kind::V2(records) => records.next(),
            Kind::Legacy(records) => records.next(),
        };
        self.finished = !matches!(next, Ok(Some(_)));
        next
    }

    /// The next record, if it is as a coordinator writes them: magic 2, whole, without headers. Otherwise `None`,
    /// and [`Records::next`] tells what comes.
    ///
    /// A loop over this alone stays in registers: an answer that may also be an error goes through memory, and
    /// waiting for it costs more than reading the record.
    #[inline(always)]
    pub fn plain(&mut self) -> Option<Record<'b>> {
        match &mut self.kind {
            Kind::V2(records) => records.plain(),
            Kind::Legacy(_) => None,
        }
    }

    /// What is odd about the compressed data though it could be read.
    #[must_use]
    pub fn irregularity(&self) -> Option<Irregularity> {
        match &self.kind {
            Kind::V2(records) => records.packed.irregularity,
            Kind::Legacy(records) => records.irregularity(),
        }
    }
}

/// Records of a magic 2 batch.
pub(crate) struct RecordsV2<'b> {
    packed: Packed<'b>,
    cursor: Cursor<'b>,
    position: u64,
    base_offset: i64,
    base_timestamp: i64,
    log_append_time: Option<i64>,
    base_sequence: i32,
    count: u32,
    /// Records handed out.
    read: u32,
}

impl<'b> RecordsV2<'b> {
    pub(crate) fn new(batch: &RawBatch<'_>, count: u32, packed: Packed<'b>) -> Self {
        let header = &batch.header;
        let appended = header.timestamp_type() == TimestampType::LogAppendTime;
        Self {
            cursor: Cursor::new(packed.bytes),
            packed,
            position: batch.position,
            base_offset: header.base_offset,
            base_timestamp: header.base_timestamp,
            log_append_time: appended.then_some(header.max_timestamp),
            base_sequence: header.base_sequence,
            count,
            read: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Record<'b>>, RecordError> {
        if self.read == self.count {
            return self.end();
        }
        let start = self.cursor.remaining();
        match self.record() {
            Ok(record) => {
                self.read += 1;
                Ok(Some(record))
            }
            Err(kind) => Err(self.error(start, self.because_broken(kind))),
        }
    }

    #[inline(always)]
    fn plain(&mut self) -> Option<Record<'b>> {
        if self.read == self.count {
            return None;
        }
        let mut cursor = self.cursor;
        let length = usize::try_from(cursor.varint().ok()?).ok()?;
        let mut body = Cursor::new(cursor.bytes(length).ok()?);
        let attributes = body.i8().ok()?;
        let timestamp_delta = body.varlong().ok()?;
        let offset_delta = body.varint().ok()?;
        let key_size = body.varint().ok()?;
        let key = body.nullable(key_size).ok()?;
        let value_size = body.varint().ok()?;
        let value = body.nullable(value_size).ok()?;
        // The number of headers is what is left.
        if body.rest() != [0] {
            return None;
        }
        let size_bytes = (self.cursor.remaining() - cursor.remaining()) as u32;
        self.cursor = cursor;
        self.read += 1;
        Some(Record {
            offset: self.offset(offset_delta),
            timestamp_ms: self.timestamp(timestamp_delta),
            sequence: self.sequence(offset_delta),
            key,
            value,
            headers: Headers::default(),
            attributes,
            size_bytes,
        })
    }

    fn end(&mut self) -> Result<Option<Record<'b>>, RecordError> {
        match (self.cursor.remaining(), self.packed.broken) {
            (0, None) => Ok(None),
            (bytes, broken) => Err(self.bad_end(bytes, broken)),
        }
    }

    #[cold]
    fn bad_end(&self, remaining: usize, broken: Option<InflateError>) -> RecordError {
        let kind = match broken {
            Some(broken) if remaining == 0 => RecordErrorKind::InflateTail(broken),
            _ => RecordErrorKind::Leftover { bytes: remaining as u64 },
        };
        self.error(remaining, kind)
    }

    fn record(&mut self) -> Result<Record<'b>, RecordErrorKind> {
        let start = self.cursor.remaining();
        let length = match self.cursor.varint() {
            Ok(length) => length,
            Err(Fault::Eof { have, .. }) => return Err(RecordErrorKind::Missing { have }),
            Err(Fault::TooLong(fault)) => return Err(RecordErrorKind::Length(fault)),
        };
        let prefix = start - self.cursor.remaining();
        let have = self.cursor.remaining();
        if i64::from(length) > have as i64 {
            return Err(RecordErrorKind::LengthPastEnd { length, have: have as u64 });
        }
        // As Kafka does: a compressed record is copied out and can't be read beyond its length, an uncompressed
        // one is read from the batch, and only then the length is compared.
        let mut body = self.cursor;
        if self.packed.compressed {
            let Ok(length) = usize::try_from(length) else {
                return Err(RecordErrorKind::NegativeLength { length });
            };
            body = Cursor::new(body.bytes(length).unwrap_or_default());
        }
        let limit = body.remaining();
        let record = self.body(&mut body, prefix)?;
        let read = limit - body.remaining();
        if i64::from(length) != read as i64 {
            return Err(RecordErrorKind::LengthMismatch { length, read: read as u64 });
        }
        // `read` bytes are there, so this can't fail.
        let _ = self.cursor.bytes(read);
        Ok(Record { size_bytes: (prefix + read) as u32, ..record })
    }

    fn body(&self, body: &mut Cursor<'b>, prefix: usize) -> Result<Record<'b>, RecordErrorKind> {
        let attributes = body.i8().map_err(|fault| structure(Field::Attributes, fault))?;
        let timestamp_delta = body.varlong().map_err(|fault| structure(Field::Timestamp, fault))?;
        let offset_delta = body.varint().map_err(|fault| structure(Field::OffsetDelta, fault))?;
        let key_size = body.varint().map_err(|fault| structure(Field::KeySize, fault))?;
        let key = body.nullable(key_size).map_err(|fault| structure(Field::Key, fault))?;
        let value_size = body.varint().map_err(|fault| structure(Field::ValueSize, fault))?;
        let value = body.nullable(value_size).map_err(|fault| structure(Field::Value, fault))?;
        let headers = Headers::read(body)?;
        Ok(Record {
            offset: self.offset(offset_delta),
            timestamp_ms: self.timestamp(timestamp_delta),
            sequence: self.sequence(offset_delta),
            key,
            value,
            headers,
            attributes,
            size_bytes: prefix as u32,
        })
    }

    #[inline(always)]
    const fn offset(&self, delta: i32) -> i64 {
        self.base_offset.wrapping_add(delta as i64)
    }

    #[inline(always)]
    fn timestamp(&self, delta: i64) -> i64 {
        self.log_append_time.unwrap_or(self.base_timestamp.wrapping_add(delta))
    }

    #[inline(always)]
    const fn sequence(&self, offset_delta: i32) -> i32 {
        if self.base_sequence >= 0 { increment_sequence(self.base_sequence, offset_delta) } else { -1 }
    }

    /// Where compressed data breaks off, a record cut short is its consequence, and what Kafka sees first
    /// depends on whether its decoder hands out what came before.
    #[cold]
    fn because_broken(&self, kind: RecordErrorKind) -> RecordErrorKind {
        let cut = matches!(kind, RecordErrorKind::Missing { .. } | RecordErrorKind::LengthPastEnd { .. });
        match self.packed.broken {
            Some(broken) if (cut || !broken.comes_late()) && !broken.kafka_ignores() => {
                RecordErrorKind::Inflate(broken)
            }
            _ => kind,
        }
    }

    /// An error of the record that started with `remaining` bytes to go.
    #[cold]
    fn error(&self, remaining: usize, kind: RecordErrorKind) -> RecordError {
        let at = (self.packed.bytes.len() - remaining) as u64;
        let place = if self.packed.compressed {
            RecordPlace::Inflated(at)
        } else {
            RecordPlace::File(self.position + u64::from(RECORD_BATCH_OVERHEAD) + at)
        };
        RecordError { batch_position: self.position, magic: 2, index: self.read, place, kind }
    }
}
