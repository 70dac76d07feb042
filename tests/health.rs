//! Group health as a person meets it: in `history`, `diagnose` and `examine`; and none of it where groups are well.

use std::fs;
use std::path::Path;

use lastwrites_synth::script::Script;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use serde_json::Value;

use crate::support::{array, complaints, corpus, fixtures, folders, lastwrites, name, none_of, string, text};

const CODES: [&str; 5] = ["LW213", "LW214", "LW215", "LW216", "LW217"];

fn of_health(findings: &Value) -> Vec<&str> {
    let codes = array(findings, "findings").iter().map(|finding| string(finding, "code"));
    codes.filter(|code| CODES.contains(code)).collect()
}

fn groups_are_well(parent: &Path) {
    let complaints = complaints(&folders(parent), |folder| {
        let told = lastwrites(&["history", text(folder)]);
        let told = String::from_utf8(told.stdout).unwrap();
        let health = told.split_once("How the groups fared").map(|(_, health)| health);
        health.map(|health| format!("{}: {health}", name(folder))).into_iter().collect()
    });
    none_of(&complaints);
}

#[test]
fn groups_of_real_brokers_that_are_well_have_no_such_finding() {
    groups_are_well(&fixtures("broker"));
    for cases in ["broker-cases", "cluster-cases"] {
        if let Some(parent) = corpus(cases) {
            groups_are_well(&parent);
        }
    }
}

/// A member falls out every ten seconds, which is its poll interval, and comes back.
fn storm(dir: &Path) {
    let mut script = Script::new(0);
    for round in 0..12 {
        let mut member =
            ClassicMember::consumer(&format!("c-{round}"), "c", &["orders"], &[("orders", &[0])]);
        member.rebalance_timeout_ms = 10_000;
        for (step, members) in [(1, vec![member]), (2, Vec::new())] {
            let group = GroupMetadata::stable(2 * round + step, script.clock_ms(), members);
            script.append(vec![(group_metadata_key("g"), Some(group.value(3)))]);
            script.wait_ms(9_500);
        }
    }
    let segment = Segment::of(0, script.batches()).unwrap();
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
}

#[test]
fn a_storm_is_told_by_every_command_that_judges() {
    let dir = tempfile::tempdir().unwrap();
    storm(dir.path());
    let path = text(dir.path());
    for command in ["diagnose", "examine"] {
        let run = lastwrites(&[command, "--json", path]);
        assert_eq!(of_health(&run.json()), ["LW213", "LW214", "LW215"], "{command}");
        assert_eq!(run.code, 1, "{command}: a storm that goes on is a warning");
        let shown = String::from_utf8(lastwrites(&[command, path]).stdout).unwrap();
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            shown.contains("WARNING LW213 rebalance storm, partition 0: group g rebalanced 23"),
            "{shown}"
        );
        assert!(shown.contains("look at: max.poll.interval.ms"), "{command}: the settings: {shown}");
    }
    let run = lastwrites(&["history", path]);
    let told = String::from_utf8(run.stdout).unwrap();
    let (events, health) = told.split_once("\nHow the groups fared\n").unwrap();
    assert_eq!(events.lines().filter(|line| line.contains("member-joined")).count(), 12, "{events}");
    assert!(CODES[..3].iter().all(|code| health.contains(code)), "{health}");
    // JSON Lines stay events alone.
    let lines = lastwrites(&["history", "--json", path]).json_lines();
    assert!(lines.iter().all(|line| line["event"].is_string()), "{lines:?}");
    let joined = lines.iter().find(|line| line["event"] == "member-joined").unwrap();
    assert_eq!(
        [
            &joined["client_id"],
            &joined["client_host"],
            &joined["rebalance_timeout_ms"],
            &joined["session_timeout_ms"]
        ],
        [&Value::from("c"), &Value::from("/10.0.0.9"), &Value::from(10_000), &Value::from(45_000)]
    );
    for code in CODES {
        let page = String::from_utf8(lastwrites(&["explain", code]).stdout).unwrap();
        assert!(page.contains("Heartbeats") || page.contains("heartbeats"), "{page}");
    }
}
