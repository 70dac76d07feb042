//! `capture` of a replica in memory that serves a real broker's bytes: whatever comes between, the copy is that log.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod cleaned;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../cluster/mod.rs"]
mod cluster;
mod damage;
mod durable;
mod ends;
#[path = "../../../../tests/json_schema/strict.rs"]
mod strict;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::{InMemory, Log};
use lastwrites_seeker::capture::{self, CaptureError, CopyFacts, Manifest, OffsetRange, State, Wanted};
use lastwrites_seeker::client::{ClientError, ErrorCode, FetchAnswer, FetchedLog};
use lastwrites_seeker::json::CaptureForm;
use serde_json::Value;

const TOPIC: &str = "__consumer_offsets";

/// A log of a real broker: many batches of groups and offsets.
fn real_log() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/broker/consumer-4.1.2/data/__consumer_offsets-1/00000000000000000000.log"
    );
    fs::read(path).unwrap()
}

/// Base offsets, next offsets and sizes of whole batches.
fn framed(bytes: &[u8]) -> Vec<(i64, i64, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let number = |from: usize, to: usize| {
            bytes[at + from..at + to].iter().fold(0i64, |n, byte| (n << 8) | i64::from(*byte))
        };
        let size = 12 + usize::try_from(number(8, 12)).unwrap();
        found.push((number(0, 8), number(0, 8) + number(23, 27) + 1, size));
        at += size;
    }
    assert_eq!(at, bytes.len());
    found
}

/// A replica with the real log up to its end.
fn replica() -> InMemory {
    let client = InMemory::default();
    let bytes = real_log();
    let high_watermark = framed(&bytes).last().unwrap().1;
    client.state().log = Log { bytes, high_watermark, ..Log::default() };
    client
}

fn wanted() -> Wanted {
    Wanted { topic: TOPIC.to_owned(), partitions: [7].into(), ..Wanted::default() }
}

fn run(client: &InMemory, folder: &Path) -> CopyFacts {
    let outcome = capture::run(client, &wanted(), folder, || 5, &()).unwrap();
    let form = CaptureForm::new(folder.to_str().unwrap().to_owned(), &outcome);
    fits("seek-capture", &serde_json::to_value(&form).unwrap());
    fits("capture", &serde_json::from_slice(&fs::read(folder.join(capture::FILE_NAME)).unwrap()).unwrap());
    outcome.copies[0].clone()
}

/// What is printed and what is written fit their schema files after every run here, unknown fields denied.
fn fits(schema: &str, document: &Value) {
    let path = format!("{}/../../docs/schemas/{schema}.json", env!("CARGO_MANIFEST_DIR"));
    let schema = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let faults = strict::faults(&schema, document);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All bytes of the copy's `.log` files, and their names.
fn copied(folder: &Path) -> (Vec<u8>, Vec<String>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.join("broker-1/__consumer_offsets-7"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "log"))
        .collect();
    paths.sort();
    let names = paths.iter().map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    (paths.iter().flat_map(|path| fs::read(path).unwrap()).collect(), names)
}

fn broken(code: ErrorCode) -> Result<FetchAnswer, ClientError> {
    let log = FetchedLog {
        error: code,
        high_watermark: None,
        log_start_offset: None,
        preferred_read_replica: None,
        records: bytes::Bytes::new(),
    };
    Ok(FetchAnswer { throttled: Duration::ZERO, log: Some(log) })
}

#[test]
fn the_copy_is_the_log_up_to_the_high_watermark() {
    let bytes = real_log();
    let batches = framed(&bytes);
    assert!(batches.len() > 15, "{} batches", batches.len());
    let mut end = 0;
    for (_, next, size) in &batches {
        end += size;
        let client = replica();
        client.state().log.high_watermark = *next;
        let folder = tempfile::tempdir().unwrap();
        let facts = run(&client, folder.path());
        assert_eq!(
            (facts.state, facts.captured_to, facts.high_watermark),
            (State::Whole, Some(*next), Some(*next))
        );
        assert_eq!(copied(folder.path()).0, bytes[..end], "up to {next}");
        let read = |name: &str| fs::read_to_string(folder.path().join("broker-1").join(name)).unwrap();
        assert_eq!(read("replication-offset-checkpoint"), format!("0\n1\n{TOPIC} 7 {next}\n"));
        assert_eq!(read("log-start-offset-checkpoint"), format!("0\n1\n{TOPIC} 7 0\n"));
        assert!(read("meta.properties").contains("version=1\nnode.id=1\ncluster.id=here\n"));
    }
}

