//! `diagnose` and `groups` against what the real coordinators of each release did with the same folders. Needs
//! `LASTWRITES_CORPUS`; its `load-cases` say how the truth was made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{array, complaints, corpus, lastwrites, lines, none_of, string, text};

/// The partition directory inside a case's folder.
fn partition_dir(case: &Path) -> PathBuf {
    let mut inside = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    inside.find(|path| path.is_dir()).unwrap()
}

/// Expected lines by case.
fn expected(cases: &Path) -> Vec<(String, Vec<Value>)> {
    let mut by_case: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines(&fs::read(cases.join("EXPECTED.jsonl")).unwrap()) {
        by_case.entry(string(&line, "case").to_owned()).or_default().push(line);
    }
    by_case.into_iter().collect()
}

/// `4.1.0` or `3.9.2-old` as a release and a coordinator.
fn release(version: &str) -> (&str, &str) {
    version.strip_suffix("-old").map_or((version, "new"), |release| (release, "old"))
}

/// What differs between two runs of the real code: the timestamp in this text is that of the load. And the oracle
/// loaded every folder as partition 0, whatever its name.
fn settled(text: &str) -> String {
    let text = text.split_once(" while loading partition ").map_or(text, |(start, _)| start);
    text.split("timestamp=").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

fn differences(line: &Value, verdicts: &[Value]) -> Vec<String> {
    let version = string(line, "version");
    let (kafka, coordinator) = release(version);
    let ours = verdicts.iter().find(|verdict| {
        verdict["kafka"] == kafka && verdict["coordinator"] == coordinator && verdict["view"] == "as-found"
    });
    let Some(ours) = ours else { return vec![format!("{version}: no verdict")] };
    let mut found = Vec::new();
    let warned = !array(line, "warnings").is_empty();
    let verdict = match (string(line, "verdict"), coordinator, warned) {
        ("FAILED", "old", _) => "loads-empty",
        ("FAILED", ..) => "fails",
        (_, _, true) => "loads-with-warnings",
        _ => "loads",
    };
    if ours["verdict"] != verdict {
        found.push(format!("{version}: {} where the release {verdict}", ours["verdict"]));
    }
    if line["verdict"] == "LOADED" {
        return found;
    }
    if ours["offset"] != line["offset"] {
        found.push(format!("{version}: offset {} where it is {}", ours["offset"], line["offset"]));
    }
    let text = |value: &Value| settled(value["error"].as_str().unwrap_or("null"));
    if text(ours) != text(line) {
        found.push(format!("{version}: says {:?} where it says {:?}", text(ours), text(line)));
    }
    // The corpus writes -1 for a key too short to have a type, and of the old coordinator it tells the type of a
    // record beyond a broken batch, which its own parser of the records found.
    let record_type = line["recordKeyType"].as_i64().filter(|number| *number >= 0);
    let beyond = coordinator == "old" && ours["record_type"].is_null();
    if ours["record_type"].as_i64() != record_type && !beyond {
        found.push(format!("{version}: type {} where it is {record_type:?}", ours["record_type"]));
    }
    found
}

#[test]
fn every_verdict_is_the_real_coordinators() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = expected(&cases);
    assert!(expected.iter().map(|(_, lines)| lines.len()).sum::<usize>() > 2_900);
    none_of(&complaints(&expected, |(case, lines)| {
        let folder = partition_dir(&cases.join(case));
        if fs::read_dir(&folder).unwrap().all(|file| file.unwrap().metadata().unwrap().len() == 0) {
            // An empty log has nothing to judge, and says so.
            return Vec::new();
        }
        let document = lastwrites(&["diagnose", "--json", "--race-windows", "none", text(&folder)]).json();
        let verdicts = array(&document["partitions"][0], "verdicts");
        lines
            .iter()
            .flat_map(|line| differences(line, verdicts))
            .map(|what| format!("{case} {what}"))
            .collect()
    }));
}

/// Failing windows of one log under one release: loader and cleaner position, failing offset, text.
type Failing = BTreeMap<(i64, i64), (i64, String)>;

/// The text without the task that 4.1.0 and 4.1.1 happen to name first: their sets have no fixed order.
fn comparable(text: &str) -> String {
    text.split_once("the process ID").map_or(text, |(start, _)| start).to_owned()
}

#[test]
fn every_failing_window_is_told() {
    let Some(cases) = corpus("load-cases") else { return };
    let mut folders: Vec<PathBuf> = crate::support::folders(&cases);
    folders.retain(|folder| folder.join("windows.jsonl").is_file());
    assert!(folders.len() > 10);
    none_of(&complaints(&folders, |case| {
        let mut truth: BTreeMap<String, Failing> = BTreeMap::new();
        for line in lines(&fs::read(case.join("windows.jsonl")).unwrap()) {
            let failing = truth.entry(string(&line, "version").to_owned()).or_default();
            if line["verdict"] == "FAILED" {
                let window = (line["x"].as_i64().unwrap(), line["y"].as_i64().unwrap());
                let text = comparable(line["error"].as_str().unwrap_or("null"));
                failing.insert(window, (line["offset"].as_i64().unwrap(), text));
            }
        }
        let versions: Vec<&str> = truth.keys().map(String::as_str).collect();
        let document = lastwrites(&[
            "diagnose",
            "--json",
            "--race-windows",
            "all",
            "--kafka",
            &versions.join(","),
            text(&partition_dir(case)),
        ])
        .json();
        let partition = &document["partitions"][0];
        let mut found = Vec::new();
        for (version, truth) in &truth {
            // A release on which the whole log fails is not raced.
            let loads = array(partition, "verdicts").iter().any(|verdict| {
                verdict["kafka"] == version.as_str()
                    && verdict["coordinator"] == "new"
                    && verdict["view"] == "as-found"
                    && string(verdict, "verdict").starts_with("loads")
            });
            if !loads {
                continue;
            }
            let mut ours = Failing::new();
            for race in array(partition, "races").iter().filter(|race| race["kafka"] == version.as_str()) {
                let window = (race["loader_at"].as_i64().unwrap(), race["cleaned_to"].as_i64().unwrap());
                ours.insert(window, (race["offset"].as_i64().unwrap(), comparable(string(race, "error"))));
            }
            if &ours != truth {
                let missing = truth.iter().find(|(window, _)| !ours.contains_key(window));
                let extra = ours.iter().find(|(window, _)| !truth.contains_key(window));
                let (case, ours, truth) = (case.display(), ours.len(), truth.len());
                found.push(format!(
                    "{case} {version}: {ours} failing windows, the release has {truth}; missing {missing:?}, too many {extra:?}"
                ));
            }
        }
        found
    }));
}

/// No healthy broker's log is called broken, whatever release wrote it.
#[test]
fn healthy_logs_have_no_error() {
    let (Some(brokers), Some(wild)) = (corpus("broker-cases"), corpus("wild")) else { return };
    let mut folders = crate::support::folders(&brokers);
    folders.extend(crate::support::folders(&wild));
    none_of(&complaints(&folders, |folder| {
        let run = lastwrites(&["diagnose", "--json", text(folder)]);
        if run.code == 2 {
            // Folders with checkpoints or empty segments alone.
            return Vec::new();
        }
        let errors = array(&run.json(), "findings").to_vec();
        let errors = errors.iter().filter(|finding| finding["severity"] == "error");
        errors.map(|finding| format!("{}: {finding}", folder.display())).collect()
    }));
}
