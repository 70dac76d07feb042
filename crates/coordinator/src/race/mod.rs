//! Races between a load and the cleaner, per group (KAFKA-19862 and its family).
//!
//! The cleaned middle of a race never existed as bytes, so races run on a group's history: [`GroupTrace`] says
//! what happened, [`TraceEvent::visible`] what a racing loader sees of it, and [`simulate`] tries every
//! window. All checks of a load are per group, so one group's history is enough.

mod alike;
mod finding;
mod footprint;
mod heard;
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
use steps::{Boundary, Steps};
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

/// What a search for the smallest windows found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RaceSearch {
    /// The smallest window for each record at which a load fails; then the smallest that loads into a wrong state,
    /// which no single record causes.
    pub findings: Vec<RaceFinding>,
    /// Windows, by this group's own batch boundaries, that were too many to be tried: wider than all that were.
    pub not_tried: u64,
}

/// Tries the windows of a group's history under a release of the new coordinator: all of them, unless the history is
/// so long that this would take minutes.
///
/// A release on which the raw history itself fails is not raced, nor is the old coordinator, which checks
/// nothing between records: both give nothing.
#[must_use]
pub fn simulate(trace: &GroupTrace, profile: &Profile) -> RaceSearch {
    let Rules::New(rules) = &profile.rules else { return RaceSearch::default() };
    let whole = Steps::new(trace, profile, rules, Tombstones::Kept);
    let raw = RawHistory::new(&whole);
    if raw.ending != Ending::Loads {
        return RaceSearch::default();
    }
    let heard = whole.heard();
    let read_whole = heard.as_ref().map_or(usize::MAX, |(read_whole, _)| *read_whole);
    let mut search = Search::default();
    let split = whole.boundaries.partition_point(|boundary| boundary.steps_below < read_whole);
    search.add(&whole, &raw, 0..loaders(&whole).end.min(split));
    if let Some((_, heard)) = &heard {
        let split = heard.boundaries.partition_point(|boundary| boundary.steps_below < read_whole);
        search.add(heard, &RawHistory::new(heard), split..loaders(heard).end);
    }
    RaceSearch { findings: search.found.into_values().collect(), not_tried: search.not_tried }
}

/// Loader positions of one task: enough to be worth the replay of what stands before.
const LOADERS_AT_ONCE: usize = 256;
/// Changes to a group's state that a search may make by and large; 400 million take a few minutes of one core. A
/// lower bound would be quicker and lose what only wide windows show: a partition given up by a member that is silent
/// for long after.
const MOST_WRITES: usize = 400_000_000;

/// What was found, by the offset of the failing record; a wrong state stands last.
#[derive(Default)]
struct Search {
    found: BTreeMap<i64, RaceFinding>,
    not_tried: u64,
}

impl Search {
    /// Tries the windows of some loader positions.
    fn add(&mut self, steps: &Steps<'_>, raw: &RawHistory, loaders: Range<usize>) {
        let reach = reach(steps, raw, &loaders);
        let starts = loaders.clone().step_by(LOADERS_AT_ONCE);
        // Loaders of one task end alike, so that one can answer for the next.
        let parts: Vec<(Range<usize>, usize)> = starts
            .map(|from| (from..(from + LOADERS_AT_ONCE).min(loaders.end), from + LOADERS_AT_ONCE))
            .map(|(part, end)| (part, end.saturating_add(reach).min(steps.boundaries.len())))
            .collect();
        for (part, ends) in &parts {
            self.not_tried += windows_beyond(steps, part.clone(), *ends);
        }
        let found: Vec<_> =
            parts.into_par_iter().map(|(part, ends)| smallest(steps, raw, part, ends)).collect();
        for (at, other) in found.into_iter().flatten() {
            match self.found.entry(at) {
                Entry::Vacant(place) => drop(place.insert(other)),
                Entry::Occupied(mut known) => known.get_mut().join(other),
            }
        }
    }
}

/// How many boundaries beyond its own a loader position is tried with: as many as there are, unless that is too much
/// work. What a window costs goes with the changes that a record makes.
fn reach(steps: &Steps<'_>, raw: &RawHistory, loaders: &Range<usize>) -> usize {
    let per_record = (raw.writes / steps.steps.len().max(1)).max(1);
    let windows = MOST_WRITES / per_record;
    let all = loaders.len().saturating_mul(steps.boundaries.len()) / 2;
    if all <= windows { usize::MAX } else { windows / loaders.len().max(1) }
}

/// Windows of these loader positions that end behind the first `ends` boundaries.
fn windows_beyond(steps: &Steps<'_>, loaders: Range<usize>, ends: usize) -> u64 {
    let stand_for = |boundaries: Option<&[Boundary]>| -> u64 {
        boundaries.into_iter().flatten().map(|boundary| boundary.stands_for).sum()
    };
    stand_for(steps.boundaries.get(loaders)).saturating_mul(stand_for(steps.boundaries.get(ends..)))
}

/// The smallest window by failing record, of some loader positions.
fn smallest(
    steps: &Steps<'_>,
    raw: &RawHistory,
    loaders: Range<usize>,
    ends: usize,
) -> BTreeMap<i64, RaceFinding> {
    let mut smallest: BTreeMap<i64, RaceFinding> = BTreeMap::new();
    every_window(steps, raw, loaders, ends, |start, end, ending| {
        let step = match ending {
            Ending::Loads => return,
            Ending::Fails(step, _) => steps.steps.get(*step),
            Ending::WrongState => None,
        };
        let at = step.map_or(i64::MAX, |step| step.event.offset());
        let window = Window { loader_at: start.offset, cleaned_to: end.first_alike };
        let windows = start.stands_for.saturating_mul(end.stands_for);
        match smallest.get_mut(&at) {
            Some(known) if !window.is_smaller_than(known.window) => known.windows += windows,
            known => {
                let Some(effect) = effect(steps, ending) else { return };
                let finding = RaceFinding { window, windows, effect };
                match known {
                    Some(known) => known.join(finding),
                    None => drop(smallest.insert(at, finding)),
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
    every_window(&steps, &raw, loaders, usize::MAX, |start, end, ending| {
        visit(Window { loader_at: start.offset, cleaned_to: end.offset }, told(ending));
    });
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
