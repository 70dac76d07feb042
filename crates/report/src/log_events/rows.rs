//! Rows of the tables of all records and all batches, owned so that they can cross threads.

use lastwrites_coordinator::load::key_group;
use lastwrites_coordinator::pass::{BatchContext, BatchEnd};
use lastwrites_evidence::PartitionCopy;
use lastwrites_records::{DecodedKey, decode};
use lastwrites_segment::{BatchHeader, Record};

use crate::dump::json;
use crate::rows::{BatchRow, RecordRow};

/// A unit's rows, each kind in log order.
#[derive(Default)]
pub(crate) struct UnitRows {
    pub(crate) records: Vec<OwnedRecord>,
    pub(crate) batches: Vec<OwnedBatch>,
}

/// The copy whose rows are given out.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) copy: &'a PartitionCopy,
    /// Its path as a person reads it.
    pub(crate) name: &'a str,
}

impl<'a> Source<'a> {
    /// The name of one of its files.
    pub(crate) fn file(&self, index: u32) -> &'a [u8] {
        self.copy.files.get(index as usize).map_or(&[][..], |file| file.name.as_bytes())
    }
}

/// One record, as `dump --json` has it.
pub(crate) struct OwnedRecord {
    file: u32,
    position: u64,
    header: BatchHeader,
    crc_ok: bool,
    record_offset: i64,
    timestamp_ms: i64,
    record_type: Option<i32>,
    record_name: Option<&'static str>,
    group_id: Option<Box<[u8]>>,
    tombstone: bool,
    key: Option<String>,
    value: Option<String>,
    control: Option<String>,
    decoded: bool,
}

impl OwnedRecord {
    pub(crate) fn new(file: u32, context: BatchContext<'_>, record: &Record<'_>) -> Self {
        let header = context.batch.header;
        let bare = Self {
            file,
            position: context.batch.position,
            header,
            crc_ok: context.crc_ok,
            record_offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            record_type: None,
            record_name: None,
            group_id: None,
            tombstone: false,
            key: None,
            value: None,
            control: None,
            decoded: true,
        };
        if header.is_control() {
            let (control, decoded) = json::control(record);
            return Self { control: Some(json::compact(&control)), decoded, ..bare };
        }
        let message = decode(record.key.unwrap_or_default(), record.value, None);
        let (value, value_ok) = json::value(&message.value);
        let key = record.key.map(|_| json::key(&message.key));
        let record_type = record.key.and_then(|key| key.first_chunk::<2>());
        Self {
            record_type: record_type.map(|bytes| i32::from(i16::from_be_bytes(*bytes))),
            record_name: match &message.key {
                DecodedKey::Known(key) => Some(key.name()),
                _ => None,
            },
            group_id: record.key.and_then(key_group).map(|(_, group)| group.into()),
            tombstone: record.value.is_none(),
            value: record.value.map(|_| json::compact(&value)),
            decoded: value_ok && key.as_ref().is_some_and(|(_, ok)| *ok),
            key: key.map(|(key, _)| json::compact(&key)),
            ..bare
        }
    }

    pub(crate) const fn decoded(&self) -> bool {
        self.decoded
    }

    pub(crate) fn row<'a>(&'a self, source: Source<'a>) -> RecordRow<'a> {
        RecordRow {
            copy: source.name,
            partition: source.copy.partition,
            file: source.file(self.file),
            position: self.position,
            batch_base_offset: self.header.base_offset,
            record_offset: self.record_offset,
            timestamp_ms: self.timestamp_ms,
            producer_id: producer_id(&self.header),
            producer_epoch: producer_epoch(&self.header),
            transactional: self.header.is_transactional(),
            crc_ok: self.crc_ok,
            record_type: self.record_type,
            record_name: self.record_name,
            group_id: self.group_id.as_deref(),
            tombstone: self.tombstone,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            control: self.control.as_deref(),
            decoded: self.decoded,
        }
    }
}

/// One batch and what came of reading it.
pub(crate) struct OwnedBatch {
    file: u32,
    position: u64,
    header: BatchHeader,
    crc_ok: bool,
    records: u64,
    error: Option<String>,
}

impl OwnedBatch {
    pub(crate) fn new(file: u32, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) -> Self {
        let BatchContext { batch, crc_ok, .. } = context;
        let error = match end {
            BatchEnd::Whole => None,
            BatchEnd::Unreadable(error) => Some(error.to_string()),
            BatchEnd::Stopped(error) => Some(error.to_string()),
        };
        Self { file, position: batch.position, header: batch.header, crc_ok, records, error }
    }

    pub(crate) fn row<'a>(&'a self, source: Source<'a>) -> BatchRow<'a> {
        let header = &self.header;
        BatchRow {
            copy: source.name,
            partition: source.copy.partition,
            file: source.file(self.file),
            position: self.position,
            size_bytes: u64::from(header.size_bytes),
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            records: self.records,
            record_count: Some(header.record_count).filter(|count| header.magic >= 2 || *count >= 0),
            partition_leader_epoch: Some(header.partition_leader_epoch).filter(|_| header.magic >= 2),
            magic: i32::from(header.magic),
            compression: header.codec().as_str(),
            crc: header.crc,
            crc_ok: self.crc_ok,
            max_timestamp_ms: header.max_timestamp,
            delete_horizon_ms: header.delete_horizon_ms(),
            producer_id: producer_id(header),
            producer_epoch: producer_epoch(header),
            base_sequence: Some(header.base_sequence).filter(|sequence| *sequence != -1),
            transactional: header.is_transactional(),
            control: header.is_control(),
            error: self.error.as_deref(),
        }
    }
}

fn producer_id(header: &BatchHeader) -> Option<i64> {
    Some(header.producer_id).filter(|id| *id != -1)
}

fn producer_epoch(header: &BatchHeader) -> Option<i32> {
    Some(i32::from(header.producer_epoch)).filter(|epoch| *epoch != -1)
}
