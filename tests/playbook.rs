//! `playbook`: whom it moves the leader to, what it writes, and where it says that a move can't help.
//!
//! That the torn copy fails on 4.1.0 and the raw one loads is what brokers logged (`fixtures/loads/incidents.json`);
//! that the commands heal a group on three brokers is what `tests/kafka/incident three` shows.

use std::fs;
use std::path::Path;

use lastwrites_synth::batch::Batch;
use lastwrites_synth::broker_dir::{BrokerDir, PartitionDir};
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::incidents;
use serde_json::{Value, json};

use crate::support::{array, corpus, fixtures, lastwrites, read_json, text};

/// Writes a broker's log dir with this one partition 28.
fn broker(folder: &Path, node_id: i32, batches: Vec<Batch>) {
    let dir = BrokerDir { node_id, partitions: [(28, PartitionDir::single(batches))].into_iter().collect() };
    dir.files().unwrap().write(&folder.join(format!("broker-{node_id}"))).unwrap();
}

fn playbook(evidence: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["playbook", "--json", "--kafka", "4.1.0", "--partition", "28"];
    arguments.extend(more);
    arguments.push(text(evidence));
    lastwrites(&arguments).json()
}

#[test]
fn the_leader_moves_to_the_replica_whose_own_copy_loads() {
    let folder = tempfile::tempdir().unwrap();
    let incident = incidents::named("kafka-19862").unwrap();
    // The leader's copy is torn, broker 3's is torn too, broker 2's is whole, broker 4's is not here.
    for node_id in [1, 3] {
        broker(folder.path(), node_id, incident.torn());
    }
    broker(folder.path(), 2, incident.raw.clone());
    let out = folder.path().join("repair");
    let made = playbook(folder.path(), &["--brokers", "1,4,3,2", "--out", text(&out)]);

    assert_eq!(made["possible"], true);
    let brokers: Vec<(i64, &str, Option<i64>)> = array(&made, "brokers")
        .iter()
        .map(|broker| {
            let id = broker["broker_id"].as_i64().unwrap();
            (id, broker["verdict"].as_str().unwrap(), broker["place"].as_i64())
        })
        .collect();
    assert_eq!(
        brokers,
        [(1, "fails", None), (4, "unknown", Some(2)), (3, "fails", None), (2, "loads", Some(1))]
    );
    // No deletion by reflex: no command deletes anything.
    assert_eq!(made["deletion"]["needed"], false);
    let commands = made["steps"].to_string();
    assert!(commands.contains("--execute") && !commands.contains("--delete"), "{commands}");

    let replicas = |name: &str| read_json(&out.join(name))["partitions"][0]["replicas"].clone();
    assert_eq!(replicas("reassignment.json"), json!([2, 1, 4, 3]), "same replicas, another first");
    assert_eq!(replicas("reassignment-broker-4.json"), json!([4, 1, 3, 2]));
    assert_eq!(replicas("reassignment-rollback.json"), json!([1, 4, 3, 2]));
    let election = json!({ "partitions": [{ "topic": "__consumer_offsets", "partition": 28 }] });
    assert_eq!(read_json(&out.join("election.json")), election);
    assert!(out.join("offsets.json").is_file() && out.join("playbook.txt").is_file());
    // They are saved, so the step looks at them: the file is never written over, and its folder isn't the evidence's.
    assert!(
        commands.contains("offsets offsets.json") && !commands.contains("lastwrites recover"),
        "{commands}"
    );
    let unsaved = playbook(folder.path(), &["--brokers", "1,4,3,2"])["steps"].to_string();
    assert!(unsaved.contains("--all-groups -o offsets.json"), "{unsaved}");

    // What is there already is never written over.
    let again =
        ["playbook", "--brokers", "1,2", "--partition", "28", "--out", text(&out), text(folder.path())];
    assert_eq!(lastwrites(&again).code, 2);
}

