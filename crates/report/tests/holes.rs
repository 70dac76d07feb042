//! Holes in random logs against a model that knows which batches were lost.
//!
//! The model replays what is left, and tells every record that lies before a hole: there a later write or a marker may
//! have stood. A cleaner's gaps are none.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::ops::Range;
use std::path::Path;

use common::options;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::discover;
use lastwrites_report::findings::Code;
use lastwrites_report::history::{HistoryQuestion, history};
use lastwrites_report::rows::{HistoryEvent, Reason};
use lastwrites_report::{Report, report};
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
    report(&evidence, &options(1024), &Progress::default()).unwrap()
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
///
/// A marker behind a hole settles what its producer wrote since the last hole before it, and nothing older: that stays
/// pending, in doubt, unless a later value of its key stands.
fn expected(model: &Model, holes: &[Range<i64>]) -> BTreeMap<Key, Told> {
    let lost = |offset: i64| holes.iter().any(|hole| hole.contains(&offset));
    // A record is before a hole if any offset behind it was lost.
    let before_hole = |record: i64| holes.iter().any(|hole| record < hole.start);
    let parted = |write: i64, marker: i64| holes.iter().any(|hole| write < hole.start && hole.start < marker);
    let mut values: BTreeMap<OffsetKey, (i64, i64)> = BTreeMap::new();
    // Producer, key, value, record; and whether its producer's marker came behind a hole.
    let mut waiting: Vec<(i64, OffsetKey, i64, bool)> = Vec::new();
    for (at, event) in model.events().iter().filter(|(offset, _)| !lost(*offset)) {
        match event {
            Event::Commit(key, value, None) => {
                values.insert(key.clone(), (value.offset, *at));
            }
            Event::Commit(key, _, Some(producer)) => {
                // The same transaction, as nothing was lost between.
                waiting.retain(|(id, of, write, over)| {
                    (id, of) != (producer, key) || *over || parted(*write, *at)
                });
                waiting.push((*producer, key.clone(), *at, false));
            }
            Event::Tombstone(key) => {
                values.remove(key);
                waiting.retain(|(_, of, ..)| of != key);
            }
            Event::Marker { producer_id, commit } => {
                let mut open = Vec::new();
                for (id, key, write, over) in waiting {
                    if id != *producer_id || over || parted(write, *at) {
                        open.push((id, key, write, over || id == *producer_id));
                    } else if *commit && values.get(&key).is_none_or(|(_, record)| *record < write) {
                        let value = model.events().iter().find_map(|(offset, event)| match event {
                            Event::Commit(_, value, _) if *offset == write => Some(value.offset),
                            _ => None,
                        });
                        values.insert(key, (value.unwrap(), write));
                    }
                }
                waiting = open;
            }
        }
    }
    let name = |key: &OffsetKey| (key.group.clone(), key.topic.clone(), key.partition);
    let mut expected: BTreeMap<Key, Told> = BTreeMap::new();
    for (key, (value, record)) in &values {
        let doubt = before_hole(*record);
        let trust = if doubt { Trust::Salvaged } else { Trust::Intact };
        expected.entry(name(key)).or_default().value = Some((*value, *record, trust, doubt));
    }
    for (at, (id, key, write, over)) in waiting.iter().enumerate() {
        let newer = |other: &&(i64, OffsetKey, i64, bool)| {
            (&other.0, &other.1, other.3) == (id, key, *over) && before_hole(other.2) == before_hole(*write)
        };
        let told_instead = waiting[at + 1..].iter().any(|other| newer(&other));
        let replaced = *over && values.get(key).is_some_and(|(_, record)| *record > *write);
        if told_instead || replaced {
            continue;
        }
        let told = expected.entry(name(key)).or_default();
        told.pending.push(*write);
        told.pending.sort_unstable();
        told.in_doubt |= before_hole(*write);
    }
    expected
}

