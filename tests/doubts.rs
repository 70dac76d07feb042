//! What a copy can't vouch for is said where the answer stands: in the row, in the document, on the first screen.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn corpus(path: &str) -> Option<PathBuf> {
    std::env::var_os("LASTWRITES_CORPUS").map(|root| Path::new(&root).join(path))
}

fn run(arguments: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lastwrites")).args(arguments).arg(path).output().unwrap()
}

fn json(arguments: &[&str], path: &Path) -> Value {
    let run = run(arguments, path);
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)))
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// The log ends at 1563, and the broker's checkpoints know of a high watermark of 7287.
#[test]
fn a_copy_that_ends_before_its_high_watermark_is_not_intact() {
    let Some(copy) = corpus("broker-cases/crash-compacting-4.1.1-livecp/data") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.json");
    let made = run(&["recover", "--group", "load-2", "--json", "-o", file.to_str().unwrap()], &copy);
    assert!(made.status.code() < Some(2), "{}", String::from_utf8_lossy(&made.stderr));
    let document: Value = serde_json::from_slice(&made.stdout).unwrap();
    let group = &document["groups"][0];
    assert!(group["warnings"].to_string().contains("LW112"), "{}", group["warnings"]);
    for offset in group["offsets"].as_array().unwrap() {
        assert_eq!(offset["trust"], "salvaged");
        assert!(offset["flags"].as_array().unwrap().contains(&"before-gap".into()));
        assert!(offset["bound"]["skipped_at_most"].is_null());
    }
    // Of this group only the originals of compacted segments have records.
    let other = run(&["recover", "--group", "load-3", "-o", "unused.json"], &copy);
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && said.contains("--leftovers"), "{said}");
}

/// Records of one group in a directory of another partition: 13 of 50 is its home.
#[test]
fn one_group_does_not_make_up_a_partition_count() {
    let Some(copy) = corpus("load-cases/wrong-partition") else { return };
    let report = json(&["groups", "--json"], &copy);
    let group = &report["groups"][0];
    assert_eq!((&group["group_id"], &group["maps_to"]), (&"payments".into(), &13.into()));
    let codes = codes(&report);
    // Nothing but Kafka's default says 50, and that is told.
    assert!(codes.contains(&"LW402") && codes.contains(&"LW206"), "{codes:?}");
    for case in ["R5-disk", "R5-raw", "wrong-partition"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("q.json");
        let arguments = ["recover", "--all-groups", "--foreign", "-o", file.to_str().unwrap()];
        let made = run(&arguments, &corpus("load-cases").unwrap().join(case));
        assert!(made.status.code() < Some(2), "{case}: {}", String::from_utf8_lossy(&made.stderr));
    }
}

/// Each directory of a topic of five, taken alone: its groups are its own, whatever they suggest of Kafka's 50.
#[test]
fn a_lone_directory_of_a_small_topic_keeps_its_groups() {
    let Some(cases) = corpus("broker-cases") else { return };
    let mut unknown = 0;
    for case in ["codec-gzip-4.2.0", "compacted-3.6.2-live", "crash-4.1.2", "expiry-4.1.2", "kip848-3.9.1"] {
        for partition in 0..5 {
            let copy = cases.join(case).join(format!("data/__consumer_offsets-{partition}"));
            let report = json(&["groups", "--json"], &copy);
            let groups = report["groups"].as_array().unwrap();
            // One group that Kafka's 50 doesn't send there is as likely a foreign one.
            if groups.len() < 2 {
                continue;
            }
            let is_foreign = |group: &&Value| group["offsets"].to_string().contains("foreign-partition");
            assert_eq!(groups.iter().find(is_foreign), None, "{copy:?}");
            assert!(!codes(&report).contains(&"LW206"), "{copy:?}");
            let count = &report["offsets_topic_partitions"];
            if report["offsets_topic_partitions_assumed"] == false {
                assert_eq!(count, 5, "{copy:?}: a wrong number is taken for known");
            }
            if groups.iter().all(|group| group["offsets"].as_array().unwrap().is_empty()) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("q.json");
            let made = run(&["recover", "--all-groups", "--json", "-o", file.to_str().unwrap()], &copy);
            assert!(made.status.code() < Some(2), "{copy:?}: {}", String::from_utf8_lossy(&made.stderr));
            if count.is_null() {
                unknown += 1;
                let told = report["findings"].as_array().unwrap().iter().find(|one| one["code"] == "LW402");
                assert_eq!(told.unwrap()["severity"], "warning", "{copy:?}");
            }
        }
    }
    assert!(unknown > 5, "{unknown} directories contradict 50");
}

/// Nobody checked these; what is known of their schemas counts all the same.
#[test]
fn releases_without_rules_of_their_own_are_told() {
    let Some(copy) = corpus("load-cases/offset-value-v3") else { return };
    let ask = |release: &str| {
        let told = json(&["diagnose", "--json", "--kafka", release], &copy);
        let verdict = told["partitions"][0]["verdicts"][0]["verdict"].as_str().unwrap().to_owned();
        (verdict, codes(&told).contains(&"LW408"))
    };
    assert_eq!(ask("4.3.1"), ("loads".to_owned(), false));
    assert_eq!(ask("9.9"), ("loads".to_owned(), true));
    // Version 3 came with 2.1.
    assert_eq!(ask("2.0.0"), ("loads-empty".to_owned(), true));
}

/// Bytes in which nothing is a batch, zeros among them, are told of.
#[test]
fn a_segment_of_zeros_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join("__consumer_offsets-3");
    std::fs::create_dir(&partition).unwrap();
    std::fs::write(partition.join("00000000000000000000.log"), [0; 4096]).unwrap();
    let scan = run(&["scan", "--json"], folder.path());
    assert_eq!(scan.status.code(), Some(1));
    assert_eq!(codes(&serde_json::from_slice(&scan.stdout).unwrap()), ["LW303"]);
}
