//! Three real brokers, one of which died before the others went on: `tests/kafka/cluster` made the fixture, and makes a new
//! one for `a_fresh_cluster_agrees`. The judges are the Admin API, GetOffsetShell and kafka-topics.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::kafka_run::brokers_can_run;
use crate::replicas::{groups, offsets, served};
use crate::support::{array, fixtures, folders, lastwrites, name, none_of, read_json, string, text};

/// The broker whose copy ends before the others'.
const STALE: &str = "broker-3";

#[test]
fn copies_of_a_cluster_agree_with_what_it_served() {
    none_of(&complaints(&fixtures("cluster/stale-4.1.2")));
}

#[test]
fn a_fresh_cluster_agrees() {
    if !brokers_can_run() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka/cluster");
    let status = Command::new(script).arg(&case).stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "the cluster's run failed: {status}");
    none_of(&complaints(&case));
}

fn complaints(case: &Path) -> Vec<String> {
    let truth = read_json(&case.join("truth.json"));
    let brokers = folders(case);
    let document = groups(&brokers);
    let mut found = served(name(case), &document, &truth);
    found.extend(lags(&document, &truth));
    found.extend(names_the_stale(&document));
    found.extend(leaders(case, &brokers, &truth));
    found
}

/// Nothing was written after the truth, so the copied logs end where the cluster's did.
fn lags(document: &Value, truth: &Value) -> Vec<String> {
    let mut compared = 0;
    let mut found = Vec::new();
    for ((group, topic, partition), offset) in offsets(document) {
        let Some(end) = truth["ends"][format!("{topic}-{partition}")].as_i64() else { continue };
        compared += 1;
        let lag = end - offset["offset"].as_i64().unwrap();
        for (field, told) in
            [("log_end_offset", end), ("high_watermark", end), ("lag_at_least", lag), ("lag_at_most", lag)]
        {
            if offset[field] != told {
                found.push(format!("{group} {topic}-{partition}: {field} is {}, told {told}", offset[field]));
            }
        }
    }
    assert!(compared > 10, "{compared} offsets compared");
    found
}

/// The copy that ends early is named for each partition, the others are not, and nothing of it comes back.
fn names_the_stale(document: &Value) -> Vec<String> {
    let behind: Vec<&str> = array(document, "findings")
        .iter()
        .filter(|finding| finding["code"] == "LW311")
        .map(|finding| string(finding, "file"))
        .collect();
    let mut found = Vec::new();
    if behind.is_empty() || !behind.iter().all(|file| file.contains(STALE)) {
        found.push(format!("behind are {behind:?}, told {STALE}"));
    }
    for group in array(document, "groups") {
        if group["group_id"] == "group-6" {
            found.push(format!("a deleted group came back: {group}"));
        }
    }
    found
}

/// By the copied metadata and by the pasted description: the same leaders as kafka-topics printed, and the
/// coordinators that the Admin API named.
fn leaders(case: &Path, brokers: &[PathBuf], truth: &Value) -> Vec<String> {
    let description = case.join("described.txt");
    let told = described(&fs::read_to_string(&description).unwrap());
    assert_eq!(told.len(), 3, "{told:?}");
    let mut found = Vec::new();
    for more in [&[][..], &["--described", text(&description)]] {
        let mut arguments = vec!["blast-radius", "--json"];
        arguments.extend(more);
        arguments.extend(brokers.iter().map(|broker| text(broker)));
        let radius = lastwrites(&arguments).json();
        let ours: BTreeMap<i64, (i64, Vec<i64>)> = array(&radius, "partitions")
            .iter()
            .map(|partition| {
                let isr = array(partition, "isr").iter().map(|id| id.as_i64().unwrap()).collect();
                (partition["partition"].as_i64().unwrap(), (partition["leader"].as_i64().unwrap_or(-1), isr))
            })
            .collect();
        if ours != told {
            found.push(format!("{more:?}: leaders and ISR are {ours:?}, told {told:?}"));
        }
        for group in array(truth, "groups") {
            let ours = array(&radius, "groups").iter().find(|ours| ours["group_id"] == group["group"]);
            if ours.is_none_or(|ours| ours["coordinator"] != group["coordinator"]) {
                found.push(format!("{more:?}: {ours:?}, told {group}"));
            }
        }
    }
    found
}

/// Leader and ISR of each offsets partition in the lines of kafka-topics.
fn described(text: &str) -> BTreeMap<i64, (i64, Vec<i64>)> {
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("\t{name}: "))?;
        Some(rest.split('\t').next()?.trim().to_owned())
    };
    let of_line = |line: &str| {
        let number = field(line, "Partition")?.parse().ok()?;
        let isr = field(line, "Isr")?.split(',').map(|id| id.parse().unwrap()).collect();
        Some((number, (field(line, "Leader")?.parse().ok()?, isr)))
    };
    text.lines()
        .filter(|line| line.starts_with("\tTopic: __consumer_offsets\t"))
        .filter_map(of_line)
        .collect()
}