/// Plain commits, transactions and deletions of three groups.
fn mixed() -> Shape {
    Shape {
        groups: 3,
        steps: 80,
        transactional: 0.35,
        markers: 0.2,
        tombstones: 0.08,
        group_records: 0.02,
        ..Shape::default()
    }
}

/// How many keys were told in which way: a test that saw too few of one proves little.
#[derive(Default, Debug)]
struct Seen {
    in_doubt: usize,
    before: usize,
    intact: usize,
}

impl Seen {
    fn add(&mut self, found: &BTreeMap<Key, Told>) {
        for told in found.values() {
            self.in_doubt += usize::from(told.in_doubt);
            self.before += usize::from(told.value.is_some_and(|(.., doubt)| doubt));
            self.intact += usize::from(told.value.is_some_and(|(.., doubt)| !doubt));
        }
    }
}

#[test]
fn random_holes_are_told_as_the_model_tells_them() {
    let mut seen = Seen::default();
    for seed in 0..60 {
        let workload = generate(seed, &mixed()).unwrap();
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
        seen.add(&found);
    }
    assert!(seen.in_doubt > 20 && seen.before > 100 && seen.intact > 100, "{seen:?}");
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

/// In the log as it was, partition 1 has 50: what is left of it knows only that something is pending behind the hole.
#[test]
fn that_a_key_pending_behind_a_hole_has_no_value_is_not_sure() {
    let mut script = Script::new(0);
    script.commit(3, &[(key(0), OffsetCommit::plain(10, script.clock_ms()))]);
    script.commit(3, &[(key(1), OffsetCommit::plain(50, script.clock_ms()))]);
    let mut producer = Producer { id: 7, epoch: 0, sequence: 0 };
    script.commit_in(&mut producer, 3, &[(key(1), OffsetCommit::plain(51, script.clock_ms()))]);
    for (lost, value, doubted) in [(&[][..], Some(50), false), (&[1], None, true)] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), script.batches(), lost, &mut SplitMix64::new(1));
        let found = read(dir.path());
        let group = found.groups.iter().find(|group| group.group_id.to_string() == "g").unwrap();
        let offset = group.offsets.iter().find(|offset| offset.partition == 1).unwrap();
        assert_eq!((offset.offset, offset.flags.contains(Flag::BeforeGap)), (value, doubted), "{offset:?}");
        assert_eq!(offset.trust == Trust::Intact, !doubted, "{offset:?}");
    }
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

/// The marker behind the gap may end a later transaction of the producer, and the gap may have held this one's.
#[test]
fn a_marker_behind_the_gap_settles_nothing_that_stood_before_it() {
    for marker in [Marker::Commit, Marker::Abort] {
        let mut script = open_transactions();
        script.marker(Producer { id: 7, epoch: 0, sequence: 1 }, marker);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), script.batches(), &[1], &mut SplitMix64::new(1));
        let found = told(&read(dir.path()));
        let of = |partition: i32| &found[&("g".to_owned(), "orders".to_owned(), partition)];
        assert_eq!(of(0), &Told { value: None, pending: vec![0], in_doubt: true });
        assert_eq!(of(1), &Told { value: None, pending: vec![2], in_doubt: false });
    }
}

/// What the undamaged log holds, by key: record of the value.
fn truth(model: &Model) -> BTreeMap<Key, i64> {
    let state = model.last();
    let name = |key: &OffsetKey| (key.group.clone(), key.topic.clone(), key.partition);
    state.committed.iter().map(|(key, value)| (name(key), value.record_offset)).collect()
}

