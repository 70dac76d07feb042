//! Load verdicts held against real brokers: what they log when a coordinator loads an incident's partition.
//!
//! `fixtures/loads/incidents.json` holds what brokers of eight coordinators logged for every incident
//! (`tests/kafka/regenerate-loads`). The tests below it start brokers now, where Java and Maven are.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use lastwrites_synth::incidents;
use serde_json::Value;

use crate::kafka_run::brokers_can_run;
use crate::support::{array, complaints, fixtures, lastwrites, none_of, read_json, string, text};

/// What a client is told in the end while the shard answers NOT_COORDINATOR.
const STUCK: &str = "TimeoutException";

/// `diagnose` of one release on a partition as a starting broker would have it.
pub(crate) fn predicted(kafka: &str, partition: &Path) -> Value {
    let release = kafka.split('/').next().unwrap();
    let document =
        lastwrites(&["diagnose", "--json", "--race-windows", "none", "--kafka", release, text(partition)])
            .json();
    let verdicts = array(&array(&document, "partitions")[0], "verdicts").to_vec();
    let coordinator = kafka.split('/').nth(1);
    let of_view = |view: &str| {
        let fits = |verdict: &&Value| {
            verdict["view"] == view
                && coordinator.is_none_or(|coordinator| verdict["coordinator"] == coordinator)
        };
        verdicts.iter().find(fits).cloned()
    };
    of_view("as-loaded").or_else(|| of_view("as-found")).unwrap_or_else(|| panic!("{kafka}: no verdict"))
}

/// How a prediction differs from what a broker logged. Where a log line names no offset, it can't be compared.
pub(crate) fn difference(predicted: &Value, logged: &Value) -> Option<String> {
    let verdict = match string(predicted, "verdict") {
        // A broker warns and serves the groups.
        "loads-with-warnings" => "loads",
        verdict => verdict,
    };
    let same = verdict == string(logged, "verdict")
        && (logged["offset"].is_null() || logged["offset"] == predicted["offset"])
        && logged["error"] == predicted["error"];
    let ours = format!("{verdict} {} {}", predicted["offset"], predicted["error"]);
    (!same).then(|| format!("ours {ours}, logged {logged}"))
}

/// What brokers of 3.6.2, 3.9.2 (both coordinators), 4.1.2 and 4.3.1 logged before they ended, started on this folder by
/// `tests/kafka/load`: "Error starting LogManager", and below it this text (without the space before UNKNOWN up to 3.9).
const REFUSED_AT_START: &str = "Invalid control record type for end transaction marker";

#[test]
fn a_control_record_that_no_start_survives_is_told() {
    let folder = fixtures("synth/magic2-control/__consumer_offsets-13");
    for command in ["examine", "groups", "diagnose"] {
        let document = lastwrites(&[command, "--json", text(&folder)]).json();
        let found = array(&document, "findings").iter().find(|finding| finding["code"] == "LW308");
        let found = found.unwrap_or_else(|| panic!("{command}: {}", document["findings"]));
        assert_eq!(found["offset"], 5, "the third producer's marker: {found}");
        assert!(string(found, "message").contains(REFUSED_AT_START), "{found}");
    }
    // Its neighbours end with commits and aborts only.
    let healthy = lastwrites(&["groups", "--json", text(&fixtures("broker/transactions-4.1.2/data"))]).json();
    assert!(array(&healthy, "findings").iter().all(|finding| finding["code"] != "LW308"), "{healthy}");
}

#[test]
fn every_incident_loads_or_fails_as_brokers_logged() {
    let table = read_json(&fixtures("loads/incidents.json"));
    let logged = table["incidents"].as_object().unwrap();
    let names: Vec<&str> = incidents::names().collect();
    assert!(
        logged.keys().map(String::as_str).eq(names.iter().copied()),
        "incidents.json is of other incidents"
    );
    let judge = |name: &&str| {
        let folder = tempfile::tempdir().unwrap();
        incidents::named(name).unwrap().files().unwrap().write(&folder.path().join("incident")).unwrap();
        let partition = folder.path().join("incident/broker/__consumer_offsets-28");
        let by_release = logged[*name].as_object().unwrap();
        assert_eq!(by_release.len(), 8, "{name}");
        let judged = |(kafka, logged): (&String, &Value)| {
            Some(format!("{name} {kafka}: {}", difference(&predicted(kafka, &partition), logged)?))
        };
        by_release.iter().filter_map(judged).collect()
    };
    none_of(&complaints(&names, judge));
}

/// Starts a broker on this partition and says what it logged and answered.
fn on_a_broker(kafka: &str, partition: &Path, groups: &[&str]) -> Value {
    let asked: Vec<&str> = groups.iter().flat_map(|group| ["--ask", group]).collect();
    loaded(kafka, [text(partition)].into_iter().chain(asked))
}

