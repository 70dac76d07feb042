//! Copies of a partition through random elections, against a model of its brokers.
//!
//! Leaders come from the in-sync replicas alone, so what was acknowledged stays. Around that all is let happen: tails that nobody
//! acknowledged, followers that truncate, brokers copied at different moments, logs that were cut short beside files that weren't.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::options;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::discover;
use lastwrites_report::report;
use lastwrites_synth::batch::{Batch, BatchBuilder};
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::partitioner::names_in;
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::offsets::{OffsetCommit, offset_commit_key};
use lastwrites_types::{Flag, Trust};

/// One write of a model: its leader's epoch, its key, and a value that no other write has. Its place is its offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Write {
    epoch: i32,
    key: i32,
    value: i64,
}

/// One broker's replica.
#[derive(Clone, Default, Debug)]
struct Broker {
    log: Vec<Write>,
    /// Its `leader-epoch-checkpoint`: epoch, first offset.
    epochs: Vec<(i32, usize)>,
    high_watermark: usize,
}

impl Broker {
    fn truncate(&mut self, to: usize) {
        self.log.truncate(to);
        self.epochs.retain(|(_, start)| *start < to);
        self.high_watermark = self.high_watermark.min(to);
    }

    /// Takes up to `most` writes of its leader's, after cutting off what isn't the leader's.
    fn fetch(&mut self, leader: &Self, most: usize) {
        let same = self.log.iter().zip(&leader.log).take_while(|(own, theirs)| own == theirs).count();
        if same < self.log.len() {
            self.truncate(same);
        }
        for write in leader.log.iter().skip(same).take(most) {
            if self.epochs.last().is_none_or(|(epoch, _)| *epoch < write.epoch) {
                self.epochs.push((write.epoch, self.log.len()));
            }
            self.log.push(*write);
        }
        self.high_watermark = leader.high_watermark.min(self.log.len());
    }
}

/// All brokers at one moment.
#[derive(Clone, Debug)]
struct Moment {
    brokers: Vec<Broker>,
    leader: usize,
}

/// The moments of a cluster of three brokers; the log of the last one's leader begins with all that was ever acknowledged.
fn history(random: &mut SplitMix64) -> Vec<Moment> {
    let mut now = Moment { brokers: vec![Broker::default(); 3], leader: 0 };
    now.brokers[0].epochs.push((0, 0));
    let (mut epoch, mut in_sync) = (0, BTreeSet::from([0, 1, 2]));
    let mut moments = Vec::new();
    let elections = [0.02, 0.06, 0.15][usize::try_from(random.below(3)).unwrap()];
    for step in 0..120 {
        let leader = now.brokers[now.leader].clone();
        if random.chance(elections) {
            let candidates: Vec<usize> = in_sync.iter().copied().filter(|at| *at != now.leader).collect();
            if let Some(elected) = random.pick(&candidates) {
                now.leader = *elected;
                epoch += 1 + i32::try_from(random.below(2)).unwrap();
                let broker = &mut now.brokers[now.leader];
                let end = broker.log.len();
                broker.epochs.retain(|(_, start)| *start < end);
                broker.epochs.push((epoch, end));
                in_sync = BTreeSet::from([now.leader]);
            }
        } else if random.chance(0.5) {
            let key = i32::try_from(random.below(5)).unwrap();
            now.brokers[now.leader].log.push(Write { epoch, key, value: step });
        } else {
            let at = usize::try_from(random.below(3)).unwrap();
            if at != now.leader && random.chance(0.8) {
                let most = usize::try_from(1 + random.below(6)).unwrap();
                now.brokers[at].fetch(&leader, most);
                if now.brokers[at].log.len()
                    >= leader.high_watermark.max(leader.epochs[leader.epochs.len() - 1].1)
                {
                    in_sync.insert(at);
                }
            } else if at != now.leader {
                in_sync.remove(&at);
            }
        }
        let acknowledged = in_sync.iter().map(|at| now.brokers[*at].log.len()).min().unwrap();
        let leader = &mut now.brokers[now.leader];
        leader.high_watermark = leader.high_watermark.max(acknowledged);
        moments.push(now.clone());
    }
    moments
}

/// What the partition's group has after these writes.
fn state(log: &[Write]) -> BTreeMap<i32, i64> {
    log.iter().map(|write| (write.key, write.value)).collect()
}