/// Replica 2 lost everything (what a capture leaves of a broker that was down), replica 3 its end, so both load
/// whatever 4.1.0 would do with their brokers' own logs.
#[test]
fn a_copy_that_lacks_records_is_never_taken_for_one_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    let incident = incidents::named("kafka-19862").unwrap();
    for node_id in [1, 2, 3] {
        broker(folder.path(), node_id, incident.torn());
    }
    let partition = |node_id: i32| folder.path().join(format!("broker-{node_id}/__consumer_offsets-28"));
    for file in fs::read_dir(partition(2)).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "log") {
            fs::remove_file(file).unwrap();
        }
    }
    let log = partition(3).join("00000000000000000000.log");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..first_batch(&bytes)]).unwrap();
    let judged = |made: &Value| -> Vec<(String, bool)> {
        let brokers = array(made, "brokers").iter();
        brokers
            .map(|one| (one["verdict"].as_str().unwrap().to_owned(), one["incomplete"].is_string()))
            .collect()
    };
    let told = |verdicts: [(&str, bool); 3]| verdicts.map(|(word, incomplete)| (word.to_owned(), incomplete));

    let made = playbook(folder.path(), &["--brokers", "1,2,3"]);
    assert_eq!(judged(&made), told([("fails", false), ("unknown", true), ("unknown", true)]));
    assert!(made["why"].as_str().unwrap().contains("No whole copy"), "{}", made["why"]);

    // Without its own checkpoint the short copy is betrayed by what the others know.
    fs::remove_file(folder.path().join("broker-3/replication-offset-checkpoint")).unwrap();
    let made = playbook(folder.path(), &["--brokers", "1,2,3"]);
    assert_eq!(judged(&made)[2], ("unknown".to_owned(), true));

    // The same for the leader's own copy: why it fails is not known.
    let made = playbook(folder.path(), &["--brokers", "3,1,2"]);
    assert_eq!(made["trouble"]["kind"], "unknown");
    assert!(made["why"].as_str().unwrap().contains("does not tell"), "{}", made["why"]);
}

/// A capture's document beside the broker folders, as lastwrites-seek writes it.
fn capture_document() -> Value {
    let partition = |number: i32, leader: Option<i32>| {
        json!({
            "topic": "__consumer_offsets", "topic_id": "pHCEPzgGQDG-oWgYpmSGuA", "partition": number,
            "leader": leader, "leader_epoch": 4, "replicas": [2, 1, 3], "in_sync": [1, 2],
            "seen_at_ms": 1_767_225_600_000_i64,
        })
    };
    let mut partitions: Vec<Value> = (0..50).map(|number| partition(number, Some(1))).collect();
    partitions[7] = partition(7, None);
    json!({
        "format": "lastwrites/capture", "version": 1, "created_by": "test", "cluster_id": "c",
        "brokers": [{ "broker_id": 1, "host": "a", "port": 9092 }, { "broker_id": 2, "host": "b", "port": 9093 }],
        "partitions": partitions, "copies": [],
    })
}

#[test]
fn a_capture_tells_who_has_the_partition_and_who_leads_it() {
    let folder = tempfile::tempdir().unwrap();
    let incident = incidents::named("kafka-19862").unwrap();
    broker(folder.path(), 1, incident.torn());
    broker(folder.path(), 2, incident.raw.clone());
    let without = ["playbook", "--kafka", "4.1.0", "--partition", "28", text(folder.path())];
    let refused = lastwrites(&without);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--brokers"), "{}", refused.stderr);

    let document = folder.path().join("capture.json");
    fs::write(&document, capture_document().to_string()).unwrap();
    let made = playbook(folder.path(), &[]);
    assert_eq!((&made["leader"], &made["replicas"]), (&json!(1), &json!([2, 1, 3])));
    assert_eq!(made["brokers"][0]["place"], 1, "broker 2, whose copy loads, is tried first");

    let radius = lastwrites(&["blast-radius", "--json", text(folder.path())]).json();
    assert_eq!(radius["as_of_metadata_ms"], 1_767_225_600_000_i64);
    assert_eq!(radius["offsets_topic_partitions"], 50);
    assert_eq!(radius["offsets_topic_partitions_assumed"], false);
    let leaders: Vec<Option<i64>> =
        array(&radius, "partitions").iter().map(|partition| partition["leader"].as_i64()).collect();
    let expected: Vec<Option<i64>> = (0..50).map(|number| (number != 7).then_some(1)).collect();
    assert_eq!(leaders, expected);
    let fenced: Vec<bool> =
        array(&radius, "brokers").iter().map(|broker| broker["fenced"].as_bool().unwrap()).collect();
    assert_eq!(fenced, [false, false, true], "broker 3 has replicas and was not among the live ones");
    // It names one topic: the others are not taken for deleted.
    let groups = lastwrites(&["groups", "--json", text(folder.path())]).json();
    assert!(!groups.to_string().contains("topic-gone"));

    fs::write(&document, "{}").unwrap();
    let refused = lastwrites(&without);
    assert_eq!(refused.code, 2, "a broken document tells nothing");
}