/// Every marker of random logs destroyed, one at a time: what is told is what the undamaged log holds, or it's flagged.
#[test]
fn without_any_one_marker_no_wrong_value_goes_unflagged() {
    let (mut markers, mut flagged) = (0, 0);
    for seed in 0..12 {
        let shape = Shape {
            groups: 3,
            steps: 70,
            transactional: 0.5,
            markers: 0.3,
            tombstones: 0.05,
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let truth = truth(&workload.expected);
        let ends = |batch: &Batch| {
            let at = batch.base_offset;
            let found = workload.expected.events().iter().find(|(offset, _)| *offset == at);
            matches!(found, Some((_, Event::Marker { .. })))
        };
        for (lost, _) in workload.batches.iter().enumerate().filter(|(_, batch)| ends(batch)) {
            markers += 1;
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), &workload.batches, &[lost], &mut SplitMix64::new(seed));
            let found = told(&read(dir.path()));
            for (key, told) in &found {
                let record = told.value.map(|(_, record, ..)| record);
                let doubt = told.in_doubt || told.value.is_some_and(|(.., before_gap)| before_gap);
                let right = truth.get(key).copied() == record;
                assert!(right || doubt, "seed {seed}, without batch {lost}: {key:?} {told:?} {record:?}");
                flagged += usize::from(!right);
            }
            let absent: Vec<&Key> = truth.keys().filter(|key| !found.contains_key(*key)).collect();
            assert!(absent.is_empty(), "seed {seed}, without batch {lost}: {absent:?}");
        }
    }
    assert!(markers > 60 && flagged > 60, "{markers} {flagged}");
}

