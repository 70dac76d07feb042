//! `Unexpected unload of active group`: the one failure of the old coordinators that offsets decide.
//!
//! It strikes after the last record, when a group whose last group record is a tombstone has an open transactional
//! commit and no committed offset. Only logs that hold both pay for a second look, at those groups alone.

use std::collections::BTreeSet;

use super::filter::{Item, Wanted, filtered};
use super::{Judged, Judgement};
use crate::load::{LoadEvent, Loader, Verdict};
use crate::pass::{CopyFiles, PassError, Progress, Unit};
use crate::rules::{Coordinator, Profile};

/// Groups whose last classic group record is a tombstone.
#[derive(Debug, Default)]
pub(super) struct Removed(BTreeSet<Box<[u8]>>);

impl Removed {
    /// The next classic group record.
    pub(super) fn group_record(&mut self, group_id: &[u8], tombstone: bool) {
        if tombstone {
            self.0.insert(group_id.into());
        } else {
            self.0.remove(group_id);
        }
    }

    /// Their ids.
    pub(super) const fn groups(&self) -> &BTreeSet<Box<[u8]>> {
        &self.0
    }
}

/// Key of a control record: version, type.
const COMMIT: &[u8] = &[0, 0, 0, 1];
const ABORT: &[u8] = &[0, 0, 0, 0];

/// Gives the old coordinators the offsets of `doubtful` groups, which the first pass spared them.
pub(super) fn unexpected_unloads(
    files: &CopyFiles,
    units: &[Unit],
    doubtful: &[Wanted],
    profiles: &[Profile],
    judgements: &mut [Judgement],
    partitions: &[i32],
    progress: &Progress,
) -> Result<(), PassError> {
    let asked = |judged: &Judged, profile: &Profile| {
        profile.coordinator() == Coordinator::Old && judged.verdict.is_loaded()
    };
    let mut loaders: Vec<Vec<Option<Loader<'_>>>> = Vec::with_capacity(judgements.len());
    for ((judgement, partition), doubtful) in judgements.iter().zip(partitions).zip(doubtful) {
        let of_profile = |(judged, profile)| {
            (!doubtful.is_empty() && asked(judged, profile)).then(|| Loader::new(profile, *partition))
        };
        loaders.push(judgement.verdicts.iter().zip(profiles).map(of_profile).collect());
    }
    filtered(files, units, doubtful, progress, |unit, item| {
        let Some(loaders) = loaders.get_mut(unit.copy as usize) else { return };
        let event = match item {
            Item::Record(record) => LoadEvent::Record(record.as_load_record()),
            Item::Marker { place, producer_id, committed, first_in_batch } => LoadEvent::Marker {
                place: *place,
                producer_id: *producer_id,
                key: Some(if *committed { COMMIT } else { ABORT }),
                first_in_batch: *first_in_batch,
            },
            Item::EndOfFile => return,
        };
        for loader in loaders.iter_mut().flatten() {
            loader.event(&event);
        }
    })?;
    for (judgement, loaders) in judgements.iter_mut().zip(loaders) {
        for (judged, loader) in judgement.verdicts.iter_mut().zip(loaders) {
            let Some(outcome) = loader.map(Loader::finish) else { continue };
            if outcome.verdict == Verdict::LoadsEmpty {
                judged.verdict = outcome.verdict;
                judged.failure = outcome.failure;
                judged.groups_served = outcome.groups_served;
            }
        }
    }
    Ok(())
}