/// Runs `tests/kafka/load` on a release with any folders and options.
pub(crate) fn loaded<A: AsRef<OsStr>>(kafka: &str, arguments: impl IntoIterator<Item = A>) -> Value {
    // Two at a time would compile into the same release's folder.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let load = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka/load");
    let mut command = Command::new(load);
    command.arg(kafka).args(arguments).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One group's offsets as `groups --json` has them, in the form the Admin API's are told.
fn recovered(partition: &Path, group: &str) -> Vec<Value> {
    let document = lastwrites(&["groups", "--json", text(partition)]).json();
    let found = array(&document, "groups").iter().find(|entry| entry["group_id"] == group).unwrap();
    array(found, "offsets")
        .iter()
        .map(|entry| {
            serde_json::json!({
                "topic": entry["topic"], "partition": entry["partition"], "offset": entry["offset"],
                "leaderEpoch": entry["leader_epoch"], "metadata": entry["metadata"],
            })
        })
        .collect()
}

#[test]
fn the_torn_partition_fails_on_4_1_0_as_predicted_and_loads_on_4_1_2() {
    if !brokers_can_run() {
        return;
    }
    let partition = fixtures("incident/kafka-19862/__consumer_offsets-28");
    let groups = ["my-broken-group", "billing-22"];

    let told = on_a_broker("4.1.0", &partition, &groups);
    let prediction = predicted("4.1.0", &partition);
    assert_eq!(prediction["verdict"], "fails");
    none_of(&difference(&prediction, &told["loads"][0]).into_iter().collect::<Vec<_>>());
    let (offset, error) = (&prediction["offset"], string(&prediction, "error"));
    let expected = format!("from __consumer_offsets-28 at offset {offset} ");
    let line = array(&told["loads"][0], "lines").iter().find_map(|line| {
        line.as_str().filter(|line| line.contains("Replaying record") && line.contains(&expected))
    });
    assert!(line.is_some_and(|line| line.contains(error)), "no line says {expected:?} and {error:?}: {told}");
    // The client gets NOT_COORDINATOR until its patience ends.
    for answer in array(&told, "answers") {
        assert!(answer["offsets"].is_null() && string(answer, "error").contains(STUCK), "{answer}");
    }

    let told = on_a_broker("4.1.2", &partition, &groups);
    assert_eq!(told["loads"][0]["verdict"], "loads", "{told}");
    none_of(&difference(&predicted("4.1.2", &partition), &told["loads"][0]).into_iter().collect::<Vec<_>>());
    for answer in array(&told, "answers") {
        let ours = recovered(&partition, string(answer, "group"));
        assert!(!ours.is_empty());
        assert_eq!(array(answer, "offsets"), ours, "{}", answer["group"]);
    }
}

#[test]
fn records_below_the_log_start_are_not_loaded() {
    if !brokers_can_run() {
        return;
    }
    // Offset 4, the stale claim that the torn partition fails on, is below 5; so is the record that made consumer-A
    // a member, whose next record 3.9 refuses then.
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join("__consumer_offsets-28");
    fs::create_dir(&partition).unwrap();
    for file in fs::read_dir(fixtures("incident/kafka-19862/__consumer_offsets-28")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), partition.join(file.file_name())).unwrap();
    }
    let checkpoint = folder.path().join("log-start-offset-checkpoint");
    fs::write(checkpoint, "0\n1\n__consumer_offsets 28 5\n").unwrap();
    for (kafka, verdict) in [("4.1.0", "loads"), ("3.9.2/new", "fails")] {
        let told = loaded(kafka, [text(&partition), "--log-start", "5"]);
        assert_eq!(told["loads"][0]["verdict"], verdict, "{told}");
        none_of(
            &difference(&predicted(kafka, &partition), &told["loads"][0]).into_iter().collect::<Vec<_>>(),
        );
    }
}

#[test]
fn the_old_coordinator_serves_a_poisoned_partition_empty_and_recovery_has_the_offsets() {
    if !brokers_can_run() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let incident = incidents::named("kafka-20570").unwrap();
    incident.files().unwrap().write(&folder.path().join("incident")).unwrap();
    let partition = folder.path().join("incident/broker/__consumer_offsets-28");

    let prediction = predicted("3.6.2", &partition);
    assert_eq!(prediction["verdict"], "loads-empty");
    let told = on_a_broker("3.6.2", &partition, &["my-broken-group", "billing-22"]);
    none_of(&difference(&prediction, &told["loads"][0]).into_iter().collect::<Vec<_>>());
    for answer in array(&told, "answers") {
        // No error, no offset: nobody notices.
        assert!(answer["error"].is_null() && array(answer, "offsets").is_empty(), "{answer}");
        let group = string(answer, "group");
        let lost: Vec<Value> = recovered(&partition, group);
        let truth = incident.truth();
        let committed = array(&truth["offsets_by_partition"]["28"], "committed");
        let written: Vec<&Value> =
            committed.iter().filter(|entry| entry["group"] == group).map(|entry| &entry["offset"]).collect();
        let ours: Vec<&Value> = lost.iter().map(|entry| &entry["offset"]).collect();
        assert!(!ours.is_empty());
        assert_eq!(ours, written, "{group}");
    }
}
