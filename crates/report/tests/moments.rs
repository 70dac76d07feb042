//! Time travel and undelete against the independent writer's own model: random workloads, compacted at random.
//!
//! On a whole log every answer is the model's. On a compacted one every answer is the true one, from the log before any
//! compaction, or says that it isn't known.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::newest;
use lastwrites_evidence::discover;
use lastwrites_report::findings::Code;
use lastwrites_report::history::{HistoryQuestion, history};
use lastwrites_report::moment::{AsOf, Asked, report_asked};
use lastwrites_report::rows::HistoryEvent;
use lastwrites_report::{GroupReport, Options, Report};
use lastwrites_segment::ReadMode;
use lastwrites_synth::batch::{Batch, Magic};
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::codec::Codec;
use lastwrites_synth::model::{Event, Model};
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::workload::{Shape, Workload, generate};
use lastwrites_types::Flag;
use serde_json::Value;

/// Group, topic, partition.
type Key = (String, String, i32);

/// What the report says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Value(i64, String),
    Unknown,
    None,
}

fn shape() -> Shape {
    Shape {
        groups: 3,
        topics: 2,
        partitions: 2,
        steps: 90,
        producers: 3,
        transactional: 0.3,
        markers: 0.3,
        tombstones: 0.12,
        group_records: 0.05,
        ..Shape::default()
    }
}

fn workload(seed: u64) -> Workload {
    settled(generate(seed, &shape()).unwrap())
}

fn settled(mut workload: Workload) -> Workload {
    // No release writes a tombstone in a transaction. The coordinator would honour one even in an aborted transaction,
    // which the cleaner takes away together with that tombstone: brokers themselves forget such a deletion.
    for batch in &mut workload.batches {
        if batch.transactional && batch.records.iter().all(|record| record.value.is_none()) {
            (batch.transactional, batch.producer_id, batch.producer_epoch) = (false, -1, -1);
        }
    }
    workload
}

/// Writes the log as one partition, cut into two segments where it can be.
fn write(dir: &Path, log: &[Batch], cut: usize) {
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let (first, second) = log.split_at(cut.min(log.len()));
    for batches in [first, second] {
        let Some(start) = batches.first() else { continue };
        // The cleaner keeps the name of the segment it rewrites.
        let base = if batches[0].base_offset == log[0].base_offset { 0 } else { start.base_offset };
        let segment = Segment::of(base, batches).unwrap();
        fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
    }
}

fn options() -> Options {
    Options {
        profile: newest(),
        threads: 1,
        unit_bytes: None,
        read: ReadMode::Plain,
        release: None,
        redaction: None,
        offsets_retention_ms: None,
        view: None,
    }
}

fn ask(dir: &Path, asked: Asked) -> Report {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    report_asked(&evidence, &options(), asked, &Progress::default()).unwrap()
}

fn as_of(dir: &Path, offset: i64) -> Report {
    ask(dir, Asked { as_of: Some(AsOf::Offset { partition: 0, offset }), ..Asked::default() })
}

fn answers(report: &Report) -> BTreeMap<Key, Answer> {
    let mut answers = BTreeMap::new();
    for group in &report.groups {
        for offset in &group.offsets {
            let key = (group.group_id.to_string(), offset.topic.to_string(), offset.partition);
            let answer = match offset.offset {
                Some(value) => Answer::Value(value, offset.metadata.clone().unwrap_or_default().to_string()),
                None if offset.flags.contains(Flag::AsOfUnknown) => Answer::Unknown,
                None => Answer::None,
            };
            assert!(answers.insert(key, answer).is_none(), "a key stands twice");
        }
    }
    answers
}

fn truth(model: &Model, offset: i64) -> BTreeMap<Key, Answer> {
    let state = model.before(offset);
    let value =
        |(key, committed): (lastwrites_synth::model::OffsetKey, lastwrites_synth::model::Committed)| {
            ((key.group, key.topic, key.partition), Answer::Value(committed.offset, committed.metadata))
        };
    state.committed.into_iter().map(value).collect()
}

