//! Races of a copy: which windows fail on which release.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::{Histories, Judgement};
use lastwrites_coordinator::load::{Failure, Stage};
use lastwrites_coordinator::race::{
    GroupTrace, LostTask, RaceEffect, RaceFailure, RaceFinding, RaceSearch, Tombstones, Window, WindowEnding,
    lost_task, races_alike, simulate, windows,
};
use lastwrites_coordinator::rules::Profile;
use lastwrites_evidence::ViewKind;
use lastwrites_types::ByteText;

use super::contested::Contested;
use super::issues::{Around, cause};
use super::model::Race;
use super::options::{Asked, AskedProfiles, RaceWindows};
use super::ownership::{Ownership, in_a_race};
use super::written::Unbroken;

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
    /// All windows were asked for, and there are more failing ones than are kept.
    pub(super) left_out: bool,
    /// Groups whose history is too long to be searched to the end.
    pub(super) unsearched: Vec<Unsearched>,
}

/// A group whose windows were not all tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unsearched {
    pub(super) group_id: ByteText,
    /// Windows, by the group's own batch boundaries, wider than all that were tried; the most of any release.
    pub(super) windows: u64,
    /// The history itself was cut off for its length.
    pub(super) cut: bool,
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
    if mode == RaceWindows::None {
        return races;
    }
    let mut groups: Vec<Group<'_>> = histories.traces.iter().map(Group::new).collect();
    for (asked, judged) in asked.iter().zip(&judgement.verdicts) {
        if judged.verdict.is_loaded() {
            match mode {
                RaceWindows::All => every(asked, &mut groups, boundaries, &mut races),
                _ => smallest(asked, &mut groups, &mut races),
            }
        }
    }
    races.unsearched = groups.iter().filter_map(Group::unsearched).collect();
    if mode == RaceWindows::Smallest {
        let loaded = asked.iter().zip(&judgement.verdicts).filter(|(_, judged)| judged.verdict.is_loaded());
        let newest_first: Vec<&Asked> = loaded.map(|(asked, _)| asked).collect();
        races.ownership = ownerships(newest_first.into_iter().rev(), &mut groups);
    }
    races
}

/// Who held what in the smallest windows; of several releases the first one's stands for all.
fn ownerships<'a>(newest_first: impl Iterator<Item = &'a Asked>, groups: &mut [Group<'_>]) -> Vec<Ownership> {
    let mut told: Vec<Ownership> = Vec::new();
    for asked in newest_first {
        for group in &mut *groups {
            for RaceFinding { window, effect, .. } in group.smallest(&asked.profile) {
                let RaceEffect::Fails(failure) = effect else { continue };
                let known = |known: &Ownership| {
                    known.group_id.as_bytes() == &*group.trace.group_id && known.fails_at == failure.offset
                };
                if told.len() >= MOST_OWNERSHIPS || told.iter().any(known) {
                    continue;
                }
                let contested = Contested::by(&failure.error);
                told.extend(contested.map(|contested| {
                    in_a_race(&asked.profile, &contested, group.trace, window, failure.offset)
                }));
            }
        }
    }
    told
}

/// One group's history, and what was found in it so far.
struct Group<'t> {
    trace: &'t GroupTrace,
    smallest: Searched<RaceSearch>,
    every: Searched<Endings>,
}

/// What searches found: one for all releases that race a group alike.
struct Searched<T> {
    found: Vec<(Profile, T)>,
    /// Which of them is a release's.
    of: Vec<(Profile, usize)>,
}

/// How the windows on a group's own boundaries go wrong.
struct Endings {
    boundaries: Vec<i64>,
    wrong: Vec<(Window, RaceEffect)>,
}

impl<'t> Group<'t> {
    fn new(trace: &'t GroupTrace) -> Self {
        Self { trace, smallest: Searched::new(), every: Searched::new() }
    }

    /// The smallest windows under a release.
    fn smallest(&mut self, profile: &Profile) -> Vec<RaceFinding> {
        let trace = self.trace;
        let search = self.smallest.under(trace, profile, || simulate(trace, profile));
        search.map(|search| search.findings.clone()).unwrap_or_default()
    }

