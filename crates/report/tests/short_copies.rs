//! Random captures of two or three copies, whole and partial, against the model of the log that they are of: what several
//! copies prove about each other.
//!
//! A value that isn't the model's has to be in doubt; where the longest copy is whole, and no checkpoint knows of more than it
//! has, nothing may be.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::options;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::discover;
use lastwrites_report::Report;
use lastwrites_report::moment::{AsOf, Asked, report_asked};
use lastwrites_synth::batch::Batch;
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::model::{Event, Model};
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::workload::{Shape, generate};
use lastwrites_types::{Flag, Trust};

/// Group, topic, partition.
type Key = (String, String, i32);

/// One copy of a log.
#[derive(Clone, Debug)]
struct Held {
    /// Offset behind its last batch, at least 1.
    end: i64,
    /// The capture ended before its goal.
    partial: bool,
    /// What its checkpoint says, which a capture writes first: its goal.
    high_watermark: Option<i64>,
    /// What of its log was cleaned.
    cleaned_below: i64,
    /// Bytes of the next batch that stand behind its last.
    torn: usize,
    /// Up to where its `leader-epoch-checkpoint` was written; `None` where the capture came to write none.
    epochs_to: Option<i64>,
}

/// The copies as a capture's folder.
fn write(dir: &Path, log: &[Batch], copies: &[Held]) {
    let mut listed = Vec::new();
    for (node, held) in (1..).zip(copies) {
        let broker = dir.join(format!("broker-{node}"));
        let partition = broker.join("__consumer_offsets-0");
        fs::create_dir_all(&partition).unwrap();
        let cleaned = compact(log, held.cleaned_below, Tombstones::Keep);
        let own: Vec<Batch> = cleaned.into_iter().filter(|batch| batch.next_offset() <= held.end).collect();
        let mut bytes = if own.is_empty() { Vec::new() } else { Segment::of(0, &own).unwrap().bytes };
        if let Some(next) = log.iter().find(|batch| batch.base_offset == held.end) {
            let next = Segment::of(next.base_offset, std::slice::from_ref(next)).unwrap().bytes;
            bytes.extend(&next[..held.torn.min(next.len() - 1)]);
        }
        fs::write(partition.join("00000000000000000000.log"), bytes).unwrap();
        if let Some(to) = held.epochs_to {
            let known: Vec<Batch> = own.into_iter().filter(|batch| batch.next_offset() <= to).collect();
            fs::write(partition.join("leader-epoch-checkpoint"), epoch_file(&known)).unwrap();
        }
        fs::write(broker.join("meta.properties"), format!("version=1\nnode.id={node}\ncluster.id=c\n"))
            .unwrap();
        if let Some(mark) = held.high_watermark {
            let line = format!("0\n1\n__consumer_offsets 0 {mark}\n");
            fs::write(broker.join("replication-offset-checkpoint"), line).unwrap();
        }
        let why = if held.partial { r#""it was stopped""# } else { "null" };
        listed.push(format!(
            r#"{{"path":"broker-{node}/__consumer_offsets-0","partition":0,"state":"{}","why":{why}}}"#,
            if held.partial { "partial" } else { "whole" }
        ));
    }
    let document = format!(
        r#"{{"format":"lastwrites/capture","version":1,"cluster_id":"c","brokers":[],"partitions":[],"copies":[{}]}}"#,
        listed.join(",")
    );
    fs::write(dir.join("capture.json"), document).unwrap();
}

/// What a capture writes of the batches it has: the first offset that it met of each epoch.
fn epoch_file(batches: &[Batch]) -> String {
    let mut first = BTreeMap::new();
    for batch in batches {
        first.entry(batch.leader_epoch).or_insert(batch.base_offset);
    }
    let lines = first.iter().map(|(epoch, from)| format!("{epoch} {from}\n")).collect::<String>();
    format!("0\n{}\n{lines}", first.len())
}

/// The log with elections in it: none, or up to three, which skip epochs where a leader wrote nothing.
fn with_elections(mut log: Vec<Batch>, random: &mut SplitMix64) -> Vec<Batch> {
    for _ in 0..random.below(4) {
        let from = usize::try_from(random.below(log.len() as u64)).unwrap();
        let later = 1 + i32::try_from(random.below(3)).unwrap();
        log[from..].iter_mut().for_each(|batch| batch.leader_epoch += later);
    }
    log
}

fn read(dir: &Path, as_of: Option<AsOf>) -> Report {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    report_asked(&evidence, &options(1024), Asked { as_of, ..Asked::default() }, &Progress::default())
        .unwrap()
}

/// Value of every key, and whether it's in doubt.
fn told(report: &Report) -> BTreeMap<Key, (Option<i64>, bool)> {
    let doubts = [
        Flag::BeforeGap,
        Flag::InDoubt,
        Flag::Contested,
        Flag::Unacknowledged,
        Flag::AsOfUnknown,
        Flag::AboveHighWatermark,
    ];
    let of_group = |group: &lastwrites_report::GroupReport| {
        let id = group.group_id.to_string();
        let one = |offset: &lastwrites_report::OffsetReport| {
            let flagged = doubts.iter().any(|doubt| offset.flags.contains(*doubt));
            let doubted = flagged || offset.trust <= Trust::Salvaged;
            ((id.clone(), offset.topic.to_string(), offset.partition), (offset.offset, doubted))
        };
        group.offsets.iter().map(one).collect::<Vec<_>>()
    };
    report.groups.iter().flat_map(of_group).collect()
}

fn committed(model: &Model, end: i64) -> BTreeMap<Key, i64> {
    let state = model.before(end);
    let name =
        |key: &lastwrites_synth::model::OffsetKey| (key.group.clone(), key.topic.clone(), key.partition);
    state.committed.iter().map(|(key, value)| (name(key), value.offset)).collect()
}

/// Where the oldest transaction begins that is open at an offset. Control batches of unknown types end none.
fn first_open(log: &[Batch], model: &Model, at: i64) -> Option<i64> {
    let ends = |at: i64| {
        let mut events = model.events().iter();
        events.any(|(offset, event)| *offset == at && matches!(event, Event::Marker { .. }))
    };
    let mut open = BTreeMap::new();
    for batch in log.iter().filter(|batch| batch.base_offset < at && batch.transactional) {
        if ends(batch.base_offset) {
            open.remove(&batch.producer_id);
        } else if !batch.control {
            open.entry(batch.producer_id).or_insert(batch.base_offset);
        }
    }
    open.into_values().min()
}

/// Random copies of a log: the first is partial.
fn random_copies(log: &[Batch], model: &Model, cleaned: bool, random: &mut SplitMix64) -> Vec<Held> {
    let last = log[log.len() - 1].next_offset();
    let mut at = |below: usize| usize::try_from(random.below(below as u64)).unwrap();
    let mut copies = Vec::new();
    for number in 0..2 + at(2) {
        let end = log[at(log.len())].next_offset();
        let partial = number == 0 || at(3) == 0;
        let high_watermark = match (partial, at(3)) {
            (false, _) => Some(end),
            (true, 0) => None,
            (true, 1) => Some(end),
            (true, _) => Some(last),
        };
        let mut cleaned_below =
            if cleaned && at(2) == 0 { log[at(log.len())].base_offset.min(end) } else { 0 };
        // No cleaner comes past a transaction that is open.
        while let Some(open) = first_open(log, model, cleaned_below) {
            cleaned_below = open;
        }
        let torn = if partial { [0, 20, 70][at(3)] } else { 0 };
        // A run that was cut short didn't come to write its last epochs.
        let epochs_to = match (partial, at(4)) {
            (true, 0) => None,
            (true, 1) => Some(log[at(log.len())].base_offset),
            _ => Some(end),
        };
        copies.push(Held { end, partial, high_watermark, cleaned_below, torn, epochs_to });
    }
    copies
}

/// What was counted, so that a test that looks at nothing fails.
#[derive(Default, Debug)]
struct Seen {
    wrong: usize,
    doubted: usize,
    sure: usize,
    unknown_end: usize,
}

/// Holds what is told as of a moment against the model; `end` is where the log of that moment ends, `sure` that the copies
/// know all of it.
fn hold(found: &Report, model: &Model, end: i64, sure: bool, what: &str, seen: &mut Seen) {
    let truth = committed(model, end);
    let found = told(found);
    for (key, (value, doubted)) in &found {
        let right = truth.get(key).copied() == *value;
        assert!(right || *doubted, "{what}: {key:?} {value:?} isn't {:?}", truth.get(key));
        assert!(!(sure && *doubted && value.is_some()), "{what}: {key:?} {value:?} is doubted");
        seen.wrong += usize::from(!right);
        seen.doubted += usize::from(*doubted);
        seen.sure += usize::from(!*doubted);
    }
    if sure {
        let lost = truth.keys().find(|key| found.get(*key).is_none_or(|(value, _)| value.is_none()));
        assert!(lost.is_none(), "{what}: {lost:?} isn't told");
    }
    seen.unknown_end += usize::from(!sure);
}

/// Copies of random logs, at their ends and as of random moments.
fn copies_of_random_logs(seeds: std::ops::Range<u64>, cleaned: bool) -> Seen {
    let mut seen = Seen::default();
    for seed in seeds {
        let shape = Shape {
            groups: 3,
            steps: 30,
            transactional: 0.3,
            markers: 0.3,
            // A tombstone in an aborted transaction, which no release writes, is taken with it.
            tombstones: if cleaned { 0.0 } else { 0.1 },
            group_records: 0.02,
            ..Shape::default()
        };
        let workload = generate(seed, &shape).unwrap();
        let model = &workload.expected;
        let random = &mut SplitMix64::new(seed + 1000);
        let log = &with_elections(workload.batches, random);
        let last = log[log.len() - 1].next_offset();
        let copies = random_copies(log, model, cleaned, random);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), log, &copies);
        let longest = copies.iter().map(|held| held.end).max().unwrap();
        let reached = copies.iter().map(|held| held.end.max(held.high_watermark.unwrap_or(0))).max().unwrap();
        let whole = copies.iter().any(|held| !held.partial && held.end == longest);
        // Nothing says that the log went on behind the longest copy.
        let known = whole && reached == longest;
        let end = if known { longest } else { last };
        hold(&read(dir.path(), None), model, end, known, &format!("seed {seed} {copies:?}"), &mut seen);
        for _ in 0..2 {
            let batch = &log[usize::try_from(random.below(log.len() as u64)).unwrap()];
            let (at, ms) = (batch.base_offset, batch.max_timestamp_ms);
            let later = log.iter().find(|batch| batch.max_timestamp_ms > ms);
            let until = later.map_or(i64::MAX, |later| later.base_offset);
            // A time lies inside a log that has a later batch.
            for (as_of, offset, inside) in [
                (AsOf::Offset { partition: 0, offset: at }, at, at <= longest),
                (AsOf::Time(ms), until, until < longest),
            ] {
                let what = format!("seed {seed} {as_of:?} {copies:?}");
                let found = read(dir.path(), Some(as_of));
                // What a cleaner may have taken of the moment isn't known.
                hold(&found, model, offset.min(end), (inside || known) && !cleaned, &what, &mut seen);
            }
        }
    }
    seen
}

