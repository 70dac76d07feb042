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
