//! What an old coordinator swallows is told on the first screen, whatever release a person has in mind.
//!
//! That 3.6 serves kafka-20570 without its groups and 4.x fails on it is what brokers logged
//! (`fixtures/loads/incidents.json`); what its clients see is what `tests/kafka/incident silent` shows.

use std::fs;

use serde_json::Value;

use lastwrites_synth::broker_dir::{BrokerDir, PartitionDir};
use lastwrites_synth::incidents;

use crate::support::{lastwrites, text};

/// A broker's disk of this incident.
fn disk(incident: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dir = BrokerDir {
        node_id: 1,
        partitions: [(28, PartitionDir::single(incidents::named(incident).unwrap().torn()))]
            .into_iter()
            .collect(),
    };
    dir.files().unwrap().write(&folder.path().join("broker-1")).unwrap();
    folder
}

/// What a command prints about this incident, in one line.
fn said(incident: &str, arguments: &[&str]) -> String {
    let folder = disk(incident);
    let mut arguments = arguments.to_vec();
    arguments.push(text(folder.path()));
    String::from_utf8(lastwrites(&arguments).stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn examine_tells_of_a_loss_that_no_broker_reports() {
    let story = said("kafka-20570", &["examine"]);
    let [_, silence] = story.split("In silence on Kafka ").collect::<Vec<_>>()[..] else { panic!("{story}") };
    let (releases, consequence) = silence.split_once(": ").unwrap();
    assert!(releases.ends_with("3.9.2") && !releases.contains("4."), "{releases}");
    assert!(consequence.starts_with(
        "the old coordinator swallows the error and serves __consumer_offsets-28 without its groups."
    ));
    let (helps, not) = story.split_once(" HELPS ").unwrap().1.split_once("HELPS NOT ").unwrap();
    assert!(
        helps.contains("swallowed the error: stop the consumers") && helps.contains("--as-of"),
        "{helps}"
    );
    assert!(
        not.contains("a FAILED shard answers NOT_COORDINATOR") && not.contains("an old coordinator"),
        "{not}"
    );
    // A race with the cleaner hits new coordinators only.
    assert!(!said("kafka-19862", &["examine"]).contains("In silence"));
}

/// Nothing of an old coordinator is FAILED, so nothing answers NOT_COORDINATOR.
#[test]
fn advice_for_an_old_coordinator_speaks_of_what_it_does() {
    let story = said("kafka-20570", &["diagnose", "--kafka", "3.6.2"]);
    assert!(story.contains("LW111") && story.contains("LOADS EMPTY"), "{story}");
    assert!(!story.contains("NOT_COORDINATOR") && !story.contains("fails"), "{story}");
    assert!(story.contains("deleting Deleting the group does not help: an old coordinator"), "{story}");
    assert!(
        story.contains("helps Where an old coordinator has swallowed the error: stop the consumers"),
        "{story}"
    );
}

/// `ConsumerProtocol` of 4.2.2 and 4.4.0 throws what `ClassicGroup` catches (their jars); 4.2.1's does not
/// (`EXPECTED.jsonl`).
#[test]
fn malformed_subscriptions_stop_no_release_with_the_fix() {
    let folder = disk("kafka-20570");
    let kafka = ["diagnose", "--json", "--kafka", "4.2.1,4.2.2,4.3.1,4.3.2,4.4.0", text(folder.path())];
    let told = lastwrites(&kafka).json();
    let verdicts = told["partitions"][0]["verdicts"].as_array().unwrap();
    let of = |kafka: &str| verdicts.iter().find(|one| one["kafka"] == kafka).unwrap()["verdict"].clone();
    let expected =
        [("4.2.1", "fails"), ("4.2.2", "loads"), ("4.3.1", "fails"), ("4.3.2", "loads"), ("4.4.0", "loads")];
    for (kafka, verdict) in expected {
        assert_eq!(of(kafka), verdict, "{kafka}: {told}");
    }
}

/// What consumers commit on an emptied partition stands behind their old commits: `incident silent` of `tests/kafka` has
/// 105 records that nobody read because of it. Where nothing says that no old coordinator loaded it, no bound holds.
#[test]
fn no_commit_behind_a_load_in_silence_is_sure() {
    let recovered = |incident: &str, more: &[&str]| {
        let folder = disk(incident);
        let file = folder.path().join("offsets.json");
        let wanted = ["recover", "--group", "my-broken-group", "-o", text(&file), text(folder.path())];
        let run = lastwrites(&[&wanted[..], more].concat());
        let document = fs::read(&file).unwrap_or_else(|_| panic!("{}", run.stderr));
        let document: Value = serde_json::from_slice(&document).unwrap();
        let group = &document["groups"][0];
        let warned =
            group["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().starts_with("LW111"));
        let offsets = group["offsets"].as_array().unwrap();
        assert_eq!(offsets.len(), 3, "{document}");
        (warned, offsets.iter().all(|offset| offset["bound"]["skipped_at_most"].is_null()))
    };
    assert_eq!(recovered("kafka-20570", &[]), (true, true));
    assert_eq!(recovered("kafka-20570", &["--kafka", "3.6.2"]), (true, true));
    // Its rules are the new coordinator's: it fails aloud, or loads.
    assert_eq!(recovered("kafka-20570", &["--kafka", "4.3.1"]), (false, false));
    assert_eq!(recovered("kafka-20570", &["--as-of", "2026-01-01T12:00:00Z"]), (false, false));
    // 3.6 can't read its newer records, but nobody runs it on them.
    assert_eq!(recovered("kafka-19862", &[]), (false, false));
}
