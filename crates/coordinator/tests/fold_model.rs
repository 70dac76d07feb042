//! The commuting fold against a model that replays in log order, write by write.
//!
//! The model is `OffsetMetadataManager` of Kafka 3.8 and later in its plainest form: `replay` puts a commit or
//! keeps it pending, a tombstone removes both, `replayEndTransactionMarker` applies what is pending and newer. Damage puts
//! what is pending in doubt: a marker behind lost bytes settles nothing, an ABORT behind a wrong checksum drops nothing.
//! The fold may cut the log into any units and give them to any workers; the answer must be the model's.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;

use lastwrites_coordinator::fold::{Carried, Damage, Doubt, KeyHasher, Place, ShardedTable, UnitFold, Write};
use lastwrites_records::OffsetCommitValue;
use lastwrites_types::Uuid;
use proptest::prelude::*;

/// What stands at one offset of the log.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Commit { key: usize, producer: i64, text: usize, expires: bool },
    Tombstone { key: usize },
    Marker { producer: i64, commit: bool },
    Damage(Damage),
}

/// Lengths of group names. The first of them have two partitions, so that keys share their names.
const NAMES: [usize; 5] = [1, 40, 44, 47, 200];
const KEYS: usize = 8;
/// Lengths around the longest text that a row keeps without another allocation.
const TEXTS: [usize; 4] = [0, 5, 38, 60];

fn entry() -> impl Strategy<Value = Entry> {
    let key = 0..KEYS;
    let producer = prop_oneof![3 => Just(-1i64), 2 => 0..3i64];
    prop_oneof![
        8 => (key.clone(), producer, 0..TEXTS.len(), any::<bool>())
            .prop_map(|(key, producer, text, expires)| Entry::Commit { key, producer, text, expires }),
        1 => key.prop_map(|key| Entry::Tombstone { key }),
        1 => prop_oneof![Just(Damage::Unsure), Just(Damage::Lost)].prop_map(Entry::Damage),
        2 => (0..3i64, any::<bool>()).prop_map(|(producer, commit)| Entry::Marker { producer, commit }),
    ]
}

/// Key of an offset commit, as stored: type, group, topic, partition.
fn key_bytes(key: usize) -> Vec<u8> {
    let group = vec![b'g'; NAMES[key % NAMES.len()]];
    let mut bytes = vec![0, 1];
    bytes.extend((group.len() as u16).to_be_bytes());
    bytes.extend(&group);
    bytes.extend([0, 1, b't', 0, 0, 0, 7 + (key / NAMES.len()) as u8]);
    bytes
}

/// The committed offset is the record's own, so that answers tell which record they came from.
fn value(offset: i64, text: &[u8], expires: bool) -> OffsetCommitValue<'_> {
    OffsetCommitValue {
        version: if expires { 1 } else { 3 },
        offset,
        leader_epoch: 4,
        metadata: text,
        commit_timestamp: 1_000 + offset,
        expire_timestamp: if expires { 9_000 + offset } else { -1 },
        topic_id: topic_id(offset),
    }
}

/// Commits of one topic without an id and with two, as where it was deleted and made anew.
fn topic_id(offset: i64) -> Uuid {
    Uuid([(offset % 3) as u8; 16])
}

/// What is known of a key: record offset, text length, expiry, producer.
type Known = (i64, usize, i64, i64);

#[derive(Default, PartialEq, Debug)]
struct Answer {
    committed: BTreeMap<usize, Known>,
    /// By producer, key and the worst damage behind the write.
    pending: BTreeMap<(i64, usize, Option<Damage>), Known>,
    /// Of transactions that are over, and of which damage leaves it open how they ended.
    parted: BTreeMap<(i64, usize), Known>,
}

/// A transactional write that no marker settled yet, and the worst damage behind it.
struct Waiting {
    producer: i64,
    key: usize,
    known: Known,
    behind: Option<Damage>,
}

/// Of several writes of one producer and key that damage put in the same doubt, the newest is kept.
fn newest_of_each(pending: Vec<Waiting>) -> Vec<Waiting> {
    let mut kept: Vec<Waiting> = Vec::new();
    for write in pending {
        kept.retain(|old| (old.producer, old.key, old.behind) != (write.producer, write.key, write.behind));
        kept.push(write);
    }
    kept
}

