//! Races between a load and the cleaner, per group (KAFKA-19862 and its family).
//!
//! The cleaned middle of a race never existed as bytes, so races run on a group's history: [`GroupTrace`] says
//! what happened, [`TraceEvent::visible`] what a racing loader sees of it, and [`simulate`] tries every
//! window. All checks of a load are per group, so one group's history is enough.

mod finding;
mod footprint;
mod key_history;
mod replay;
mod steps;
mod trace;
mod trace_builder;
mod visibility;

use std::collections::BTreeMap;

pub use finding::{RaceEffect, RaceFailure, RaceFinding, RaceMode};
use replay::{Ending, RawHistory, every_window};
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

/// Tries every window of a group's history under a release of the new coordinator.
///
/// A release on which the raw history itself fails is not raced, nor is the old coordinator, which checks
/// nothing between records: both give nothing.
#[must_use]
pub fn simulate(trace: &GroupTrace, profile: &Profile, mode: RaceMode) -> Vec<RaceFinding> {
    let Rules::New(rules) = &profile.rules else { return Vec::new() };
    let steps = Steps::new(trace, profile, rules, Tombstones::Kept);
    if RawHistory::new(&steps).ending != Ending::Loads {
        return Vec::new();
    }
    // By failing step; the wrong state, which no single record causes, comes last.
    let mut smallest: BTreeMap<usize, RaceFinding> = BTreeMap::new();
    let mut all = Vec::new();
    every_window(&steps, false, |window, ending| {
        let step = match ending {
            Ending::Loads => return,
            Ending::Fails(step, _) => *step,
            Ending::WrongState => usize::MAX,
        };
        if mode == RaceMode::All {
            if all.len() < RaceMode::MOST_WINDOWS {
                all.extend(effect(&steps, ending).map(|effect| RaceFinding { window, windows: 1, effect }));
            }
        } else if let Some(known) = smallest.get_mut(&step) {
            known.windows += 1;
            if (window.span(), window) < (known.window.span(), known.window)
                && let Some(effect) = effect(&steps, ending)
            {
                *known = RaceFinding { window, windows: known.windows, effect };
            }
        } else if let Some(effect) = effect(&steps, ending) {
            smallest.insert(step, RaceFinding { window, windows: 1, effect });
        }
    });
    all.extend(smallest.into_values());
    all
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
    every_window(&steps, tombstones == Tombstones::Dropped, |window, ending| visit(window, told(ending)));
    told(&RawHistory::new(&steps).ending)
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
