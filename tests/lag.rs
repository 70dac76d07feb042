//! Lag and lost topics in `groups --json`, held against what three-broker clusters told (`truth.json`).

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{
    array, complaints, copy, corpus, folders, lastwrites, name, none_of, read_json, string, text,
};

/// Every committed offset of a document with its group.
fn offsets(document: &Value) -> Vec<(&str, &Value)> {
    let groups = array(document, "groups").iter();
    groups
        .flat_map(|group| array(group, "offsets").iter().map(|offset| (string(group, "group_id"), offset)))
        .filter(|(_, offset)| !offset["offset"].is_null())
        .collect()
}

fn has_flag(offset: &Value, flag: &str) -> bool {
    array(offset, "flags").iter().any(|found| found == flag)
}

/// The clusters were quiet for seconds before they were copied, so the checkpoints had caught up with the logs.
#[test]
fn lag_by_the_checkpoints_is_what_the_cluster_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    none_of(&complaints(&folders(&cases), |case| {
        let truth = read_json(&case.join("truth.json"));
        let mut nodes = folders(case);
        nodes.retain(|node| name(node) != "after" && name(node) != "broker-1-rejoined");
        let mut arguments = vec!["groups", "--json"];
        arguments.extend(nodes.iter().map(|node| text(node)));
        let document = lastwrites(&arguments).json();
        let (mut found, mut compared) = (Vec::new(), 0);
        for (group, offset) in offsets(&document) {
            let partition = format!("{}-{}", string(offset, "topic"), offset["partition"]);
            let told = &truth["appPartitions"][&partition];
            // Later than these copies of the cluster, or without a leader at that moment.
            let Some(latest) = told["latest"].as_i64() else { continue };
            compared += 1;
            let lag = (latest - offset["offset"].as_i64().unwrap()).max(0);
            if offset["lag_at_least"] != lag || offset["high_watermark"] != latest {
                found.push(format!("{}: {group} {partition}: ours {offset}, told {told}", name(case)));
            }
        }
        if compared < 20 {
            found.push(format!("{}: {compared} offsets compared", name(case)));
        }
        found
    }));
}

#[test]
fn topics_that_went_or_came_again_are_named() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-recreated-topic-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let document = lastwrites(&["groups", "--json", text(&case)]).json();
    let mut named = BTreeSet::new();
    for (_, offset) in offsets(&document) {
        let topic = string(offset, "topic");
        let partition = offset["partition"].as_u64().unwrap();
        let told = truth["topics"][topic]["partitions"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!(has_flag(offset, "topic-gone"), told == 0, "{offset}");
        assert!(partition < told || told == 0 || has_flag(offset, "topic-recreated"), "{offset}");
        named.extend(array(offset, "flags").iter().filter_map(Value::as_str).map(|flag| (flag, topic)));
    }
    assert!(named.contains(&("topic-gone", "gone-for-good")), "{named:?}");
    assert!(named.contains(&("topic-recreated", "ledger")), "{named:?}");
}

/// Where the topic's own log was copied, its end bounds the lag from above. `scan` says where a log ends; it is held
/// against kafka-dump-log elsewhere.
#[test]
fn a_copied_log_bounds_the_lag_from_above() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2/broker-1");
    let folder = tempfile::tempdir().unwrap();
    let broker = folder.path().join("broker-1");
    copy(&case, &broker);
    // A real log in the place of the one that the case lacks.
    for file in fs::read_dir(case.join("__consumer_offsets-2")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "log") {
            fs::copy(&path, broker.join("orders-0").join(path.file_name().unwrap())).unwrap();
        }
    }
    let scan = lastwrites(&["scan", "--json", text(&case.join("__consumer_offsets-2"))]).json();
    let end = array(&scan, "copies")[0]["log_end_offset"].as_i64().unwrap();
    let document = lastwrites(&["groups", "--json", text(&broker)]).json();
    let mut seen = 0;
    for (_, offset) in offsets(&document) {
        if string(offset, "topic") == "orders" && offset["partition"] == 0 {
            seen += 1;
            assert_eq!(offset["log_end_offset"], end);
            assert_eq!(offset["lag_at_most"], (end - offset["offset"].as_i64().unwrap()).max(0));
            assert_eq!(offset["high_watermark"], 120, "the checkpoint is the case's own");
        } else {
            assert!(offset["log_end_offset"].is_null() && offset["lag_at_most"].is_null(), "{offset}");
        }
    }
    assert!(seen > 0);
}

/// A broker with a retention of a minute served these offsets when it was copied, so none was past its time.
#[test]
fn expiry_runs_from_the_commit_or_from_when_the_group_became_empty() {
    let Some(cases) = corpus("broker-cases") else { return };
    let case = cases.join("expiry-4.1.2");
    let expired = |retention: &str| {
        let document =
            lastwrites(&["groups", "--json", "--offsets-retention", retention, text(&case)]).json();
        let groups = offsets(&document).into_iter().filter(|(_, offset)| has_flag(offset, "expired"));
        groups.map(|(group, _)| group.to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(expired("1m"), BTreeSet::new());
    // What was refreshed last is ten seconds older than the newest record; members keep theirs.
    assert_eq!(expired("10s"), ["e-refreshed"].map(str::to_owned).into());
    assert_eq!(expired("0s"), ["e-fresh", "e-refreshed", "e-simple-2"].map(str::to_owned).into());
}

#[test]
fn a_marker_that_was_dropped_is_told_of() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let told = |case: &str| {
        let nodes = ["broker-1", "broker-2", "broker-3"].map(|node| cases.join(case).join(node));
        let mut arguments = vec!["groups", "--json"];
        arguments.extend(nodes.iter().map(|node| text(node)));
        let document = lastwrites(&arguments).json();
        array(&document, "findings").iter().filter(|finding| finding["code"] == "LW210").count()
    };
    // 4.1.2 leaves the transactions in Prepare and sends the markers later; 4.3.1 has dropped them.
    assert_eq!((told("cluster-txn-indoubt-4.1.2"), told("cluster-txn-indoubt-4.3.1")), (0, 1));
}
