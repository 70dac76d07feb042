//! Logs that nobody thought of: histories of incidents with records lost, doubled, moved or garbled, put under a broker
//! that is started now. What it logs of each load is what `diagnose` has to predict.
//!
//! `LASTWRITES_SEED=N` tries others; the one that failed is named.

use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_synth::batch::BatchBuilder;
use lastwrites_synth::incidents;
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::script::EPOCH_MS;

use crate::kafka_loads::{difference, loaded, predicted};
use crate::kafka_run::brokers_can_run;
use crate::support::{array, complaints, none_of};

/// Partitions of one broker, below the 50 of its topic.
const LOGS: usize = 45;

type Record = (Vec<u8>, Option<Vec<u8>>);

#[test]
fn garbled_logs_load_or_fail_as_a_broker_says() {
    if !brokers_can_run() {
        return;
    }
    let seed = std::env::var("LASTWRITES_SEED").map_or(1, |seed| seed.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut random = SplitMix64::new(seed);
    let stories: Vec<Vec<Record>> = incidents::names().map(records_of).collect();
    let partitions: Vec<PathBuf> =
        (0..LOGS).map(|log| write(folder.path(), log, garbled(&mut random, &stories))).collect();
    let arguments: Vec<String> =
        partitions.iter().enumerate().map(|(log, path)| format!("{}={log}", path.display())).collect();
    for kafka in ["4.1.0", "3.9.2/new"] {
        let told = loaded(kafka, &arguments);
        let loads: Vec<_> = array(&told, "loads").iter().collect();
        assert_eq!(loads.len(), LOGS);
        let verdicts = |verdict| loads.iter().filter(|load| load["verdict"] == verdict).count();
        let (loading, failing) = (verdicts("loads"), verdicts("fails"));
        assert!(loading >= 5 && failing >= 5, "{kafka}, seed {seed}: {loading} load, {failing} fail");
        let judge = |log: &usize| {
            let difference = difference(&predicted(kafka, &partitions[*log]), loads[*log]);
            difference.map(|text| format!("{kafka}, seed {seed}, log {log}: {text}")).into_iter().collect()
        };
        none_of(&complaints(&Vec::from_iter(0..LOGS), judge));
    }
}

/// The data records of an incident's raw log, which mostly loads.
fn records_of(name: &str) -> Vec<Record> {
    let batches = incidents::named(name).unwrap().raw;
    let data = batches.into_iter().filter(|batch| !batch.control).flat_map(|batch| batch.records);
    data.filter_map(|record| Some((record.key?, record.value))).collect()
}

/// One history or two, one after the other or mixed, with up to four mishaps.
fn garbled(random: &mut SplitMix64, stories: &[Vec<Record>]) -> Vec<Record> {
    let mut records = random.pick(stories).unwrap().clone();
    if random.chance(0.5) {
        let other = random.pick(stories).unwrap().clone();
        if random.chance(0.5) {
            records.extend(other);
        } else {
            let mut at = 0;
            for record in other {
                at += random.below(3) as usize;
                records.insert(at.min(records.len()), record);
                at += 1;
            }
        }
    }
    for _ in 0..=random.below(4) {
        mishap(random, &mut records);
    }
    records
}

fn mishap(random: &mut SplitMix64, records: &mut Vec<Record>) {
    if records.len() < 2 {
        return;
    }
    let at = random.below(records.len() as u64) as usize;
    let later = at + random.below((records.len() - at) as u64) as usize;
    let byte = random.next_u64() as u8;
    let (key, value) = &mut records[at];
    match random.below(10) {
        0 | 1 => drop(records.remove(at)),
        2 | 3 => *value = None,
        4 => {
            let again = records[at].clone();
            records.insert(later, again);
        }
        5 => {
            let moved = records.remove(at);
            records.insert(later, moved);
        }
        6 => {
            if let Some(place) = value.as_mut().and_then(|value| pick_mut(random, value)) {
                *place = byte;
            }
        }
        7 => {
            if let Some(value) = value {
                value.truncate(random.below(value.len() as u64) as usize);
            }
        }
        8 => {
            // A value of another version.
            if let Some(version) = value.as_mut().and_then(|value| value.get_mut(..2)) {
                version.copy_from_slice(&[0, byte % 6]);
            }
        }
        _ => {
            // A record of another type.
            key[1] = byte % 26;
        }
    }
}

fn pick_mut<'v>(random: &mut SplitMix64, bytes: &'v mut [u8]) -> Option<&'v mut u8> {
    let at = random.below(bytes.len() as u64) as usize;
    bytes.get_mut(at)
}

/// Writes a partition of one record a batch; the folder's name says which.
fn write(folder: &Path, log: usize, records: Vec<Record>) -> PathBuf {
    let partition = folder.join(format!("{log}/__consumer_offsets-0"));
    fs::create_dir_all(&partition).unwrap();
    let batch = |(offset, (key, value)): (i64, Record)| {
        BatchBuilder::new(offset, EPOCH_MS).record(key, value).build().encode().unwrap()
    };
    let bytes: Vec<u8> = (0..).zip(records).flat_map(batch).collect();
    fs::write(partition.join("00000000000000000000.log"), bytes).unwrap();
    partition
}
