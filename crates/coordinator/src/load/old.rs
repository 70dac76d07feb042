//! The old coordinator's loader (`GroupMetadataManager.doLoadGroupsAndOffsets`).
//!
//! Groups and offsets are collected apart and put together after the last record, so an error leaves the
//! partition served without any group: committed offsets are lost in silence.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_segment::ControlType;
use lastwrites_types::{CONSUMER_OFFSETS_TOPIC, java_text};

use super::decode::{Decoded, decode};
use super::event::{LoadEvent, LoadRecord, control_type};
use super::offsets::{OffsetSemantics, Offsets};
use super::outcome::{Failure, LoadOutcome, Stage, Verdict};
use super::tally::Tally;
use crate::group::{Change, ClassicGroup, Group, Name, Shared};
use crate::rules::Profile;

/// A load by the old coordinator.
#[derive(Debug)]
pub(super) struct OldLoader<'p> {
    profile: &'p Profile,
    partition: i32,
    loaded: BTreeMap<Name, Shared<ClassicGroup>>,
    removed: BTreeSet<Name>,
    /// Groups known to have a commit of which only the fact was told.
    touched: BTreeSet<Name>,
    offsets: Offsets,
    tally: Tally,
}

impl<'p> OldLoader<'p> {
    pub(super) fn new(profile: &'p Profile, partition: i32) -> Self {
        Self {
            profile,
            partition,
            loaded: BTreeMap::new(),
            removed: BTreeSet::new(),
            touched: BTreeSet::new(),
            offsets: Offsets::new(OffsetSemantics::Old),
            tally: Tally::default(),
        }
    }

    pub(super) fn event(&mut self, event: &LoadEvent<'_>) {
        match event {
            LoadEvent::Record(record) => self.record(record),
            LoadEvent::OffsetTouch { group, .. } => {
                self.touched.insert(Name::from(*group));
            }
            LoadEvent::Marker { first_in_batch: false, .. } => {}
            LoadEvent::Marker { place, producer_id, key, .. } => match control_type(*key) {
                // Whatever the control record says, the producer's pending offsets are gone.
                Ok(kind) => self.offsets.end_transaction(*producer_id, kind == ControlType::Commit),
                Err(error) => self.tally.fail(Failure::of_marker(place.offset, &error)),
            },
            LoadEvent::Damage(damage) => self.offsets.damage(*damage),
            LoadEvent::ReadFault { offset, text, record_type } => {
                // It reads a batch's records one by one while it replays them, so it has got that far.
                let failure = Failure::outside_records(*offset, Stage::Read, text.clone());
                self.tally.fail(Failure { record_type: *record_type, ..failure });
            }
        }
    }

    fn record(&mut self, record: &LoadRecord<'_>) {
        let offset = record.place.offset;
        // The batch's flag decides, whatever its producer id says.
        let producer = record.transactional.then_some(record.producer_id);
        match decode(self.profile, record.key, record.value) {
            Decoded::Commit { key, value: None } => self.offsets.delete(producer, &key),
            Decoded::Commit { key, value: Some(value) } => {
                self.offsets.commit(producer, key, value.at(record))
            }
            Decoded::Group { group, change: Change::Classic(None), .. } => {
                self.loaded.remove(&group);
                self.removed.insert(group);
            }
            Decoded::Group { group, change: Change::Classic(Some(Ok(value))), .. } => {
                self.removed.remove(&group);
                self.loaded.insert(group, value);
            }
            Decoded::Group { group, record_type, change } => {
                let error = match change {
                    Change::Classic(Some(Err(error))) | Change::Unreplayable(error) => error,
                    // No other record is a group record here.
                    Change::Classic(_) | Change::OffsetValue | Change::Modern(..) => return,
                };
                self.tally.fail(Failure {
                    offset: Some(offset),
                    record_type: Some(record_type),
                    group_id: Some(group),
                    member_id: None,
                    stage: Stage::Replay,
                    error: error.to_string(),
                    cause: Some(error),
                });
            }
            Decoded::Unknown { record_type } => self.tally.warn(offset, record_type),
            Decoded::Fatal { record_type, group, text, stage } => {
                self.tally.fail(Failure::of_record(offset, record_type, group, stage, text));
            }
        }
    }

    pub(super) const fn failure(&self) -> Option<&Failure> {
        self.tally.failure.as_ref()
    }

    pub(super) fn finish(mut self) -> LoadOutcome {
        let mut groups: BTreeMap<Name, Group> =
            self.loaded.iter().map(|(id, group)| (id.clone(), Group::Classic(group.clone()))).collect();
        for id in self.offsets.groups().chain(&self.touched) {
            if !groups.contains_key(id) {
                groups.insert(id.clone(), Group::Classic(Shared::new(ClassicGroup::default())));
            }
        }
        let unexpected = self.removed.iter().find(|id| {
            groups.contains_key(*id) && !self.offsets.has_committed(id) && !self.touched.contains(*id)
        });
        let groups_served = self.tally.failure.is_none();
        if let (true, Some(id)) = (groups_served, unexpected) {
            // Thrown after all groups were put into the cache: they stay.
            self.tally.failure = Some(Failure {
                offset: None,
                record_type: None,
                group_id: Some(id.clone()),
                member_id: None,
                stage: Stage::OnLoaded,
                cause: None,
                error: format!(
                    "Unexpected unload of active group {} while loading partition {CONSUMER_OFFSETS_TOPIC}-{}",
                    java_text(id),
                    self.partition
                ),
            });
        }
        let verdict = self.tally.verdict(Verdict::LoadsEmpty);
        self.tally.outcome(verdict, groups_served, groups.into_iter().collect(), self.offsets)
    }
}
