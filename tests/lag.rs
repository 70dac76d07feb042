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
            // Committed, its marker missing: which of the two is served nobody knows, so the bound is the farther one's.
            let pending =
                array(offset, "pending").iter().filter(|pending| pending["transaction"] == "committed");
            let after = pending
                .filter(|pending| pending["record_offset"].as_i64() > offset["record"]["offset"].as_i64());
            let farther = after.filter_map(|pending| pending["offset"].as_i64()).max();
            let committed = offset["offset"].as_i64();
            let lag = (latest - committed.max(farther).unwrap()).max(0);
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

/// The same disks with what tells of the deleted topics gone piece by piece: what settles it is believed, what doesn't is
/// doubt, and nothing left is no claim.
#[test]
fn a_topic_that_came_again_is_told_as_far_as_the_disks_still_know() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-recreated-topic-4.1.2");
    let deleted_at = read_json(&case.join("truth.json"))["ordersDeleted"]["takenAtMs"].as_i64().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for node in folders(&case) {
        copy(&node, &folder.path().join(name(&node)));
    }
    let flagged = |document: &Value| -> BTreeSet<String> {
        let flagged = offsets(document).into_iter().filter(|(_, offset)| has_flag(offset, "topic-recreated"));
        flagged
            .map(|(group, offset)| format!("{group} {} {}", offset["topic"], offset["partition"]))
            .collect()
    };
    let doubts = |document: &Value| -> Vec<String> {
        let found = array(document, "findings").iter().filter(|finding| finding["code"] == "LW218");
        found.map(|finding| string(finding, "message").to_owned()).collect()
    };
    let ask = || lastwrites(&["groups", "--json", text(folder.path())]).json();
    let whole = ask();
    let former: Vec<&Value> = offsets(&whole)
        .into_iter()
        .filter(|(_, offset)| {
            ["orders", "ledger"].contains(&string(offset, "topic"))
                && offset["committed_at_ms"].as_i64().unwrap() < deleted_at
        })
        .map(|(_, offset)| offset)
        .collect();
    assert!(former.len() > 5 && former.iter().all(|offset| has_flag(offset, "topic-recreated")));
    assert_eq!(doubts(&whole), [""; 0]);

    // The metadata as a snapshot alone: the deletions are in it no more, nor when the topics were created.
    for node in folders(folder.path()) {
        let log = node.join("__cluster_metadata-0");
        let newest = name(&node) == "controller-100";
        for file in fs::read_dir(&log).unwrap().map(|file| file.unwrap().path()) {
            if !(newest && name(&file).starts_with("00000000000000000161-")) {
                fs::remove_file(file).unwrap();
            }
        }
    }
    let by_directories = ask();
    let told = doubts(&by_directories);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("ledger") && told[1].contains("orders"), "{told:?}");
    assert!(flagged(&by_directories).is_subset(&flagged(&whole)));

    for node in folders(folder.path()) {
        for directory in folders(&node) {
            if name(&directory).ends_with("-delete") || name(&directory).ends_with("-stray") {
                fs::remove_dir_all(directory).unwrap();
            }
        }
    }
    let by_nothing = ask();
    assert_eq!(doubts(&by_nothing), [""; 0]);
    // A partition that the topic of today doesn't have still tells.
    assert!(flagged(&by_nothing).is_subset(&flagged(&whole)) && !flagged(&by_nothing).is_empty());
}

/// A log that lies beside a younger cluster: its commits are older than the topics of the same names there.
#[test]
fn commits_older_than_their_topic_are_doubt_where_no_deleted_one_is_known() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let taken = |case: &str| read_json(&cases.join(case).join("truth.json"))["takenAtMs"].as_i64().unwrap();
    let (older, younger) = ("cluster-clean-3.9.1", "cluster-clean-4.1.2");
    let (older, younger) = if taken(older) < taken(younger) { (older, younger) } else { (younger, older) };
    let folder = tempfile::tempdir().unwrap();
    copy(&cases.join(younger).join("controller-100"), &folder.path().join("controller-100"));
    let own = cases.join(younger).join("broker-1");
    fs::create_dir(folder.path().join("broker-1")).unwrap();
    fs::copy(own.join("meta.properties"), folder.path().join("broker-1/meta.properties")).unwrap();
    for number in 0..6 {
        let partition = format!("__consumer_offsets-{number}");
        let to = folder.path().join("broker-1").join(&partition);
        copy(&cases.join(older).join("broker-1").join(&partition), &to);
        fs::remove_file(to.join("partition.metadata")).unwrap();
    }
    let document = lastwrites(&["groups", "--json", text(folder.path())]).json();
    let told: Vec<&str> = array(&document, "findings")
        .iter()
        .filter(|finding| finding["code"] == "LW218")
        .map(|finding| string(finding, "message"))
        .collect();
    assert!(told.iter().any(|message| message.contains("are older than the topic")), "{told:?}");
    let without_id = offsets(&document).into_iter().filter(|(_, offset)| offset["topic_id"].is_null());
    assert!(
        without_id
            .into_iter()
            .all(|(_, offset)| !has_flag(offset, "topic-recreated")
                || offset["partition"].as_u64().unwrap() > 0)
    );
}