/// Size of the first batch: its length field, and the 12 bytes before what that counts.
fn first_batch(log: &[u8]) -> usize {
    let length = i32::from_be_bytes(log[8..12].try_into().unwrap());
    usize::try_from(length).unwrap() + 12
}

#[test]
fn the_election_tool_is_called_as_the_release_wants_it() {
    let evidence = fixtures("incident/kafka-19862");
    let elections = |kafka: &str| {
        let arguments = [
            "playbook",
            "--json",
            "--partition",
            "28",
            "--brokers",
            "5,6",
            "--kafka",
            kafka,
            text(&evidence),
        ];
        let made = lastwrites(&arguments).json();
        let commands: Vec<String> = array(&made, "steps")
            .iter()
            .flat_map(|step| array(step, "commands"))
            .map(ToString::to_string)
            .collect();
        commands
            .into_iter()
            .filter(|command| command.contains("kafka-leader-election.sh"))
            .collect::<Vec<_>>()
    };
    assert!(elections("4.1.0").iter().all(|command| command.contains("--admin.config")));
    assert!(elections("4.2.1").iter().all(|command| command.contains("--command-config")));
}

#[test]
fn where_no_move_can_help_it_says_so_and_gives_no_steps() {
    // One broker; and on-disk trouble that every copy has.
    let alone = playbook(&fixtures("incident/kafka-19862"), &["--brokers", "5"]);
    let folder = tempfile::tempdir().unwrap();
    let incident = incidents::named("kafka-20845").unwrap();
    for node_id in [1, 2] {
        broker(folder.path(), node_id, incident.torn());
    }
    let everywhere = playbook(folder.path(), &["--brokers", "1,2"]);
    for (made, why) in [(&alone, "only replica"), (&everywhere, "each of their copies fails")] {
        assert_eq!(made["possible"], false);
        assert!(made["why"].as_str().unwrap().contains(why), "{}", made["why"]);
        assert!(array(made, "steps").is_empty() && array(made, "files").is_empty());
        assert!(!array(made, "instead").is_empty());
    }
    assert_eq!(alone["trouble"]["kind"], "race");
    assert_eq!(alone["trouble"]["upgrade_to"], "4.1.2");
    assert_eq!(everywhere["trouble"]["kind"], "on-disk");
    assert!(everywhere["trouble"]["upgrade_to"].is_null());
}

