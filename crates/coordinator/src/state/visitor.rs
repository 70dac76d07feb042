//! One unit's records on their way to the fold or the edge.

use lastwrites_records::{Key, LayoutSet, LoaderRecord, OffsetCommitValue, Value, decode_as};
use lastwrites_segment::{BatchHeader, ControlRecord, ControlType, Gap, LoaderOutcome, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::fold::{Damage, Place, UnitFold};
use crate::load::{RecordPlace, key_group};
use crate::pass::{BatchContext, BatchEnd, Visit};
use crate::state::accounting::{Accounting, ReadFault};
use crate::state::edge::{EdgeEvent, EdgeRecord, UnitEdge};

/// Which way offset commits take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OffsetPath {
    /// Into the commuting fold (the rules of 3.8 and later).
    Fold,
    /// Through the edge, every one of them (rules that depend on order: 3.7 and the old coordinator).
    Edge,
}

/// Sees one unit.
pub(super) struct UnitVisitor<'f> {
    path: OffsetPath,
    layouts: &'f LayoutSet,
    file: u32,
    fold: &'f mut UnitFold,
    edge: UnitEdge,
    account: Accounting,
    /// Versions of offset commit values this unit already sent one sample of, a bit per (type, version).
    sampled: u16,
    /// Where the next batch should start, for faults in bytes that have no offset of their own; -1 before the
    /// unit's first batch.
    next_offset: i64,
}

impl<'f> UnitVisitor<'f> {
    pub(super) fn new(path: OffsetPath, layouts: &'f LayoutSet, file: u32, fold: &'f mut UnitFold) -> Self {
        Self {
            path,
            layouts,
            file,
            fold,
            edge: UnitEdge::default(),
            account: Accounting::default(),
            sampled: 0,
            next_offset: -1,
        }
    }

    pub(super) fn finish(mut self) -> UnitEdge {
        self.flush();
        self.edge.transactions = self.fold.end();
        self.edge.tally = self.account.tally;
        self.edge.continuity = self.account.continuity;
        self.edge.leader_epochs = self.account.leader_epochs;
        self.edge
    }
}

impl Visit for UnitVisitor<'_> {
    #[inline(always)]
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        let first = self.account.record(record);
        let place = Place {
            file: self.file,
            position: context.batch.position,
            record_offset: record.offset,
            crc_ok: context.is_sound(),
        };
        self.edge.counts.timestamp(record.timestamp_ms);
        if context.batch.header.is_control() {
            return self.control(context, *record, place, first);
        }
        let record_type =
            record.key.and_then(|key| key.first_chunk::<2>()).map(|bytes| i16::from_be_bytes(*bytes));
        self.edge.counts.record_type(record_type);
        match (record_type, record.key) {
            (Some(record_type @ (0 | 1)), Some(key)) => {
                self.offset_commit(context, *record, place, first, record_type, key);
            }
            (Some(_), Some(key)) => {
                self.flush();
                if let Some((_, group_id)) = key_group(key) {
                    self.fold.group_record(group_id);
                }
                self.hand_over(context, *record, place, first);
            }
            _ => self.hand_over(context, *record, place, first),
        }
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        let batch = self.account.batch_end(context, records, end);
        match (batch.fault.is_some(), context.crc_ok) {
            (true, _) => self.damage(Damage::Lost),
            (false, false) => self.damage(Damage::Unsure),
            (false, true) => {}
        }
        if let Some(ReadFault { text, record_type }) = batch.fault {
            self.flush();
            self.edge.events.push(EdgeEvent::ReadFault { offset: batch.base, text, record_type });
        }
        self.next_offset = context.batch.header.next_offset();
    }

    fn gap(&mut self, gap: &Gap) {
        self.account.gap(gap);
        if !gap.is_empty_space() {
            self.damage(Damage::Lost);
        }
        if let LoaderOutcome::Throws(error) = &gap.loader {
            self.flush();
            let text = error.message.clone().unwrap_or_else(|| "null".to_owned());
            self.edge.events.push(EdgeEvent::ReadFault { offset: self.next_offset, text, record_type: None });
        }
    }

    fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.account.unreadable(range, error);
        self.damage(Damage::Lost);
    }
}