/// One copy has a hole, the other ends early: what only that one holds may be what the hole replaced, deleted or settled.
#[test]
fn of_two_copies_no_wrong_value_goes_unflagged() {
    let doubts = [Flag::BeforeGap, Flag::InDoubt, Flag::Contested, Flag::Unacknowledged];
    let (mut wrong, mut sure) = (0, 0);
    for seed in 0..60 {
        let shape = Shape {
            groups: 3,
            steps: 70,
            transactional: 0.4,
            markers: 0.3,
            tombstones: 0.1,
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let truth = truth(&workload.expected);
        let log = &workload.batches;
        let random = &mut SplitMix64::new(seed);
        let mut at = |below: usize| usize::try_from(random.below(below as u64)).unwrap();
        // Behind it something is left: where a log ends in damage, another copy that is longer goes for the end.
        let (first, length) = (at(log.len() - 7), 1 + at(6));
        let lost: Vec<usize> = (first..first + length).collect();
        let stale = &log[..1 + at(log.len())];
        let dir = tempfile::tempdir().unwrap();
        for (node, log, lost) in [(1, &log[..], &lost[..]), (2, stale, &[])] {
            let broker = dir.path().join(format!("broker-{node}"));
            write(&broker, log, lost, &mut SplitMix64::new(seed));
            let of = format!("version=1\nnode.id={node}\ncluster.id=c\n");
            fs::write(broker.join("meta.properties"), of).unwrap();
        }
        let report = read(dir.path());
        for group in &report.groups {
            for offset in &group.offsets {
                let key = (group.group_id.to_string(), offset.topic.to_string(), offset.partition);
                let record = offset.record.as_ref().map(|record| record.offset);
                let doubted = doubts.iter().any(|doubt| offset.flags.contains(*doubt));
                let right = truth.get(&key).copied() == record;
                let truth = truth.get(&key);
                assert!(right || doubted, "seed {seed}, lost {lost:?}: {key:?} {truth:?} {offset:?}");
                wrong += usize::from(!right);
                sure += usize::from(!doubted);
            }
        }
    }
    assert!(wrong > 20 && sure > 100, "{wrong} {sure}");
}

/// One bit of every batch of random logs turned over, anywhere that its checksum covers: a broker reads on, and so does
/// this, but what comes of it is what the undamaged log holds, or it's flagged.
#[test]
fn with_any_one_bit_turned_over_no_wrong_value_goes_unflagged() {
    let (mut flagged, mut absences) = (0, 0);
    for seed in 0..14 {
        let shape = Shape {
            groups: 3,
            steps: 60,
            transactional: 0.4,
            markers: 0.25,
            tombstones: 0.1,
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let truth = truth(&workload.expected);
        let values: BTreeMap<i64, i64> = workload
            .expected
            .events()
            .iter()
            .filter_map(|(at, event)| match event {
                Event::Commit(_, value, _) => Some((*at, value.offset)),
                _ => None,
            })
            .collect();
        let random = &mut SplitMix64::new(seed + 100);
        for (batch, place) in workload.batches.iter().zip(places(&workload.batches)) {
            let dir = tempfile::tempdir().unwrap();
            let partition = dir.path().join("__consumer_offsets-0");
            fs::create_dir_all(&partition).unwrap();
            let mut segment = Segment::of(0, &workload.batches).unwrap();
            // The checksum covers what stands behind it: attributes, times, producer, records.
            let byte = random.between(place.start as i64 + 21, place.end as i64 - 1);
            segment.bytes[usize::try_from(byte).unwrap()] ^= 1 << random.below(8);
            fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
            let found = told(&read(dir.path()));
            let which = format!("seed {seed}, byte {byte} of the batch at offset {}", batch.base_offset);
            for (key, told) in &found {
                let record = told.value.map(|(_, record, ..)| record);
                let value = told.value.map(|(value, ..)| value);
                let right = truth.get(key).copied() == record
                    && record.and_then(|record| values.get(&record).copied()) == value;
                let doubt = told.in_doubt || told.value.is_some_and(|(.., before_gap)| before_gap);
                assert!(right || doubt || value.is_none(), "{which}: {key:?} {told:?} {truth:?}");
                flagged += usize::from(!right);
            }
            let told = |key: &Key| found.get(key).is_some_and(|told| told.value.is_some() || told.in_doubt);
            for (key, record) in truth.iter().filter(|(key, _)| !told(key)) {
                // The key was what changed: whose value it was is nowhere any more.
                let own = (batch.base_offset..batch.next_offset()).contains(record);
                assert!(own, "{which}: {key:?} of record {record} is not told at all");
                absences += 1;
            }
        }
    }
    assert!(flagged > 60 && absences > 5, "{flagged} {absences}");
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

/// The log in one file a batch of `cuts`, without the files of `lost`; with a cleaner's checkpoint where one is given.
fn write_files(dir: &Path, log: &[Batch], bases: &[i64], lost: &[usize], first_dirty: Option<i64>) {
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    for (number, base) in bases.iter().enumerate().filter(|(number, _)| !lost.contains(number)) {
        let below = bases.get(number + 1).copied().unwrap_or(i64::MAX);
        let of_file = |batch: &&Batch| (*base..below).contains(&batch.base_offset);
        let batches: Vec<Batch> = log.iter().filter(of_file).cloned().collect();
        let bytes = match batches.as_slice() {
            [] => Vec::new(),
            batches => Segment::of(*base, batches).unwrap().bytes,
        };
        fs::write(partition.join(format!("{base:020}.log")), bytes).unwrap();
    }
    if let Some(dirty) = first_dirty {
        let line = format!("0\n1\n__consumer_offsets 0 {dirty}\n");
        fs::write(dir.join("cleaner-offset-checkpoint"), line).unwrap();
    }
}

/// Base offsets of about this many files.
fn file_bases(log: &[Batch], files: usize) -> Vec<i64> {
    log.chunks(log.len().div_ceil(files)).map(|batches| batches[0].base_offset).collect()
}

/// A file of the log that isn't there is the hole that its bytes would be if they were damaged, where the cleaner's
/// checkpoint says that it took nothing.
#[test]
fn a_missing_segment_file_is_a_hole_like_any_other() {
    let mut seen = Seen::default();
    for seed in 0..40 {
        let workload = generate(seed, &mixed()).unwrap();
        let log = &workload.batches;
        let bases = file_bases(log, 8);
        let random = &mut SplitMix64::new(seed);
        let last = bases.len() as i64 - 2;
        let lost = usize::try_from(random.between(1, last)).unwrap();
        let lost: Vec<usize> = (lost..=(lost + usize::from(seed % 3 == 0)).min(bases.len() - 2)).collect();
        let hole = bases[lost[0]]..bases[lost[lost.len() - 1] + 1];
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), log, &bases, &lost, Some(0));
        let found = told(&read(dir.path()));
        assert_eq!(
            found,
            expected(&workload.expected, std::slice::from_ref(&hole)),
            "seed {seed}, lost {hole:?}"
        );
        seen.add(&found);
    }
    assert!(seen.in_doubt > 10 && seen.before > 60 && seen.intact > 60, "{seen:?}");
}

/// Offsets 0 to 2: 50, and 100 in a transaction; 3 and 4, in a file of their own: its ABORT, and the producer's next
/// transaction; 5: the COMMIT of that one.
fn aborted_in_the_second_file() -> (Vec<Batch>, Vec<i64>) {
    let mut script = Script::new(0);
    let mut producer = Producer { id: 7, epoch: 0, sequence: 0 };
    let at = |offset: i64, script: &Script| OffsetCommit::plain(offset, script.clock_ms());
    script.commit(3, &[(key(1), at(50, &script))]);
    script.commit_in(&mut producer, 3, &[(key(1), at(100, &script))]);
    script.commit(3, &[(key(2), at(5, &script))]);
    script.marker(producer, Marker::Abort);
    script.commit_in(&mut producer, 3, &[(key(4), at(1, &script))]);
    script.marker(producer, Marker::Commit);
    script.commit(3, &[(key(3), at(6, &script))]);
    (script.batches().to_vec(), vec![0, 3, 5])
}

/// The COMMIT behind the missing file is of another transaction than the aborted one before it. Without a checkpoint the
/// key that stands twice tells that no cleaner came by.
#[test]
fn an_abort_in_a_missing_file_lets_nothing_count() {
    for first_dirty in [Some(0), None] {
        let (log, bases) = aborted_in_the_second_file();
        let whole = tempfile::tempdir().unwrap();
        write_files(whole.path(), &log, &bases, &[], first_dirty);
        let of = |found: &BTreeMap<Key, Told>, partition: i32| {
            found[&("g".to_owned(), "orders".to_owned(), partition)].clone()
        };
        let found = told(&read(whole.path()));
        assert_eq!(of(&found, 1).value, Some((50, 0, Trust::Intact, false)));
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &log, &bases, &[1], first_dirty);
        let found = told(&read(dir.path()));
        let doubtful = Told { value: Some((50, 0, Trust::Salvaged, true)), pending: vec![1], in_doubt: true };
        assert_eq!(of(&found, 1), doubtful, "{first_dirty:?}");
        assert_eq!(of(&found, 3).value, Some((6, 6, Trust::Intact, false)));
    }
}

