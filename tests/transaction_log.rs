//! Pending commits and the transaction log, held against the transactions that three-broker clusters told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{array, copy, corpus, folders, lastwrites, name, read_json, string, text};

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

const IN_DOUBT: [&str; 2] = ["cluster-txn-indoubt-4.1.2", "cluster-txn-indoubt-4.3.1"];

/// How transactions stood by a truth, by producer.
fn outcomes(truth: &Value) -> BTreeMap<i64, &str> {
    let outcome = |state: &str| match state {
        "PrepareCommit" | "CompleteCommit" => "committed",
        "PrepareAbort" | "CompleteAbort" => "aborted",
        _ => "ongoing",
    };
    let of = |one: &'_ Value| (one["producerId"].as_i64().unwrap(), outcome(string(one, "state")));
    array(&truth["inDoubt"], "transactions").iter().map(of).collect()
}

/// A writable copy of the brokers of a case, as they were while the transactions were in doubt.
fn brokers_of(case: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for broker in ["broker-1", "broker-2", "broker-3"] {
        copy(&case.join(broker), &folder.path().join(broker));
    }
    folder
}

/// Each pending commit's producer, what the transaction log says of it, and whether it is in doubt; with the findings.
fn pending(folder: &Path) -> (Vec<(i64, Option<String>, bool)>, Value) {
    let document = lastwrites(&["groups", "--json", text(folder)]).json();
    let offsets = array(&document, "groups").iter().flat_map(|group| array(group, "offsets"));
    let one = |pending: &Value| {
        let outcome = pending["transaction"].as_str().map(ToOwned::to_owned);
        (pending["producer_id"].as_i64().unwrap(), outcome, pending["in_doubt"] == true)
    };
    (offsets.flat_map(|offset| array(offset, "pending")).map(one).collect(), document["findings"].clone())
}

fn logs(broker: &Path) -> Vec<PathBuf> {
    (0..3).map(|at| broker.join(format!("__transaction_state-{at}/00000000000000000000.log"))).collect()
}

fn positions(log: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(length) = log.get(at + 8..at + 12) {
        let length = 12 + usize::try_from(u32::from_be_bytes(length.try_into().unwrap())).unwrap();
        found.push((at, length));
        at += length;
    }
    found
}

fn without_transaction_logs(broker: &Path) {
    for log in logs(broker) {
        fs::remove_dir_all(log.parent().unwrap()).unwrap();
    }
}

/// Whatever a single copy of the transaction log loses, it never tells of another outcome than the cluster's: what it can't
/// tell is in doubt, and the damage is told.
#[test]
fn damage_in_the_transaction_log_never_decides() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in IN_DOUBT.map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let told = outcomes(&truth);
        let folder = brokers_of(&case);
        ["broker-2", "broker-3"]
            .iter()
            .for_each(|broker| without_transaction_logs(&folder.path().join(broker)));
        let (mut settled, mut doubted) = (0, 0);
        for log in logs(&folder.path().join("broker-1")) {
            let whole = fs::read(&log).unwrap();
            for (at, length) in positions(&whole) {
                for damage in ["flip", "cut", "torn", "zeros"] {
                    let mut bytes = whole.clone();
                    match damage {
                        "flip" => bytes[at + length - 3] ^= 0xff,
                        "cut" => bytes.truncate(at),
                        "torn" => bytes.truncate(at + length / 2),
                        _ => bytes[at..at + length].fill(0),
                    }
                    fs::write(&log, &bytes).unwrap();
                    let (pending, findings) = pending(folder.path());
                    for (producer, outcome, in_doubt) in &pending {
                        let place = format!("{damage} of {} at {at}: {producer} {outcome:?}", log.display());
                        match outcome.as_deref() {
                            Some(outcome) => assert_eq!(outcome, told[producer], "{place}"),
                            None => assert!(in_doubt, "{place}"),
                        }
                        settled += usize::from(outcome.is_some());
                        doubted += usize::from(outcome.is_none());
                    }
                    let speaks =
                        |finding: &Value| string(finding, "message").starts_with("in the transaction log");
                    assert!(findings.as_array().unwrap().iter().any(speaks), "{damage} at {at}: {findings}");
                }
            }
            fs::write(&log, &whole).unwrap();
        }
        assert!(doubted > 0 && settled > doubted, "{settled} {doubted}");
    }
}