impl UnitVisitor<'_> {
    /// The hot path: nearly all records of a log come here. What few of them need is asked for by value in
    /// functions of its own, so that a record never has to leave the registers.
    #[inline(always)]
    fn offset_commit(
        &mut self,
        context: BatchContext<'_>,
        record: Record<'_>,
        place: Place,
        first: i64,
        record_type: i16,
        key: &[u8],
    ) {
        let header = &context.batch.header;
        if header.producer_id != -1 && record.value.is_some() {
            self.edge.counts.transactional_commits += 1;
        }
        if self.path == OffsetPath::Edge {
            return self.hand_over(context, record, place, first);
        }
        let value = match record.value.map(OffsetCommitValue::parse) {
            None => None,
            Some(Some(value)) => Some(value),
            Some(None) => {
                self.hand_over(context, record, place, first);
                return self.irregular_commit(record, header, place);
            }
        };
        let sample = value.as_ref().is_some_and(|value| self.first_sample(record_type, value.version));
        if sample {
            // The ordered stage judges what each release would make of it.
            self.hand_over(context, record, place, first);
        }
        if !self.fold.write(key, value.as_ref(), header.producer_id, place, header.base_offset) {
            if !sample {
                self.hand_over(context, record, place, first);
            }
            self.irregular_commit(record, header, place);
        }
        if self.fold.is_full() {
            self.flush();
        }
    }

    /// Lets the writes taken so far count, before anything else that stands behind them.
    #[inline(never)]
    fn flush(&mut self) {
        let events = &mut self.edge.events;
        self.fold.flush(|touch| {
            let place =
                RecordPlace { offset: touch.record_offset, batch_base_offset: touch.batch_base_offset };
            events.push(EdgeEvent::OffsetTouch { place, group_id: touch.group_id });
        });
    }

    /// A marker may have been lost here: what is pending is in doubt.
    #[cold]
    #[inline(never)]
    fn damage(&mut self, damage: Damage) {
        self.flush();
        self.fold.damage(damage);
        self.edge.events.push(EdgeEvent::Damage(damage));
    }

    /// A commit that is not exactly as a release writes it (bytes left over, unknown tags, a newer version):
    /// taken as the chosen release's loader reads it. The edge has the record itself.
    #[cold]
    #[inline(never)]
    fn irregular_commit(&mut self, record: Record<'_>, header: &BatchHeader, place: Place) {
        self.edge.counts.irregular_commits += 1;
        let (key, value) = match decode_as(self.layouts, record.key, record.value) {
            Ok(LoaderRecord::Known { key: Key::OffsetCommit(key) | Key::LegacyOffsetCommit(key), value }) => {
                (key, value)
            }
            _ => return,
        };
        let value = match &value {
            None => None,
            Some((version, Value::OffsetCommit(value))) => Some(OffsetCommitValue {
                version: *version,
                offset: value.offset,
                leader_epoch: value.leader_epoch,
                metadata: value.metadata.as_bytes(),
                commit_timestamp: value.commit_timestamp,
                expire_timestamp: value.expire_timestamp,
                topic_id: value.topic_id,
            }),
            Some(_) => return,
        };
        let exact = Key::OffsetCommit(key.clone()).encode();
        // A name too long for a key's length field can't come out of `decode_as`: what it gives, it can take.
        let _taken = self.fold.write(&exact, value.as_ref(), header.producer_id, place, header.base_offset);
    }

    #[inline(never)]
    fn control(&mut self, context: BatchContext<'_>, record: Record<'_>, place: Place, first: i64) {
        self.edge.counts.markers += 1;
        self.flush();
        if !context.crc_ok {
            // Neither its producer nor what it says is sure.
            self.damage(Damage::Unsure);
        }
        let kind = ControlRecord::parse(record.key, record.value).map(|control| control.kind);
        if let Ok(ControlType::Other(_)) = kind {
            let producer_id = context.batch.header.producer_id;
            self.edge.counts.unknown_marker(record.offset, producer_id, record.offset == first);
        }
        match kind {
            Ok(ControlType::Commit) if self.path == OffsetPath::Fold => {
                self.fold.marker(context.batch.header.producer_id, true);
            }
            Ok(ControlType::Abort) if self.path == OffsetPath::Fold => {
                self.fold.marker(context.batch.header.producer_id, false);
            }
            // Other kinds settle nothing; a key that can't be parsed is for the ordered stage to judge.
            _ => self.hand_over(context, record, place, first),
        }
    }

    #[inline(never)]
    fn hand_over(&mut self, context: BatchContext<'_>, record: Record<'_>, place: Place, first: i64) {
        self.flush();
        let header = &context.batch.header;
        self.edge.events.push(EdgeEvent::Record(EdgeRecord {
            place: RecordPlace { offset: record.offset, batch_base_offset: header.base_offset },
            on_disk: place,
            batch_first_offset: first,
            producer_id: header.producer_id,
            producer_epoch: header.producer_epoch,
            transactional: header.is_transactional(),
            control: header.is_control(),
            timestamp_ms: record.timestamp_ms,
            key: record.key.map(Into::into),
            value: record.value.map(Into::into),
        }));
    }

    /// True once per unit for each (type, version): releases differ in which versions they read, so the
    /// ordered stage must meet the first of each.
    fn first_sample(&mut self, record_type: i16, version: i16) -> bool {
        let bit = u16::try_from(version).ok().filter(|version| *version < 8);
        let Some(bit) = bit else { return true };
        let mask = 1u16 << (bit + if record_type == 0 { 8 } else { 0 });
        let new = self.sampled & mask == 0;
        self.sampled |= mask;
        new
    }
}
