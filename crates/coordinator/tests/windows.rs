//! Every race window of the load cases ends as the real coordinators ended it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

mod corpus;
#[path = "corpus/history.rs"]
mod history;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use corpus::{Event, Log};
use lastwrites_coordinator::race::{
    GroupTrace, RaceEffect, RaceFailure, Tombstones, TraceBuilder, Window, WindowEnding, lost_task, simulate,
    windows,
};
use lastwrites_coordinator::rules::{Coordinator, Profile, profile_for};
use lastwrites_segment::{ControlRecord, ControlType};
use serde_json::Value;

fn traces(log: &Log) -> Vec<GroupTrace> {
    let mut builder = TraceBuilder::new(None, usize::MAX);
    let place = |event: &Event| match event {
        Event::Record { place, .. } | Event::Marker { place, .. } => Some(*place),
        Event::ReadFault { .. } => None,
    };
    for (nth, event) in log.events.iter().enumerate() {
        match event {
            Event::Record { .. } => {
                let record = event.as_record().expect("it is one");
                let later = log.events[nth..].iter().filter_map(place).map(|place| place.batch_base_offset);
                let next_batch = { later }.find(|base| *base > record.place.batch_base_offset);
                builder.record(&record, next_batch.unwrap_or(log.end));
            }
            Event::Marker { producer_id, key, .. } => {
                match ControlRecord::parse(key.as_deref(), None).expect("a marker").kind {
                    ControlType::Commit => builder.end_transaction(*producer_id, true),
                    ControlType::Abort => builder.end_transaction(*producer_id, false),
                    ControlType::Other(_) => {}
                }
            }
            Event::ReadFault { .. } => {}
        }
    }
    builder.finish(log.end)
}

/// How all windows of all groups end under one release.
struct Groups(Vec<Group>);

struct Group {
    boundaries: Vec<i64>,
    endings: BTreeMap<Window, WindowEnding>,
    raw: WindowEnding,
}

impl Groups {
    fn new(traces: &[GroupTrace], profile: &Profile, tombstones: Tombstones) -> Self {
        Self(
            traces
                .iter()
                .map(|trace| {
                    let mut endings = BTreeMap::new();
                    let raw = windows(trace, profile, tombstones, |window, ending| {
                        endings.insert(window, ending);
                    });
                    let mut boundaries: Vec<i64> =
                        endings.keys().flat_map(|window| [window.loader_at, window.cleaned_to]).collect();
                    boundaries.sort_unstable();
                    boundaries.dedup();
                    Group { boundaries, endings, raw }
                })
                .collect(),
        )
    }

    /// The earliest failure over all groups, or whether some group's state is wrong.
    fn ending(&self, x: i64, y: i64) -> (Option<&RaceFailure>, bool) {
        let mut failure: Option<&RaceFailure> = None;
        let mut wrong_state = false;
        for Group { boundaries, endings, raw } in &self.0 {
            // A position between two boundaries of a group is as good as the next one, and a window without any of
            // the group's batches is the raw log.
            let at = |offset: i64| {
                let at = boundaries.partition_point(|boundary| *boundary < offset);
                boundaries.get(at).or(boundaries.last()).copied().expect("a group has boundaries")
            };
            let window = Window { loader_at: at(x), cleaned_to: at(y) };
            let ending = if window.loader_at < window.cleaned_to {
                endings.get(&window).expect("every window was tried")
            } else {
                raw
            };
            match ending {
                WindowEnding::Loads => {}
                WindowEnding::Wrong(RaceEffect::WrongState) => wrong_state = true,
                WindowEnding::Wrong(RaceEffect::Fails(found)) => {
                    if failure.is_none_or(|failure| found.offset < failure.offset) {
                        failure = Some(found);
                    }
                }
            }
        }
        (failure, wrong_state)
    }
}

/// The text without the task that 4.1.0 and 4.1.1 happen to name first: their sets have no fixed order.
fn comparable(text: &str) -> &str {
    match text.split_once("the process ID") {
        Some((start, _)) => start,
        None => text,
    }
}

