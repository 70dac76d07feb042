//! The new coordinator's loader (`CoordinatorLoaderImpl`, `GroupCoordinatorShard.replay`).

use super::decode::{Decoded, decode};
use super::event::{LoadEvent, LoadRecord, control_type};
use super::offsets::{OffsetKey, OffsetSemantics, Offsets, StoredOffset};
use super::outcome::{Failure, LoadOutcome, Stage, Verdict};
use super::tally::Tally;
use lastwrites_segment::ControlType;

use crate::group::Groups;
use crate::rules::{NewRules, Profile};

/// `RecordBatch.NO_PRODUCER_ID`: the batch belongs to no producer, so to no transaction.
const NO_PRODUCER_ID: i64 = -1;

/// A load under the rules of one release.
#[derive(Debug)]
pub(super) struct NewLoader<'p> {
    profile: &'p Profile,
    groups: Groups,
    offsets: Offsets,
    tally: Tally,
}

impl<'p> NewLoader<'p> {
    pub(super) fn new(profile: &'p Profile, rules: NewRules) -> Self {
        let offsets = Offsets::new(OffsetSemantics::of(&profile.rules));
        Self { profile, groups: Groups::new(rules), offsets, tally: Tally::default() }
    }

    pub(super) fn event(&mut self, event: &LoadEvent<'_>) {
        match event {
            LoadEvent::Record(record) => self.record(record),
            LoadEvent::OffsetTouch { group, .. } => self.groups.touch(group),
            LoadEvent::Marker { place, producer_id, key, .. } => match control_type(*key) {
                Ok(ControlType::Commit) => self.offsets.end_transaction(*producer_id, true),
                Ok(ControlType::Abort) => self.offsets.end_transaction(*producer_id, false),
                Ok(ControlType::Other(_)) => {}
                Err(error) => self.tally.fail(Failure::of_marker(place.offset, &error)),
            },
            LoadEvent::Damage(damage) => self.offsets.damage(*damage),
            LoadEvent::ReadFault { offset, text, .. } => {
                self.tally.fail(Failure::outside_records(*offset, Stage::Read, text.clone()));
            }
        }
    }

    fn record(&mut self, record: &LoadRecord<'_>) {
        let offset = record.place.offset;
        match decode(self.profile, record.key, record.value) {
            Decoded::Commit { key, value } => self.commit(record, key, value),
            Decoded::Group { group, record_type, change } => {
                if let Err(error) = self.groups.replay(&group, &change) {
                    self.tally.fail(Failure {
                        offset: Some(offset),
                        record_type: Some(record_type),
                        member_id: change.member_id().cloned(),
                        group_id: Some(group),
                        stage: Stage::Replay,
                        error: error.to_string(),
                        cause: Some(error),
                    });
                }
            }
            Decoded::Unknown { record_type } => self.tally.warn(offset, record_type),
            Decoded::Fatal { record_type, group, text, stage } => {
                self.tally.fail(Failure::of_record(offset, record_type, group, stage, text));
            }
        }
    }

    fn commit(&mut self, record: &LoadRecord<'_>, key: OffsetKey, value: Option<StoredOffset>) {
        // The producer id decides, not the batch's transactional flag.
        let producer = (record.producer_id != NO_PRODUCER_ID).then_some(record.producer_id);
        match value {
            None => self.offsets.delete(producer, &key),
            Some(value) => {
                self.groups.touch(&key.group);
                self.offsets.commit(producer, key, value.at(record));
            }
        }
    }

    pub(super) const fn failure(&self) -> Option<&Failure> {
        self.tally.failure.as_ref()
    }

    pub(super) fn finish(mut self) -> LoadOutcome {
        if self.tally.failure.is_none()
            && let Some((group, error)) = self.groups.on_loaded_failure()
        {
            self.tally.failure = Some(Failure {
                offset: None,
                record_type: None,
                group_id: Some(group.clone()),
                member_id: None,
                stage: Stage::OnLoaded,
                error: error.to_string(),
                cause: Some(error),
            });
        }
        let verdict = self.tally.verdict(Verdict::Fails);
        let groups_served = verdict.is_loaded();
        let groups = self.groups.iter().map(|(id, group)| (id.clone(), group.clone())).collect();
        self.tally.outcome(verdict, groups_served, groups, self.offsets)
    }
}
