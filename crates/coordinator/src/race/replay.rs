//! Every window of one group's history, each for little more than the records that make it differ.
//!
//! For one loader position the cleaner's is moved forward step by step. The cleaned part is kept applied: a
//! longer pass only takes out the records it supersedes. Most of these nobody noticed ([`Footprints`]), so they are
//! taken back where they stand; for the others the state is rolled back to them and what follows is applied
//! again. Where the state equals the raw log's, the rest of the log is known to end as
//! the raw log does; where it differs, the rest is replayed until the two meet, once per state. A loader that has read
//! a few more records that make no difference ([`Quiet`]) ends as the one before it.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::footprint::Footprints;
use super::quiet::Quiet;
use super::steps::{Boundary, Steps};
use crate::group::{Journal, ReplayError, Slot};

/// How the load of one window ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// As the raw log: with the same state, if the raw log loads.
    Loads,
    /// With another state than the raw log.
    WrongState,
    /// At a step.
    Fails(usize, ReplayError),
}

/// Positions a loader can be at: every boundary but the last.
pub(super) fn loaders(steps: &Steps<'_>) -> Range<usize> {
    0..steps.boundaries.len().saturating_sub(1)
}

/// Calls `visit` with every window of these loader positions that ends at one of the first `ends` boundaries of this
/// group (its two boundaries), and how its load ends.
pub(super) fn every_window(
    steps: &Steps<'_>,
    raw: &RawHistory,
    loaders: Range<usize>,
    ends: usize,
    mut visit: impl FnMut(&Boundary, &Boundary, &Ending),
) {
    let boundaries = steps.boundaries.get(..ends).unwrap_or(&steps.boundaries);
    let mut rest = RestOfLog { known: HashMap::default() };
    let mut state = State { journal: Journal::with_reads(), ..State::default() };
    let mut row = Row::default();
    let mut read_before = None;
    for from in loaders {
        let Some(start) = steps.boundaries.get(from) else { break };
        let ends_alike = read_before.is_some_and(|before| raw.quiet.all(before..start.steps_below));
        read_before = Some(start.steps_below);
        if ends_alike {
            for (end, ending) in boundaries.iter().skip(from + 1).zip(row.from(from + 1)) {
                visit(start, end, ending);
            }
            continue;
        }
        row = Row::default();
        let failed_below = state.advance_raw(steps, start.steps_below);
        let mut cleaned = Cleaned::new(state.journal.mark());
        for (to, end) in boundaries.iter().enumerate().skip(from + 1) {
            let ending = if failed_below {
                &raw.ending
            } else {
                cleaned.extend_to(steps, &mut state, start.steps_below, to);
                match &cleaned.failed {
                    Some(failed) => failed,
                    None => rest.ending(steps, raw, &mut state, end.steps_below),
                }
            };
            visit(start, end, ending);
            row.push(to, ending);
        }
        state.slot.roll_back(&mut state.journal, cleaned.mark);
    }
}

/// How the windows of one loader position end, by the boundary that the cleaner got to: where each run of equal
/// endings begins.
#[derive(Default)]
struct Row {
    runs: Vec<(usize, Ending)>,
}

impl Row {
    fn push(&mut self, to: usize, ending: &Ending) {
        if self.runs.last().is_none_or(|(_, last)| last != ending) {
            self.runs.push((to, ending.clone()));
        }
    }

    /// The endings from one boundary on, without end.
    fn from(&self, to: usize) -> impl Iterator<Item = &Ending> {
        let mut at = self.runs.partition_point(|(from, _)| *from <= to).saturating_sub(1);
        (to..).map_while(move |to| {
            at += usize::from(self.runs.get(at + 1).is_some_and(|(from, _)| *from <= to));
            self.runs.get(at).map(|(_, ending)| ending)
        })
    }
}

/// How the raw log ends, the hash of its state before every step, and which steps make no difference to a loader.
pub(super) struct RawHistory {
    hashes: Vec<u64>,
    /// Changes that the history makes to the group's state.
    pub(super) writes: usize,
    quiet: Quiet,
    pub(super) ending: Ending,
}

impl RawHistory {
    pub(super) fn new(steps: &Steps<'_>) -> Self {
        let mut state = State::default();
        let mut hashes = vec![state.slot.content_hash()];
        let mut writes = 0;
        let mut quiet = Quiet::of(steps);
        for index in 0..steps.steps.len() {
            if let Err(error) = state.apply(steps, index) {
                return Self { hashes, writes, quiet, ending: Ending::Fails(index, error) };
            }
            quiet.push(steps, index, &state.slot, &state.journal);
            writes += state.journal.mark();
            state.journal.clear();
            hashes.push(state.slot.content_hash());
        }
        Self { hashes, writes, quiet, ending: Ending::Loads }
    }

