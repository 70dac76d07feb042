//! Races between a load and the cleaner, per group (KAFKA-19862 and its family).
//!
//! The cleaned middle of a race never existed as bytes, so races run on a group's history: [`GroupTrace`] says
//! what happened, [`TraceEvent::visible`] what a racing loader sees of it, and [`simulate`] tries every
//! window. All checks of a load are per group, so one group's history is enough.

mod alike;
mod finding;
mod footprint;
mod key_history;
mod lost;
#[cfg(test)]
mod naive;
mod quiet;
mod replay;
mod steps;
mod trace;
mod trace_builder;
mod visibility;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

pub use alike::races_alike;
pub use finding::{RaceEffect, RaceFailure, RaceFinding};
pub use lost::{LostTask, TaskClaim, lost_task};
use rayon::prelude::*;
use replay::{Ending, RawHistory, every_window, loaders};
use steps::Steps;
pub use trace::{CommitRun, GroupTrace, Kept, TraceEvent, TraceRecord};
pub use trace_builder::TraceBuilder;
pub use visibility::{Tombstones, Window};

use crate::rules::{Profile, Rules};

/// How the load of one window ends, for one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WindowEnding {
    /// With the state of the raw log.
    Loads,
    /// Wrongly.
    Wrong(RaceEffect),
}

/// Tries every window of a group's history under a release of the new coordinator, and gives the smallest for each
/// record at which a load fails; then the smallest that loads into a wrong state, which no single record causes.
///
/// A release on which the raw history itself fails is not raced, nor is the old coordinator, which checks
/// nothing between records: both give nothing.
#[must_use]
pub fn simulate(trace: &GroupTrace, profile: &Profile) -> Vec<RaceFinding> {
    let Rules::New(rules) = &profile.rules else { return Vec::new() };
    let steps = Steps::new(trace, profile, rules, Tombstones::Kept);
    let raw = RawHistory::new(&steps);
    if raw.ending != Ending::Loads {
        return Vec::new();
    }
    let parts: Vec<Range<usize>> = loaders(&steps)
        .step_by(LOADERS_AT_ONCE)
        .map(|from| from..(from + LOADERS_AT_ONCE).min(loaders(&steps).end))
        .collect();
    let parts: Vec<_> = parts.into_par_iter().map(|part| smallest(&steps, &raw, part)).collect();
    let mut all: BTreeMap<usize, RaceFinding> = BTreeMap::new();
    for (step, other) in parts.into_iter().flatten() {
        match all.entry(step) {
            Entry::Vacant(place) => drop(place.insert(other)),
            Entry::Occupied(mut known) => known.get_mut().join(other),
        }
    }
    all.into_values().collect()
}

/// Loader positions of one task: enough to be worth the replay of what stands before.
const LOADERS_AT_ONCE: usize = 256;

/// The smallest window by failing step, of some loader positions.
fn smallest(steps: &Steps<'_>, raw: &RawHistory, loaders: Range<usize>) -> BTreeMap<usize, RaceFinding> {
    let mut smallest: BTreeMap<usize, RaceFinding> = BTreeMap::new();
    every_window(steps, raw, loaders, |window, first_alike, ending| {
        let window = Window { cleaned_to: first_alike, ..window };
        let step = match ending {
            Ending::Loads => return,
            Ending::Fails(step, _) => *step,
            Ending::WrongState => usize::MAX,
        };
        match smallest.get_mut(&step) {
            Some(known) if !window.is_smaller_than(known.window) => known.windows += 1,
            known => {
                let Some(effect) = effect(steps, ending) else { return };
                let finding = RaceFinding { window, windows: 1, effect };
                match known {
                    Some(known) => known.join(finding),
                    None => drop(smallest.insert(step, finding)),
                }
            }
        }
    });
    smallest
}

/// Tells how every window on this group's batch boundaries ends, also where the raw log fails; gives how the raw
/// log ends.
///
/// With [`Tombstones::Dropped`] only windows that start at the first boundary are tried: a loader that reads
/// compacted data from the start, after a cleaner checkpoint was reset.
pub fn windows(
    trace: &GroupTrace,
    profile: &Profile,
    tombstones: Tombstones,
    mut visit: impl FnMut(Window, WindowEnding),
) -> WindowEnding {
    let Rules::New(rules) = &profile.rules else { return WindowEnding::Loads };
    let steps = Steps::new(trace, profile, rules, tombstones);
    let told = |ending: &Ending| effect(&steps, ending).map_or(WindowEnding::Loads, WindowEnding::Wrong);
    let raw = RawHistory::new(&steps);
    let all = loaders(&steps);
    let loaders = if tombstones == Tombstones::Dropped { 0..all.end.min(1) } else { all };
    every_window(&steps, &raw, loaders, |window, _, ending| visit(window, told(ending)));
    told(&raw.ending)
}

fn effect(steps: &Steps<'_>, ending: &Ending) -> Option<RaceEffect> {
    match ending {
        Ending::Loads => None,
        Ending::WrongState => Some(RaceEffect::WrongState),
        Ending::Fails(step, error) => {
            let step = steps.steps.get(*step)?;
            Some(RaceEffect::Fails(RaceFailure {
                offset: step.event.offset(),
                record_type: step.record_type,
                member_id: step.member_id.clone(),
                error: error.clone(),
            }))
        }
    }
}