/// What the real code of every release refuses (`EXPECTED.jsonl`) was written like that, and replicated.
#[test]
fn a_failure_that_every_replica_has_is_no_reason_to_move_the_leader() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = fs::read_to_string(cases.join("EXPECTED.jsonl")).unwrap();
    let loads_on = |case: &str| -> Vec<String> {
        let lines = expected.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let loaded = lines.filter(|line| line["case"] == case && line["verdict"] == "LOADED");
        loaded.map(|line| line["version"].as_str().unwrap().to_owned()).collect()
    };
    let made = |case: &str, kafka: &[&str]| {
        let path = cases.join(case);
        let arguments = [&["playbook", "--json", "--brokers", "1,2,3", text(&path)], kafka].concat();
        lastwrites(&arguments).json()
    };
    for case in ["K20845-bad-write", "K20845-tombstone-only"] {
        assert!(loads_on(case).iter().all(|release| release.ends_with("-old")), "{case}");
        let made = made(case, &[]);
        assert_eq!(made["possible"], false, "{case}");
        let why = made["why"].as_str().unwrap();
        assert!(why.contains("the same failure is to be expected of every replica"), "{why}");
        assert!(
            made["instead"].to_string().contains("No later release that is known"),
            "{}",
            made["instead"]
        );
        assert!(array(&made, "brokers").iter().all(|broker| broker["place"].is_null()));
        assert!(array(&made, "steps").is_empty());
    }
    // Where a later release reads it, that one is named.
    let case = "K20254-streams-after-offsets";
    let made = made(case, &["--kafka", "4.1.0"]);
    let release = made["trouble"]["upgrade_to"].as_str().unwrap();
    assert!(loads_on(case).iter().any(|loaded| loaded == release), "{release}");
    assert!(
        made["instead"].to_string().contains(&format!("to Kafka {release} or later")),
        "{}",
        made["instead"]
    );
    assert_eq!(made["possible"], false);
}

#[test]
fn the_head_names_a_failing_release_only_where_one_fails() {
    let head = |evidence: &Path, partition: &str| {
        let arguments = ["playbook", "--partition", partition, "--brokers", "1,2", text(evidence)];
        String::from_utf8_lossy(&lastwrites(&arguments).stdout).lines().next().unwrap().to_owned()
    };
    // A real broker's log that its release and all others load.
    let healthy = head(&fixtures("broker/classic-3.6.2/data"), "0");
    assert!(healthy.contains("no copy here fails"), "{healthy}");
    let failing = tempfile::tempdir().unwrap();
    broker(failing.path(), 1, incidents::named("kafka-20845").unwrap().torn());
    let failing = head(failing.path(), "28");
    assert!(failing.contains("on which a copy fails"), "{failing}");
}

