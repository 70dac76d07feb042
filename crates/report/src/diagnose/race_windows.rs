//! Races of a copy: which windows fail on which release.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::{Histories, HistoryRecord, Judgement};
use lastwrites_coordinator::load::{Failure, Stage};
use lastwrites_coordinator::race::{
    GroupTrace, LostTask, RaceEffect, RaceFailure, Tombstones, TraceEvent, Window, WindowEnding, lost_task,
    simulate, windows,
};
use lastwrites_coordinator::rules::Profile;
use lastwrites_types::ByteText;

use super::contested::Contested;
use super::issues::{Around, cause};
use super::model::Race;
use super::options::{Asked, AskedProfiles, RaceWindows};
use super::ownership::{Ownership, in_a_race};

/// More windows than this are not told.
const MOST_WINDOWS: usize = 1_000_000;
/// Conflicts of one copy whose ownership is told.
const MOST_OWNERSHIPS: usize = 20;

/// What races can do to a copy.
#[derive(Debug, Default)]
pub(super) struct Races {
    /// Windows in which a load fails.
    pub(super) failing: Vec<Race>,
    /// Groups that some window loads into a wrong state, with the smallest such window, by release.
    pub(super) wrong_states: Vec<WrongState>,
    /// Who held what in the smallest windows, by group and failing record.
    pub(super) ownership: Vec<Ownership>,
    /// Windows beyond what is kept.
    pub(super) left_out: bool,
}

/// A load that succeeds into a state that is not the log's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WrongState {
    pub(super) asked: Asked,
    pub(super) group_id: ByteText,
    pub(super) window: Window,
    /// What it loses, where that is a task.
    pub(super) lost: Option<LostTask>,
}

impl WrongState {
    fn new(asked: &Asked, trace: &GroupTrace, window: Window) -> Self {
        Self {
            asked: *asked,
            group_id: ByteText::from(trace.group_id.as_ref()),
            window,
            lost: lost_task(trace, &asked.profile, window),
        }
    }
}

/// Races every traced group under every release that loads the log at rest. `boundaries` are the base offsets of
/// the log's batches, ascending; only [`RaceWindows::All`] looks at them.
pub(super) fn races(
    judgement: &Judgement,
    histories: &Histories,
    asked: &AskedProfiles,
    mode: RaceWindows,
    boundaries: &[i64],
) -> Races {
    let mut races = Races::default();
    // Releases that load alike race alike.
    let mut done: Vec<(Profile, Races)> = Vec::new();
    for (asked, judged) in asked.iter().zip(&judgement.verdicts) {
        if mode == RaceWindows::None || !judged.verdict.is_loaded() {
            continue;
        }
        let alike = done.iter().position(|(profile, _)| profile.loads_like(&asked.profile));
        let at = alike.unwrap_or_else(|| {
            let found = match mode {
                RaceWindows::All => every(asked, &histories.traces, boundaries),
                _ => smallest(asked, &histories.traces),
            };
            done.push((asked.profile, found));
            done.len() - 1
        });
        let Some((_, found)) = done.get(at) else { continue };
        races.left_out |= found.left_out;
        races.failing.extend(found.failing.iter().map(|race| Race { kafka: asked.release, ..race.clone() }));
        let wrong = found.wrong_states.iter().map(|wrong| WrongState { asked: *asked, ..wrong.clone() });
        races.wrong_states.extend(wrong);
    }
    // The newest release's stands for all: somebody may still run that one.
    for found in done.into_iter().rev().flat_map(|(_, found)| found.ownership) {
        let told = |known: &Ownership| (&known.group_id, known.fails_at) == (&found.group_id, found.fails_at);
        if races.ownership.len() < MOST_OWNERSHIPS && !races.ownership.iter().any(told) {
            races.ownership.push(found);
        }
    }
    races
}

fn smallest(asked: &Asked, traces: &[GroupTrace]) -> Races {
    let mut races = Races::default();
    for trace in traces {
        let classic = classic_records(trace);
        for found in simulate(trace, &asked.profile) {
            match found.effect {
                RaceEffect::Fails(failure) => {
                    races.failing.push(race(asked, trace, &classic, found.window, found.windows, &failure));
                    if races.ownership.len() < MOST_OWNERSHIPS
                        && let Some(contested) = Contested::by(&failure.error)
                    {
                        let (profile, at) = (&asked.profile, failure.offset);
                        races.ownership.push(in_a_race(profile, &contested, trace, found.window, at));
                    }
                }
                RaceEffect::WrongState => {
                    races.wrong_states.push(WrongState::new(asked, trace, found.window));
                }
            }
        }
    }
    races
}

