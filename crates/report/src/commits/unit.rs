//! One unit's offset commits and transaction markers.

use lastwrites_coordinator::fold::{Commit, Place};
use lastwrites_coordinator::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, Scratch, Unit, Visit, walk_unit,
};
use lastwrites_coordinator::rules::{Profile, Rules};
use lastwrites_records::{
    DecodedKey, DecodedValue, Key, LoaderRecord, OffsetCommitKey, OffsetCommitValue, Value, decode, decode_as,
};
use lastwrites_segment::{BatchHeader, ControlRecord, ControlType, Gap, ReadError, Record};
use lastwrites_types::ByteRange;

use super::outcome::{Event, Write};

/// What one unit leaves for the ordered stage.
#[derive(Default)]
pub(super) struct UnitEvents {
    pub(super) events: Vec<Event>,
    pub(super) undecodable: u64,
    pub(super) damaged_bytes: u64,
}

pub(super) struct CommitPass<'a> {
    pub(super) files: &'a CopyFiles,
    pub(super) profile: &'a Profile,
}

impl Pass for CommitPass<'_> {
    type Local = ();
    type Edge = UnitEvents;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> UnitEvents {
        let Some(file) = self.files.of(unit) else { return UnitEvents::default() };
        let mut visitor =
            CommitVisitor { profile: self.profile, file: unit.file, found: UnitEvents::default() };
        walk_unit(file.source.as_ref(), unit.bytes, scratch, &mut visitor);
        visitor.found
    }
}

struct CommitVisitor<'a> {
    profile: &'a Profile,
    file: u32,
    found: UnitEvents,
}

/// Group, topic, partition and commit of one record; the commit is `None` for a tombstone.
type Parts = (Box<[u8]>, Box<[u8]>, i32, Option<Commit>);

impl Visit for CommitVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        let header = &context.batch.header;
        if header.is_control() {
            return self.marker(header.producer_id, record);
        }
        let Some(key) = record.key.filter(|key| matches!(key, [0, 0 | 1, ..])) else { return };
        let Some((group_id, topic, topic_partition, commit)) = self.parts(key, record.value) else {
            self.found.undecodable += 1;
            return;
        };
        self.found.events.push(Event::Write(Write {
            place: Place {
                file: self.file,
                position: context.batch.position,
                record_offset: record.offset,
                crc_ok: context.crc_ok,
            },
            batch_base_offset: header.base_offset,
            timestamp_ms: record.timestamp_ms,
            group_id,
            topic,
            topic_partition,
            commit,
            producer_id: header.producer_id,
            transactional: header.is_transactional(),
            waits: self.waits(header),
        }));
    }

    fn batch_end(&mut self, context: BatchContext<'_>, _: u64, end: BatchEnd<'_>) {
        if !matches!(end, BatchEnd::Whole) {
            self.found.damaged_bytes += u64::from(context.batch.header.size_bytes);
        }
    }

    fn gap(&mut self, gap: &Gap) {
        if !gap.is_empty_space() {
            self.found.damaged_bytes += gap.range.len();
        }
    }

    fn unreadable(&mut self, range: ByteRange, _: &ReadError) {
        self.found.damaged_bytes += range.len();
    }
}

impl CommitVisitor<'_> {
    fn marker(&mut self, producer_id: i64, record: &Record<'_>) {
        let committed = match ControlRecord::parse(record.key, record.value).map(|control| control.kind) {
            Ok(ControlType::Commit) => true,
            Ok(ControlType::Abort) => false,
            // Other kinds end no transaction, and neither does a key that can't be read.
            _ => return,
        };
        self.found.events.push(Event::Marker { producer_id, committed });
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
                return Some((parsed.group.into(), parsed.topic.into(), parsed.partition, commit));
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
    Some((key.group.as_bytes().into(), key.topic.as_bytes().into(), key.partition, commit))
}