fn key_of(event: &Event) -> Option<Key> {
    match event {
        Event::Commit(key, ..) | Event::Tombstone(key) => {
            Some((key.group.clone(), key.topic.clone(), key.partition))
        }
        Event::Marker { .. } => None,
    }
}

/// The keys of the records that are left.
fn left(model: &Model, log: &[Batch]) -> BTreeSet<Key> {
    let offsets: BTreeSet<i64> = log.iter().flat_map(Batch::offsets).map(|(offset, _)| offset).collect();
    let events = model.events().iter().filter(|(offset, _)| offsets.contains(offset));
    events.filter_map(|(_, event)| key_of(event)).collect()
}

/// Ends of offset maps that a cleaner could have had: batch boundaries below every transaction that was open when it ran,
/// and not inside an aborted one, which it knows from an index that the model has not.
fn map_ends(log: &[Batch], model: &Model) -> Vec<i64> {
    let mut ends = Vec::new();
    let mut open: BTreeMap<i64, i64> = BTreeMap::new();
    let mut straddled: Vec<(i64, i64)> = Vec::new();
    let commits: BTreeSet<i64> = model
        .events()
        .iter()
        .filter(|(_, event)| matches!(event, Event::Marker { commit: true, .. }))
        .map(|(offset, _)| *offset)
        .collect();
    let mut aborted: Vec<(i64, i64)> = Vec::new();
    for batch in log {
        if batch.control {
            if let Some(first) = open.remove(&batch.producer_id)
                && !commits.contains(&batch.base_offset)
            {
                aborted.push((first, batch.base_offset));
            }
        } else if batch.transactional {
            open.entry(batch.producer_id).or_insert(batch.base_offset);
        }
        straddled.push((batch.next_offset(), open.values().min().copied().unwrap_or(i64::MAX)));
    }
    // What is still open at the end was open whenever the cleaner ran.
    let never_ended = open.values().min().copied().unwrap_or(i64::MAX);
    for (end, _) in straddled {
        let inside = aborted.iter().any(|(first, marker)| *first < end && end <= *marker);
        if end <= never_ended && !inside {
            ends.push(end);
        }
    }
    ends
}

/// One to three passes; old tombstones, and markers of transactions without data, sometimes age out.
fn cleaned(log: &[Batch], model: &Model, random: &mut SplitMix64) -> Vec<Batch> {
    let ends = map_ends(log, model);
    let mut log = log.to_vec();
    let mut before = 0;
    for _ in 0..=random.below(2) {
        let Some(end) = random.pick(&ends).copied().filter(|end| *end >= before) else { continue };
        let tombstones = if random.chance(0.3) { Tombstones::Drop } else { Tombstones::Keep };
        log = compact(&log, end, tombstones);
        if random.chance(0.3) {
            log = without_idle_markers(&log, end);
        }
        before = end;
    }
    log
}

fn without_idle_markers(log: &[Batch], end: i64) -> Vec<Batch> {
    let mut with_data: BTreeSet<i64> = BTreeSet::new();
    let mut kept = Vec::new();
    for batch in log {
        if batch.transactional && !batch.control {
            with_data.insert(batch.producer_id);
        }
        let idle = batch.control && !with_data.contains(&batch.producer_id) && batch.base_offset < end;
        if batch.control {
            with_data.remove(&batch.producer_id);
        }
        if !idle {
            kept.push(batch.clone());
        }
    }
    kept
}

/// Offsets to ask for: the first, the last, and some between, batch boundaries and others.
fn moments(log: &[Batch], random: &mut SplitMix64) -> Vec<i64> {
    let ends: Vec<i64> = log.iter().map(Batch::next_offset).collect();
    let last = *ends.last().unwrap();
    let mut moments = vec![0, last, i64::MAX];
    moments.extend((0..6).filter_map(|_| random.pick(&ends).copied()));
    moments.extend((0..9).map(|_| random.between(0, last)));
    moments
}

