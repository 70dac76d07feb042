//! One unit's records: which of them a load could trip over.

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use lastwrites_records::{OffsetCommitKey, OffsetCommitValue};
use lastwrites_segment::{
    ControlRecord, ControlType, Gap, Inflater, LoaderOutcome, RawBatch, ReadError, Record,
};
use lastwrites_types::ByteRange;

use super::event::{Event, OwnedRecord};
use super::transactions::Transactions;
use super::unbroken::Unbroken;
use crate::load::{RecordPlace, key_group};
use crate::pass::{BatchContext, BatchEnd, LogFile, Visit};
use crate::state::{Accounting, Counts, ReadFault};

/// What one unit leaves for the ordered stage.
#[derive(Default)]
pub(super) struct UnitEvents {
    pub(super) events: Vec<Event>,
    pub(super) transactions: Transactions,
    pub(super) unbroken: Unbroken,
    pub(super) account: Accounting,
    pub(super) counts: Counts,
}

/// Sees one unit.
pub(super) struct JudgeVisitor<'s> {
    file: &'s LogFile,
    unit: UnitEvents,
    /// Groups whose offset commit was told since their last group record.
    touched: HashSet<Box<[u8]>, FixedState>,
    /// The group touched last; empty when the next touch must be looked up.
    last_touched: Vec<u8>,
    /// Versions of offset commit values already told, a bit per (type, version).
    sampled: u16,
    /// Where the next batch should start; -1 before the unit's first batch.
    next_offset: i64,
    /// Offset after the last record of the batch being read.
    next_record: Option<i64>,
    /// The broker's reader doesn't get here.
    unseen: bool,
}

impl<'s> JudgeVisitor<'s> {
    pub(super) fn new(file: &'s LogFile) -> Self {
        Self {
            file,
            unit: UnitEvents::default(),
            touched: HashSet::with_hasher(FixedState::with_seed(0)),
            last_touched: Vec::new(),
            sampled: 0,
            next_offset: -1,
            next_record: None,
            unseen: false,
        }
    }

    pub(super) fn finish(self) -> UnitEvents {
        self.unit
    }

    fn see(&mut self, batch: &RawBatch<'_>, record: &Record<'_>, batch_first_offset: i64) {
        let header = &batch.header;
        let place = RecordPlace { offset: record.offset, batch_base_offset: header.base_offset };
        self.unit.unbroken.record(record.offset);
        if header.is_control() {
            self.unit.counts.markers += 1;
            match ControlRecord::parse(record.key, record.value).map(|control| control.kind) {
                Ok(ControlType::Commit | ControlType::Abort) => {
                    self.unit.transactions.end(header.producer_id);
                }
                Ok(ControlType::Other(_)) => {
                    let first = record.offset == batch_first_offset;
                    self.unit.counts.unknown_marker(record.offset, header.producer_id, first);
                }
                Err(_) => self.unit.events.push(Event::BadMarker {
                    place,
                    position: batch.position,
                    producer_id: header.producer_id,
                    key: record.key.map(Into::into),
                    first_in_batch: record.offset == batch_first_offset,
                }),
            }
            return;
        }
        if header.is_transactional() && header.producer_id >= 0 {
            self.unit.transactions.batch(header.producer_id, header.base_offset);
        }
        let record_type =
            record.key.and_then(|key| key.first_chunk::<2>()).map(|bytes| i16::from_be_bytes(*bytes));
        self.unit.counts.record_type(record_type);
        if let (Some(record_type @ (0 | 1)), Some(key)) = (record_type, record.key) {
            if header.producer_id != -1 && record.value.is_some() {
                self.unit.counts.transactional_commits += 1;
            }
            if self.is_plain_commit(record_type, key, record.value) {
                if record.value.is_some() {
                    self.touch(key, place);
                }
                return;
            }
        } else if let Some((_, group_id)) = record.key.and_then(key_group) {
            // The record may have removed the group, so its next commit is news again.
            self.touched.remove(group_id);
            self.last_touched.clear();
        }
        let record = OwnedRecord {
            place,
            batch_first_offset,
            producer_id: header.producer_id,
            producer_epoch: header.producer_epoch,
            transactional: header.is_transactional(),
            timestamp_ms: record.timestamp_ms,
            batch_end: header.next_offset(),
            position: batch.position,
            key: record.key.map(Into::into),
            value: record.value.map(Into::into),
        };
        let unbroken_from = self.unit.unbroken.from();
        self.unit.events.push(Event::Record { record, unbroken_from });
    }

