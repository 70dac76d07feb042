//! Every window replayed from nothing, to hold the quick way against.

use super::replay::{Ending, RawHistory, every_window, loaders};
use super::steps::Steps;
use super::visibility::{Tombstones, Window};
use super::{RaceFinding, Search, simulate};
use crate::group::{Journal, Slot};
use crate::rules::{Coordinator, Rules, profile_for};

#[path = "../../tests/corpus/history.rs"]
mod history;

/// How the load of what a window shows ends, step by step.
fn replayed(steps: &Steps<'_>, window: Window, raw: u64) -> Ending {
    let (mut slot, mut journal) = (Slot::default(), Journal::default());
    for (index, step) in steps.steps.iter().enumerate() {
        let change = step.change.as_ref().filter(|_| step.event.visible(window, steps.tombstones));
        let Some(change) = change else { continue };
        if let Err(error) = slot.apply(steps.group_id, steps.rules, change, &mut journal) {
            return Ending::Fails(index, error);
        }
    }
    if slot.content_hash() == raw { Ending::Loads } else { Ending::WrongState }
}

fn raw_hash(steps: &Steps<'_>) -> u64 {
    let (mut slot, mut journal) = (Slot::default(), Journal::default());
    for change in steps.steps.iter().filter_map(|step| step.change.as_ref()) {
        slot.apply(steps.group_id, steps.rules, change, &mut journal).unwrap();
    }
    slot.content_hash()
}

#[test]
fn the_quick_way_ends_as_the_naive_one() {
    let consumers = history::long_history(320);
    let streams = history::long_streams_history(260);
    let compared = [
        ("3.9.2", &consumers, 100),
        ("4.1.1", &consumers, 100),
        ("4.3.1", &consumers, 0),
        ("4.1.1", &streams, 100),
        ("4.1.2", &streams, 20),
        ("4.3.1", &streams, 20),
    ];
    for (version, trace, at_least) in compared {
        let profile = profile_for(version.parse().unwrap(), Coordinator::New).unwrap();
        let Rules::New(rules) = &profile.rules else { panic!("rules of the new coordinator") };
        let steps = Steps::new(trace, &profile, rules, Tombstones::Kept);
        let (raw, hash) = (RawHistory::new(&steps), raw_hash(&steps));
        let (mut nth, mut compared, mut failed) = (0, 0, 0);
        every_window(&steps, &raw, loaders(&steps), usize::MAX, |start, end, ending| {
            nth += 1;
            let window = Window { loader_at: start.offset, cleaned_to: end.offset };
            if nth % 13 == 0 {
                assert_eq!(*ending, replayed(&steps, window, hash), "{version} {window:?}");
                compared += 1;
                failed += usize::from(*ending != Ending::Loads);
            }
        });
        assert!(compared > 1500, "{version}: only {compared} windows");
        assert!(failed >= at_least, "{version}: only {failed} of {compared} go wrong");
    }
}

/// Long histories have what the search leaves out, and members that move.
#[test]
fn records_that_nothing_asks_about_change_nothing() {
    let consumers = history::long_history(320);
    let streams = history::long_streams_history(260);
    let searched = [("3.9.2", &consumers), ("4.1.1", &consumers), ("4.1.1", &streams), ("4.3.1", &streams)];
    for (version, trace) in searched {
        let profile = profile_for(version.parse().unwrap(), Coordinator::New).unwrap();
        let Rules::New(rules) = &profile.rules else { panic!("rules of the new coordinator") };
        let whole = Steps::new(trace, &profile, rules, Tombstones::Kept);
        let (_, heard) = whole.heard().unwrap();
        assert!(heard.steps.len() * 10 < whole.steps.len() * 9, "{version}: {}", heard.steps.len());
        let mut search = Search::default();
        search.add(&whole, &RawHistory::new(&whole), loaders(&whole));
        let expected: Vec<RaceFinding> = search.found.into_values().collect();
        assert!(!expected.is_empty(), "{version}");
        assert_eq!(simulate(trace, &profile).findings, expected, "{version}");
    }
}

/// What is too much work is left out from the widest windows down, and counted.
#[test]
fn windows_beyond_a_reach_are_counted() {
    let trace = history::long_history(320);
    let profile = profile_for("4.1.1".parse().unwrap(), Coordinator::New).unwrap();
    let Rules::New(rules) = &profile.rules else { panic!("rules of the new coordinator") };
    let steps = Steps::new(&trace, &profile, rules, Tombstones::Kept);
    let raw = RawHistory::new(&steps);
    let (mut tried, ends) = (0, steps.boundaries.len() - 40);
    let part = 10..20;
    every_window(&steps, &raw, part.clone(), ends, |_, end, _| {
        assert!(end.offset <= steps.boundaries[ends - 1].offset);
        tried += 1;
    });
    let all: u64 = part.clone().map(|from| (steps.boundaries.len() - 1 - from) as u64).sum();
    assert_eq!(tried + super::windows_beyond(&steps, part, ends), all);
}