#[test]
fn on_a_whole_log_every_moment_is_what_the_model_says() {
    for seed in 0..25 {
        let written = workload(seed);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &written.batches, written.batches.len() / 2);
        for offset in moments(&written.batches, &mut SplitMix64::new(seed)) {
            let report = as_of(dir.path(), offset);
            let told = answers(&report);
            let values: BTreeMap<Key, Answer> = told
                .iter()
                .filter(|(_, answer)| **answer != Answer::None)
                .map(|(k, a)| (k.clone(), a.clone()))
                .collect();
            assert_eq!(values, truth(&written.expected, offset), "seed {seed}, as of {offset}");
            let pending: usize = report
                .groups
                .iter()
                .flat_map(|group| &group.offsets)
                .map(|offset| offset.pending.len())
                .sum();
            let waiting: usize = written.expected.before(offset).pending.values().map(BTreeMap::len).sum();
            assert_eq!(pending, waiting, "seed {seed}, as of {offset}");
            assert!(report.as_of.unwrap().cuts.iter().all(|cut| cut.complete), "seed {seed}, as of {offset}");
        }
    }
}

/// Offset and kind of every event that the history tells up to the moment.
fn story(dir: &Path, as_of: Option<AsOf>) -> Vec<(i64, HistoryEvent)> {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    let question = HistoryQuestion { as_of, ..HistoryQuestion::ALL };
    let mut told = Vec::new();
    history(&evidence, &options(), &question, &Progress::default(), |row| {
        told.push((row.offset, row.event));
        Ok::<(), Infallible>(())
    })
    .unwrap();
    told
}

/// Every single offset, most of them inside a batch, in every message format: the records below it count and no other, for the
/// values and for the history.
#[test]
fn inside_a_batch_the_records_before_the_offset_count() {
    let formats = [
        (Magic::V2, Codec::None),
        (Magic::V2, Codec::Zstd),
        (Magic::V1, Codec::None),
        (Magic::V1, Codec::Gzip),
        (Magic::V0, Codec::Gzip),
    ];
    let mut inside = 0;
    for (seed, (magic, codec)) in (500..).zip(formats) {
        let shape = Shape { steps: 25, group_records: 0.2, magic, codec, ..shape() };
        let written = settled(generate(seed, &shape).unwrap());
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &written.batches, written.batches.len() / 2);
        let all = story(dir.path(), None);
        let ends: BTreeSet<i64> = written.batches.iter().map(Batch::next_offset).collect();
        for offset in 0..=*ends.last().unwrap() {
            let asked = AsOf::Offset { partition: 0, offset };
            let what = format!("{magic:?} {codec:?}, as of {offset}");
            let report = as_of(dir.path(), offset);
            let mut told = answers(&report);
            told.retain(|_, answer| *answer != Answer::None);
            assert_eq!(told, truth(&written.expected, offset), "{what}");
            let cut = &report.as_of.unwrap().cuts[0];
            assert!(cut.complete && cut.offset.is_none_or(|cut| cut == offset), "{what}: {cut:?}");
            let before: Vec<_> = all.iter().filter(|(at, _)| *at < offset).copied().collect();
            assert_eq!(story(dir.path(), Some(asked)), before, "{what}");
            inside += usize::from(!ends.contains(&offset) && offset > 0);
        }
    }
    assert!(inside > 200, "{inside}");
}

