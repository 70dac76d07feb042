//! A log that the cleaner rewrites while it's copied, or between two runs: no copy that is whole mixes two of its states.

use std::ops::Range;

use lastwrites_seeker::capture::State;

use crate::cluster::Log;
use crate::{copied, framed, real_log, replica, run};

fn take_away(log: &mut Log, nth: usize) {
    let batches = framed(&log.bytes);
    let to = |nth: usize| batches[..nth].iter().map(|b| b.2).sum::<usize>();
    log.bytes.drain(Range { start: to(nth), end: to(nth + 1) });
}

/// A record that was copied already, and the later one that took it back.
fn clean(log: &mut Log) {
    take_away(log, 6);
    take_away(log, 1);
}

#[test]
fn cleaned_between_two_fetches() {
    let batches = framed(&real_log()).len();
    // The first fetch asks for the extent; each of the others brings one batch: in the first reading, in the second.
    for nth in (2..2 * batches).step_by(3) {
        let client = replica();
        client.state().log.at_most = Some(1);
        client.state().log.at_fetch.insert(u32::try_from(nth).unwrap(), clean);
        let folder = tempfile::tempdir().unwrap();
        let facts = run(&client, folder.path());
        // Behind what the second reading has passed: the copy is the log as it was when the first one ended.
        let later = nth > 1 + batches + 7;
        let log = if later { real_log() } else { client.state().log.bytes.clone() };
        assert_eq!(facts.state, State::Whole, "at fetch {nth}: {:?}", facts.why);
        assert!(copied(folder.path()).0 == log, "at fetch {nth}");
    }
}

#[test]
fn cleaned_between_two_runs() {
    let batches = framed(&real_log());
    let client = replica();
    client.state().log.high_watermark = batches[4].1;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&client, folder.path()).state, State::Whole);
    clean(&mut client.state().log);
    client.state().log.high_watermark = batches.last().unwrap().1;
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.why), (State::Whole, None));
    assert!(copied(folder.path()).0 == client.state().log.bytes);
}

#[test]
fn cleaned_all_the_time() {
    let client = replica();
    // The extent, then each reading in one fetch: a copy, a look, and so three times.
    for nth in [3, 5, 7] {
        client.state().log.at_fetch.insert(nth, |log| take_away(log, 1));
    }
    let folder = tempfile::tempdir().unwrap();
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, client.state().log.fetches), (State::Partial, 7));
    assert!(facts.why.as_ref().unwrap().contains("cleaner of broker 1 rewrote the log"), "{:?}", facts.why);
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.why), (State::Whole, None));
    assert!(copied(folder.path()).0 == client.state().log.bytes);
}