fn check(case: &Path, file: &str, tombstones: Tombstones) -> (usize, Vec<String>) {
    let lines = corpus::json_lines(&case.join(file));
    if lines.is_empty() {
        return (0, Vec::new());
    }
    let traces = traces(&Log::read(&corpus::partition_dir(case)));
    let mut by_version: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for line in &lines {
        by_version.entry(line["version"].as_str().expect("a version").to_owned()).or_default().push(line);
    }
    let mut wrong = Vec::new();
    for (version, lines) in by_version {
        let release = version.parse().expect("a release");
        let profile = profile_for(release, Coordinator::New).expect("a known release");
        let groups = Groups::new(&traces, &profile, tombstones);
        for line in lines {
            let (x, y) = (line["x"].as_i64().expect("x"), line["y"].as_i64().expect("y"));
            let (failure, wrong_state) = groups.ending(x, y);
            let found = failure.map(|failure| {
                (Some(failure.offset), Some(i64::from(failure.record_type)), failure.error.to_string())
            });
            let expected = (line["verdict"] == "FAILED").then(|| {
                (
                    line["offset"].as_i64(),
                    line["recordKeyType"].as_i64(),
                    line["error"].as_str().unwrap_or("null").to_owned(),
                )
            });
            let same = match (&found, &expected) {
                (Some(found), Some(expected)) => {
                    (found.0, found.1, comparable(&found.2))
                        == (expected.0, expected.1, comparable(&expected.2))
                }
                (None, None) => line["stateSameAsRaw"].as_bool().is_none_or(|same| same != wrong_state),
                _ => false,
            };
            // Where a release has streams groups, a state that isn't the raw log's has lost a task, and no other has.
            let raced = tombstones == Tombstones::Kept && release >= "4.1.0".parse().expect("a release");
            let told = line["stateSameAsRaw"]
                .as_bool()
                .filter(|same| raced && (!same || (x + y) % 32 == 0))
                .is_none_or(|same| {
                    let window = Window { loader_at: x, cleaned_to: y };
                    traces.iter().any(|trace| lost_task(trace, &profile, window).is_some()) != same
                });
            if !same || !told {
                wrong.push(format!(
                    "{} {file}: {line}\n  found {found:?} wrong state {wrong_state}",
                    case.display()
                ));
            }
        }
    }
    (lines.len(), wrong)
}