/// The cleaner keeps the name of the first file that it made one of, so it leaves gaps between files too: with and without
/// its checkpoint that is no damage.
#[test]
fn a_cleaners_gap_between_files_is_no_hole() {
    let mut gaps = 0;
    for seed in 0..30 {
        let shape = Shape { groups: 3, steps: 80, ..Shape::default() };
        let workload = generate(seed, &shape).unwrap();
        let bases = file_bases(&workload.batches, 8);
        // The file that is written to is never cleaned.
        let clean = bases[bases.len() - 1];
        let log = compact(&workload.batches, clean, Tombstones::Keep);
        let ends_early = |(base, next): (&i64, &i64)| {
            let end = log
                .iter()
                .filter(|batch| (*base..*next).contains(&batch.base_offset))
                .map(Batch::next_offset)
                .max();
            end.is_some_and(|end| end < *next)
        };
        gaps += bases.iter().zip(&bases[1..]).filter(|pair| ends_early(*pair)).count();
        for first_dirty in [Some(clean), None] {
            let dir = tempfile::tempdir().unwrap();
            write_files(dir.path(), &log, &bases, &[], first_dirty);
            for (key, told) in told(&read(dir.path())) {
                assert!(!told.in_doubt, "{seed} {first_dirty:?}: {key:?} {told:?}");
                let Some((_, _, trust, before_gap)) = told.value else { continue };
                let sound = !before_gap && matches!(trust, Trust::Intact | Trust::Compacted);
                assert!(sound, "{seed} {first_dirty:?}: {key:?} {told:?}");
            }
        }
    }
    assert!(gaps > 30, "{gaps}");
}