/// A 3.7 broker can't read any record of a consumer group as later releases write it: that it would fail says nothing of the
/// broker that wrote them.
#[test]
fn a_release_too_old_for_the_records_is_not_taken_for_the_brokers() {
    let head = |evidence: &Path, partition: &str| {
        let arguments = ["playbook", "--partition", partition, "--brokers", "1,2", text(evidence)];
        String::from_utf8_lossy(&lastwrites(&arguments).stdout)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let healthy = fixtures("broker/consumer-4.3.1/data");
    for partition in ["1", "2", "3", "4"] {
        let said = head(&healthy, partition);
        assert!(!said.contains("judged for 3.7") && !said.contains("CANNOT"), "{partition}: {said}");
    }
    let run = lastwrites(&["playbook", "--brokers", "1,2", text(&healthy)]);
    assert!(run.code == 2 && run.stderr.contains("no copy of a partition fails here"), "{}", run.stderr);
    // What the cleaner can make fail on the releases that wrote it is a race, and a reload is the way out.
    let raced = tempfile::tempdir().unwrap();
    broker(raced.path(), 1, incidents::named("kafka-19862").unwrap().raw);
    let said = head(raced.path(), "28");
    assert!(said.contains("CAN BE RELOADED") && said.contains("loads at rest"), "{said}");
}

/// The log of a split expiry after the cleaner took the tombstones below offset 10: the real code of every release from
/// 4.0 on fails on it at rest (`prefixes.jsonl`), and nothing in this copy shows whether the failing load was a race.
#[test]
fn what_only_looks_like_a_race_is_not_promised_to_heal() {
    let incident = incidents::named("kafka-21102").unwrap();
    let at_rest = compact(&incident.raw, 10, Tombstones::Drop);
    if let Some(cases) = corpus("load-cases") {
        let windows = fs::read_to_string(cases.join("R5-raw/prefixes.jsonl")).unwrap();
        let lines = windows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let judged: Vec<Value> = lines.filter(|line| line["x"] == 0 && line["y"] == 10).collect();
        assert!(judged.len() > 5, "{} releases", judged.len());
        assert!(judged.iter().all(|line| line["verdict"] == "FAILED" && line["offset"] == 10));
    }
    let words = |made: &Value| format!("{} {} {}", made["why"], made["deletion"]["why"], made["instead"]);
    let folder = tempfile::tempdir().unwrap();
    broker(folder.path(), 1, at_rest);
    for brokers in ["1,2", "1"] {
        let made = playbook(folder.path(), &["--brokers", brokers]);
        assert_eq!((&made["trouble"]["kind"], &made["trouble"]["offset"]), (&json!("race"), &json!(10)));
        let words = words(&made);
        assert!(!words.contains("nothing on disk has to be removed"), "{words}");
        assert!(!words.contains("a load that does not meet the cleaner succeeds"), "{words}");
        assert!(words.contains("no .deleted original here proves"), "{words}");
        assert!(words.contains("is not known"), "{words}");
        assert_eq!(made["deletion"]["needed"], false);
    }
    let told = lastwrites(&["diagnose", "--json", text(folder.path())]).json().to_string();
    assert!(!told.contains("Nothing on disk needs to be removed"), "{told}");

    // A copy that loads shows that nothing has to go, and originals that load show that it was a race.
    broker(folder.path(), 2, incident.raw);
    let helped = words(&playbook(folder.path(), &["--brokers", "1,2"]));
    assert!(helped.contains("another broker's copy loads as it lies"), "{helped}");
    let proven = words(&playbook(&fixtures("incident/kafka-19862"), &["--brokers", "5"]));
    assert!(proven.contains("nothing on disk has to be removed"), "{proven}");
}

/// 4.0.0 and 4.1.0 load a compacted consumer group, and have KAFKA-19862: nobody is sent there.
#[test]
fn an_upgrade_goes_to_a_release_with_the_fix_of_the_race() {
    let folder = tempfile::tempdir().unwrap();
    broker(folder.path(), 1, incidents::named("kafka-17306").unwrap().torn());
    let arguments = [
        "playbook",
        "--json",
        "--kafka",
        "3.9.2",
        "--partition",
        "28",
        "--brokers",
        "1,2",
        text(folder.path()),
    ];
    let made = lastwrites(&arguments).json();
    assert_eq!(made["trouble"]["upgrade_to"], "4.0.2", "{made}");
    assert!(made["instead"].to_string().contains("to Kafka 4.0.2, 4.1.2 or later"), "{}", made["instead"]);
}

#[test]
fn on_disk_trouble_that_no_release_reads_names_deletion_as_the_last_resort() {
    let folder = tempfile::tempdir().unwrap();
    broker(folder.path(), 1, incidents::named("kafka-20845").unwrap().torn());
    // Its last record lies behind the failing copy's end, so nothing is missing from it.
    let mut whole = incidents::named("kafka-19862-healthy").unwrap().raw;
    whole.last_mut().unwrap().base_offset = 1_000;
    broker(folder.path(), 2, whole);
    let made = playbook(folder.path(), &["--brokers", "1,2"]);
    assert_eq!(made["possible"], true, "{made}");
    assert_eq!(made["deletion"]["needed"], true);
    let last = array(&made, "steps").last().unwrap();
    assert!(last["commands"].to_string().contains("--delete --group my-broken-group"), "{last}");
}

/// An old coordinator answers as if nothing were wrong: a check for a FAILED shard would say "nothing to repair".
#[test]
fn a_silently_empty_partition_gets_no_steps_that_look_for_a_failed_one() {
    let folder = tempfile::tempdir().unwrap();
    broker(folder.path(), 1, incidents::named("kafka-20570").unwrap().raw);
    broker(folder.path(), 2, incidents::named("kafka-19862-healthy").unwrap().raw);
    let path = text(folder.path());
    let asked = ["playbook", "--json", "--kafka", "3.6.2", "--partition", "28", "--brokers", "1,2", path];
    let made = lastwrites(&asked).json();
    assert_eq!(made["possible"], false);
    assert!(array(&made, "steps").is_empty());
    assert!(made["why"].as_str().unwrap().contains("without its groups"), "{}", made["why"]);
    assert!(made["instead"][0].as_str().unwrap().contains("Stop the consumers"), "{}", made["instead"]);
    assert!(!made["deletion"].to_string().contains("NOT_COORDINATOR"), "{}", made["deletion"]);
}

#[test]
fn a_replica_list_that_contradicts_itself_is_refused() {
    let evidence = fixtures("incident/kafka-19862");
    for brokers in [&["--brokers", "5,5"][..], &["--brokers", "1,2", "--leader", "5"]] {
        let mut arguments = vec!["playbook", "--partition", "28"];
        arguments.extend(brokers);
        arguments.push(text(&evidence));
        assert_eq!(lastwrites(&arguments).code, 2, "{brokers:?}");
    }
}

/// Somebody who names brokers without the one that the copy is from holds the answer in hand all the same.
#[test]
fn a_copy_of_a_broker_that_is_not_named_is_told() {
    let folder = tempfile::tempdir().unwrap();
    broker(folder.path(), 1, incidents::named("kafka-19862").unwrap().torn());
    let told = |brokers: &str| {
        let run = ["playbook", "--partition", "28", "--brokers", brokers, text(folder.path())];
        let told = String::from_utf8(lastwrites(&run).stdout).unwrap();
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let others = told("2,3");
    assert!(others.contains("judged for 4.1.1/new, the newest release on which a copy fails"), "{others}");
    assert!(!others.contains("no copy here fails"), "{others}");
    let whose = "is broker 1's, which is not among the replicas 2,3: on 4.1.1/new it fails at offset 12.";
    assert!(others.contains(whose), "{others}");
    assert!(!told("1,2,3").contains("not among the replicas"), "{}", told("1,2,3"));
}

/// A release that nobody has checked is judged by another's rules, and says so; where there is nothing to save, no step
/// names a file that doesn't exist.
#[test]
fn a_playbook_promises_nothing_it_does_not_have() {
    let Some(cases) = crate::support::corpus("load-cases") else { return };
    let torn = cases.join("S1-torn");
    let on = |kafka: &str| {
        let run = ["playbook", "--brokers", "1,2,3", "--kafka", kafka, text(&torn)];
        String::from_utf8(lastwrites(&run).stdout).unwrap()
    };
    assert!(
        on("4.9.9").contains("By the rules of 4.3.1: nobody has checked 4.9.9/new (LW408)"),
        "{}",
        on("4.9.9")
    );
    assert!(!on("4.1.0").contains("LW408"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("repair");
    let run =
        ["playbook", "--json", "--brokers", "1,2,3", "--kafka", "4.1.0", "--out", text(&out), text(&torn)];
    let made = lastwrites(&run).json();
    assert_eq!(made["possible"], true, "{made}");
    let steps = made["steps"].to_string();
    assert!(steps.contains("No offsets to save") && !steps.contains("offsets.json"), "{steps}");
    assert!(out.join("election.json").is_file() && !out.join("offsets.json").exists());
}

/// 3.7 to 3.9 fail on this copy only with a coordinator that had to be switched on; what 4.0 and later run by default can
/// lose a race on it.
#[test]
fn a_coordinator_that_runs_by_default_is_judged_first() {
    let Some(cases) = corpus("load-cases") else { return };
    let path = cases.join("K21117-disk");
    let made = lastwrites(&["playbook", "--json", "--brokers", "1,2,3", text(&path)]).json();
    assert_eq!((&made["rules"], &made["trouble"]["kind"]), (&json!("4.3.1/new"), &json!("race")));
    assert_eq!(made["trouble"]["issues"], json!(["KAFKA-21117"]));
}
