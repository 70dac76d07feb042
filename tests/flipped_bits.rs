//! Bits that no checksum covers, flipped one at a time in one of three replicas: what the healthy copies say stands.
//!
//! The judge is what the cluster served (`truth.json`). A batch's checksum begins behind its base offset, its length, its
//! leader epoch and itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::replicas::{Key, groups, offsets, served};
use crate::support::{array, copy, fixtures, folders, none_of, read_json};

/// Name, position in the header, bytes, bits to flip.
const FIELDS: [(&str, usize, usize, &[usize]); 4] = [
    ("base offset", 0, 8, &[0, 1, 2, 3, 5, 8, 15, 33, 62, 63]),
    ("length", 8, 4, &[0, 4, 9, 30, 31]),
    ("leader epoch", 12, 4, &[0, 1, 5, 17, 30, 31]),
    ("checksum", 17, 4, &[0, 31]),
];

/// Where the batches of a sound segment start.
fn batches(segment: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(length) = segment.get(at + 8..at + 12) {
        starts.push(at);
        at += 12 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    }
    starts
}

/// Values by key, of offsets that have one.
fn values(document: &Value) -> BTreeMap<Key, [Value; 3]> {
    let with_value = offsets(document).into_iter().filter(|(_, offset)| !offset["offset"].is_null());
    with_value
        .map(|(key, offset)| (key, ["offset", "metadata", "leader_epoch"].map(|field| offset[field].clone())))
        .collect()
}

struct Flips {
    disks: Vec<PathBuf>,
    truth: Value,
    healthy: BTreeMap<Key, [Value; 3]>,
    complaints: Vec<String>,
    flips: usize,
}

impl Flips {
    /// Flips bits of the first, second, middle and last two batches of a segment.
    fn of(&mut self, segment: &Path) {
        let sound = fs::read(segment).unwrap();
        let starts = batches(&sound);
        for nth in [0, 1, starts.len() / 2, starts.len() - 2, starts.len() - 1] {
            for (field, at, bytes, bits) in FIELDS {
                for bit in bits {
                    let mut harmed = sound.clone();
                    harmed[starts[nth] + at + bytes - 1 - bit / 8] ^= 1 << (bit % 8);
                    fs::write(segment, harmed).unwrap();
                    self.flips += 1;
                    self.look(&format!("{}: bit {bit} of the {field} of batch {nth}", segment.display()));
                }
            }
        }
        fs::write(segment, sound).unwrap();
    }

    fn look(&mut self, what: &str) {
        let document = groups(&self.disks);
        // Doubt may be shown, a wrong value may not: neither silently nor in place of the right one.
        let now = values(&document);
        let ours = offsets(&document);
        let flagged = |key: &Key| {
            let flags = ours.get(key).map(|offset| array(offset, "flags"));
            flags
                .is_some_and(|flags| flags.iter().any(|flag| flag == "contested" || flag == "unacknowledged"))
        };
        let keys = self.healthy.keys().chain(now.keys());
        let wrong: Vec<&Key> =
            keys.filter(|key| self.healthy.get(*key) != now.get(*key) && !flagged(key)).collect();
        if !wrong.is_empty() {
            self.complaints.push(format!("{what}: {wrong:?}"));
        }
        if served(what, &document, &self.truth).iter().any(|complaint| complaint.contains("missing")) {
            self.complaints.push(format!("{what}: keys went"));
        }
    }
}

#[test]
fn no_flipped_bit_outside_the_checksum_makes_one_replica_win() {
    let case = fixtures("cluster/stale-4.1.2");
    let scratch = tempfile::tempdir().unwrap();
    copy(&case, scratch.path());
    let mut disks = folders(scratch.path());
    disks.retain(|disk| disk.file_name().is_some_and(|name| name.to_string_lossy().starts_with("broker-")));
    let truth = read_json(&case.join("truth.json"));
    let whole = groups(&disks);
    none_of(&served("unharmed", &whole, &truth));
    let healthy = values(&whole);
    assert!(healthy.len() >= 10, "{}", healthy.len());
    // One in sync, one that ended before the others.
    for broker in ["broker-1", "broker-3"] {
        let mut flips = Flips {
            disks: disks.clone(),
            truth: truth.clone(),
            healthy: healthy.clone(),
            complaints: Vec::new(),
            flips: 0,
        };
        for partition in 0..3 {
            let folder = format!("{broker}/__consumer_offsets-{partition}");
            flips.of(&scratch.path().join(folder).join("00000000000000000000.log"));
        }
        assert!(flips.flips == 345, "{}", flips.flips);
        none_of(&flips.complaints);
    }
}