/// The copy of the broker that was killed is older: alone it knows less, and the checkpoints of the others say so.
#[test]
fn a_stale_transaction_log_does_not_keep_transactions_open() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in IN_DOUBT.map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let told = outcomes(&truth);
        let folder = brokers_of(&case);
        let all = pending(folder.path()).0;
        ["broker-1", "broker-3"]
            .iter()
            .for_each(|broker| without_transaction_logs(&folder.path().join(broker)));
        let stale = pending(folder.path()).0;
        assert_eq!(all.len(), stale.len());
        for (producer, outcome, in_doubt) in stale {
            assert!(
                outcome.as_deref().is_none_or(|outcome| outcome == told[&producer]),
                "{producer} {outcome:?}"
            );
            assert!(outcome.is_some() || in_doubt, "{producer}");
        }
    }
}

/// A decision at the end of one copy, behind the high watermark that all brokers know and where the others end: the
/// coordinator acknowledged it to nobody.
#[test]
fn an_unacknowledged_decision_does_not_count() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join(IN_DOUBT[0]);
    let folder = brokers_of(&case);
    let before = pending(folder.path()).0;
    for partition in [0, 2] {
        let ends = |broker: &str| {
            let log = &logs(&folder.path().join(broker))[partition];
            let whole = fs::read(log).unwrap();
            let at = positions(&fs::read(&logs(&folder.path().join("broker-2"))[partition]).unwrap()).len();
            let cut = positions(&whole).get(at).map_or(whole.len(), |(at, _)| *at);
            (log.clone(), whole, cut)
        };
        let (log, whole, cut) = ends("broker-3");
        fs::write(&log, &whole[..cut]).unwrap();
        let stale = if partition == 0 { (7, 9) } else { (14, 16) };
        for broker in ["broker-1", "broker-3"] {
            let path = folder.path().join(broker).join("replication-offset-checkpoint");
            let checkpoint = fs::read_to_string(&path).unwrap();
            let line = |mark: i64| format!("__transaction_state {partition} {mark}\n");
            assert!(checkpoint.contains(&line(stale.1)), "{checkpoint}");
            fs::write(&path, checkpoint.replace(&line(stale.1), &line(stale.0))).unwrap();
        }
    }
    let after = pending(folder.path()).0;
    let mut doubted = 0;
    for ((producer, was, _), (_, outcome, in_doubt)) in before.iter().zip(&after) {
        if was.as_deref() == Some("ongoing") {
            assert_eq!(outcome, was, "{producer}");
        } else {
            assert!(outcome.is_none() && *in_doubt, "{producer} {outcome:?}");
            doubted += 1;
        }
    }
    assert!(doubted > 0);
}

/// Producer ids are small numbers that every cluster gives out: another one's log decides nothing.
#[test]
fn the_transaction_log_of_another_cluster_decides_nothing() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for (own, other) in [(IN_DOUBT[0], IN_DOUBT[1]), (IN_DOUBT[1], IN_DOUBT[0])] {
        for named in [true, false] {
            let folder = brokers_of(&cases.join(own));
            for broker in ["broker-1", "broker-2", "broker-3"] {
                without_transaction_logs(&folder.path().join(broker));
                let foreign = folder.path().join("other").join(broker);
                for log in logs(&cases.join(other).join(broker)) {
                    let partition = log.parent().unwrap();
                    copy(partition, &foreign.join(name(partition)));
                }
                if named {
                    fs::copy(
                        cases.join(other).join(broker).join("meta.properties"),
                        foreign.join("meta.properties"),
                    )
                    .unwrap();
                }
            }
            let (pending, findings) = pending(folder.path());
            assert!(
                !pending.is_empty() && pending.iter().all(|(_, outcome, _)| outcome.is_none()),
                "{pending:?}"
            );
            assert!(
                findings.as_array().unwrap().iter().any(|finding| finding["code"] == "LW314"),
                "{findings}"
            );
        }
    }
}