    /// What the searches so far left out.
    fn unsearched(&self) -> Option<Unsearched> {
        let windows = self.smallest.found.iter().map(|(_, search)| search.not_tried).max().unwrap_or(0);
        let cut = self.trace.cut;
        let group_id = ByteText::from(self.trace.group_id.as_ref());
        (cut || windows > 0).then_some(Unsearched { group_id, windows, cut })
    }

    /// All windows under a release.
    fn every(&mut self, profile: &Profile) -> Option<&Endings> {
        let trace = self.trace;
        self.every.under(trace, profile, || Endings::of(trace, profile))
    }
}

impl<T> Searched<T> {
    const fn new() -> Self {
        Self { found: Vec::new(), of: Vec::new() }
    }

    /// What was found under this release or one that races alike; searches where there is none.
    fn under(&mut self, trace: &GroupTrace, profile: &Profile, search: impl FnOnce() -> T) -> Option<&T> {
        let known = self.of.iter().find(|(known, _)| known == profile).map(|(_, at)| *at);
        let at = known.unwrap_or_else(|| {
            let alike = self.found.iter().position(|(other, _)| races_alike(trace, other, profile));
            let at = alike.unwrap_or_else(|| {
                self.found.push((*profile, search()));
                self.found.len() - 1
            });
            self.of.push((*profile, at));
            at
        });
        self.found.get(at).map(|(_, found)| found)
    }
}

impl Endings {
    fn of(trace: &GroupTrace, profile: &Profile) -> Self {
        let mut wrong = Vec::new();
        let mut boundaries: Vec<i64> = Vec::new();
        windows(trace, profile, Tombstones::Kept, |window, ending| {
            boundaries.extend([window.loader_at, window.cleaned_to]);
            if let WindowEnding::Wrong(effect) = ending {
                wrong.push((window, effect));
            }
        });
        boundaries.sort_unstable();
        boundaries.dedup();
        Self { boundaries, wrong }
    }
}

fn smallest(asked: &Asked, groups: &mut [Group<'_>], races: &mut Races) {
    for group in groups {
        for RaceFinding { window, windows, effect } in group.smallest(&asked.profile) {
            match effect {
                RaceEffect::Fails(failure) => {
                    races.failing.push(race(asked, group, window, windows, &failure));
                }
                RaceEffect::WrongState => {
                    races.wrong_states.push(WrongState::new(asked, group.trace, window));
                }
            }
        }
    }
}

/// Every window whose ends are batch boundaries of the log: a group's own windows stand for all that see the same
/// of it, and of several groups the earliest failing record ends the load.
fn every(asked: &Asked, groups: &mut [Group<'_>], boundaries: &[i64], races: &mut Races) {
    let mut found: BTreeMap<Window, (usize, RaceFailure)> = BTreeMap::new();
    for (nth, group) in groups.iter_mut().enumerate() {
        let trace = group.trace;
        let Some(Endings { boundaries: own, wrong }) = group.every(&asked.profile) else { continue };
        let reach = |offset: i64| {
            let at = own.partition_point(|boundary| *boundary < offset);
            let before = at.checked_sub(1).and_then(|at| own.get(at)).copied().unwrap_or(i64::MIN);
            let from = boundaries.partition_point(|boundary| *boundary <= before);
            let to = boundaries.partition_point(|boundary| *boundary <= offset);
            boundaries.get(from..to).unwrap_or_default()
        };
        let wrong_states = wrong.iter().filter(|(_, effect)| *effect == RaceEffect::WrongState);
        let smallest = wrong_states.map(|(window, _)| *window).min_by_key(|window| (window.span(), *window));
        races.wrong_states.extend(smallest.map(|window| WrongState::new(asked, trace, window)));
        for (window, effect) in wrong {
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
    for (window, (nth, failure)) in found {
        let Some(group) = groups.get(nth) else { continue };
        races.failing.push(race(asked, group, window, 1, &failure));
    }
}

fn race(asked: &Asked, group: &Group<'_>, window: Window, windows: u64, failure: &RaceFailure) -> Race {
    let trace = group.trace;
    let member_id = failure.member_id.as_ref();
    let around = Around { records: &[], unbroken: Unbroken::Unknown };
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
        view: ViewKind::AsFound,
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