fn batches(log: &[Write]) -> Vec<Batch> {
    let group = names_in("g", 0, 50).next().unwrap();
    let batch = |(offset, write): (i64, &Write)| {
        let value = OffsetCommit::plain(write.value, 1_767_225_600_000 + offset).value(3);
        let builder = BatchBuilder::new(offset, 1_767_225_600_000 + offset).leader_epoch(write.epoch);
        builder.record(offset_commit_key(&group, "orders", write.key), Some(value)).build()
    };
    (0..).zip(log).map(batch).collect()
}

fn checkpoint(lines: &[String]) -> String {
    format!("0\n{}\n{}", lines.len(), lines.concat())
}

/// One broker's copy in a scene.
#[derive(Debug)]
struct Taken {
    broker: usize,
    moment: usize,
    /// How much of its log was copied; the rest of its files is whole.
    cut: Option<usize>,
    /// It knows that the log reached this.
    mark: usize,
}

fn write_copy(dir: &Path, taken: &Taken, kept: &[Batch], epochs: &[(i32, i64)], mark: Option<usize>) {
    let broker = dir.join(format!("broker-{}", taken.broker));
    let partition = broker.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let bytes = if kept.is_empty() { Vec::new() } else { Segment::of(0, kept).unwrap().bytes };
    fs::write(partition.join("00000000000000000000.log"), bytes).unwrap();
    let lines: Vec<String> = epochs.iter().map(|(epoch, start)| format!("{epoch} {start}\n")).collect();
    fs::write(partition.join("leader-epoch-checkpoint"), checkpoint(&lines)).unwrap();
    fs::write(broker.join("meta.properties"), format!("version=1\nnode.id={}\ncluster.id=c\n", taken.broker))
        .unwrap();
    if let Some(mark) = mark {
        let lines = [format!("__consumer_offsets 0 {mark}\n")];
        fs::write(broker.join("replication-offset-checkpoint"), checkpoint(&lines)).unwrap();
    }
}

/// Two or three brokers, each at a moment of its own, some cut short.
fn take(moments: &[Moment], random: &mut SplitMix64) -> Vec<Taken> {
    let mut below = |bound: usize| usize::try_from(random.below(bound as u64)).unwrap();
    let (first, count) = (below(3), 2 + below(2));
    let take = |nth: usize| {
        let (broker, moment) = ((first + nth) % 3, moments.len() / 4 + below(moments.len() * 3 / 4));
        let log = &moments[moment].brokers[broker].log;
        let cut = (below(2) == 0).then(|| below(log.len() + 1));
        Taken { broker, moment, cut, mark: moments[moment].brokers[broker].high_watermark }
    };
    (0..count).map(take).collect()
}

/// As they lie on the brokers' disks.
fn write_disks(dir: &Path, moments: &[Moment], scene: &[Taken]) {
    for taken in scene {
        let broker = &moments[taken.moment].brokers[taken.broker];
        let kept = batches(&broker.log[..taken.cut.unwrap_or(broker.log.len())]);
        let epochs: Vec<(i32, i64)> = broker.epochs.iter().map(|(epoch, at)| (*epoch, *at as i64)).collect();
        write_copy(dir, taken, &kept, &epochs, Some(broker.high_watermark));
    }
}

