//! Every window replayed from nothing, to hold the quick way against.

use super::replay::{Ending, RawHistory, every_window, loaders};
use super::steps::Steps;
use super::visibility::{Tombstones, Window};
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
        every_window(&steps, &raw, loaders(&steps), |window, _, ending| {
            nth += 1;
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
