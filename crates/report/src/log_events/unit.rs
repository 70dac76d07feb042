//! One unit's records.

use lastwrites_coordinator::fold::{Commit, Damage, Place};
use lastwrites_coordinator::load::{Decoded, decode as decode_for_load, key_group};
use lastwrites_coordinator::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, Scratch, Unit, Visit, walk_unit,
};
use lastwrites_coordinator::rules::{Profile, Rules};
use lastwrites_records::{
    DecodedKey, DecodedValue, Key, LoaderRecord, OffsetCommitKey, OffsetCommitValue, Value, decode, decode_as,
};
use lastwrites_segment::{BatchHeader, ControlRecord, ControlType, Gap, ReadError, Record};
use lastwrites_types::ByteRange;

use super::event::{At, LogEvent, Unbroken, Write};
use super::rows::{OwnedBatch, OwnedRecord, UnitRows};
use super::{Tables, Wanted};
use crate::offset_keys::OffsetKey;

/// What one unit leaves for the ordered stage.
#[derive(Default)]
pub(super) struct UnitEvents {
    pub(super) events: Vec<LogEvent>,
    pub(super) rows: UnitRows,
    pub(super) undecodable: u64,
    pub(super) damaged_bytes: u64,
    pub(super) unbroken: Unbroken,
}

pub(super) struct EventPass<'a> {
    pub(super) files: &'a CopyFiles,
    pub(super) profile: &'a Profile,
    pub(super) wanted: Wanted<'a>,
}

impl Pass for EventPass<'_> {
    type Local = ();
    type Edge = UnitEvents;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> UnitEvents {
        let Some(file) = self.files.of(unit) else { return UnitEvents::default() };
        let mut visitor = EventVisitor {
            profile: self.profile,
            wanted: &self.wanted,
            file: unit.file,
            first_in_batch: None,
            broken: true,
            found: UnitEvents::default(),
        };
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.found
    }
}

struct EventVisitor<'a> {
    profile: &'a Profile,
    wanted: &'a Wanted<'a>,
    file: u32,
    first_in_batch: Option<i64>,
    /// No record was read yet, or none since damage.
    broken: bool,
    found: UnitEvents,
}

/// Key and commit of one record; the commit is `None` for a tombstone.
type Parts = (OffsetKey, Option<Commit>);

impl Visit for EventVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        let tables = self.tables();
        if tables.records {
            let record = OwnedRecord::new(self.file, context, record);
            self.found.undecodable += u64::from(!record.decoded());
            self.found.rows.records.push(record);
        }
        if !self.wanted.asks_commits() {
            return;
        }
        let header = &context.batch.header;
        let at = At {
            place: Place {
                file: self.file,
                position: context.batch.position,
                record_offset: record.offset,
                crc_ok: context.crc_ok,
            },
            batch_base_offset: header.base_offset,
            batch_first_offset: *self.first_in_batch.get_or_insert(record.offset),
            timestamp_ms: record.timestamp_ms,
            producer_id: header.producer_id,
            unbroken_from: self.found.unbroken.record(record.offset),
        };
        if std::mem::take(&mut self.broken) {
            self.found.events.push(LogEvent::Readable { at });
        }
        if header.is_control() {
            if !context.crc_ok {
                // Neither its producer nor what it says is sure.
                self.found.events.push(LogEvent::Damage { at, damage: Damage::Unsure, no_file: false });
            }
            return self.marker(at, record);
        }
        if let Wanted::Everything(Some(groups)) = self.wanted
            && !record.key.and_then(key_group).is_some_and(|(_, group_id)| groups.contains(group_id))
        {
            return;
        }
        match record.key.filter(|key| matches!(key, [0, 0 | 1, ..])) {
            Some(key) => self.commit(at, header, key, record.value),
            None => self.loaded(at, record.key, record.value),
        }
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        self.first_in_batch = None;
        if !matches!(end, BatchEnd::Whole) {
            self.found.damaged_bytes += u64::from(context.batch.header.size_bytes);
        }
        let (whole, position) = (matches!(end, BatchEnd::Whole), context.batch.position);
        if !whole {
            self.damage(position, Some(context.batch.header.base_offset), Damage::Lost);
        } else if !context.crc_ok {
            self.damage(position, Some(context.batch.header.base_offset), Damage::Unsure);
        }
        if self.tables().batches {
            self.found.rows.batches.push(OwnedBatch::new(self.file, context, records, end));
        }
    }

    fn gap(&mut self, gap: &Gap) {
        if !gap.is_empty_space() {
            self.found.damaged_bytes += gap.range.len();
            self.damage(gap.range.start, None, Damage::Lost);
        }
    }

    fn unreadable(&mut self, range: ByteRange, _: &ReadError) {
        self.found.damaged_bytes += range.len();
        self.damage(range.start, None, Damage::Lost);
    }
}