#[test]
fn whole_and_partial_copies_prove_what_each_other_lack() {
    let seen = copies_of_random_logs(0..80, false);
    assert!(seen.wrong > 100 && seen.doubted > 500 && seen.sure > 1000 && seen.unknown_end > 100, "{seen:?}");
}

#[test]
fn cleaned_copies_do_so_too() {
    let seen = copies_of_random_logs(200..250, true);
    assert!(seen.wrong > 50 && seen.doubted > 300 && seen.sure > 300, "{seen:?}");
}

/// A copy whose own epochs begin behind the point where its history parts from the other's knows of its own records only.
#[test]
fn a_copy_that_went_its_own_way_proves_nothing_of_others() {
    let workload = generate(7, &Shape { groups: 3, steps: 30, ..Shape::default() }).unwrap();
    let mut log = workload.batches;
    let (split, own) = (log[log.len() / 2].base_offset, log[log.len() / 2 + 2].base_offset);
    let last = log[log.len() - 1].next_offset();
    log[15..].iter_mut().for_each(|batch| batch.leader_epoch = if batch.base_offset < split { 0 } else { 2 });
    let whole_end = log[log.len() - 4].next_offset();
    let held = |end: i64, partial: bool, mark: i64| Held {
        end,
        partial,
        high_watermark: Some(mark),
        cleaned_below: 0,
        torn: 0,
        epochs_to: Some(end),
    };
    let copies = [held(log[10].next_offset(), true, last), held(whole_end, false, whole_end)];
    for (epochs, proves) in [("0\n1\n0 0\n".to_owned(), true), (format!("0\n2\n0 0\n1 {own}\n"), false)] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &log, &copies);
        // As on disks: a capture lists the epochs of the batches it has.
        fs::remove_file(dir.path().join("capture.json")).unwrap();
        fs::write(dir.path().join("broker-1/__consumer_offsets-0/leader-epoch-checkpoint"), epochs).unwrap();
        let found = told(&read(dir.path(), None));
        assert!(
            found.len() > 3 && found.values().all(|(_, doubted)| *doubted == proves),
            "{proves}: {found:?}"
        );
    }
}
