//! Holes in random logs against a model that knows which batches were lost.
//!
//! The model replays what is left, and tells every record that lies before a hole: there a later write or a marker may
//! have stood. A cleaner's gaps are none.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::newest;
use lastwrites_evidence::discover;
use lastwrites_report::{Options, Report, report};
use lastwrites_segment::ReadMode;
use lastwrites_synth::batch::{Batch, Marker};
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::model::{Event, Model, OffsetKey};
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::script::{Producer, Script};
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::offsets::OffsetCommit;
use lastwrites_synth::workload::{Shape, generate};
use lastwrites_types::{Flag, Trust};

/// Group, topic, partition.
type Key = (String, String, i32);

/// What is told of one key: value and its record's offset, trust, before-gap; records pending; in-doubt.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Told {
    value: Option<(i64, i64, Trust, bool)>,
    pending: Vec<i64>,
    in_doubt: bool,
}

/// Bytes of every batch in a log of one segment.
fn places(log: &[Batch]) -> Vec<Range<usize>> {
    let mut at = 0;
    let sizes = log
        .iter()
        .map(|batch| Segment::of(batch.base_offset, std::slice::from_ref(batch)).unwrap().bytes.len());
    sizes
        .map(|size| {
            at += size;
            at - size..at
        })
        .collect()
}

/// The log as one segment with these batches overwritten.
fn write(dir: &Path, log: &[Batch], lost: &[usize], random: &mut SplitMix64) {
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let mut segment = Segment::of(0, log).unwrap();
    let places = places(log);
    assert_eq!(places.last().map_or(0, |last| last.end), segment.bytes.len());
    for lost in lost {
        // Every byte is another one, the length and the magic among them.
        for byte in &mut segment.bytes[places[*lost].clone()] {
            *byte ^= u8::try_from(random.between(1, 255)).unwrap();
        }
    }
    fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
}

fn read(dir: &Path) -> Report {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    let options = Options {
        profile: newest(),
        threads: 2,
        unit_bytes: Some(1024),
        view: None,
        offsets_retention_ms: None,
        release: None,
        redaction: None,
        read: ReadMode::Plain,
    };
    report(&evidence, &options, &Progress::default()).unwrap()
}

fn told(report: &Report) -> BTreeMap<Key, Told> {
    let mut told = BTreeMap::new();
    for group in &report.groups {
        for offset in &group.offsets {
            let key = (group.group_id.to_string(), offset.topic.to_string(), offset.partition);
            let value = offset.offset.map(|value| {
                let record = offset.record.as_ref().unwrap();
                (value, record.offset, offset.trust, offset.flags.contains(Flag::BeforeGap))
            });
            let mut pending: Vec<i64> = offset.pending.iter().map(|write| write.record_offset).collect();
            pending.sort_unstable();
            let in_doubt = offset.flags.contains(Flag::InDoubt);
            told.insert(key, Told { value, pending, in_doubt });
        }
    }
    told
}

/// What is left of the events, and what it comes to; `holes` are the offsets that were lost.
fn expected(model: &Model, holes: &[Range<i64>]) -> BTreeMap<Key, Told> {
    let mut left = Model::default();
    for (offset, event) in model.events() {
        if !holes.iter().any(|hole| hole.contains(offset)) {
            left.push(*offset, event.clone());
        }
    }
    // A record is before a hole if any offset behind it was lost.
    let before_hole = |record: i64| holes.iter().any(|hole| record < hole.start);
    let state = left.last();
    let name = |key: &OffsetKey| (key.group.clone(), key.topic.clone(), key.partition);
    let mut expected: BTreeMap<Key, Told> = BTreeMap::new();
    for (key, value) in &state.committed {
        let doubt = before_hole(value.record_offset);
        let trust = if doubt { Trust::Salvaged } else { Trust::Intact };
        expected.entry(name(key)).or_default().value =
            Some((value.offset, value.record_offset, trust, doubt));
    }
    for (key, value) in state.pending.values().flatten() {
        let told = expected.entry(name(key)).or_default();
        told.pending.push(value.record_offset);
        told.pending.sort_unstable();
        told.in_doubt |= before_hole(value.record_offset);
    }
    expected
}

#[test]
fn random_holes_are_told_as_the_model_tells_them() {
    let (mut in_doubt, mut before, mut intact) = (0, 0, 0);
    for seed in 0..60 {
        let shape = Shape {
            groups: 3,
            steps: 80,
            transactional: 0.35,
            markers: 0.2,
            tombstones: 0.08,
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let log = &workload.batches;
        let random = &mut SplitMix64::new(seed);
        // One to three stretches of lost batches.
        let mut lost: Vec<usize> = Vec::new();
        for _ in 0..random.between(1, 3) {
            let first = usize::try_from(random.below(log.len() as u64)).unwrap();
            let length = usize::try_from(random.between(1, 3)).unwrap();
            lost.extend(first..(first + length).min(log.len()));
        }
        lost.sort_unstable();
        lost.dedup();
        let holes: Vec<Range<i64>> =
            lost.iter().map(|lost| log[*lost].base_offset..log[*lost].next_offset()).collect();
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), log, &lost, random);
        let report = read(dir.path());
        let found = told(&report);
        let expected = expected(&workload.expected, &holes);
        // Records behind the last readable one can't be known by offset: there the torn tail is the hole.
        assert_eq!(found, expected, "seed {seed}, lost {holes:?}");
        in_doubt += found.values().filter(|told| told.in_doubt).count();
        before += found.values().filter(|told| told.value.is_some_and(|(.., doubt)| doubt)).count();
        intact += found.values().filter(|told| told.value.is_some_and(|(.., doubt)| !doubt)).count();
    }
    assert!(in_doubt > 20 && before > 100 && intact > 100, "{in_doubt} {before} {intact}");
}