/// As a capture writes them: acknowledged batches, which a cleaner may have thinned out, and epochs that are known of these.
fn write_capture(dir: &Path, moments: &[Moment], scene: &mut [Taken], random: &mut SplitMix64) {
    let mut listed = Vec::new();
    for (nth, taken) in scene.iter_mut().enumerate() {
        let now = &moments[taken.moment];
        let broker = &now.brokers[taken.broker];
        let (own, leaders) = (broker.high_watermark, now.brokers[now.leader].high_watermark);
        let below = own.min(taken.cut.unwrap_or(own));
        let dirty = random.below(own as u64 + 1).cast_signed() * i64::from(random.chance(0.6));
        // The last batch is in the active segment.
        let cleaned = compact(&batches(&broker.log[..own]), dirty.min(own as i64 - 1), Tombstones::Keep);
        let kept: Vec<Batch> = cleaned.into_iter().filter(|batch| batch.base_offset < below as i64).collect();
        let mut epochs: Vec<(i32, i64)> = Vec::new();
        for batch in &kept {
            if epochs.last().is_none_or(|(epoch, _)| *epoch < batch.leader_epoch) {
                epochs.push((batch.leader_epoch, batch.base_offset));
            }
        }
        taken.mark = own.max(leaders);
        let whole = taken.cut.is_none() && leaders <= own;
        // The folder of one that was cut short may be missing, or its checkpoint not be written yet.
        if whole || nth == 0 || random.chance(0.7) {
            write_copy(dir, taken, &kept, &epochs, (whole || random.chance(0.7)).then_some(taken.mark));
        }
        listed.push(format!(
            r#"{{"topic":"__consumer_offsets","partition":0,"path":"broker-{}/__consumer_offsets-0","state":"{}","why":null,
            "high_watermark":{own},"leader_high_watermark":{leaders}}}"#,
            taken.broker,
            if whole { "whole" } else { "partial" }
        ));
    }
    let copies = listed.join(",");
    let document = format!(
        r#"{{"format":"lastwrites/capture","version":1,"cluster_id":"c","brokers":[],"partitions":[],"copies":[{copies}]}}"#
    );
    fs::write(dir.join("capture.json"), document).unwrap();
}

/// Value of every key, and whether it's in doubt; `tails` counts what was written to tails that nobody acknowledged, and what may
/// be in one, as doubt.
fn told(dir: &Path, tails: bool) -> BTreeMap<i32, (Option<i64>, bool)> {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    let report = report(&evidence, &options(1024), &Progress::default()).unwrap();
    let mut doubts = vec![Flag::BeforeGap, Flag::InDoubt, Flag::Contested, Flag::AsOfUnknown];
    if tails {
        doubts.extend([Flag::AboveHighWatermark, Flag::Unacknowledged]);
    }
    let one = |offset: &lastwrites_report::OffsetReport| {
        let flagged = doubts.iter().any(|doubt| offset.flags.contains(*doubt));
        (offset.partition, (offset.offset, flagged || offset.trust <= Trust::Salvaged))
    };
    report.groups.iter().flat_map(|group| &group.offsets).map(one).collect()
}

/// Of many scenes no value is told for sure that isn't the one at the highest mark known; where the leader's whole copy is of the
/// latest moment, nothing is doubted.
fn hold(seeds: std::ops::Range<u64>, capture: bool) -> (usize, usize, usize) {
    let (mut stale, mut sure, mut sound) = (0, 0, 0);
    for seed in seeds {
        let random = &mut SplitMix64::new(seed);
        let moments = history(random);
        let mut scene = take(&moments, random);
        let dir = tempfile::tempdir().unwrap();
        if capture {
            write_capture(dir.path(), &moments, &mut scene, random);
        } else {
            write_disks(dir.path(), &moments, &scene);
        }
        let end = &moments[moments.len() - 1];
        let mark = scene.iter().map(|taken| taken.mark).max().unwrap();
        let truth = state(&end.brokers[end.leader].log[..mark]);
        for (key, (value, doubted)) in told(dir.path(), true) {
            let right = truth.get(&key).copied() == value;
            assert!(right || doubted, "seed {seed}, {key}: {value:?} isn't {:?}: {scene:?}", truth.get(&key));
            stale += usize::from(!right);
            sure += usize::from(!doubted);
        }
        let latest = scene.iter().max_by_key(|taken| taken.moment).unwrap();
        if latest.cut.is_none() && moments[latest.moment].leader == latest.broker {
            let doubted: Vec<_> =
                told(dir.path(), false).into_iter().filter(|(_, (_, doubted))| *doubted).collect();
            assert!(doubted.is_empty(), "seed {seed}: {doubted:?} for nothing: {scene:?}");
            sound += 1;
        }
    }
    (stale, sure, sound)
}

#[test]
fn disks_of_different_moments_tell_nothing_stale_for_sure() {
    let (stale, sure, sound) = hold(0..400, false);
    assert!(stale > 100 && sure > 300 && sound > 20, "{stale} {sure} {sound}");
}

#[test]
fn captures_of_different_moments_tell_nothing_stale_for_sure() {
    let (stale, sure, sound) = hold(1000..1400, true);
    assert!(stale > 100 && sure > 300 && sound > 20, "{stale} {sure} {sound}");
}