/// What the cluster served once it was whole again stands in the document where the transaction log says that it was committed:
/// as the offset, or as what was left out, with the reason. What was aborted is told as aborted.
#[test]
fn a_document_loses_no_commit_that_the_transaction_log_settles() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in IN_DOUBT.map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let folder = brokers_of(&case);
        let out = folder.path().join("document.json");
        let run = lastwrites(&["recover", "--all-groups", "--json", "-o", text(&out), text(folder.path())]);
        let document = run.json();
        let recovered = crate::replicas::offsets(&document);
        let groups = || array(&document, "groups").iter();
        let why = |(group, topic, partition): &crate::replicas::Key| {
            let group = groups().find(|one| string(one, "group_id") == group).unwrap();
            let mut missing = array(group, "missing").iter();
            let one = missing.find(|one| one["topic"] == **topic && one["partition"] == *partition);
            one.map_or_else(String::new, |one| string(one, "why").to_owned())
        };
        // 4.3.1 drops the markers, and never serves what was committed.
        let served = crate::replicas::told(&truth);
        let (mut settled, mut alone) = (0, 0);
        for (key, told) in served.iter().filter(|_| name(&case) == IN_DOUBT[0]) {
            let value = &told["offset"];
            match recovered.get(key) {
                Some(offset) if offset["offset"] == *value => {}
                Some(offset) => {
                    let mut others = array(offset, "alternatives").iter();
                    let other = others
                        .find(|other| other["offset"] == *value)
                        .unwrap_or_else(|| panic!("{key:?}: {offset}"));
                    assert!(other["flags"].to_string().contains("committed-by-transaction-log"), "{other}");
                    settled += 1;
                }
                None => {
                    let why = why(key);
                    assert!(why.starts_with(&format!("{value} (producer ")), "{key:?}: {why:?}");
                    assert!(
                        why.contains("was committed in a transaction, says the transaction log"),
                        "{why}"
                    );
                    alone += 1;
                }
            }
        }
        assert!(name(&case) != IN_DOUBT[0] || (settled > 1 && alone > 1), "{settled} {alone}");
        // Transactions that ended are not told as open; an aborted one is told as that.
        for group in groups().filter(|group| string(group, "group_id").starts_with("doubt-abort")) {
            assert!(!group["warnings"].to_string().contains("in transactions"), "{group}");
            if string(group, "group_id").contains("-new") {
                let missing = array(group, "missing").iter();
                let aborted = missing
                    .filter(|one| string(one, "why").contains("was aborted, says the transaction log"));
                assert!(aborted.count() > 0, "{group}");
            }
        }
    }
}

fn open_transactions(findings: &Value) -> Vec<String> {
    let found = findings.as_array().unwrap().iter().filter(|finding| finding["code"] == "LW204");
    found.map(|finding| string(finding, "message").to_owned()).collect()
}

/// A commit is acknowledged before its marker is written, so the lack of a marker alone says nothing: without the partition of
/// the transaction log that would tell, without any of it, and by a copy that ends before the decision.
#[test]
fn what_no_copy_tells_is_never_told_as_not_committed() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in IN_DOUBT.map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let told = outcomes(&truth);
        let brokers = ["broker-1", "broker-2", "broker-3"];
        for partition in 0..3 {
            let folder = brokers_of(&case);
            for log in brokers.map(|broker| logs(&folder.path().join(broker))[partition].clone()) {
                fs::remove_dir_all(log.parent().unwrap()).unwrap();
            }
            let (pending, findings) = pending(folder.path());
            for (producer, outcome, in_doubt) in &pending {
                assert!(outcome.as_deref().is_none_or(|outcome| outcome == told[producer]), "{producer}");
                assert!(
                    outcome.is_some() || *in_doubt,
                    "{partition}: {producer} is told as open: {findings}"
                );
            }
            let doubted = pending.iter().filter(|(_, _, in_doubt)| *in_doubt).count();
            let says = open_transactions(&findings);
            let named = says.iter().any(|says| says.contains("is not among the copies"));
            assert_eq!(named, doubted > 0, "{says:?}");
        }
        let folder = brokers_of(&case);
        brokers.iter().for_each(|broker| without_transaction_logs(&folder.path().join(broker)));
        let (all, findings) = pending(folder.path());
        let says = open_transactions(&findings);
        assert!(!says.is_empty() && all.iter().all(|(_, outcome, in_doubt)| outcome.is_none() && !in_doubt));
        for says in says {
            assert!(
                says.contains("Nothing here says how it ended") && !says.contains("not committed"),
                "{says}"
            );
        }
        // Its transaction log ends while they were ongoing, some of which were decided by then.
        let (stale, findings) = pending(&case.join("broker-2"));
        assert!(stale.iter().any(|(producer, outcome, _)| outcome.as_deref() != Some(told[producer])));
        for says in open_transactions(&findings) {
            assert!(!says.contains("not committed"), "{says}");
            assert!(
                !says.contains("has an open transaction") || says.contains("as it was copied (up to 20"),
                "{says}"
            );
        }
    }
}
