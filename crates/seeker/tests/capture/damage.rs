//! Damage on the broker's disk comes through as it is, and nothing in it says where the copy ends.

use std::fs;

use lastwrites_seeker::capture::{self, State, Wanted};

use crate::cluster::{InMemory, Log};
use crate::{copied, framed, real_log, run, wanted};

/// The real log many times over, so that it doesn't fit into one small answer. A base offset isn't under the checksum.
fn long_log() -> Vec<u8> {
    let once = real_log();
    let end = framed(&once).last().unwrap().1;
    let mut bytes = Vec::new();
    for round in 0..8 {
        let mut at = bytes.len();
        bytes.extend_from_slice(&once);
        for (base, _, size) in framed(&once) {
            bytes[at..at + 8].copy_from_slice(&(base + round * end).to_be_bytes());
            at += size;
        }
    }
    bytes
}

fn serving(bytes: Vec<u8>, high_watermark: i64) -> InMemory {
    let client = InMemory::default();
    client.state().log = Log { bytes, high_watermark, ..Log::default() };
    client
}

type Damage = fn(&mut [u8]);

/// What a disk may do to a header (magic 2: base offset 0-7, last offset delta 23-26) and to the records after it.
const DAMAGES: [(&str, Damage); 5] = [
    ("ends at an offset nobody has", |batch| batch[23..27].copy_from_slice(&[0x7f, 255, 255, 255])),
    ("ends somewhat further", |batch| batch[25] ^= 1),
    ("begins and ends at an offset nobody has", |batch| {
        batch[2] = 9;
        batch[30] ^= 1;
    }),
    ("ends before it begins", |batch| batch[23] = 0x80),
    ("another record", |batch| *batch.last_mut().unwrap() ^= 1),
];

/// In every place of the log, in a segment of its own, at a segment's end, and at the end of the log.
#[test]
fn a_wrong_checksum_neither_ends_a_copy_nor_cuts_it() {
    let bytes = long_log();
    let batches = framed(&bytes);
    let end = batches.last().unwrap().1;
    let last = batches.len() - 1;
    for (what, damage) in DAMAGES {
        for nth in [0, 1, 7, last / 2, last - 1, last] {
            let at: usize = batches[..nth].iter().map(|b| b.2).sum();
            let mut damaged = bytes.clone();
            damage(&mut damaged[at..at + batches[nth].2]);
            let cut = |nth: usize| (nth, batches.get(nth).map_or(end, |b| b.0));
            for segments in [vec![], vec![(0, 0), cut(nth + 1)], vec![(0, 0), cut(nth), cut(nth + 1)]] {
                if what.starts_with("begins") && nth == last {
                    continue; // A broker cuts at the high watermark by place; the one in memory can't.
                }
                let client = serving(damaged.clone(), end);
                client.state().log.segments = segments.clone();
                let folder = tempfile::tempdir().unwrap();
                let facts = run(&client, folder.path());
                let about = format!("batch {nth} {what}, segments {segments:?}");
                assert_eq!(
                    (facts.state, facts.captured_to),
                    (State::Whole, Some(end)),
                    "{about}: {:?}",
                    facts.why
                );
                assert_eq!((facts.wrong_checksums, facts.batches), (1, batches.len() as u64), "{about}");
                assert!(copied(folder.path()).0 == damaged, "{about}");
                // Again: nothing is added, nothing taken off.
                let facts = run(&client, folder.path());
                assert_eq!(
                    (facts.state, facts.wrong_checksums),
                    (State::Whole, 1),
                    "{about}: {:?}",
                    facts.why
                );
                assert!(copied(folder.path()).0 == damaged, "{about}: again");
            }
        }
    }
}

/// Where no good batch fits into one answer any more, a longer one is asked for.
#[test]
fn many_wrong_checksums_in_a_row_are_passed() {
    let bytes = long_log();
    let batches = framed(&bytes);
    let end = batches.last().unwrap().1;
    assert!(bytes.len() > 32 << 10, "{} bytes", bytes.len());
    let mut damaged = bytes.clone();
    let mut at = 0;
    for (nth, (.., size)) in batches.iter().enumerate() {
        if (3..batches.len() - 3).contains(&nth) {
            damaged[at + 24] = 0x70;
        }
        at += size;
    }
    let folder = tempfile::tempdir().unwrap();
    let wanted = Wanted { max_bytes_per_second: Some(100_000), ..wanted() };
    let client = serving(damaged.clone(), end);
    let outcome = capture::run(&client, &wanted, folder.path(), || 5, &()).unwrap();
    let facts = &outcome.copies[0];
    assert_eq!((facts.state, facts.captured_to), (State::Whole, Some(end)), "{:?}", facts.why);
    assert_eq!(facts.wrong_checksums, batches.len() as u64 - 6);
    assert!(copied(folder.path()).0 == damaged);
}

/// A copy that ends with a wrong checksum is gone on with when the log grows.
#[test]
fn a_log_that_grows_behind_damage_is_gone_on_with() {
    let bytes = long_log();
    let batches = framed(&bytes);
    for nth in [4, 9, 30] {
        let to: usize = batches[..=nth].iter().map(|b| b.2).sum();
        for (what, damage) in DAMAGES.into_iter().filter(|(what, _)| !what.contains("begins")) {
            let mut damaged = bytes.clone();
            damage(&mut damaged[to - batches[nth].2..to]);
            let client = serving(damaged.clone(), batches[nth].1);
            let folder = tempfile::tempdir().unwrap();
            let facts = run(&client, folder.path());
            assert_eq!((facts.state, facts.captured_to), (State::Whole, Some(batches[nth].1)), "{what}");
            assert!(copied(folder.path()).0 == damaged[..to], "batch {nth} {what}");
            client.state().log.high_watermark = batches.last().unwrap().1;
            let facts = run(&client, folder.path());
            assert_eq!((facts.state, facts.wrong_checksums), (State::Whole, 1), "{what}: {:?}", facts.why);
            assert!(copied(folder.path()).0 == damaged, "batch {nth} {what}, grown");
        }
    }
}

/// A run that was killed behind damage goes on there, too.
#[test]
fn a_kill_behind_damage_is_gone_on_with() {
    let mut bytes = real_log();
    let batches = framed(&bytes);
    let end = batches.last().unwrap().1;
    let at: usize = batches[..6].iter().map(|b| b.2).sum();
    bytes[at + 23] = 0x7f;
    let client = serving(bytes.clone(), end);
    let folder = tempfile::tempdir().unwrap();
    run(&client, folder.path());
    let log = folder.path().join("broker-1/__consumer_offsets-7/00000000000000000000.log");
    for length in (0..bytes.len()).step_by(131) {
        fs::write(&log, &bytes[..length]).unwrap();
        assert_eq!(run(&client, folder.path()).state, State::Whole);
        let now = copied(folder.path()).0;
        assert!(
            now == bytes,
            "killed after {length} bytes: {:?} vs {:?} {:?}",
            framed(&now),
            framed(&bytes),
            copied(folder.path()).1
        );
    }
}