#[test]
fn cut_answers_make_no_difference() {
    for at_most in [1, 61, 100, 700, 1000, 5000] {
        let client = replica();
        client.state().log.at_most = Some(at_most);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(&client, folder.path()).state, State::Whole);
        assert_eq!(copied(folder.path()).0, real_log(), "{at_most}");
    }
}

#[test]
fn a_run_that_was_killed_anywhere_is_gone_on_with() {
    let bytes = real_log();
    let whole = tempfile::tempdir().unwrap();
    run(&replica(), whole.path());
    let log = whole.path().join("broker-1/__consumer_offsets-7/00000000000000000000.log");
    let epochs = whole.path().join("broker-1/__consumer_offsets-7/leader-epoch-checkpoint");
    let expected = fs::read_to_string(&epochs).unwrap();
    for length in (0..bytes.len()).step_by(97).chain([bytes.len()]) {
        fs::write(&log, &bytes[..length]).unwrap();
        fs::remove_file(&epochs).unwrap();
        let facts = run(&replica(), whole.path());
        assert_eq!(facts.state, State::Whole);
        assert_eq!(copied(whole.path()).0, bytes, "killed after {length} bytes");
        assert_eq!(facts.batches, framed(&bytes).len() as u64);
        assert_eq!(fs::read_to_string(&epochs).unwrap(), expected);
    }
}

#[test]
fn it_follows_a_log_that_grows_and_starts_where_the_log_does() {
    let bytes = real_log();
    let batches = framed(&bytes);
    let client = replica();
    let (third, tenth) = (batches[2].0, batches[9].1);
    client.state().log.start = third;
    client.state().log.high_watermark = tenth;
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.log_start_offset, facts.captured_to), (Some(third), Some(tenth)));
    let (before, to): (usize, usize) =
        (batches[..2].iter().map(|b| b.2).sum(), batches[..10].iter().map(|b| b.2).sum());
    assert_eq!(copied(folder.path()), (bytes[before..to].to_vec(), vec![format!("{third:020}")]));
    // The end grows; the start moves on behind what is captured already.
    let end = batches.last().unwrap().1;
    client.state().log.start = batches[4].0;
    client.state().log.high_watermark = end;
    assert_eq!(run(&client, folder.path()).captured_to, Some(end));
    assert_eq!(copied(folder.path()).0, bytes[before..]);
}

#[test]
fn records_that_are_deleted_meanwhile_are_left_out() {
    let bytes = real_log();
    let batches = framed(&bytes);
    let client = replica();
    client.state().log.at_most = Some(1);
    // The first fetch asks for the extent; two bring a batch each; then the log start moves on.
    client.state().log.at_fetch.insert(4, |log| log.start = framed(&log.bytes)[6].0);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    let size = |range: std::ops::Range<usize>| batches[range].iter().map(|b| b.2).sum::<usize>();
    assert_eq!(copied(folder.path()).0, [&bytes[..size(0..2)], &bytes[size(0..6)..]].concat());
    let known = Manifest::read(folder.path()).unwrap().unwrap();
    assert_eq!(known.copies[0].gone, [OffsetRange { from: batches[1].1, to: batches[6].0 }]);
}

#[test]
fn where_the_cleaner_took_the_end_an_empty_file_stands() {
    let bytes = real_log();
    let client = replica();
    let end = framed(&bytes).last().unwrap().1;
    client.state().log.high_watermark = end + 40;
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.captured_to), (State::Whole, Some(end + 40)));
    let expected = (bytes, vec![format!("{:020}", 0), format!("{:020}", end + 40)]);
    assert_eq!(copied(folder.path()), expected);
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    assert_eq!(copied(folder.path()), expected, "again");

    let nothing = InMemory::default();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&nothing, folder.path()).state, State::Whole);
    assert_eq!(copied(folder.path()), (Vec::new(), vec![format!("{:020}", 0)]));
}

