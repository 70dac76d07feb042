//! What a broker's start takes from a copy is said beside every good word about its load.
//!
//! That a start cuts at the first bad batch and deletes the segments behind it is `LogLoader`'s doing; what was committed
//! is in the fixture's truth.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::{array, copy, fixtures, lastwrites, read_json, text};

/// The incident's broker with 100 bytes of garbage behind one segment of partition 28.
fn with_garbage_behind(segment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures("incident/kafka-19862"), folder.path());
    let log = folder.path().join("__consumer_offsets-28").join(segment);
    fs::OpenOptions::new().append(true).open(log).unwrap().write_all(&[0xb7; 100]).unwrap();
    folder
}

/// LW121 of a disk, in the JSON of both commands, and what both print on one line.
fn told(disk: &Path) -> (Vec<serde_json::Value>, String) {
    let mut found = Vec::new();
    let mut shown = String::new();
    for command in ["diagnose", "examine"] {
        let document = lastwrites(&[command, "--json", text(disk)]).json();
        found.extend(array(&document, "findings").iter().filter(|found| found["code"] == "LW121").cloned());
        shown.push_str(&String::from_utf8(lastwrites(&[command, text(disk)]).stdout).unwrap());
    }
    (found, shown.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_start_that_cuts_committed_offsets_is_an_error_with_their_number() {
    let disk = with_garbage_behind("00000000000000000000.log");
    let truth = read_json(&fixtures("incident/kafka-19862.truth.json"));
    let committed = array(&truth["offsets_by_partition"]["28"], "committed");
    let mut groups: Vec<&str> = committed.iter().filter_map(|offset| offset["group"].as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    // Segment 0 ends before offset 5 and holds no commit: all of them are behind the cut.
    let cut = format!(
        "leaves its log ending at offset 5 and changes {} committed offsets of {} groups: {} gone",
        committed.len(),
        groups.len(),
        committed.len()
    );
    let (found, shown) = told(disk.path());
    assert_eq!(found.len(), 2, "{found:?}");
    for finding in &found {
        assert_eq!((finding["severity"].as_str(), finding["partition"].as_i64()), (Some("error"), Some(28)));
        assert!(finding["message"].as_str().unwrap().contains(&cut), "{finding}");
    }
    assert!(shown.matches(&cut).count() >= 2, "{shown}");
    assert!(!shown.contains("cuts it off first and loads every partition"), "{shown}");
}

#[test]
fn a_start_that_cuts_nothing_committed_is_no_finding() {
    // Behind the last segment a start cuts the garbage alone; nothing at all is cut of the disk as it was.
    let torn = with_garbage_behind("00000000000000000014.log");
    for disk in [torn.path(), &fixtures("incident/kafka-19862")] {
        let (found, shown) = told(disk);
        assert!(found.is_empty() && !shown.contains("LW121"), "{shown}");
    }
}

/// `LogLoader` deletes every segment of a log that ends below its start.
#[test]
fn a_log_start_above_the_log_s_end_empties_it() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures("incident/kafka-19862"), folder.path());
    let checkpoint = "0\n1\n__consumer_offsets 28 300\n";
    fs::write(folder.path().join("log-start-offset-checkpoint"), checkpoint).unwrap();
    let truth = read_json(&fixtures("incident/kafka-19862.truth.json"));
    let committed = array(&truth["offsets_by_partition"]["28"], "committed").len();
    let (found, shown) = told(folder.path());
    assert!(shown.matches(&format!("{committed} gone")).count() >= 2, "{shown}");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_playbook_says_what_a_restart_of_its_brokers_would_cut() {
    let disk = with_garbage_behind("00000000000000000000.log");
    let truth = read_json(&fixtures("incident/kafka-19862.truth.json"));
    let committed = array(&truth["offsets_by_partition"]["28"], "committed").len();
    let cut = format!("changes {committed} committed offsets");
    let of = ["--kafka", "4.1.0", "--partition", "28", "--brokers", "5,6"];
    let made = lastwrites(&[&["playbook", "--json"], &of[..], &[text(disk.path())]].concat()).json();
    let back =
        |step: &&serde_json::Value| step["title"].as_str().unwrap().contains("broker 5 must lead again");
    let step = array(&made, "steps").iter().find(back).unwrap();
    let why = step["why"].as_str().unwrap();
    assert!(why.contains("LW121") && why.contains(&cut), "{step}");
}