#[test]
fn on_a_compacted_log_every_answer_is_true_or_unknown() {
    let (mut values, mut unknown, mut none) = (0, 0, 0);
    for seed in 0..120 {
        let written = workload(seed);
        let mut random = SplitMix64::new(seed ^ 0xc1ea);
        let log = cleaned(&written.batches, &written.expected, &mut random);
        if log.is_empty() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &log, random.below(log.len() as u64) as usize);
        let left = left(&written.expected, &log);
        for offset in moments(&written.batches, &mut random) {
            let report = as_of(dir.path(), offset);
            let complete = report.as_of.as_ref().unwrap().cuts.iter().all(|cut| cut.complete);
            let told = answers(&report);
            let truth = truth(&written.expected, offset);
            for key in told.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
                let answer = told.get(key).cloned().unwrap_or(Answer::None);
                match answer {
                    Answer::Unknown => unknown += 1,
                    // Nothing of it is left, and the report says that the log isn't complete.
                    Answer::None if !complete && !left.contains(key) => none += 1,
                    answer => {
                        let wanted = truth.get(key).cloned().unwrap_or(Answer::None);
                        assert_eq!(answer, wanted, "seed {seed}, as of {offset}, {key:?}");
                        values += 1;
                    }
                }
            }
        }
    }
    assert!(values > 1_000 && unknown > 1_000, "{values} values, {unknown} unknown, {none} without a trace");
}

/// The same by time: the moment is the end of the longest prefix of the log, before any compaction, without a later batch.
#[test]
fn by_time_every_answer_of_a_compacted_log_is_true_or_unknown() {
    let (mut values, mut unknown, mut emptied) = (0, 0, 0);
    for seed in 0..60 {
        let written = workload(seed);
        let mut random = SplitMix64::new(seed ^ 0x71e);
        let log = cleaned(&written.batches, &written.expected, &mut random);
        if log.is_empty() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &log, random.below(log.len() as u64) as usize);
        let left = left(&written.expected, &log);
        let times: Vec<i64> = written.batches.iter().map(|batch| batch.max_timestamp_ms).collect();
        // Between two batches, never inside one: of a batch that lost records to the cleaner nothing tells how late it was.
        let mut asked =
            vec![written.batches[0].records[0].timestamp_ms - 1, times[0], *times.last().unwrap(), i64::MAX];
        asked.extend((0..10).filter_map(|_| random.pick(&times).map(|time| time + random.between(0, 1))));
        for time in asked {
            let report = ask(dir.path(), Asked { as_of: Some(AsOf::Time(time)), ..Asked::default() });
            let later = written.batches.iter().find(|batch| batch.max_timestamp_ms > time);
            let truth = truth(&written.expected, later.map_or(i64::MAX, |batch| batch.base_offset));
            let complete = report.as_of.as_ref().unwrap().cuts.iter().all(|cut| cut.complete);
            emptied +=
                usize::from(report.partitions.iter().all(|partition| partition.load.verdict.is_none()));
            let told = answers(&report);
            for key in told.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
                match told.get(key).cloned().unwrap_or(Answer::None) {
                    Answer::Unknown => unknown += 1,
                    Answer::None if !complete && !left.contains(key) => {}
                    answer => {
                        let wanted = truth.get(key).cloned().unwrap_or(Answer::None);
                        assert_eq!(answer, wanted, "seed {seed}, as of {time} ms, {key:?}");
                        values += 1;
                    }
                }
            }
        }
    }
    assert!(values > 500 && unknown > 300 && emptied > 50, "{values} values, {unknown} unknown, {emptied}");
}

/// Segments that the cleaner left empty: there was a log, and what it held isn't known.
#[test]
fn a_log_that_was_emptied_tells_nothing_of_a_moment() {
    let dir = tempfile::tempdir().unwrap();
    let partition = dir.path().join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let complete = |as_of: AsOf| {
        let report = ask(dir.path(), Asked { as_of: Some(as_of), ..Asked::default() });
        let told = report.as_of.unwrap().cuts.iter().all(|cut| cut.complete);
        assert_eq!(report.findings.iter().any(|finding| finding.code == Code::CompactedMoment), !told);
        told
    };
    let moments = [AsOf::Time(0), AsOf::Offset { partition: 0, offset: 7 }, AsOf::Time(i64::MAX)];
    fs::write(partition.join("00000000000000000000.log"), b"").unwrap();
    for moment in moments {
        assert!(!complete(moment), "nothing tells that it never held a record: {moment:?}");
    }
    fs::write(dir.path().join("replication-offset-checkpoint"), "0\n1\n__consumer_offsets 0 0\n").unwrap();
    fs::write(dir.path().join("meta.properties"), "version=1\nnode.id=1\ncluster.id=c\n").unwrap();
    for moment in moments {
        assert!(complete(moment), "its high watermark is 0: {moment:?}");
    }
    fs::write(partition.join("00000000000000000029.log"), b"").unwrap();
    for moment in moments {
        assert!(!complete(moment), "29 records were there: {moment:?}");
    }
}