#[test]
fn a_moving_leader_and_a_quota_are_waited_for() {
    let client = replica();
    let silent = FetchAnswer { throttled: Duration::from_millis(30), log: None };
    client.state().log.before =
        [broken(ErrorCode::NOT_LEADER_OR_FOLLOWER), Ok(silent.clone()), Ok(silent)].into();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    assert_eq!(copied(folder.path()).0, real_log());
}

type Happens = fn(&mut Log);

#[test]
fn what_stops_a_copy_is_said_and_kept_is_what_came() {
    let cases: [(Happens, &str); 4] = [
        (
            |log| log.before = [broken(ErrorCode::TOPIC_AUTHORIZATION_FAILED)].into(),
            "no READ on topic __consumer_offsets",
        ),
        (
            |log| log.before = (0..9).map(|_| broken(ErrorCode::NOT_LEADER_OR_FOLLOWER)).collect(),
            "NOT_LEADER_OR_FOLLOWER (6)",
        ),
        (
            |log| {
                let closed =
                    || ClientError::Closed { address: "b1:9092".to_owned(), api: "Fetch", received: 0 };
                log.before = (0..9).map(|_| Err(closed())).collect();
            },
            "b1:9092 closed the connection",
        ),
        (|log| log.before = [broken(ErrorCode(2))].into(), "can't read its own log there"),
    ];
    for (happens, sentence) in cases {
        let client = replica();
        client.state().log.at_most = Some(1);
        // The first fetch asks for the extent, three bring a batch each.
        client.state().log.at_fetch.insert(5, happens);
        let folder = tempfile::tempdir().unwrap();
        let facts = run(&client, folder.path());
        let batches = framed(&real_log());
        assert_eq!((facts.state, facts.batches), (State::Partial, 3));
        assert_eq!(facts.captured_to, Some(batches[2].1));
        assert!(facts.why.as_ref().unwrap().contains(sentence), "{:?}", facts.why);
        let known = Manifest::read(folder.path()).unwrap().unwrap();
        assert_eq!(known.copies, [facts]);
        client.state().log.before.clear();
        assert_eq!(run(&client, folder.path()).state, State::Whole);
        assert_eq!(copied(folder.path()).0, real_log());
    }
}

#[test]
fn another_history_is_refused_and_nothing_is_added() {
    let whole = tempfile::tempdir().unwrap();
    run(&replica(), whole.path());
    let before = copied(whole.path());

    // Cut by an unclean election.
    let shorter = replica();
    shorter.state().log.high_watermark -= 1;
    let facts = run(&shorter, whole.path());
    assert!(facts.why.as_ref().unwrap().contains("isn't the one captured before"), "{:?}", facts.why);

    // The last batch was written again by a later leader.
    let rewritten = replica();
    let last: usize = real_log().len() - framed(&real_log()).last().unwrap().2;
    rewritten.state().log.bytes[last + 15] += 1;
    let facts = run(&rewritten, whole.path());
    assert!(facts.why.as_ref().unwrap().contains("leader epoch"), "{:?}", facts.why);
    assert_eq!(copied(whole.path()), before);
}

#[test]
fn damage_on_the_brokers_disk_is_kept_and_counted() {
    let client = replica();
    let batches = framed(&real_log());
    let at: usize = batches[..5].iter().map(|b| b.2).sum();
    // One bit of a record, and the magic of another batch.
    client.state().log.bytes[at + 70] ^= 1;
    let later: usize = batches[..8].iter().map(|b| b.2).sum();
    client.state().log.bytes[later + 16] = 9;
    let expected = client.state().log.bytes.clone();
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.wrong_checksums), (State::Whole, 1));
    assert_eq!(facts.other_bytes, batches[8].2 as u64);
    assert_eq!(copied(folder.path()).0, expected);
}

#[test]
fn somebody_elses_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let refused = capture::run(&replica(), &wanted(), folder.path(), || 5, &());
    assert!(matches!(refused, Err(CaptureError::NotOurs { .. })), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for topic in ["../x", "", "a/b", ".."] {
        let wanted = Wanted { topic: topic.to_owned(), ..wanted() };
        let refused = capture::run(&replica(), &wanted, folder.path(), || 5, &());
        assert!(matches!(refused, Err(CaptureError::Absent(_))), "{topic}");
    }
}
