//! What a capture calls partial no command takes for intact, whichever of its folders is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

const WHY: &str = "no leader says where the partition ends";

fn groups(path: &Path) -> Value {
    groups_at(path, &[])
}

fn groups_at(path: &Path, moment: &[&str]) -> Value {
    let mut binary = Command::new(env!("CARGO_BIN_EXE_lastwrites"));
    let run = binary.args(["groups", "--json"]).args(moment).arg(path).output().unwrap();
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)))
}

/// Of the finding LW112 the text; and for each offset whether it's flagged.
fn doubts(report: &Value) -> (Option<&str>, Vec<bool>) {
    let torn = report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "LW112");
    let offsets = report["groups"].as_array().unwrap().iter().flat_map(|g| g["offsets"].as_array().unwrap());
    let flagged = |offset: &Value| offset["flags"].as_array().unwrap().contains(&"before-gap".into());
    (torn.map(|finding| finding["message"].as_str().unwrap()), offsets.map(flagged).collect())
}

/// A capture's folder without its document, and the copy in it.
fn captured() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("broker-1/__consumer_offsets-1");
    fs::create_dir_all(&copy).unwrap();
    let log = "__consumer_offsets-1/00000000000000000000.log";
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broker/consumer-4.1.2/data").join(log);
    fs::copy(source, folder.path().join("broker-1").join(log)).unwrap();
    fs::write(folder.path().join("broker-1/meta.properties"), "version=1\nnode.id=1\n").unwrap();
    (folder, copy)
}

#[test]
fn a_partial_copy_is_not_intact() {
    let (folder, copy) = captured();
    let document = |state: &str, why: Option<&str>| {
        let copies = json!([{ "path": "broker-1/__consumer_offsets-1", "state": state, "why": why }]);
        let document = json!({
            "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "partitions": [],
            "copies": copies,
        });
        fs::write(folder.path().join("capture.json"), document.to_string()).unwrap();
    };
    for given in [folder.path(), &folder.path().join("broker-1"), &copy] {
        document("whole", None);
        let report = groups(given);
        let (torn, flagged) = doubts(&report);
        assert!(torn.is_none() && !flagged.is_empty() && !flagged.contains(&true), "{report}");
        document("partial", Some(WHY));
        let report = groups(given);
        let (torn, flagged) = doubts(&report);
        assert!(torn.is_some_and(|message| message.contains(WHY)), "{report}");
        assert!(!flagged.is_empty() && !flagged.contains(&false), "{report}");
        // As of a moment behind its end it lacks the same; as of one within it, nothing.
        for moment in [["--as-of", "2100-01-01T00:00:00Z"], ["--as-of-offset", "1:1000000"]] {
            let report = groups_at(given, &moment);
            let (_, flagged) = doubts(&report);
            assert!(!flagged.is_empty() && !flagged.contains(&false), "{moment:?}: {report}");
        }
        let report = groups_at(given, &["--as-of-offset", "1:20"]);
        let (_, flagged) = doubts(&report);
        assert!(!flagged.is_empty() && !flagged.contains(&true), "{report}");
        // Brokers and libraries quote hosts and clients in their errors.
        let binary = Command::new(env!("CARGO_BIN_EXE_lastwrites"));
        let run = { binary }.args(["groups", "--json", "--redact"]).arg(given).output().unwrap();
        let redacted = String::from_utf8(run.stdout).unwrap();
        assert!(redacted.contains("LW112") && !redacted.contains(WHY), "{redacted}");
    }
}

/// A moment behind the capture's own is told as that; one that isn't, and an offset, are not.
#[test]
fn a_capture_says_of_which_moment_it_is() {
    let (folder, _copy) = captured();
    let document = json!({
        "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "copies": [],
        "partitions": [{
            "topic": "__consumer_offsets", "topic_id": null, "partition": 1, "leader": 1, "leader_epoch": 0,
            "replicas": [1], "in_sync": [1], "seen_at_ms": 4_102_444_800_000_i64,
        }],
    });
    fs::write(folder.path().join("capture.json"), document.to_string()).unwrap();
    let told = |moment: [&str; 2]| {
        let report = groups_at(folder.path(), &moment);
        let mut findings = report["findings"].as_array().unwrap().iter();
        let told = findings.find(|finding| finding["message"].to_string().contains("this capture was taken"));
        told.map(|finding| (finding["code"].clone(), finding["message"].as_str().unwrap().to_owned()))
    };
    let (code, message) = told(["--as-of", "2100-01-02T00:00:00Z"]).unwrap();
    assert!(code == "LW404" && message.contains("2100-01-01") && message.contains("2100-01-02"), "{message}");
    assert!(told(["--as-of", "2099-12-31T00:00:00Z"]).is_none());
    assert!(told(["--as-of-offset", "1:1000000"]).is_none());
}

/// The length of the first batches of a log, and the offset behind them.
fn batches(log: &[u8], count: usize) -> (usize, i64) {
    let mut at = 0;
    let mut end = 0;
    for _ in 0..count {
        let base = i64::from_be_bytes(log[at..at + 8].try_into().unwrap());
        end = base + i64::from(u32::from_be_bytes(log[at + 23..at + 27].try_into().unwrap())) + 1;
        at += 12 + u32::from_be_bytes(log[at + 8..at + 12].try_into().unwrap()) as usize;
    }
    (at, end)
}