/// Type, state, generation, epochs and members of every group, but for those that are unknown.
fn objects(report: &Report) -> BTreeMap<String, Option<Value>> {
    let object = |group: &GroupReport| {
        let mut told = serde_json::to_value(group).unwrap();
        let told = told.as_object_mut().unwrap();
        told.remove("offsets");
        if group.group_type != "unknown" {
            return Some(Value::Object(told.clone()));
        }
        // Nothing is told beside.
        for field in ["state", "protocol_type", "protocol", "generation", "state_since_ms", "group_epoch"] {
            assert!(told[field].is_null(), "{field} of a group that isn't known: {told:?}");
        }
        assert!(told["assignment_epoch"].is_null() && group.members.is_empty());
        None
    };
    report.groups.iter().map(|group| (group.group_id.to_string(), object(group))).collect()
}

/// What the log before any compaction says of a group at the moment, its compacted copy says too, or that it's unknown.
#[test]
fn groups_on_a_compacted_log_are_what_they_were_or_unknown() {
    let (mut known, mut classic, mut unknown, mut orphans) = (0, 0, 0, 0);
    for seed in 0..80 {
        let shape = Shape { groups: 4, steps: 60, group_records: 0.5, ..shape() };
        let written = settled(generate(seed, &shape).unwrap());
        let mut random = SplitMix64::new(seed ^ 0x6709);
        let log = cleaned(&written.batches, &written.expected, &mut random);
        if log.is_empty() {
            continue;
        }
        let (whole, thinned) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(whole.path(), &written.batches, 0);
        write(thinned.path(), &log, random.below(log.len() as u64) as usize);
        let alive = objects(&ask(whole.path(), Asked::default()));
        for offset in moments(&written.batches, &mut random) {
            let report = as_of(thinned.path(), offset);
            let complete =
                report.as_of.as_ref().unwrap().cuts.iter().all(|cut| cut.complete || cut.offset.is_none());
            let (told, truth) = (objects(&report), objects(&as_of(whole.path(), offset)));
            for (id, object) in &told {
                match object {
                    None => unknown += 1,
                    Some(object) => {
                        assert_eq!(
                            Some(&Some(object.clone())),
                            truth.get(id),
                            "seed {seed}, as of {offset}, {id}"
                        );
                        known += 1;
                        classic += usize::from(!complete && object["type"] == "classic");
                    }
                }
            }
            for id in truth.keys().filter(|id| !told.contains_key(*id)) {
                assert!(
                    !complete && !alive.contains_key(id),
                    "seed {seed}, as of {offset}, {id} isn't named"
                );
            }
            let gone = report.findings.iter().filter(|finding| finding.code == Code::OrphanOffsets).count();
            let none = told.values().flatten().any(|object| object["type"] == "none");
            assert!(
                gone == 0 || none,
                "seed {seed}, as of {offset}: a group is told to be gone that isn't known"
            );
            orphans += gone;
        }
    }
    assert!(
        known > 500 && classic > 50 && unknown > 300 && orphans > 10,
        "{known} known, {classic} of them classic on a broken log, {unknown} unknown, {orphans} findings"
    );
}

