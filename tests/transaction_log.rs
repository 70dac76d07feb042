//! Pending commits and the transaction log, held against the transactions that three-broker clusters told.

use std::collections::BTreeMap;

use crate::support::{array, corpus, folders, lastwrites, name, read_json, text};

#[test]
fn pending_commits_are_decided_as_the_cluster_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in ["cluster-txn-indoubt-4.1.2", "cluster-txn-indoubt-4.3.1"].map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let told: BTreeMap<i64, &str> = array(&truth["inDoubt"], "transactions")
            .iter()
            .map(|transaction| {
                let outcome = match transaction["state"].as_str().unwrap() {
                    "PrepareCommit" | "CompleteCommit" => "committed",
                    "PrepareAbort" | "CompleteAbort" => "aborted",
                    other => {
                        assert_eq!(other, "Ongoing");
                        "ongoing"
                    }
                };
                (transaction["producerId"].as_i64().unwrap(), outcome)
            })
            .collect();
        let mut nodes = folders(&case);
        nodes.retain(|node| name(node) != "after");
        let mut arguments = vec!["groups", "--json"];
        arguments.extend(nodes.iter().map(|node| text(node)));
        let document = lastwrites(&arguments).json();
        let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
        for offset in array(&document, "groups").iter().flat_map(|group| array(group, "offsets")) {
            let mut committed = false;
            for pending in array(offset, "pending") {
                let told = told[&pending["producer_id"].as_i64().unwrap()];
                assert_eq!(pending["transaction"], told, "{}: {offset}", name(&case));
                committed |= told == "committed";
                *outcomes.entry(told).or_default() += 1;
            }
            let flagged = array(offset, "flags").iter().any(|flag| flag == "committed-by-transaction-log");
            assert_eq!(flagged, committed, "{offset}");
        }
        assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    }
}

/// As of a moment the transaction log tells what it had told by then: before the broker was killed all of them were
/// ongoing, and later some were decided.
#[test]
fn pending_commits_as_of_a_moment_are_decided_as_the_cluster_told_then() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in ["cluster-txn-indoubt-4.1.2", "cluster-txn-indoubt-4.3.1"].map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let mut nodes = folders(&case);
        nodes.retain(|node| name(node) != "after");
        let mut seen = BTreeMap::new();
        for moment in ["beforeKill", "inDoubt"] {
            let told: BTreeMap<i64, &str> = array(&truth[moment], "transactions")
                .iter()
                .map(|one| (one["producerId"].as_i64().unwrap(), one["state"].as_str().unwrap()))
                .collect();
            let at = truth[moment]["takenAtMs"].as_i64().unwrap();
            let at = jiff::Timestamp::from_millisecond(at).unwrap().to_string();
            let mut arguments = vec!["groups", "--json", "--as-of", &at];
            arguments.extend(nodes.iter().map(|node| text(node)));
            let document = lastwrites(&arguments).json();
            for offset in array(&document, "groups").iter().flat_map(|group| array(group, "offsets")) {
                let mut committed = false;
                for pending in array(offset, "pending") {
                    let told = match told[&pending["producer_id"].as_i64().unwrap()] {
                        "PrepareCommit" | "CompleteCommit" => "committed",
                        "PrepareAbort" | "CompleteAbort" => "aborted",
                        _ => "ongoing",
                    };
                    let in_doubt = array(offset, "flags").iter().any(|flag| flag == "in-doubt");
                    let unknown = pending["transaction"].is_null() && in_doubt;
                    assert!(pending["transaction"] == told || unknown, "{} {moment}: {offset}", name(&case));
                    committed |= pending["transaction"] == "committed";
                    *seen.entry((moment, pending["transaction"].to_string())).or_insert(0) += 1;
                }
                let flagged =
                    array(offset, "flags").iter().any(|flag| flag == "committed-by-transaction-log");
                assert_eq!(flagged, committed, "{offset}");
            }
        }
        assert!(seen.contains_key(&("inDoubt", "\"committed\"".to_owned())), "{seen:?}");
        assert!(!seen.contains_key(&("beforeKill", "\"committed\"".to_owned())), "{seen:?}");
        assert!(seen.contains_key(&("beforeKill", "\"ongoing\"".to_owned())), "{seen:?}");
    }
}