fn key(partition: i32) -> OffsetKey {
    OffsetKey::new("g", "orders", partition)
}

/// Offset 0: partition 0 in a transaction. 1: another group's, lost or cleaned. 2: partition 1 in another transaction.
fn open_transactions() -> Script {
    let mut script = Script::new(0);
    let mut first = Producer { id: 7, epoch: 0, sequence: 0 };
    script.commit_in(&mut first, 3, &[(key(0), OffsetCommit::plain(10, script.clock_ms()))]);
    script.commit(3, &[(OffsetKey::new("h", "t", 0), OffsetCommit::plain(1, script.clock_ms()))]);
    let mut second = Producer { id: 8, epoch: 0, sequence: 0 };
    script.commit_in(&mut second, 3, &[(key(1), OffsetCommit::plain(20, script.clock_ms()))]);
    script.commit(3, &[(OffsetKey::new("h", "t", 0), OffsetCommit::plain(2, script.clock_ms()))]);
    script
}

#[test]
fn a_transaction_pending_before_a_damaged_gap_is_in_doubt_and_behind_it_it_is_open() {
    let script = open_transactions();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), script.batches(), &[1], &mut SplitMix64::new(1));
    let found = told(&read(dir.path()));
    let of = |partition: i32| &found[&("g".to_owned(), "orders".to_owned(), partition)];
    assert_eq!(of(0), &Told { value: None, pending: vec![0], in_doubt: true });
    assert_eq!(of(1), &Told { value: None, pending: vec![2], in_doubt: false });
}

#[test]
fn a_cleaners_gap_puts_nothing_in_doubt() {
    let script = open_transactions();
    // The cleaner never passes an open transaction; that it did is the harshest gap without damage.
    let mut log = script.batches().to_vec();
    log.remove(1);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &log, &[], &mut SplitMix64::new(1));
    let found = told(&read(dir.path()));
    assert!(found.values().all(|told| !told.in_doubt), "{found:?}");
    assert_eq!(found[&("g".to_owned(), "orders".to_owned(), 0)].pending, [0]);
    // The same for values: compacted, not before a gap.
    for seed in 0..20 {
        let shape = Shape { groups: 3, steps: 80, ..Shape::default() };
        let workload = generate(seed, &shape).unwrap();
        let end = workload.batches.last().unwrap().next_offset();
        let log = compact(&workload.batches, SplitMix64::new(seed).between(1, end), Tombstones::Keep);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &log, &[], &mut SplitMix64::new(1));
        let found = told(&read(dir.path()));
        assert!(!found.is_empty());
        for (key, told) in found {
            assert!(!told.in_doubt, "{seed}: {key:?} {told:?}");
            if let Some((_, _, trust, before_gap)) = told.value {
                assert!(!before_gap && matches!(trust, Trust::Intact | Trust::Compacted), "{seed}: {key:?}");
            }
        }
    }
}

#[test]
fn a_marker_behind_the_gap_settles_what_stood_before_it_and_says_so() {
    let mut script = open_transactions();
    script.marker(Producer { id: 7, epoch: 0, sequence: 1 }, Marker::Commit);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), script.batches(), &[1], &mut SplitMix64::new(1));
    let found = told(&read(dir.path()));
    let settled = &found[&("g".to_owned(), "orders".to_owned(), 0)];
    assert_eq!(settled.value, Some((10, 0, Trust::Salvaged, true)), "a later write may be in the gap");
    assert!(settled.pending.is_empty() && !settled.in_doubt);
}

/// The model's own deletions leave nothing: a hole over a tombstone brings the value back, and it is before the hole.
#[test]
fn a_lost_tombstone_brings_its_offset_back_with_doubt() {
    let mut script = Script::new(0);
    script.commit(3, &[(key(0), OffsetCommit::plain(10, script.clock_ms()))]);
    script.delete(&[key(0)]);
    script.commit(3, &[(key(1), OffsetCommit::plain(20, script.clock_ms()))]);
    let model = script.clone().finish().1;
    assert!(model.events().iter().any(|(_, event)| matches!(event, Event::Tombstone(_))));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), script.batches(), &[1], &mut SplitMix64::new(1));
    let found = told(&read(dir.path()));
    let of = |partition: i32| found[&("g".to_owned(), "orders".to_owned(), partition)].value;
    assert_eq!(of(0), Some((10, 0, Trust::Salvaged, true)));
    assert_eq!(of(1), Some((20, 2, Trust::Intact, false)));
}