/// Every window whose ends are batch boundaries of the log: a group's own windows stand for all that see the same
/// of it, and of several groups the earliest failing record ends the load.
fn every(asked: &Asked, traces: &[GroupTrace], boundaries: &[i64]) -> Races {
    let mut races = Races::default();
    let mut found: BTreeMap<Window, (usize, RaceFailure)> = BTreeMap::new();
    for (nth, trace) in traces.iter().enumerate() {
        let mut endings = Vec::new();
        let mut own: Vec<i64> = Vec::new();
        windows(trace, &asked.profile, Tombstones::Kept, |window, ending| {
            own.extend([window.loader_at, window.cleaned_to]);
            if let WindowEnding::Wrong(effect) = ending {
                endings.push((window, effect));
            }
        });
        own.sort_unstable();
        own.dedup();
        let reach = |offset: i64| {
            let at = own.partition_point(|boundary| *boundary < offset);
            let before = at.checked_sub(1).and_then(|at| own.get(at)).copied().unwrap_or(i64::MIN);
            let from = boundaries.partition_point(|boundary| *boundary <= before);
            let to = boundaries.partition_point(|boundary| *boundary <= offset);
            boundaries.get(from..to).unwrap_or_default()
        };
        let wrong = endings.iter().filter(|(_, effect)| *effect == RaceEffect::WrongState);
        let smallest = wrong.map(|(window, _)| *window).min_by_key(|window| (window.span(), *window));
        races.wrong_states.extend(smallest.map(|window| WrongState::new(asked, trace, window)));
        for (window, effect) in endings {
            let RaceEffect::Fails(failure) = effect else { continue };
            for loader_at in reach(window.loader_at) {
                for cleaned_to in reach(window.cleaned_to).iter().filter(|to| *to > loader_at) {
                    let window = Window { loader_at: *loader_at, cleaned_to: *cleaned_to };
                    let earlier = found.get(&window).is_none_or(|(_, known)| failure.offset < known.offset);
                    if found.len() >= MOST_WINDOWS {
                        races.left_out = true;
                    } else if earlier {
                        found.insert(window, (nth, failure.clone()));
                    }
                }
            }
        }
    }
    let classic: Vec<Vec<HistoryRecord>> = traces.iter().map(classic_records).collect();
    for (window, (nth, failure)) in found {
        let (Some(trace), Some(classic)) = (traces.get(nth), classic.get(nth)) else { continue };
        races.failing.push(race(asked, trace, classic, window, 1, &failure));
    }
    races
}

fn race(
    asked: &Asked,
    trace: &GroupTrace,
    classic: &[HistoryRecord],
    window: Window,
    windows: u64,
    failure: &RaceFailure,
) -> Race {
    let member_id = failure.member_id.as_ref();
    let around = Around { records: classic, absent_below: None, raced: true };
    let failed = Failure {
        offset: Some(failure.offset),
        record_type: Some(failure.record_type),
        group_id: Some(trace.group_id.clone()),
        member_id: failure.member_id.clone(),
        stage: Stage::Replay,
        cause: Some(failure.error.clone()),
        error: failure.error.to_string(),
    };
    let cause = cause(&asked.profile, &failed, around);
    Race {
        kafka: asked.release,
        cause,
        group_id: ByteText::from(trace.group_id.as_ref()),
        loader_at: window.loader_at,
        cleaned_to: window.cleaned_to,
        offset: failure.offset,
        record_type: failure.record_type,
        member_id: member_id.map(|name| ByteText::from(name.as_ref())),
        issues: cause.issues().to_vec(),
        error: failed.error,
        windows,
    }
}

/// The classic group records of a trace: what a racing load may hold when records of another type come.
fn classic_records(trace: &GroupTrace) -> Vec<HistoryRecord> {
    let record = |event: &TraceEvent| match event {
        TraceEvent::Record(record) if record.key.starts_with(&[0, 2]) => Some(HistoryRecord {
            group_id: trace.group_id.clone(),
            record_type: 2,
            offset: record.offset,
            file: 0,
            position: 0,
            timestamp_ms: 0,
            key: record.key.clone(),
            value: record.value.clone(),
        }),
        _ => None,
    };
    trace.events.iter().filter_map(record).collect()
}