/// Every key stands once in what is left of a log without a checkpoint, as if the cleaner had come past the file that isn't
/// there; but it took nothing behind it. What stands before may be old, and what pends there may be settled.
#[test]
fn a_missing_file_whose_keys_stand_nowhere_else_is_no_cleaners_gap() {
    let mut script = Script::new(0);
    script.commit(3, &[(key(0), OffsetCommit::plain(7, script.clock_ms()))]);
    let mut producer = Producer { id: 7, epoch: 0, sequence: 0 };
    script.commit_in(&mut producer, 3, &[(key(1), OffsetCommit::plain(8, script.clock_ms()))]);
    let second = script.next_offset();
    script.commit(3, &[(key(0), OffsetCommit::plain(70, script.clock_ms()))]);
    script.marker(producer, Marker::Commit);
    let third = script.next_offset();
    script.commit(3, &[(key(2), OffsetCommit::plain(9, script.clock_ms()))]);
    let dir = tempfile::tempdir().unwrap();
    write_files(dir.path(), script.batches(), &[0, second, third], &[1], None);
    let found = told(&read(dir.path()));
    let of = |partition: i32| found[&("g".to_owned(), "orders".to_owned(), partition)].clone();
    assert_eq!(of(0).value, Some((7, 0, Trust::Salvaged, true)));
    assert_eq!(of(1), Told { value: None, pending: vec![1], in_doubt: true });
    assert_eq!(of(2).value, Some((9, third, Trust::Intact, false)));
    let evidence = discover(&[dir.path().to_path_buf()]).unwrap();
    let mut missing = Vec::new();
    history(&evidence, &options(1024), &HistoryQuestion::ALL, &Progress::default(), |row| {
        if row.reasons.contains(&Reason::MissingFile) {
            missing.push((row.offset, row.last_lost_offset));
        }
        Ok::<(), Infallible>(())
    })
    .unwrap();
    assert_eq!(missing, [(second, Some(third - 1))]);
}

/// Any file but the first and the last is missing, of logs that the cleaner had come to some file of or to none, without its
/// checkpoint: no wrong value is told for sure.
#[test]
fn without_any_one_file_no_wrong_value_goes_unflagged() {
    let (mut wrong, mut sure, mut doubted) = (0, 0, 0);
    for seed in 0..60 {
        let shape = Shape {
            groups: 6,
            topics: 3,
            partitions: 6,
            steps: 30,
            transactional: 0.0,
            markers: 0.0,
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let truth = truth(&workload.expected);
        let bases = file_bases(&workload.batches, 6);
        let random = &mut SplitMix64::new(seed);
        let cleaned_to = bases[usize::try_from(random.below(bases.len() as u64)).unwrap()];
        let log = compact(&workload.batches, cleaned_to, Tombstones::Keep);
        for lost in 1..bases.len() - 1 {
            let dir = tempfile::tempdir().unwrap();
            write_files(dir.path(), &log, &bases, &[lost], None);
            for (key, told) in told(&read(dir.path())) {
                let Some((_, record, _, before_gap)) = told.value else { continue };
                let right = truth.get(&key) == Some(&record);
                assert!(
                    right || before_gap,
                    "seed {seed}, cleaned to {cleaned_to}, without {lost}: {key:?} {told:?}"
                );
                wrong += usize::from(!right);
                doubted += usize::from(before_gap);
                sure += usize::from(!before_gap);
            }
        }
    }
    assert!(wrong > 300 && sure > 1000, "{wrong} wrong, {doubted} in doubt, {sure} sure");
}

/// An offset event of `history`: which record, what it did, which key, from where to where, and what is said of it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Step {
    at: i64,
    event: HistoryEvent,
    key: Key,
    before: Option<i64>,
    reasons: Vec<Reason>,
}