#[test]
fn every_window_ends_as_the_real_loader_ended_it() {
    let Some(cases) = corpus::load_cases() else { return };
    let mut total = 0;
    let mut wrong = Vec::new();
    let mut folders: Vec<_> = fs::read_dir(&cases)
        .expect("load cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for case in folders {
        for (file, tombstones) in
            [("windows.jsonl", Tombstones::Kept), ("prefixes.jsonl", Tombstones::Dropped)]
        {
            let (lines, found) = check(&case, file, tombstones);
            total += lines;
            wrong.extend(found);
        }
    }
    eprintln!("{total} windows, {} wrong", wrong.len());
    assert!(total > 100_000, "only {total} windows found");
    assert!(
        wrong.is_empty(),
        "{} of {total} windows differ, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

/// The window told by default is the smallest in which the real loader failed at that record.
#[test]
fn the_smallest_window_is_the_smallest_of_all() {
    let Some(cases) = corpus::load_cases() else { return };
    let mut compared = 0;
    for case in ["rand-00", "rand-03", "rand-26", "rand-27", "S1-raw", "R1-raw"].map(|name| cases.join(name))
    {
        let lines = corpus::json_lines(&case.join("windows.jsonl"));
        let traces = traces(&Log::read(&corpus::partition_dir(&case)));
        let mut by_version: BTreeMap<&str, BTreeMap<i64, (i64, i64, i64)>> = BTreeMap::new();
        for line in &lines {
            let number = |name: &str| line[name].as_i64().expect("a number");
            let smallest = by_version.entry(line["version"].as_str().expect("a version")).or_default();
            if line["verdict"] == "FAILED" {
                let window = (number("y") - number("x"), number("x"), number("y"));
                let known = smallest.entry(number("offset")).or_insert(window);
                *known = window.min(*known);
            }
        }
        for (version, expected) in by_version {
            let profile = profile_for(version.parse().expect("a release"), Coordinator::New).expect("known");
            let raw = |trace| windows(trace, &profile, Tombstones::Dropped, |_, _| ());
            if traces.iter().any(|trace| raw(trace) != WindowEnding::Loads) {
                // Fails at rest: not raced.
                continue;
            }
            let mut found: BTreeMap<i64, (i64, i64, i64)> = BTreeMap::new();
            for finding in traces.iter().flat_map(|trace| simulate(trace, &profile).findings) {
                if let RaceEffect::Fails(failure) = finding.effect {
                    let Window { loader_at, cleaned_to } = finding.window;
                    found.insert(failure.offset, (finding.window.span(), loader_at, cleaned_to));
                }
            }
            // The real loader stops at the first group that fails.
            for (offset, window) in &expected {
                compared += 1;
                let told = found.get(offset).is_some_and(|found| found <= window);
                assert!(told, "{} {version}: {found:?} {expected:?}", case.display());
                if traces.len() == 1 {
                    assert_eq!(found.get(offset), Some(window), "{} {version}", case.display());
                }
            }
        }
    }
    assert!(compared > 20, "only {compared} failing records");
}

/// Without the records that nothing asks about the search finds what trying every window does: the same records, in
/// as many windows. That these end as the real loader's is the first test above.
#[test]
fn the_search_finds_what_every_window_shows() {
    let Some(cases) = corpus::load_cases() else { return };
    let (mut failing, mut wrong_states) = (0, 0);
    let mut folders: Vec<_> =
        std::fs::read_dir(&cases).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|folder| folder.join("windows.jsonl").is_file());
    for case in folders {
        let traces = traces(&Log::read(&corpus::partition_dir(&case)));
        for version in ["3.9.2", "4.0.0", "4.1.1", "4.1.2", "4.3.1"] {
            let profile = profile_for(version.parse().expect("a release"), Coordinator::New).expect("known");
            for trace in &traces {
                let mut every: BTreeMap<Option<i64>, u64> = BTreeMap::new();
                let raw = windows(trace, &profile, Tombstones::Kept, |_, ending| {
                    if let WindowEnding::Wrong(effect) = ending {
                        *every.entry(offset_of(&effect)).or_default() += 1;
                    }
                });
                let search = simulate(trace, &profile);
                assert_eq!(search.not_tried, 0);
                if raw != WindowEnding::Loads {
                    assert!(search.findings.is_empty());
                    continue;
                }
                let found: BTreeMap<Option<i64>, u64> =
                    search.findings.iter().map(|found| (offset_of(&found.effect), found.windows)).collect();
                assert_eq!(found, every, "{} {version}", case.display());
                failing += found.keys().flatten().count();
                wrong_states += usize::from(found.contains_key(&None));
            }
        }
    }
    assert!(failing > 100 && wrong_states > 4, "{failing} records, {wrong_states} wrong states");
}

fn offset_of(effect: &RaceEffect) -> Option<i64> {
    match effect {
        RaceEffect::Fails(failure) => Some(failure.offset),
        RaceEffect::WrongState => None,
    }
}

/// Run with `cargo test --release -p lastwrites-coordinator --test windows -- --ignored --nocapture`.
#[test]
#[ignore = "measures time over 9.6 million windows; a debug build has nothing to tell"]
fn time_for_a_group_with_5000_records() {
    let histories: [fn(usize) -> GroupTrace; 2] = [history::long_history, history::long_streams_history];
    let releases = ["3.9.2", "4.1.1", "4.3.1"];
    for (version, history) in releases.iter().flat_map(|version| histories.map(|history| (version, history)))
    {
        let profile = profile_for(version.parse().expect("a release"), Coordinator::New).expect("known");
        let trace = history(5_000);
        let start = std::time::Instant::now();
        let search = simulate(&trace, &profile);
        let taken = start.elapsed();
        eprintln!(
            "{version}: {} events, {} findings, {} windows not tried in {taken:?}",
            trace.events.len(),
            search.findings.len(),
            search.not_tried
        );
        // From 4.2.1 and 4.3.0 on no window of the consumer group's history fails.
    }
}