fn model(log: &[Entry]) -> Answer {
    let mut answer = Answer::default();
    let mut pending: Vec<Waiting> = Vec::new();
    for (offset, entry) in (0i64..).zip(log) {
        match *entry {
            Entry::Commit { key, producer, text, expires } => {
                let known = (offset, TEXTS[text], if expires { 9_000 + offset } else { -1 }, producer);
                if producer == -1 {
                    answer.committed.insert(key, known);
                } else {
                    pending.push(Waiting { producer, key, known, behind: None });
                }
            }
            Entry::Tombstone { key } => {
                answer.committed.remove(&key);
                pending.retain(|write| write.key != key);
                answer.parted.retain(|(_, parted), _| *parted != key);
            }
            Entry::Damage(damage) => {
                pending.iter_mut().for_each(|write| write.behind = write.behind.max(Some(damage)));
            }
            Entry::Marker { producer, commit } => {
                let (ended, open) = pending.into_iter().partition(|write| write.producer == producer);
                pending = open;
                let ended: Vec<Waiting> = ended;
                for Waiting { key, known, behind, .. } in ended {
                    match (behind, commit) {
                        (Some(Damage::Lost), _) | (Some(Damage::Unsure), false) => {
                            let newest = answer.parted.entry((producer, key)).or_insert(known);
                            *newest = known.max(*newest);
                        }
                        (None, false) => {}
                        (_, true) => {
                            if answer.committed.get(&key).is_none_or(|committed| committed.0 < known.0) {
                                answer.committed.insert(key, known);
                            }
                        }
                    }
                }
            }
        }
        pending = newest_of_each(pending);
    }
    for Waiting { producer, key, known, behind } in pending {
        answer.pending.insert((producer, key, behind), known);
    }
    answer
}

/// Folds units of the given lengths, each by the worker that is next in `workers`.
fn fold(log: &[Entry], lengths: &[usize], workers: &[usize]) -> Answer {
    let hasher = KeyHasher::default();
    let mut folds: Vec<UnitFold> = (0..3).map(|_| UnitFold::new(hasher.clone())).collect();
    let mut carried = Carried::new(hasher);
    let (mut offset, mut unit) = (0usize, 0usize);
    while offset < log.len() {
        let length = lengths[unit % lengths.len()].min(log.len() - offset);
        let fold = &mut folds[workers[unit % workers.len()]];
        fold.begin();
        for (at, entry) in (offset as i64..).zip(&log[offset..offset + length]) {
            one(fold, at, *entry);
        }
        fold.flush(|_| {});
        carried.unit(fold.end());
        (offset, unit) = (offset + length, unit + 1);
    }
    let (settled, open) = carried.finish();
    let tables = folds.into_iter().map(UnitFold::into_table).chain([settled]).collect();
    let slots: BTreeMap<_, _> = ShardedTable::merged(tables).expect("tables").into_slots().collect();
    let number = |body: &[u8]| (0..KEYS).find(|key| key_bytes(*key)[2..] == *body).expect("a key");
    let mut answer = Answer::default();
    for (body, slot) in &slots {
        if let Some(Write::Commit(committed)) = &slot.last {
            answer.committed.insert(number(body), known(committed));
        }
    }
    for write in open {
        let tombstone = slots.get(&write.key).map_or(-1, |slot| slot.newest_tombstone);
        if write.committed.place.record_offset > tombstone {
            let (producer, key) = (write.committed.producer_id, number(&write.key));
            let known = known(&write.committed);
            let behind = match write.doubt {
                Doubt::None => None,
                Doubt::Unsure => Some(Damage::Unsure),
                Doubt::BeforeGap => Some(Damage::Lost),
                Doubt::Parted => {
                    answer.parted.insert((producer, key), known);
                    continue;
                }
            };
            answer.pending.insert((producer, key, behind), known);
        }
    }
    answer
}

fn one(fold: &mut UnitFold, offset: i64, entry: Entry) {
    let place = Place { file: 0, position: offset as u64, record_offset: offset, crc_ok: true };
    match entry {
        Entry::Commit { key, producer, text, expires } => {
            let text = vec![b'm'; TEXTS[text]];
            let value = value(offset, &text, expires);
            assert!(fold.write(&key_bytes(key), Some(&value), producer, place, offset), "an offset key");
        }
        Entry::Tombstone { key } => {
            assert!(fold.write(&key_bytes(key), None, -1, place, offset), "an offset key");
        }
        Entry::Marker { producer, commit } => {
            fold.flush(|_| {});
            fold.marker(producer, commit);
        }
        Entry::Damage(damage) => {
            fold.flush(|_| {});
            fold.damage(damage);
        }
    }
    if fold.is_full() {
        fold.flush(|_| {});
    }
}

fn known(committed: &lastwrites_coordinator::fold::Committed) -> Known {
    let commit = &committed.commit;
    let offset = committed.place.record_offset;
    assert_eq!((commit.offset, commit.commit_timestamp, commit.leader_epoch), (offset, 1_000 + offset, 4));
    assert_eq!(commit.topic_id, topic_id(offset), "the id of the commit itself");
    assert!(commit.metadata.iter().all(|byte| *byte == b'm'), "the text of the commit itself");
    (offset, commit.metadata.len(), commit.expire_timestamp, committed.producer_id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_cut_and_any_worker_give_the_models_answer(
        log in prop::collection::vec(entry(), 0..200),
        lengths in prop::collection::vec(1..60usize, 1..6),
        workers in prop::collection::vec(0..3usize, 1..6),
    ) {
        prop_assert_eq!(fold(&log, &lengths, &workers), model(&log));
    }
}