/// The offset events of a log with these batches overwritten, and the holes it tells of: from, to.
fn steps(
    log: &[Batch],
    lost: &[usize],
    random: &mut SplitMix64,
    since_ms: Option<i64>,
) -> (Vec<Step>, Vec<(i64, Option<i64>)>) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), log, lost, random);
    let evidence = discover(&[dir.path().to_path_buf()]).unwrap();
    let (mut steps, mut holes) = (Vec::new(), Vec::new());
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    let question = HistoryQuestion { since_ms, ..HistoryQuestion::ALL };
    history(&evidence, &options(1024), &question, &Progress::default(), |row| {
        if row.reasons.contains(&Reason::Damage) {
            assert_eq!((row.event, row.group_id), (HistoryEvent::UnknownRecord, None));
            holes.push((row.offset, row.last_lost_offset));
        } else if row.topic.is_some() {
            let key = (text(row.group_id), text(row.topic), row.topic_partition.unwrap());
            let (at, event, before) = (row.offset, row.event, row.previous_offset);
            steps.push(Step { at, event, key, before, reasons: row.reasons.to_vec() });
        }
        Ok::<(), Infallible>(())
    })
    .unwrap();
    (steps, holes)
}

/// Each hole stands in the timeline with its offsets, and no step that isn't the undamaged log's goes without a word.
#[test]
fn history_tells_every_hole_and_doubts_what_it_computes_across_one() {
    let (mut doubted, mut wrong, mut same) = (0, 0, 0);
    for seed in 0..40 {
        let workload = generate(seed, &mixed()).unwrap();
        let log = &workload.batches;
        let random = &mut SplitMix64::new(seed);
        let mut lost: Vec<usize> = Vec::new();
        for _ in 0..random.between(1, 3) {
            let first = usize::try_from(random.below(log.len() as u64)).unwrap();
            lost.extend(first..(first + 4).min(log.len()));
        }
        lost.sort_unstable();
        lost.dedup();
        let mut wanted: Vec<(i64, Option<i64>)> = Vec::new();
        for chunk in lost.chunk_by(|one, other| one + 1 == *other) {
            let to = log[chunk[chunk.len() - 1]].next_offset() - 1;
            wanted.push((log[chunk[0]].base_offset, (chunk[chunk.len() - 1] + 1 < log.len()).then_some(to)));
        }
        let (whole, none) = steps(log, &[], random, None);
        assert!(none.is_empty() && whole.iter().all(|step| !step.reasons.contains(&Reason::BehindDamage)));
        let (found, holes) = steps(log, &lost, random, None);
        assert_eq!(holes, wanted, "seed {seed}");
        for step in found.iter().filter(|step| step.event != HistoryEvent::CommitPending) {
            let rewinds = |step: &Step| step.reasons.contains(&Reason::Rewind);
            let truth = whole.iter().find(|other| {
                (other.at, other.event, &other.key) == (step.at, step.event, &step.key)
                    && (other.before, rewinds(other)) == (step.before, rewinds(step))
            });
            let doubt = step.reasons.contains(&Reason::BehindDamage);
            assert!(truth.is_some() || doubt, "seed {seed}, lost {wanted:?}: {step:?}");
            doubted += usize::from(doubt);
            wrong += usize::from(truth.is_none());
            same += usize::from(!doubt);
        }
    }
    assert!(wrong > 20 && doubted > wrong && same > 500, "{wrong} wrong, {doubted} doubted, {same} not");
}

/// What happened in a hole may have happened at any time between its neighbours: it is left out only if it surely was before.
#[test]
fn a_hole_is_told_unless_it_surely_lies_before_the_time_asked_for() {
    let mut script = Script::new(0);
    let mut times = Vec::new();
    for offset in 0..5 {
        times.push(script.clock_ms());
        script.commit(3, &[(key(0), OffsetCommit::plain(offset, script.clock_ms()))]);
        script.wait_ms(1_000);
    }
    let holes = |since_ms| steps(script.batches(), &[2], &mut SplitMix64::new(1), since_ms).1;
    let hole = vec![(2, Some(2))];
    assert_eq!(holes(Some(times[2])), hole);
    // The record behind it is of this time.
    assert_eq!(holes(Some(times[3])), hole);
    assert_eq!(holes(Some(times[3] + 1)), []);
}