impl EventVisitor<'_> {
    /// The tables that are wanted.
    const fn tables(&self) -> Tables {
        match self.wanted {
            Wanted::Tables(tables) => *tables,
            Wanted::Everything(_) => Tables { records: false, commits: false, batches: false },
        }
    }

    /// A marker may have been lost here; `offset` is the first that may be, where it's known.
    fn damage(&mut self, position: u64, offset: Option<i64>, damage: Damage) {
        if !self.wanted.asks_commits() {
            return;
        }
        self.broken |= damage == Damage::Lost;
        // Of a batch that ends in damage some records may have been read.
        let next = self.found.unbroken.next();
        let record_offset = match damage {
            Damage::Lost => offset.map_or(next, |offset| offset.max(next)),
            Damage::Unsure => offset.unwrap_or(next),
        };
        let at = At {
            place: Place { file: self.file, position, record_offset, crc_ok: false },
            batch_base_offset: record_offset,
            batch_first_offset: record_offset,
            timestamp_ms: -1,
            producer_id: -1,
            unbroken_from: record_offset,
        };
        self.found.events.push(LogEvent::Damage { at, damage, no_file: false });
    }

    fn commit(&mut self, at: At, header: &BatchHeader, key: &[u8], value: Option<&[u8]>) {
        let Some((key, commit)) = self.parts(key, value) else {
            // With all records wanted it's counted already.
            self.found.undecodable += u64::from(!self.tables().records);
            return self.loaded(at, Some(key), value);
        };
        self.found.events.push(LogEvent::Write(Write {
            at,
            key,
            commit,
            transactional: header.is_transactional(),
            waits: self.waits(header),
        }));
    }

    /// What the chosen release's loader makes of a record that is no commit.
    fn loaded(&mut self, at: At, key: Option<&[u8]>, value: Option<&[u8]>) {
        if matches!(self.wanted, Wanted::Tables(_)) {
            return;
        }
        let named = || key.and_then(key_group).map(|(_, group_id)| group_id.into());
        let event = match decode_for_load(self.profile, key, value) {
            Decoded::Group { group, change, .. } => LogEvent::Group { at, group_id: group, change },
            Decoded::Unknown { record_type } => {
                LogEvent::Unknown { at, group_id: named(), record_type: Some(record_type), error: None }
            }
            Decoded::Fatal { record_type, text, .. } => {
                LogEvent::Unknown { at, group_id: named(), record_type, error: Some(text) }
            }
            // What can be read as a commit was taken for one.
            Decoded::Commit { .. } => return,
        };
        self.found.events.push(event);
    }

    fn marker(&mut self, at: At, record: &Record<'_>) {
        let committed = match ControlRecord::parse(record.key, record.value).map(|control| control.kind) {
            Ok(ControlType::Commit) => true,
            Ok(ControlType::Abort) => false,
            // Other kinds end no transaction, and neither does a key that can't be read.
            _ => return,
        };
        self.found.events.push(LogEvent::Marker { at, committed });
    }

    /// What makes a commit wait for a marker: its producer id in the new coordinator
    /// (`OffsetMetadataManager.replay`), its batch's flag in the old one (`GroupMetadataManager`).
    const fn waits(&self, header: &BatchHeader) -> bool {
        match self.profile.rules {
            Rules::New(_) => header.producer_id != -1,
            Rules::Old(_) => header.is_transactional(),
        }
    }

    /// The record as a release writes it; else as the chosen release's loader takes it, so that the table has
    /// every commit the report has; else as any release would have written it.
    fn parts(&self, key: &[u8], value: Option<&[u8]>) -> Option<Parts> {
        if let Some(parsed) = OffsetCommitKey::parse(key) {
            let commit = match value {
                None => Some(None),
                Some(value) => OffsetCommitValue::parse(value).map(|value| Some(Commit::from(&value))),
            };
            if let Some(commit) = commit {
                return Some((OffsetKey::new(parsed.group, parsed.topic, parsed.partition), commit));
            }
        }
        if let Ok(LoaderRecord::Known { key, value }) = decode_as(&self.profile.layouts, Some(key), value) {
            return known(&key, value.map(|(_, value)| value).as_ref());
        }
        let decoded = decode(key, value, None);
        match (decoded.key, decoded.value) {
            (DecodedKey::Known(key), DecodedValue::Tombstone) => known(&key, None),
            (DecodedKey::Known(key), DecodedValue::Known(value)) => known(&key, Some(&value.value)),
            _ => None,
        }
    }
}

fn known(key: &Key, value: Option<&Value>) -> Option<Parts> {
    let (Key::OffsetCommit(key) | Key::LegacyOffsetCommit(key)) = key else { return None };
    let commit = match value {
        None => None,
        Some(Value::OffsetCommit(value)) => Some(Commit::from(value)),
        Some(_) => return None,
    };
    Some((OffsetKey::new(key.group.as_bytes(), key.topic.as_bytes(), key.partition), commit))
}