/// Two replicas whose cleaners ran differently: together they are never wrong, and know at least what each knows alone.
#[test]
fn replicas_together_know_what_either_knows_and_are_never_wrong() {
    let (mut values, mut gained, mut unknown) = (0, 0, 0);
    for seed in 0..60 {
        let written = workload(seed);
        let mut random = SplitMix64::new(seed ^ 0x2ea1);
        let dir = tempfile::tempdir().unwrap();
        let mut logs = Vec::new();
        for broker in ["a", "b"] {
            let log = cleaned(&written.batches, &written.expected, &mut random);
            // Replicas in sync end at the same offset: the cleaner keeps a log's last batch.
            if log.last().map(Batch::next_offset) != written.batches.last().map(Batch::next_offset) {
                break;
            }
            write(&dir.path().join(broker), &log, log.len() / 2);
            logs.push(log);
        }
        let [first, second] = logs.as_slice() else { continue };
        let mut left_over = left(&written.expected, first);
        left_over.extend(left(&written.expected, second));
        for offset in moments(&written.batches, &mut random) {
            let together = as_of(dir.path(), offset);
            let complete = together.as_of.as_ref().unwrap().cuts.iter().all(|cut| cut.complete);
            let told = answers(&together);
            let alone = ["a", "b"].map(|broker| answers(&as_of(&dir.path().join(broker), offset)));
            let truth = truth(&written.expected, offset);
            for key in told.keys().chain(truth.keys()).collect::<BTreeSet<_>>() {
                let known = |answers: &BTreeMap<Key, Answer>| {
                    answers.get(key).is_some_and(|answer| matches!(answer, Answer::Value(..)))
                };
                match told.get(key).cloned().unwrap_or(Answer::None) {
                    Answer::Unknown => {
                        unknown += 1;
                        assert!(!alone.iter().any(known), "seed {seed}, as of {offset}, {key:?}");
                    }
                    Answer::None if !complete && !left_over.contains(key) => {}
                    answer => {
                        let wanted = truth.get(key).cloned().unwrap_or(Answer::None);
                        assert_eq!(answer, wanted, "seed {seed}, as of {offset}, {key:?}");
                        values += 1;
                        gained += usize::from(known(&told) && alone.iter().any(|one| !known(one)));
                    }
                }
            }
        }
    }
    assert!(
        values > 500 && gained > 50 && unknown > 100,
        "{values} values, {gained} gained, {unknown} unknown"
    );
}

/// The value before the last deletion, of every key that has none at the end.
fn last_values(model: &Model) -> BTreeMap<Key, Answer> {
    let mut last = BTreeMap::new();
    for (offset, _) in model.events() {
        last.extend(truth(model, offset + 1));
    }
    let alive = truth(model, i64::MAX);
    last.retain(|key, _| !alive.contains_key(key));
    last
}

fn deleted(report: &Report) -> BTreeMap<Key, Answer> {
    let mut deleted = BTreeMap::new();
    for group in &report.groups {
        for offset in group.offsets.iter().filter(|offset| offset.flags.contains(Flag::Deleted)) {
            let key = (group.group_id.to_string(), offset.topic.to_string(), offset.partition);
            if let Some(value) = offset.offset {
                let text = offset.metadata.clone().unwrap_or_default().to_string();
                deleted.insert(key, Answer::Value(value, text));
            }
        }
    }
    deleted
}

#[test]
fn deleted_offsets_come_back_with_their_last_values_or_not_at_all() {
    let (mut whole, mut thinned) = (0, 0);
    for seed in 0..60 {
        let written = workload(seed);
        let last = last_values(&written.expected);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &written.batches, written.batches.len() / 3);
        let asked = Asked { deleted: true, ..Asked::default() };
        assert_eq!(deleted(&ask(dir.path(), asked)), last, "seed {seed}");
        whole += last.len();

        let mut random = SplitMix64::new(seed ^ 0xde1e);
        let log = cleaned(&written.batches, &written.expected, &mut random);
        if log.is_empty() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &log, log.len());
        for (key, value) in deleted(&ask(dir.path(), asked)) {
            assert_eq!(last.get(&key), Some(&value), "seed {seed}, compacted, {key:?}");
            thinned += 1;
        }
    }
    assert!(whole > 50 && thinned > 10, "{whole} deleted, {thinned} left in compacted logs");
}