/// Of two copies one is whole and ends where or before the other does, which was cut short and whose checkpoint knows of more:
/// no copy has what came behind. Where that knows of no more than the whole copy has, nothing is in doubt.
#[test]
fn what_only_a_checkpoint_knows_of_no_copy_has() {
    let (folder, copy) = captured();
    let name = "00000000000000000000.log";
    let bytes = fs::read(copy.join(name)).unwrap();
    let other = folder.path().join("broker-2/__consumer_offsets-1");
    fs::create_dir_all(&other).unwrap();
    fs::write(folder.path().join("broker-2/meta.properties"), "version=1\nnode.id=2\n").unwrap();
    let copies = json!([
        { "path": "broker-1/__consumer_offsets-1", "partition": 1, "state": "partial", "why": WHY },
        { "path": "broker-2/__consumer_offsets-1", "partition": 1, "state": "whole", "why": null },
    ]);
    let document = json!({
        "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "partitions": [],
        "copies": copies,
    });
    fs::write(folder.path().join("capture.json"), document.to_string()).unwrap();
    let checkpoint = |broker: i32, mark: i64| {
        let path = folder.path().join(format!("broker-{broker}/replication-offset-checkpoint"));
        fs::write(path, format!("0\n1\n__consumer_offsets 1 {mark}\n")).unwrap();
    };
    let count = (1..).take_while(|count| batches(&bytes, *count).0 < bytes.len()).count() + 1;
    let (_, end) = batches(&bytes, count);
    let (length, whole_end) = batches(&bytes, count - 2);
    fs::write(other.join(name), &bytes[..length]).unwrap();
    checkpoint(2, whole_end);
    // Of the second copy the finding that says so.
    let told = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        let of_code = |finding: &&Value| finding["code"] == "LW311" && finding["severity"] == "warning";
        findings
            .filter(of_code)
            .map(|finding| finding["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for held in [1, count - 4, count - 2] {
        let (length, _) = batches(&bytes, held);
        fs::write(copy.join(name), &bytes[..length]).unwrap();
        checkpoint(1, end);
        for moment in [&[][..], &["--as-of", "2100-01-01T00:00:00Z"], &["--as-of-offset", "1:1000000"]] {
            let report = groups_at(folder.path(), moment);
            let (_, flagged) = doubts(&report);
            assert!(!flagged.is_empty() && !flagged.contains(&false), "{held} {moment:?}: {report}");
            let told = told(&report);
            let says =
                format!("ends at offset {whole_end}, and by the copy of broker 1 the log reached {end}");
            assert!(told.len() == 1 && told[0].contains(&says), "{held} {moment:?}: {told:?}");
        }
        for bound in
            recovered(folder.path()).as_array().unwrap().iter().flat_map(|g| g["offsets"].as_array().unwrap())
        {
            assert!(bound["bound"]["skipped_at_most"].is_null(), "{bound}");
        }
        let report = groups_at(folder.path(), &["--as-of-offset", &format!("1:{whole_end}")]);
        let (_, flagged) = doubts(&report);
        assert!(!flagged.is_empty() && !flagged.contains(&true) && told(&report).is_empty(), "{report}");
        checkpoint(1, whole_end);
        let report = groups(folder.path());
        let (_, flagged) = doubts(&report);
        assert!(
            !flagged.is_empty() && !flagged.contains(&true) && told(&report).is_empty(),
            "{held}: {report}"
        );
    }
}

/// A run that was cut short after it had moved the copy aside: what is left to read is the older copy, and no offset of it is
/// taken for sure.
#[test]
fn what_was_set_aside_is_not_intact() {
    let (folder, copy) = captured();
    let document = |at: &Path, why: &str| {
        let copies = json!([{ "path": "broker-1/__consumer_offsets-1", "state": "partial", "why": why }]);
        let document = json!({
            "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "partitions": [],
            "copies": copies,
        });
        fs::write(at.join("capture.json"), document.to_string()).unwrap();
    };
    let earlier = folder.path().join("earlier-1");
    fs::create_dir_all(earlier.join("broker-1")).unwrap();
    fs::copy(folder.path().join("broker-1/meta.properties"), earlier.join("broker-1/meta.properties"))
        .unwrap();
    fs::rename(&copy, earlier.join("broker-1/__consumer_offsets-1")).unwrap();
    let log = "00000000000000000000.log";
    let bytes = fs::read(earlier.join("broker-1/__consumer_offsets-1").join(log)).unwrap();
    document(&earlier, "the broker rewrote the log since");
    document(folder.path(), WHY);
    let first_batch = 12 + u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize;
    for begun in [None, Some(0), Some(first_batch)] {
        if let Some(length) = begun {
            fs::create_dir_all(&copy).unwrap();
            fs::write(copy.join(log), &bytes[..length]).unwrap();
        }
        let report = groups(folder.path());
        let (torn, flagged) = doubts(&report);
        assert!(torn.is_some(), "{begun:?}: {report}");
        assert!(!flagged.is_empty() && !flagged.contains(&false), "{begun:?}: {report}");
    }
    // Beside a copy that is whole again it is an older snapshot, and who looks for what was deleted is sent there.
    fs::write(copy.join(log), &bytes).unwrap();
    let whole = json!([{ "path": "broker-1/__consumer_offsets-1", "state": "whole", "why": null }]);
    let whole = json!({
        "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "partitions": [],
        "copies": whole,
    });
    fs::write(folder.path().join("capture.json"), whole.to_string()).unwrap();
    let out = folder.path().join("offsets.json");
    let recover = |arguments: &[&str]| {
        let mut binary = Command::new(env!("CARGO_BIN_EXE_lastwrites"));
        binary.arg("recover").args(arguments).arg("-o").arg(&out).arg(folder.path()).output().unwrap()
    };
    let run = recover(&["--all-groups", "--deleted"]);
    let document = fs::read(&out).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)));
    let document: Value = serde_json::from_slice(&document).unwrap();
    for group in document["groups"].as_array().unwrap() {
        assert!(group["warnings"].to_string().contains("earlier-1/broker-1"), "{group}");
    }
    let run = recover(&["--group", "nowhere"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("not in this evidence") && said.contains("earlier-1"), "{said}");
}

