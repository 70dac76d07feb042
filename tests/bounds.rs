//! What `recover` says beside an offset: how the group used to commit, what deletions took, what is missing and why. The logs
//! are written step by step, so that what is true of them is known.

use std::fs;

use lastwrites_synth::batch::{Batch, Marker};
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::script::{Producer, Script};
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::offsets::OffsetCommit;
use serde_json::{Value, json};

use crate::support::{array, lastwrites, read_json, string, text};

fn key(partition: i32) -> OffsetKey {
    OffsetKey::new("pay", "orders", partition)
}

/// Commits these offsets, five seconds apart: a script spends one on each batch.
fn commits(script: &mut Script, partition: i32, offsets: &[i64]) {
    for offset in offsets {
        script.commit(3, &[(key(partition), OffsetCommit::plain(*offset, script.clock_ms()))]);
        script.wait_ms(4_000);
    }
}

/// The only group of the document that `recover` writes of this log; with its table.
fn recovered(log: &[Batch], more: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    // Wherever the id hashes to: --foreign takes it from here.
    let partition = folder.path().join("data/__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let segment = Segment::of(0, log).unwrap();
    fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
    let out = folder.path().join("offsets.json");
    let data = folder.path().join("data");
    let arguments = ["recover", "--all-groups", "--foreign", "-o", text(&out), text(&data)];
    let run = lastwrites(&[&arguments[..], more].concat());
    assert!(run.code < 2, "{}", run.stderr);
    (read_json(&out)["groups"][0].clone(), String::from_utf8(run.stdout).unwrap())
}

/// Six commits 10, 20, 30, 40 and 50 records apart: the step in the middle is the usual one. Nothing bounds what was read
/// behind the last, and no estimate becomes a bound.
#[test]
fn the_usual_step_of_a_group_is_told_beside_its_bound() {
    let mut script = Script::new(0);
    commits(&mut script, 0, &[100, 150, 160, 200, 220, 250]);
    let usual = json!({"steps": 5, "usual_records": 30, "most_records": 50, "usual_ms": 5_000});
    let (group, table) = recovered(script.batches(), &[]);
    let bound = &group["offsets"][0]["bound"];
    assert_eq!((&bound["usual"], &bound["repeated_at_most"]), (&usual, &Value::Null), "{bound}");
    assert!(string(bound, "why").contains("no bound but an estimate"), "{bound}");
    assert!(table.contains("? (usually 30) repeated"), "{table}");
    // The same offset again and a rewind are no steps forward.
    commits(&mut script, 0, &[250, 240, 260]);
    let (group, _) = recovered(script.batches(), &[]);
    let usual = json!({"steps": 6, "usual_records": 30, "most_records": 50, "usual_ms": 5_000});
    assert_eq!(group["offsets"][0]["bound"]["usual"], usual);
    // What lies behind a moment tells nothing of it.
    let (group, _) = recovered(script.batches(), &["--as-of-offset", "0:3"]);
    assert_eq!(group["offsets"][0]["offset"], 160);
    assert_eq!(group["offsets"][0]["bound"]["usual"], Value::Null, "two steps are no custom");
}

/// A cleaner leaves the last commit of a key: between two that are left lie some that it took, so no step is known.
#[test]
fn between_commits_that_the_cleaner_thinned_no_step_is_known() {
    let mut script = Script::new(0);
    commits(&mut script, 0, &[100, 110, 120, 130]);
    commits(&mut script, 1, &[1]);
    let end = script.next_offset();
    commits(&mut script, 0, &[900, 910, 920]);
    let log = compact(script.batches(), end, Tombstones::Keep);
    let (group, _) = recovered(&log, &[]);
    let first = &group["offsets"][0];
    // 130, then 900: whole from there on, but what lay before 130 is gone.
    let usual = json!({"steps": 3, "usual_records": 10, "most_records": 770, "usual_ms": 5_000});
    assert_eq!((&first["offset"], &first["bound"]["usual"]), (&json!(920), &usual));
    let mut log = compact(script.batches(), script.next_offset(), Tombstones::Keep);
    log.retain(|batch| !batch.records.is_empty());
    let (group, _) = recovered(&log, &[]);
    assert_eq!(group["offsets"][0]["bound"]["usual"], Value::Null);
}

/// 100 and 120 were deleted, 7 was replaced: an alternative says which. And a partition whose last word is a tombstone is
/// missing for that reason.
#[test]
fn what_a_tombstone_took_is_told_as_deleted() {
    let mut script = Script::new(0);
    commits(&mut script, 0, &[100, 120]);
    commits(&mut script, 1, &[40]);
    script.delete(&[key(0), key(1)]);
    commits(&mut script, 0, &[7, 9]);
    let (group, table) = recovered(script.batches(), &[]);
    let others: Vec<(i64, bool, &str)> = array(&group["offsets"][0], "alternatives")
        .iter()
        .map(|other| {
            let deleted = array(other, "flags").iter().any(|flag| flag == "deleted");
            (other["offset"].as_i64().unwrap(), deleted, string(other, "why"))
        })
        .collect();
    let deleted = "an earlier commit, deleted by the tombstone at offset 3";
    assert_eq!(
        others,
        [
            (7, false, "an earlier commit, replaced by the one at offset 6"),
            (120, true, deleted),
            (100, true, deleted)
        ]
    );
    let missing = array(&group, "missing");
    assert_eq!(missing.len(), 1, "{group}");
    assert_eq!((missing[0]["topic"].as_str(), missing[0]["partition"].as_i64()), (Some("orders"), Some(1)));
    assert!(string(&missing[0], "why").starts_with("deleted by the tombstone at offset 4 "), "{table}");
    // Asked for, it's no longer missing; as of a moment before, it was there.
    let (group, _) = recovered(script.batches(), &["--deleted"]);
    assert_eq!((array(&group, "missing").len(), &group["offsets"][1]["offset"]), (0, &json!(40)));
    let (group, _) = recovered(script.batches(), &["--as-of-offset", "0:3"]);
    assert_eq!((array(&group, "missing").len(), &group["offsets"][1]["offset"]), (0, &json!(40)));
}

/// No record says why an offset was deleted: history tells under which retention it would have been an expiry.
#[test]
fn history_says_when_a_deletion_may_be_an_expiry() {
    let mut script = Script::new(0);
    commits(&mut script, 0, &[100]);
    commits(&mut script, 1, &[40]);
    script.wait_ms(2 * 3_600_000);
    script.delete(&[key(0)]);
    commits(&mut script, 1, &[50]);
    script.delete(&[key(1)]);
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join("__consumer_offsets-0");
    fs::create_dir(&partition).unwrap();
    let segment = Segment::of(0, script.batches()).unwrap();
    fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
    let deleted = |more: &[&str]| {
        let events = lastwrites(&[&["history", "--json", text(folder.path())], more].concat()).json_lines();
        let deleted = events.into_iter().filter(|event| event["event"] == "offset-deleted");
        deleted.map(|event| (event["detail"].clone(), event["flags"].clone())).collect::<Vec<_>>()
    };
    let told = deleted(&[]);
    assert_eq!(told.len(), 2);
    let detail = told[0].0.as_str().unwrap();
    // Two hours and the two commits' ten seconds.
    assert!(detail.contains("expired if offsets.retention.minutes was 120 or less"), "{detail}");
    assert_eq!(told[1].0, Value::Null, "five seconds are no retention");
    // Under that setting it's told as expired, and needs no hint.
    let told = deleted(&["--offsets-retention", "120"]);
    assert_eq!(told[0], (Value::Null, json!(["expired"])));
}

/// Partitions below a known one are there, a key of an aborted transaction is named by the log, one of an open transaction is
/// pending: each is missing with its reason, and none twice.
#[test]
fn every_partition_without_an_offset_is_missing_with_its_reason() {
    let mut script = Script::new(0);
    commits(&mut script, 3, &[5]);
    let mut aborted = Producer { id: 7, epoch: 0, sequence: 0 };
    script.commit_in(&mut aborted, 3, &[(key(1), OffsetCommit::plain(10, script.clock_ms()))]);
    script.marker(aborted, Marker::Abort);
    let mut open = Producer { id: 8, epoch: 0, sequence: 0 };
    script.commit_in(&mut open, 3, &[(key(2), OffsetCommit::plain(10, script.clock_ms()))]);
    let (group, _) = recovered(script.batches(), &[]);
    let recovered: Vec<&Value> = array(&group, "offsets").iter().map(|offset| &offset["partition"]).collect();
    assert_eq!(recovered, [3]);
    let missing = array(&group, "missing").iter();
    let missing: Vec<(i64, &str)> =
        missing.map(|one| (one["partition"].as_i64().unwrap(), string(one, "why"))).collect();
    let reasons = [
        (0, "partition 3 of it is known"),
        (1, "the log names it, and no commit of it is in force"),
        (2, "committed only in a transaction that the log never closes"),
    ];
    assert_eq!(missing.len(), reasons.len(), "{missing:?}");
    for ((partition, why), (at, reason)) in missing.into_iter().zip(reasons) {
        assert!(partition == at && why.contains(reason), "{partition}: {why}");
    }
}