    /// True for a commit that no release can trip over, given that one of its version was told.
    fn is_plain_commit(&mut self, record_type: i16, key: &[u8], value: Option<&[u8]>) -> bool {
        if OffsetCommitKey::parse(key).is_none() {
            return false;
        }
        match value.map(OffsetCommitValue::parse) {
            None => true,
            Some(None) => false,
            Some(Some(value)) => !self.first_sample(record_type, value.version),
        }
    }

    /// True once per unit for each (type, version): releases differ in which versions they read.
    fn first_sample(&mut self, record_type: i16, version: i16) -> bool {
        let Some(bit) = u16::try_from(version).ok().filter(|version| *version < 8) else { return true };
        let mask = 1u16 << (bit + if record_type == 0 { 8 } else { 0 });
        let new = self.sampled & mask == 0;
        self.sampled |= mask;
        new
    }

    fn touch(&mut self, key: &[u8], place: RecordPlace) {
        let Some((_, group_id)) = key_group(key) else { return };
        if !group_id.is_empty() && self.last_touched == group_id {
            return;
        }
        if !self.touched.contains(group_id) {
            self.touched.insert(group_id.into());
            self.unit.events.push(Event::OffsetTouch { place, group_id: group_id.into() });
        }
        self.last_touched.clear();
        self.last_touched.extend_from_slice(group_id);
    }

    /// Bytes that we take for damage and a broker's reader for a batch.
    fn read_as_batch(&mut self, range: ByteRange) {
        let mut scratch = Vec::new();
        let Ok(bytes) = self.file.source.window(range, &mut scratch) else { return };
        let Ok(batch) = RawBatch::from_bytes(range.start, bytes) else { return };
        let mut inflater = Inflater::default();
        let mut failing = batch.first_offset(&mut inflater).unwrap_or(batch.header.base_offset);
        let text = match batch.records(&mut inflater) {
            Err(error) => Some(error.kafka_error().message),
            Ok(mut records) => {
                let mut first = None;
                loop {
                    match records.next() {
                        Ok(Some(record)) => {
                            let first = *first.get_or_insert(record.offset);
                            let redaction = self.file.redaction.as_deref();
                            let bytes = redaction.map(|redaction| redaction.record(record.key, record.value));
                            let shown = match &bytes {
                                Some((key, value)) => {
                                    Record { key: key.as_deref(), value: value.as_deref(), ..record }
                                }
                                None => record,
                            };
                            self.see(&batch, &shown, first);
                            failing = record.offset.saturating_add(1);
                        }
                        Ok(None) => break None,
                        Err(error) => break Some(error.kafka_error().and_then(|error| error.message)),
                    }
                }
            }
        };
        if let Some(text) = text {
            self.fault(failing, range.start, ReadFault::in_batch(&batch, text));
        }
        self.next_offset = batch.header.next_offset();
    }

    fn fault(&mut self, offset: i64, position: u64, ReadFault { text, record_type }: ReadFault) {
        self.unit.events.push(Event::ReadFault { offset, position, text, record_type });
        self.unseen = true;
    }
}

impl Visit for JudgeVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        let first = self.unit.account.record(record);
        self.unit.counts.max_timestamp = self.unit.counts.max_timestamp.max(Some(record.timestamp_ms));
        if !self.unseen {
            self.see(context.batch, record, first);
            self.next_record = Some(record.offset.saturating_add(1));
        }
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        let batch = self.unit.account.batch_end(context, records, end);
        let next_record = self.next_record.take();
        if !matches!(end, BatchEnd::Whole) {
            self.unit.unbroken.damage();
        }
        if let Some(fault) = batch.fault
            && !self.unseen
        {
            self.fault(next_record.unwrap_or(batch.base), context.batch.position, fault);
        }
        self.next_offset = context.batch.header.next_offset();
    }

    fn gap(&mut self, gap: &Gap) {
        self.unit.account.gap(gap);
        self.unit.unbroken.damage();
        if self.unseen {
            return;
        }
        match &gap.loader {
            LoaderOutcome::Throws(error) => {
                let text = error.message.clone().unwrap_or_else(|| "null".to_owned());
                self.fault(self.next_offset, gap.range.start, ReadFault { text, record_type: None });
            }
            LoaderOutcome::EndsSegment => {
                self.unit.events.push(Event::EndOfFile);
                self.unseen = true;
            }
            LoaderOutcome::ReadsAsBatch { range } => self.read_as_batch(*range),
        }
    }

    fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.unit.account.unreadable(range, error);
        self.unit.unbroken.damage();
    }
}