/// Files of a log, by the offset in their names.
fn write_named(dir: &Path, files: &[(i64, &[Batch])]) {
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    for (base, log) in files {
        let bytes = if log.is_empty() { Vec::new() } else { Segment::of(*base, log).unwrap().bytes };
        fs::write(partition.join(format!("{base:020}.log")), bytes).unwrap();
    }
}

/// An active segment is named after the log's end. Up to there records are missing: lost where keys repeat, so that no cleaner
/// was here; else nobody knows who took them.
#[test]
fn before_an_empty_last_file_that_begins_late_nothing_is_intact() {
    let commits = |keys: &[i32]| {
        let mut script = Script::new(0);
        for partition in keys {
            script.commit(3, &[(key(*partition), OffsetCommit::plain(7, script.clock_ms()))]);
        }
        script.batches().to_vec()
    };
    let of = |log: &[Batch], end: i64| {
        let dir = tempfile::tempdir().unwrap();
        write_named(dir.path(), &[(0, log), (end, &[])]);
        let report = read(dir.path());
        let torn = report.findings.iter().any(|finding| finding.code == Code::TornCopy);
        let offset = &report.groups[0].offsets[0];
        (offset.trust, offset.flags.contains(Flag::BeforeGap), torn)
    };
    assert_eq!(of(&commits(&[0, 1]), 2), (Trust::Intact, false, false));
    assert_eq!(of(&commits(&[0, 1]), 9), (Trust::Compacted, false, true));
    assert_eq!(of(&commits(&[0, 0]), 9), (Trust::Salvaged, true, true));
}

/// The cleaner never takes a log's first file. Where neither a checkpoint nor a file about to be deleted tells that the log
/// begins later, what lay before may be missing: values that are here count all the same, and what isn't here isn't known.
#[test]
fn a_first_file_that_begins_late_may_not_be_the_first() {
    let mut script = Script::new(0);
    for partition in 0..4 {
        script.commit(3, &[(key(partition), OffsetCommit::plain(7, script.clock_ms()))]);
    }
    let later = &script.batches()[2..];
    let told = |dir: &Path| {
        let report = read(dir);
        let torn = report.findings.iter().any(|finding| finding.code == Code::TornCopy);
        let trust: Vec<Trust> = report.groups[0].offsets.iter().map(|offset| offset.trust).collect();
        assert_eq!(trust, [Trust::Intact, Trust::Intact]);
        let evidence = discover(&[dir.to_path_buf()]).unwrap();
        let mut missing = Vec::new();
        history(&evidence, &options(1024), &HistoryQuestion::ALL, &Progress::default(), |row| {
            if row.reasons.contains(&Reason::MissingFile) {
                missing.push((row.offset, row.last_lost_offset));
            }
            Ok::<(), Infallible>(())
        })
        .unwrap();
        (torn, missing)
    };
    let dir = tempfile::tempdir().unwrap();
    write_named(dir.path(), &[(2, later)]);
    assert_eq!(told(dir.path()), (true, vec![(0, Some(1))]));
    // The checkpoint tells that the log begins there.
    fs::write(dir.path().join("log-start-offset-checkpoint"), "0\n1\n__consumer_offsets 0 2\n").unwrap();
    assert_eq!(told(dir.path()), (false, vec![]));
    fs::remove_file(dir.path().join("log-start-offset-checkpoint")).unwrap();
    // Retention takes the first file at the moment.
    let first = dir.path().join("__consumer_offsets-0/00000000000000000000.log.deleted");
    fs::write(first, Segment::of(0, &script.batches()[..2]).unwrap().bytes).unwrap();
    assert_eq!(told(dir.path()).1, vec![]);
}
