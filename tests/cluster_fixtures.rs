//! Three real brokers, one of which died before the others went on: `tests/kafka/cluster` made the fixture, and makes a new
//! one for `a_fresh_cluster_agrees`. The judges are the Admin API, GetOffsetShell and kafka-topics.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::blast_radius::moment;
use crate::kafka_run::brokers_can_run;
use crate::replicas::{groups, offsets, served};
use crate::support::{
    array, copy, corpus, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};

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

/// A disk of the fixture under another root, so that it can be harmed.
fn disk(scratch: &Path, broker: &str) -> PathBuf {
    let to = scratch.join(broker);
    copy(&fixtures("cluster/stale-4.1.2").join(broker), &to);
    to
}

/// What the cluster deleted and the stale copy still holds.
fn deleted(document: &Value) -> Vec<&Value> {
    let offsets = offsets(document);
    let keys = [("group-6", "orders", 0), ("group-6", "orders", 1), ("group-5", "orders", 1)];
    let key = |(group, topic, partition): &(&str, &str, i64)| {
        ((*group).to_owned(), (*topic).to_owned(), *partition)
    };
    keys.iter().filter_map(|wanted| offsets.get(&key(wanted)).copied()).collect()
}

/// A copy that lost its end to damage still proves by what it lacks that a stale copy's record was deleted or replaced.
#[test]
fn a_stale_copy_brings_nothing_back_beside_a_damaged_one() {
    let scratch = tempfile::tempdir().unwrap();
    let (harmed, stale) = (disk(scratch.path(), "broker-1"), disk(scratch.path(), STALE));
    let mut cut = 0;
    for partition in folders(&harmed) {
        let log = partition.join("00000000000000000000.log");
        if name(&partition).starts_with("__consumer_offsets") && log.is_file() {
            let bytes = fs::read(&log).unwrap();
            // The last batch is torn.
            fs::write(&log, &bytes[..bytes.len() - 10]).unwrap();
            cut += 1;
        }
    }
    assert_eq!(cut, 3);
    let document = groups(&[harmed, stale]);
    for offset in deleted(&document) {
        let flagged = array(offset, "flags").iter().any(|flag| flag == "before-gap" || flag == "contested");
        assert!(offset["offset"].is_null() && flagged, "a deleted offset came back: {offset}");
    }
}

/// Alone, a copy that the cluster's metadata has out of the ISR may lack anything that came later, and all of it says so.
#[test]
fn a_stale_copy_alone_is_never_intact() {
    let scratch = tempfile::tempdir().unwrap();
    let stale = disk(scratch.path(), STALE);
    // Its own metadata ends before it fell out of the ISR.
    let metadata = disk(scratch.path(), "broker-1");
    for partition in folders(&metadata) {
        if !name(&partition).starts_with("__cluster_metadata") {
            fs::remove_dir_all(partition).unwrap();
        }
    }
    let document = groups(&[stale, metadata]);
    assert_eq!(deleted(&document).len(), 3);
    let offsets = offsets(&document);
    assert!(offsets.len() > 20);
    for (key, offset) in offsets {
        assert!(array(offset, "flags").iter().any(|flag| flag == "before-gap"), "{key:?}: {offset}");
    }
    let behind = array(&document, "findings").iter().filter(|finding| finding["code"] == "LW311");
    assert_eq!(behind.filter(|finding| finding["severity"] == "warning").count(), 3);
}

/// Brokers that stopped first are out of the ISR at the end of the metadata. As of a moment at which they were in it, each
/// copy alone is what the cluster served; of what came since, it knows nothing.
#[test]
fn who_was_in_sync_then_is_not_doubted_for_what_came_later() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let controller = case.join("controller-100");
    let then = moment(truth["takenAtMs"].as_i64().unwrap());
    for broker in ["broker-1", "broker-2"] {
        let disk = case.join(broker);
        let ask = |more: &[&str]| {
            let run =
                lastwrites(&[&["groups", "--json"][..], more, &[text(&disk), text(&controller)]].concat());
            serde_json::from_slice::<Value>(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
        };
        let doubted = |document: &Value| {
            let offsets = offsets(document);
            assert!(offsets.len() > 60, "{document}");
            let gap = |offset: &&&Value| array(offset, "flags").iter().any(|flag| flag == "before-gap");
            (offsets.values().filter(gap).count(), offsets.len())
        };
        let document = ask(&["--as-of", &then]);
        none_of(&served(broker, &document, &truth));
        assert_eq!(doubted(&document).0, 0, "{broker}");
        let (gaps, all) = doubted(&ask(&[]));
        assert_eq!(gaps, all, "{broker}");
    }
}

/// A commit that lies behind the end of its topic (the cluster's own lag is below zero) was for the topic before.
#[test]
fn commits_for_a_recreated_topic_are_flagged() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-recreated-topic-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let document = groups(&folders(&case));
    let ours = offsets(&document);
    let mut negative = 0;
    for group in array(&truth, "groups") {
        for told in array(group, "offsets") {
            let key = (
                string(group, "group").to_owned(),
                string(told, "topic").to_owned(),
                told["partition"].as_i64().unwrap(),
            );
            let flagged = array(ours[&key], "flags").iter().any(|flag| flag == "topic-recreated");
            if told["lag"].as_i64().is_some_and(|lag| lag < 0) {
                negative += 1;
                assert!(flagged, "{key:?}: {}", ours[&key]);
            }
        }
    }
    assert_eq!(negative, 2);
    let after = &ours[&("rl-5".to_owned(), "ledger".to_owned(), 0)];
    assert!(array(after, "flags").is_empty(), "committed to the new topic: {after}");
}

#[test]
fn leaders_are_never_told_beyond_what_the_metadata_knows() {
    let case = fixtures("cluster/stale-4.1.2");
    let disks = folders(&case);
    let mut arguments = vec!["blast-radius", "--json", "--as-of", "2099-01-01T00:00:00Z"];
    arguments.extend(disks.iter().map(|disk| text(disk)));
    let findings = lastwrites(&arguments).json();
    let warned = array(&findings, "findings").iter().any(|finding| {
        finding["code"] == "LW404"
            && finding["severity"] == "warning"
            && string(finding, "message").contains("ends at")
    });
    assert!(warned, "{}", findings["findings"]);

    // A description of one cluster beside another's copies.
    let described = case.join("described.txt");
    let stranger = fixtures("broker/classic-4.1.2/data");
    let radius =
        lastwrites(&["blast-radius", "--json", "--described", text(&described), text(&stranger)]).json();
    assert!(array(&radius, "groups").is_empty(), "{}", radius["groups"]);
    assert!(radius["findings"].to_string().contains("of another cluster"), "{}", radius["findings"]);
}

/// `kafka-topics --describe --under-replicated-partitions` prints some partitions only: they are no count.
#[test]
fn a_description_of_some_partitions_is_no_count() {
    let case = fixtures("cluster/stale-4.1.2");
    let scratch = tempfile::tempdir().unwrap();
    let some = scratch.path().join("described.txt");
    let lines = fs::read_to_string(case.join("described.txt")).unwrap();
    let kept: Vec<&str> = lines.lines().filter(|line| !line.contains("Partition: 2\t")).collect();
    fs::write(&some, kept.join("\n")).unwrap();
    let disk = case.join("broker-1");
    let radius = lastwrites(&["blast-radius", "--json", "--described", text(&some), text(&disk)]).json();
    assert_eq!(radius["offsets_topic_partitions"], 3, "{}", radius["offsets_topic_partitions"]);
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