/// `.deleted` originals beside the cleaned file: what the tombstone's cleaning took comes back, marked as such.
#[test]
fn originals_of_the_cleaner_give_deleted_values_back() {
    let mut found = 0;
    for seed in 0..40 {
        let written = workload(seed);
        let ends = map_ends(&written.batches, &written.expected);
        let Some(end) = ends.last().copied() else { continue };
        let first: Vec<Batch> =
            written.batches.iter().filter(|batch| batch.base_offset < end).cloned().collect();
        let rest: Vec<Batch> =
            written.batches.iter().filter(|batch| batch.base_offset >= end).cloned().collect();
        if rest.is_empty() || first.is_empty() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let partition = dir.path().join("__consumer_offsets-0");
        fs::create_dir_all(&partition).unwrap();
        let write = |name: String, batches: &[Batch], base: i64| {
            fs::write(partition.join(name), Segment::of(base, batches).unwrap().bytes).unwrap();
        };
        write("00000000000000000000.log".to_owned(), &compact(&first, end, Tombstones::Drop), 0);
        write("00000000000000000000.log.deleted".to_owned(), &first, 0);
        write(format!("{:020}.log", rest[0].base_offset), &rest, rest[0].base_offset);
        let report = ask(dir.path(), Asked { deleted: true, ..Asked::default() });
        assert_eq!(deleted(&report), last_values(&written.expected), "seed {seed}");
        found += report
            .groups
            .iter()
            .flat_map(|group| &group.offsets)
            .filter(|offset| offset.trust == lastwrites_types::Trust::PreImage)
            .count();
    }
    assert!(found > 10, "{found} values from originals");
}

/// What was committed before the last value, newest first, each other offset once.
fn before_last(model: &Model) -> BTreeMap<Key, Vec<(i64, i64)>> {
    let mut told: BTreeMap<Key, Vec<(i64, i64)>> = BTreeMap::new();
    let last = model.last();
    // The state after every record: whatever stood there was effective once.
    for (offset, _) in model.events() {
        for (key, value) in model.before(offset + 1).committed {
            let key = (key.group.clone(), key.topic.clone(), key.partition);
            let seen = told.entry(key).or_default();
            if seen.last().is_none_or(|(_, record)| *record != value.record_offset) {
                seen.retain(|(offset, _)| *offset != value.offset);
                seen.push((value.offset, value.record_offset));
            }
        }
    }
    let live: BTreeSet<Key> =
        last.committed.keys().map(|key| (key.group.clone(), key.topic.clone(), key.partition)).collect();
    told.retain(|key, _| live.contains(key));
    for seen in told.values_mut() {
        seen.pop();
        seen.reverse();
        seen.truncate(3);
    }
    told
}

#[test]
fn earlier_values_are_those_that_the_model_had() {
    let mut told = 0;
    for seed in 0..40 {
        let workload = workload(seed);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &workload.batches, workload.batches.len() / 2);
        let report = ask(dir.path(), Asked { earlier: true, ..Asked::default() });
        let expected = before_last(&workload.expected);
        for group in &report.groups {
            for offset in group.offsets.iter().filter(|offset| offset.offset.is_some()) {
                let key = (group.group_id.to_string(), offset.topic.to_string(), offset.partition);
                let found: Vec<(i64, i64)> = offset
                    .alternatives
                    .iter()
                    .map(|other| (other.offset.unwrap(), other.record.as_ref().unwrap().offset))
                    .collect();
                assert_eq!(found, expected[&key], "seed {seed}, {key:?}");
                assert!(offset.alternatives.iter().all(|other| other.trust <= offset.trust));
                told += found.len();
            }
        }
        // The answer is what it is without them.
        let plain = ask(dir.path(), Asked::default());
        assert_eq!(answers(&plain), answers(&report), "seed {seed}");
        assert!(
            plain.groups.iter().flat_map(|group| &group.offsets).all(|offset| offset.alternatives.is_empty())
        );
    }
    assert!(told > 300, "{told}");
}
