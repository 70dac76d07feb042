//! A log that the cleaner rewrites while it's copied, or between two runs: no copy that is whole mixes two of its states.

use std::ops::Range;

use lastwrites_seeker::capture::{Manifest, State};
use lastwrites_seeker::client::ErrorCode;

use crate::cluster::Log;
use crate::{broken, copied, framed, real_log, replica, run};

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
    let before = copied(folder.path());
    clean(&mut client.state().log);
    client.state().log.high_watermark = batches.last().unwrap().1;
    let facts = run(&client, folder.path());
    assert_eq!((facts.state, facts.why), (State::Whole, None));
    assert!(copied(folder.path()).0 == client.state().log.bytes);
    // What the cleaner took since is kept, with what the second run had appended, as a capture of its own.
    assert_eq!(facts.earlier, ["earlier-1/broker-1/__consumer_offsets-7"]);
    let earlier = folder.path().join("earlier-1");
    let kept_bytes = copied(&earlier).0;
    assert!(kept_bytes.starts_with(&before.0) && kept_bytes.len() > before.0.len());
    let own = Manifest::read(&earlier).unwrap().unwrap();
    let kept = &own.copies[0];
    // Never whole: the log went on without it.
    assert_eq!((kept.state, kept.bytes), (State::Partial, kept_bytes.len() as u64));
    assert!(kept.why.as_ref().unwrap().contains("rewrote the log since"), "{:?}", kept.why);
    for file in
        ["meta.properties", "replication-offset-checkpoint", "__consumer_offsets-7/leader-epoch-checkpoint"]
    {
        assert!(earlier.join("broker-1").join(file).is_file(), "{file}");
    }
    // Nothing changed since: nothing is put aside.
    let again = run(&client, folder.path());
    assert_eq!((again.earlier.len(), folder.path().join("earlier-2").exists()), (1, false));
}

#[test]
fn cut_short_at_any_fetch_the_earlier_copy_is_still_there() {
    let batches = framed(&real_log());
    let mut put_aside = 0;
    // The extent, what is new, a second reading, all of it anew, a second reading of that: a batch a fetch.
    for nth in (1..).step_by(3) {
        let client = replica();
        client.state().log.high_watermark = batches[4].1;
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(&client, folder.path()).state, State::Whole);
        let before = copied(folder.path()).0;
        clean(&mut client.state().log);
        client.state().log.high_watermark = batches.last().unwrap().1;
        client.state().log.at_most = Some(2);
        let at = client.state().log.fetches + nth;
        client.state().log.at_fetch.insert(at, |log| {
            log.before = (0..9).map(|_| broken(ErrorCode::TOPIC_AUTHORIZATION_FAILED)).collect();
        });
        let facts = run(&client, folder.path());
        if facts.state == State::Whole {
            break;
        }
        let earlier = folder.path().join("earlier-1");
        if earlier.exists() {
            put_aside += 1;
            assert!(copied(&earlier).0.starts_with(&before), "at fetch {nth}");
            let held = copied(folder.path()).0.len() as u64;
            assert_eq!(facts.bytes, held, "at fetch {nth}: what is told is what is there");
        } else {
            assert!(copied(folder.path()).0.starts_with(&before), "at fetch {nth}");
        }
        client.state().log.before.clear();
        let facts = run(&client, folder.path());
        assert_eq!((facts.state, facts.why), (State::Whole, None), "after fetch {nth}");
        assert!(copied(folder.path()).0 == client.state().log.bytes, "after fetch {nth}");
        // With what the run that was cut short had appended to it.
        assert!(copied(&earlier).0.starts_with(&before), "after fetch {nth}");
    }
    assert!(put_aside > 0, "no run was cut short behind the move");
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
