//! Where a copy ends: never at an answer that may be another one a moment later, never at an old high watermark.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use lastwrites_seeker::capture::{CopyFacts, State};
use lastwrites_seeker::client::{ClientError, ErrorCode, FetchAnswer, FetchedLog};

use crate::{TOPIC, copied, framed, real_log, replica, run};

/// An answer without records.
fn empty(high_watermark: Option<i64>) -> Result<FetchAnswer, ClientError> {
    let log = FetchedLog {
        error: ErrorCode::NONE,
        high_watermark,
        log_start_offset: Some(0),
        preferred_read_replica: None,
        records: Bytes::new(),
    };
    Ok(FetchAnswer { throttled: Duration::ZERO, log: Some(log) })
}

fn why(facts: &CopyFacts) -> &str {
    facts.why.as_deref().unwrap_or_default()
}

/// Gives a batch the checksum of its bytes, as a broker does that writes it anew.
fn seal(batch: &mut [u8]) {
    let crc = lastwrites_segment::RawBatch::from_bytes(0, batch).unwrap().computed_crc();
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

#[test]
fn an_empty_answer_is_no_end() {
    let bytes = real_log();
    let end = framed(&bytes).last().unwrap().1;
    // The first fetch asks for the extent; each of the others brings one batch.
    for (at, answers) in [(2, 1), (2, 3), (6, 1), (6, 4), (framed(&bytes).len() as u32 + 1, 2)] {
        let client = replica();
        client.state().log.at_most = Some(1);
        for nth in 0..answers {
            client
                .state()
                .log
                .at_fetch
                .insert(at + nth, |log| log.before = [empty(Some(log.high_watermark))].into());
        }
        let folder = tempfile::tempdir().unwrap();
        let facts = run(&client, folder.path());
        assert_eq!((facts.state, facts.captured_to), (State::Whole, Some(end)), "{}", why(&facts));
        assert_eq!(copied(folder.path()).0, bytes, "{answers} empty answers from fetch {at} on");
    }
}

#[test]
fn an_end_that_was_taken_for_empty_is_asked_for_again() {
    let bytes = real_log();
    let batches = framed(&bytes);
    let before: usize = batches[..12].iter().map(|b| b.2).sum();
    let client = replica();
    client.state().log.bytes.truncate(before);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    assert_eq!(copied(folder.path()).1.len(), 2, "an empty file stands at the high watermark");
    client.state().log.bytes = bytes.clone();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.batches), (State::Whole, batches.len() as u64));
    assert_eq!(copied(folder.path()), (bytes, vec![format!("{:020}", 0)]));
}

#[test]
fn without_a_high_watermark_nothing_is_whole() {
    let client = replica();
    client.state().log.before = (0..50).map(|_| empty(None)).collect();
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.high_watermark, facts.batches), (State::Partial, None, 0));
    assert!(why(&facts).contains("broker 1 tells no high watermark"), "{}", why(&facts));
    client.state().log.before = [empty(None)].into();
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    assert_eq!(copied(folder.path()).0, real_log());
}

#[test]
fn a_replica_behind_its_leader_is_partial() {
    let bytes = real_log();
    let batches = framed(&bytes);
    let (middle, end) = (batches[8].1, batches.last().unwrap().1);
    let client = replica();
    client.state().log.high_watermark = middle;
    client.state().leaders_mark = Some(Ok(end));
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.captured_to), (State::Partial, Some(middle)));
    assert_eq!((facts.high_watermark, facts.leader_high_watermark), (Some(middle), Some(end)));
    assert!(why(&facts).contains(&format!("behind: its own high watermark is {middle}, the leader's {end}")));
    // Offline commands see by the checkpoint that the log ends below what the partition has.
    let checkpoint =
        fs::read_to_string(folder.path().join("broker-1/replication-offset-checkpoint")).unwrap();
    assert_eq!(checkpoint, format!("0\n1\n{TOPIC} 7 {end}\n"));
    // A follower that was started again with an old high watermark catches up with its next fetch.
    let fetches = client.state().log.fetches;
    client.state().log.at_fetch.insert(fetches + 2, |log| log.high_watermark = log.log_end());
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.captured_to), (State::Whole, Some(end)), "{}", why(&facts));
    assert_eq!(copied(folder.path()).0, bytes);
    // Nor is it another log, only because it fell back behind what was captured.
    client.state().log.high_watermark = middle;
    let facts = run(&client, folder.path());
    assert!(facts.state == State::Partial && why(&facts).contains("is behind"), "{}", why(&facts));
    assert_eq!(copied(folder.path()).0, bytes);
}

#[test]
fn without_a_leader_nobody_says_that_a_copy_is_whole() {
    let client = replica();
    client.state().leaders_mark = Some(Err(ErrorCode::LEADER_NOT_AVAILABLE));
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.leader_high_watermark), (State::Partial, None));
    assert!(why(&facts).contains("no leader says where the partition ends"), "{}", why(&facts));
    assert_eq!(copied(folder.path()).0, real_log());
}

#[test]
fn a_log_start_that_moves_on_before_the_first_answer_is_no_error() {
    let bytes = real_log();
    let batches = framed(&bytes);
    let client = replica();
    client.state().log.at_fetch.insert(1, |log| log.start = framed(&log.bytes)[3].0);
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.log_start_offset), (State::Whole, Some(batches[3].0)), "{}", why(&facts));
    let gone: usize = batches[..3].iter().map(|b| b.2).sum();
    assert_eq!(copied(folder.path()).0, bytes[gone..]);
    // Between two runs, too: what was deleted before it was fetched is told.
    let client = replica();
    client.state().log.high_watermark = batches[4].1;
    let folder = tempfile::tempdir().unwrap();
    run(&client, folder.path());
    client.state().log.start = batches[9].0;
    client.state().log.high_watermark = batches.last().unwrap().1;
    let facts = run(&client, folder.path());
    assert_eq!(facts.state, State::Whole, "{}", why(&facts));
    assert_eq!(facts.gone.iter().map(|g| (g.from, g.to)).collect::<Vec<_>>(), [(batches[4].1, batches[9].0)]);
}

#[test]
fn another_history_shows_in_any_batch() {
    let batches = framed(&real_log());
    let folder = tempfile::tempdir().unwrap();
    run(&replica(), folder.path());
    let before = copied(folder.path());
    let place = |nth: usize| batches[..nth].iter().map(|b| b.2).sum::<usize>();
    let last = batches.len() - 1;
    for (what, nth, byte) in [
        ("epoch", 0, 15),
        ("epoch", 1, 15),
        ("epoch", last / 2, 15),
        ("producer", 4, 50),
        ("epoch", last, 15),
    ] {
        let client = replica();
        client.state().log.bytes[place(nth) + byte] ^= 1;
        if byte > 20 {
            seal(&mut client.state().log.bytes[place(nth)..place(nth + 1)]);
        }
        let facts = run(&client, folder.path());
        assert!(
            why(&facts).contains("isn't the one captured before"),
            "{what} of batch {nth}: {:?}",
            facts.why
        );
        assert_eq!(copied(folder.path()), before);
    }
    // The last batch is cleaned away, and an earlier one was written anew.
    let client = replica();
    client.state().log.bytes.truncate(place(last));
    client.state().log.bytes[place(last / 2) + 15] ^= 1;
    let facts = run(&client, folder.path());
    assert!(why(&facts).contains("leader epoch"), "{:?}", facts.why);
}