/// A partition of the offsets topic, as `capture.json` has it.
fn led(partition: i32) -> Value {
    json!({
        "topic": "__consumer_offsets", "topic_id": null, "partition": partition, "leader": 1, "leader_epoch": 0,
        "replicas": [1], "in_sync": [1], "seen_at_ms": 0,
    })
}

/// Every group, as `recover` writes it.
fn recovered(given: &Path) -> Value {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("offsets.json");
    let mut binary = Command::new(env!("CARGO_BIN_EXE_lastwrites"));
    let run = binary.args(["recover", "--all-groups", "-o"]).arg(&file).arg(given).output().unwrap();
    let bytes = fs::read(&file).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)));
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    document["groups"].clone()
}

/// Of a topic that the capture counted the partitions of, those without a commit are missing; of another it says that
/// they can't be listed.
#[test]
fn partitions_that_nobody_committed_are_counted() {
    let (folder, copy) = captured();
    let report = groups(&copy);
    let topic = &report["groups"][0]["offsets"][0]["topic"];
    // Partitions of the topic that are missing and that are committed, and whether there may be others, of the first group.
    let told = |count: Value| {
        let topics = json!([{ "topic": topic, "topic_id": "AAAAAAAAAQACAAAAAAAABw", "partitions": count }]);
        let document = json!({
            "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "copies": [],
            "partitions": [led(0), led(1), led(2), led(3), led(4)], "topics": topics,
        });
        fs::write(folder.path().join("capture.json"), document.to_string()).unwrap();
        let groups = recovered(&copy);
        let of_topic = |list: &Value| {
            let of_topic = list.as_array().unwrap().iter().filter(|entry| entry["topic"] == *topic);
            of_topic.map(|entry| entry["partition"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        let group = &groups[0];
        let others = group["warnings"].to_string().contains("can't be listed as missing");
        (of_topic(&group["missing"]), of_topic(&group["offsets"]), others)
    };
    // What the log itself names is there without a count.
    let uncounted = told(Value::Null);
    let (named, committed, others) = &uncounted;
    assert!(others, "{named:?}");
    assert_eq!(told(json!(-1)), uncounted);
    let end = named.iter().chain(committed).max().unwrap() + 1;
    let without =
        |count: i64| (0..count).filter(|partition| !committed.contains(partition)).collect::<Vec<_>>();
    assert_eq!(told(json!(end + 3)), (without(end + 3), committed.clone(), false));
    // A count that no topic has costs no more than others.
    assert_eq!(told(json!(i32::MAX)), (without(10_000), committed.clone(), false));
}

/// A recovered offset carries the id its topic had, so that the seeker can refuse a topic made anew since.
#[test]
fn each_of_its_folders_knows_the_topics_ids() {
    const ID: &str = "AAAAAAAAAAAAAAAAAAAABw";
    let (folder, copy) = captured();
    let report = groups(&copy);
    let topic = &report["groups"][0]["offsets"][0]["topic"];
    let document = json!({
        "format": "lastwrites/capture", "version": 1, "cluster_id": "c", "brokers": [], "copies": [],
        "partitions": [led(0), led(1), led(2), led(3), led(4)], "topics": [{ "topic": topic, "topic_id": ID }],
    });
    fs::write(folder.path().join("capture.json"), document.to_string()).unwrap();
    for given in [folder.path(), &folder.path().join("broker-1"), &copy] {
        let found = recovered(given);
        let groups = found.as_array().unwrap().iter();
        let offsets = groups.flat_map(|group| group["offsets"].as_array().unwrap());
        let of_topic: Vec<&Value> = offsets.filter(|offset| offset["topic"] == *topic).collect();
        assert!(!of_topic.is_empty() && of_topic.iter().all(|o| o["topic_id_at_copy"] == ID), "{found}");
    }
}