    /// Hash of the raw state before `step`; `None` after a failure.
    fn hash_before(&self, step: usize) -> Option<u64> {
        self.hashes.get(step).copied()
    }
}

/// The group at some point of some window.
#[derive(Default)]
struct State {
    slot: Slot,
    journal: Journal,
    raw_steps: usize,
    raw_failed: bool,
}

impl State {
    fn apply(&mut self, steps: &Steps<'_>, index: usize) -> Result<(), ReplayError> {
        match steps.steps.get(index).and_then(|step| step.change.as_ref()) {
            Some(change) => self.slot.apply(steps.group_id, steps.rules, change, &mut self.journal),
            None => Ok(()),
        }
    }

    /// Applies the raw log up to a step, for good; true when it fails before.
    fn advance_raw(&mut self, steps: &Steps<'_>, to: usize) -> bool {
        while self.raw_steps < to && !self.raw_failed {
            self.raw_failed = self.apply(steps, self.raw_steps).is_err();
            self.raw_steps += 1;
            self.journal.clear();
        }
        self.raw_failed
    }
}

/// The cleaned part of a window: which steps are left, and how far they are applied.
struct Cleaned {
    mark: usize,
    left: Vec<usize>,
    /// Those that are applied: the first of `left`.
    applied: Footprints,
    failed: Option<Ending>,
}

impl Cleaned {
    fn new(mark: usize) -> Self {
        Self { mark, left: Vec::new(), applied: Footprints::default(), failed: None }
    }

    /// Moves the window's end to boundary `to`, one further than before.
    fn extend_to(&mut self, steps: &Steps<'_>, state: &mut State, first_step: usize, to: usize) {
        let (Some(end), Some(before)) =
            (steps.boundaries.get(to), to.checked_sub(1).and_then(|at| steps.boundaries.get(at)))
        else {
            return;
        };
        for gone in &end.leaving {
            if let Ok(at) = self.left.binary_search(gone) {
                self.take_out(state, at);
            }
        }
        self.applied.compact(&mut state.journal);
        let new = before.steps_below.max(first_step)..end.steps_below;
        self.left.extend(new.filter(|step| steps.kept(*step, end.offset)));
        self.apply_rest(steps, state);
    }

    fn take_out(&mut self, state: &mut State, at: usize) {
        self.left.remove(at);
        let Some(mark) = self.applied.mark(at) else { return };
        if !self.applied.take_back(at, &mut state.slot, &mut state.journal) {
            state.slot.roll_back(&mut state.journal, mark);
            self.applied.truncate(at);
            self.failed = None;
        }
    }

    fn apply_rest(&mut self, steps: &Steps<'_>, state: &mut State) {
        while self.failed.is_none()
            && let Some(step) = self.left.get(self.applied.len()).copied()
        {
            let mark = state.journal.mark();
            drop(state.journal.take_reads());
            self.failed = state.apply(steps, step).err().map(|error| Ending::Fails(step, error));
            let (asked, written) = (state.journal.take_reads(), state.journal.writes_since(mark));
            self.applied.push(step, mark, asked, written, self.failed.is_some());
        }
    }
}

/// How the raw rest of the log ends from a state that is not the raw log's.
struct RestOfLog {
    known: HashMap<(usize, (u64, u64)), Ending, FixedState>,
}

impl RestOfLog {
    fn ending<'a>(
        &'a mut self,
        steps: &Steps<'_>,
        raw: &'a RawHistory,
        state: &mut State,
        from: usize,
    ) -> &'a Ending {
        let hash = state.slot.content_hash();
        if raw.hash_before(from) == Some(hash) {
            return &raw.ending;
        }
        self.known.entry((from, state.slot.replay_hash())).or_insert_with(|| {
            let mark = state.journal.mark();
            let ending = Self::replay(steps, raw, state, from);
            state.slot.roll_back(&mut state.journal, mark);
            drop(state.journal.take_reads());
            ending
        })
    }

    fn replay(steps: &Steps<'_>, raw: &RawHistory, state: &mut State, from: usize) -> Ending {
        for step in from..steps.steps.len() {
            if let Err(error) = state.apply(steps, step) {
                return Ending::Fails(step, error);
            }
            if raw.hash_before(step + 1) == Some(state.slot.content_hash()) {
                return raw.ending.clone();
            }
        }
        Ending::WrongState
    }
}