/// A checkpoint of a broker that went another way (or still has the deleted topic) bounds nothing.
#[test]
fn checkpoints_of_replicas_out_of_sync_or_of_deleted_topics_do_not_count() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let taken = read_json(&case.join("truth.json"))["takenAtMs"].as_i64().unwrap();
    let before = |at: i64| jiff::Timestamp::from_millisecond(at).unwrap().to_string();
    let radius = lastwrites(&["blast-radius", "--json", "--as-of", &before(taken), text(&case)]).json();
    assert!(!array(&radius, "partitions").is_empty());

    // The unclean case: broker 1 is out of every ISR; its marks are made the highest of all.
    let case = cases.join("cluster-unclean-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    for node in folders(&case) {
        if name(&node) != "broker-1-rejoined" {
            copy(&node, &folder.path().join(name(&node)));
        }
    }
    let ask = || lastwrites(&["groups", "--json", text(folder.path())]).json();
    let marks = |document: &Value| -> Vec<Value> {
        offsets(document).into_iter().map(|(_, offset)| offset["lag_at_least"].clone()).collect()
    };
    let sound = ask();
    let file = folder.path().join("broker-1/replication-offset-checkpoint");
    let raised: String = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|line| match line.rsplit_once(' ') {
            Some((partition, _)) => format!("{partition} 999999\n"),
            None => format!("{line}\n"),
        })
        .collect();
    fs::write(&file, raised).unwrap();
    assert!(marks(&sound).iter().any(Value::is_number));
    assert_eq!(marks(&ask()), marks(&sound));

    // A broker that was down when the topic was deleted: its entries are of the former one.
    let case = cases.join("cluster-recreated-topic-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    for node in folders(&case) {
        copy(&node, &folder.path().join(name(&node)));
    }
    let ask = || lastwrites(&["groups", "--json", text(folder.path())]).json();
    let sound = marks(&ask());
    let of_orders = folder.path().join("broker-3/orders-0/partition.metadata");
    let former = fs::read_to_string(&of_orders).unwrap().replace("topic_id: ", "topic_id: AAAA");
    let former: String = former.lines().map(|line| format!("{:.32}\n", line)).collect();
    fs::write(&of_orders, former).unwrap();
    let file = folder.path().join("broker-3/replication-offset-checkpoint");
    let raised = fs::read_to_string(&file).unwrap().lines().fold(String::new(), |text, line| {
        let line = if line.starts_with("orders 0 ") { "orders 0 999999" } else { line };
        text + line + "\n"
    });
    fs::write(&file, raised).unwrap();
    assert_eq!(marks(&ask()), sound);
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

/// When a broker started on the copy would delete them is a date, whenever somebody looks: a retention behind the latest of
/// commit and becoming empty (KIP-211), seven days unless told otherwise.
#[test]
fn a_copy_says_from_which_day_on_offsets_are_deleted() {
    let Some(cases) = corpus("broker-cases") else { return };
    let case = cases.join("classic-mixed-4.1.2");
    for (retention, days) in [(None, 7), (Some("2d"), 2)] {
        let mut arguments = vec!["groups", "--json"];
        arguments.extend(retention.iter().flat_map(|days| ["--offsets-retention", days]));
        arguments.push(text(&case));
        let document = lastwrites(&arguments).json();
        let alone = array(&document, "groups")
            .iter()
            .filter(|group| array(group, "members").is_empty() && group["type"] != "none");
        let from = alone.flat_map(|group| {
            let empty = group["state_since_ms"].as_i64().filter(|_| !group["protocol_type"].is_null());
            array(group, "offsets").iter().filter_map(move |offset| {
                empty.or(offset["committed_at_ms"].as_i64()).filter(|_| !offset["offset"].is_null())
            })
        });
        let first = from.min().unwrap() / 1000 + days * 86_400;
        let first = jiff::Timestamp::from_second(first).unwrap().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let told = array(&document, "findings").iter().filter(|finding| finding["code"] == "LW211");
        let told: Vec<&str> = told.map(|finding| string(finding, "message")).collect();
        assert!(matches!(told.as_slice(), [one] if one.contains(&first)), "{first}: {told:?}");
    }
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

/// A transaction that the transaction log has as committed, or may have, is served sooner or later: the lower bound of the lag
/// holds for what the cluster told in the end.
#[test]
fn the_lower_bound_of_a_lag_holds_for_transactions_without_a_marker() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let mut measured = 0;
    let mut complaints = Vec::new();
    for case in folders(&cases).iter().filter(|case| name(case).contains("indoubt")) {
        let truth = read_json(&case.join("truth.json"));
        let arguments: Vec<String> = {
            // Of the moment in which the transactions were in doubt; the truth is of the time after.
            let disks = folders(case).into_iter().filter(|disk| name(disk) != "after");
            disks.map(|disk| text(&disk).to_owned()).collect()
        };
        let arguments: Vec<&str> =
            ["groups", "--json"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let document = lastwrites(&arguments).json();
        for (group_id, offset) in offsets(&document) {
            let Some(least) = offset["lag_at_least"].as_i64() else { continue };
            let of_group = array(&truth, "groups").iter().filter(|group| string(group, "group") == group_id);
            let told = of_group
                .flat_map(|group| array(group, "offsets"))
                .filter(|told| told["topic"] == offset["topic"] && told["partition"] == offset["partition"]);
            for lag in told.filter_map(|told| told["lag"].as_i64()) {
                measured += 1;
                if least > lag {
                    complaints.push(format!("{}: {group_id}: told {lag}: {offset}", name(case)));
                }
            }
        }
    }
    none_of(&complaints);
    assert!(measured > 10, "{measured}");
}
