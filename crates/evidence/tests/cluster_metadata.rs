//! The cluster's metadata held against what its brokers answered at stated moments (`truth.json`), and damaged copies.

#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_evidence::{ClusterMetadata, cluster_metadata, discover};
use lastwrites_segment::ReadMode;
use lastwrites_types::ByteText;
use proptest::prelude::*;
use serde_json::Value;

fn cases() -> Vec<PathBuf> {
    let Some(corpus) = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: LASTWRITES_CORPUS not set");
        return Vec::new();
    };
    let mut cases: Vec<PathBuf> =
        fs::read_dir(corpus.join("cluster-cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    cases
}

/// The copies that answer a case's main truth: no later snapshots of the same brokers.
fn nodes(case: &Path) -> Vec<PathBuf> {
    let mut nodes: Vec<PathBuf> = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).collect();
    nodes.retain(|node| node.is_dir() && !node.ends_with("after") && !node.ends_with("broker-1-rejoined"));
    nodes.sort();
    nodes
}

fn read(paths: &[PathBuf], as_of_ms: Option<i64>) -> ClusterMetadata {
    cluster_metadata(&discover(paths).unwrap(), as_of_ms, ReadMode::Plain).unwrap()
}

fn numbers(value: &Value) -> Vec<i32> {
    value.as_array().unwrap().iter().map(|n| i32::try_from(n.as_i64().unwrap()).unwrap()).collect()
}

/// What the metadata and a truth disagree on; counts the partitions compared.
fn differences(metadata: &ClusterMetadata, truth: &Value, compared: &mut usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: String, ours: String, told: String| {
        if ours != told {
            found.push(format!("{what}: ours {ours}, told {told}"));
        }
    };
    differ(
        "cluster".into(),
        format!("{:?}", metadata.cluster_id),
        format!("{:?}", truth["clusterId"].as_str()),
    );
    let image = &metadata.image;
    let told = truth["topics"].as_object().unwrap();
    differ("topics".into(), image.topics.len().to_string(), told.len().to_string());
    for (name, told) in told {
        let Some((id, topic)) = image.topic(&ByteText::from(name.as_str())) else {
            differ(name.clone(), "none".into(), "one".into());
            continue;
        };
        differ(format!("{name} id"), id.to_string(), told["id"].as_str().unwrap().into());
        let partitions = told["partitions"].as_array().unwrap();
        differ(
            format!("{name} partitions"),
            topic.partitions.len().to_string(),
            partitions.len().to_string(),
        );
        for told in partitions {
            *compared += 1;
            let number = i32::try_from(told["partition"].as_i64().unwrap()).unwrap();
            let ours = topic.partitions.get(&number).unwrap();
            // The Admin API tells no leader as null.
            let leader = told["leader"].as_i64().filter(|leader| *leader >= 0);
            differ(
                format!("{name}-{number} leader"),
                format!("{:?}", ours.leader.map(i64::from)),
                format!("{leader:?}"),
            );
            let (mut isr, mut told_isr) = (ours.isr.clone(), numbers(&told["isr"]));
            isr.sort_unstable();
            told_isr.sort_unstable();
            differ(format!("{name}-{number} isr"), format!("{isr:?}"), format!("{told_isr:?}"));
            differ(
                format!("{name}-{number} replicas"),
                format!("{:?}", ours.replicas),
                format!("{:?}", numbers(&told["replicas"])),
            );
        }
    }
    for told in truth["brokers"].as_array().unwrap() {
        let id = i32::try_from(told["id"].as_i64().unwrap()).unwrap();
        let ours = image.brokers.get(&id).unwrap();
        let host = ours.host.as_ref().and_then(ByteText::as_str);
        differ(format!("broker {id} host"), format!("{host:?}"), format!("{:?}", told["host"].as_str()));
        differ(
            format!("broker {id} port"),
            format!("{:?}", ours.port.map(i64::from)),
            format!("{:?}", told["port"].as_i64()),
        );
        let rack = ours.rack.as_ref().and_then(ByteText::as_str);
        differ(format!("broker {id} rack"), format!("{rack:?}"), format!("{:?}", told["rack"].as_str()));
    }
    found
}

#[test]
fn every_stated_moment_comes_out_as_the_brokers_told_it() {
    let (mut moments, mut compared, mut wrong) = (0, 0, Vec::new());
    for case in cases() {
        let truth: Value = serde_json::from_slice(&fs::read(case.join("truth.json")).unwrap()).unwrap();
        let copies: Value = serde_json::from_slice(&fs::read(case.join("case.json")).unwrap()).unwrap();
        // The last moment that any of the copies can know of.
        let nodes = nodes(&case);
        let copied =
            nodes.iter().filter_map(|node| copies["copies"][node.file_name()?.to_str()?]["startMs"].as_i64());
        let copied = copied.max().unwrap();
        let mains = std::iter::once(("main", &truth));
        let others = truth.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value));
        for (name, told) in mains.chain(others.filter(|(_, value)| value["topics"].is_object())) {
            let taken = told["takenAtMs"].as_i64().unwrap();
            if taken > copied {
                continue;
            }
            moments += 1;
            let metadata = read(&nodes, Some(taken));
            assert!(!metadata.later_than_asked && metadata.damage.is_none(), "{case:?} {metadata:?}");
            let label = case.file_name().unwrap().to_string_lossy().into_owned();
            let found = differences(&metadata, told, &mut compared);
            wrong.extend(found.into_iter().map(|what| format!("{label} {name}: {what}")));
        }
    }
    eprintln!("{moments} moments, {compared} partitions compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(moments == 0 || compared > 300, "{compared}");
}

/// Without a moment the newest metadata answers: brokers stopped in order left partitions without a leader.
#[test]
fn the_newest_metadata_is_what_the_shutdowns_left() {
    for case in cases().into_iter().filter(|case| case.ends_with("cluster-clean-4.1.2")) {
        let metadata = read(&nodes(&case), None);
        let (_, offsets) = metadata.image.topic(&ByteText::from("__consumer_offsets")).unwrap();
        assert!(offsets.partitions.values().all(|partition| partition.leader.is_none()), "{offsets:?}");
        assert!(metadata.path.ends_with("controller-100/__cluster_metadata-0"), "{:?}", metadata.path);
        assert_eq!(metadata.copies, 4);
    }
}

/// What a majority of the controllers had is known from three copies of a quorum of three, and not from one of them.
#[test]
fn the_tail_that_no_majority_is_known_to_have_is_told() {
    for case in cases() {
        let truth: Value = serde_json::from_slice(&fs::read(case.join("truth.json")).unwrap()).unwrap();
        let nodes = nodes(&case);
        let voters = read(&nodes, None).uncommitted;
        if !case.ends_with("cluster-jbod-4.1.2") {
            assert_eq!(voters, None, "{case:?}: its only controller is its own majority");
            continue;
        }
        // Copied while the cluster ran: the ends may differ by what was written between the copies.
        let all = read(&nodes, Some(truth["takenAtMs"].as_i64().unwrap()));
        assert_eq!(all.uncommitted, None);
        for node in &nodes {
            let alone = read(std::slice::from_ref(node), None);
            let tail = alone.uncommitted.unwrap();
            assert_eq!((tail.voters, tail.copied), (Some(3), 1));
            assert!(tail.from_offset <= alone.as_of_offset.unwrap());
        }
        let two = read(&nodes[..2], None);
        let first_end = read(&nodes[..1], None).as_of_offset.unwrap();
        let second_end = read(&nodes[1..2], None).as_of_offset.unwrap();
        let common = first_end.min(second_end) + 1;
        assert_eq!(
            two.uncommitted.map(|tail| tail.from_offset),
            (common <= two.as_of_offset.unwrap()).then_some(common)
        );
    }
}

#[test]
fn a_moment_before_the_metadata_begins_is_told_with_its_beginning() {
    for case in cases() {
        let controller = nodes(&case);
        let early = read(&controller, Some(1_000_000_000_000));
        let begins = early.begins_ms.unwrap();
        assert!(early.later_than_asked && early.image.topics.is_empty(), "{case:?}");
        let truth: Value = serde_json::from_slice(&fs::read(case.join("truth.json")).unwrap()).unwrap();
        assert!(begins <= truth["takenAtMs"].as_i64().unwrap());
        let first = read(&controller, Some(begins));
        assert!(first.begins_ms.is_none() && !first.later_than_asked, "{case:?}: {first:?}");
    }
}

#[test]
fn damaged_copies_never_panic_and_say_so() {
    let Some(case) = cases().into_iter().find(|case| case.ends_with("cluster-clean-4.1.2")) else { return };
    let from = case.join("controller-100/__cluster_metadata-0");
    let whole = read(std::slice::from_ref(&from), None);
    let files: Vec<PathBuf> = fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().path()).collect();
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
    proptest!(config, |((file, place, byte, cut) in change)| {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("__cluster_metadata-0");
        fs::create_dir(&to).unwrap();
        let victim = file.get(&files);
        for path in &files {
            let mut bytes = fs::read(path).unwrap();
            if path == victim && !bytes.is_empty() {
                let at = place.index(bytes.len());
                if cut { bytes.truncate(at) } else { bytes[at] = byte }
            }
            fs::write(to.join(path.file_name().unwrap()), bytes).unwrap();
        }
        if let Ok(evidence) = discover(&[to])
            && let Some(read) = cluster_metadata(&evidence, None, ReadMode::Plain)
        {
            // Whatever is left is a state the cluster had: never one beyond the whole log.
            prop_assert!(read.as_of_offset <= whole.as_of_offset);
            if read.as_of_offset == whole.as_of_offset {
                // When a topic was created or took another's place only the log before the snapshot tells, which may be what was damaged.
                let mut image = whole.image.clone();
                for (id, topic) in &mut image.topics {
                    let damaged = read.image.topics.get(id);
                    let created = damaged.and_then(|topic| topic.created_at_ms);
                    prop_assert!(created.is_none() || created == topic.created_at_ms);
                    topic.created_at_ms = created;
                    let told = damaged.and_then(|topic| topic.recreated_at_ms);
                    prop_assert!(told.is_none() || told == topic.recreated_at_ms);
                    topic.recreated_at_ms = told;
                }
                prop_assert_eq!(read.image, image);
            }
        }
    });
}

/// Every byte of a snapshot counts: with one changed, the snapshot is left aside for an older one or the log.
#[test]
fn a_snapshot_with_any_byte_changed_is_never_half_believed() {
    let Some(case) = cases().into_iter().find(|case| case.ends_with("cluster-clean-4.1.2")) else { return };
    let from = case.join("controller-100/__cluster_metadata-0");
    let whole = read(std::slice::from_ref(&from), None);
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("__cluster_metadata-0");
    fs::create_dir(&to).unwrap();
    for path in fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().path()) {
        fs::write(to.join(path.file_name().unwrap()), fs::read(&path).unwrap()).unwrap();
    }
    let snapshot = to.join("00000000000000000109-0000000001.checkpoint");
    let sound = fs::read(&snapshot).unwrap();
    // The control batch in front, then the header of the first batch of records.
    for at in 0..300 {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x40;
        fs::write(&snapshot, &bytes).unwrap();
        let read = read(std::slice::from_ref(&to), None);
        assert_eq!((read.as_of_offset, read.damage), (whole.as_of_offset, None), "byte {at}");
        assert_eq!(read.image, whole.image, "byte {at}");
    }
}

/// A copy cut inside its last batch, or with a last batch that isn't one, says that it ends early.
#[test]
fn a_log_that_ends_in_damage_says_so() {
    let Some(case) = cases().into_iter().find(|case| case.ends_with("cluster-clean-4.1.2")) else { return };
    let from = case.join("controller-100/__cluster_metadata-0/00000000000000000000.log");
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("__cluster_metadata-0");
    fs::create_dir(&to).unwrap();
    let log = to.join("00000000000000000000.log");
    let sound = fs::read(&from).unwrap();
    fs::write(&log, &sound).unwrap();
    let whole = read(std::slice::from_ref(&to), None);
    assert_eq!(whole.damage, None);
    let cut = sound.len() - 1;
    let overwritten = [&sound[..], b"something else"].concat();
    let filled = [&sound[..], &[0; 500]].concat();
    for (bytes, damaged) in [(sound[..cut].to_vec(), true), (overwritten, true), (filled, false)] {
        fs::write(&log, bytes).unwrap();
        let read = read(std::slice::from_ref(&to), None);
        assert_eq!(read.damage.is_some(), damaged, "{:?}", read.damage);
        eprintln!("{:?}", read.damage);
        assert!(read.as_of_offset <= whole.as_of_offset);
    }
}

/// The leader epoch stands outside a batch's checksum: one flipped in the last batch of a copy that is older makes it no newer.
#[test]
fn a_flipped_leader_epoch_makes_no_copy_the_newest() {
    let mut doubted = 0;
    let mut judged = 0;
    for case in cases().into_iter().filter(|case| !case.ends_with("cluster-jbod-4.1.2")) {
        judged += 1;
        let nodes = nodes(&case);
        let whole = read(&nodes, None);
        let folder = tempfile::tempdir().unwrap();
        let copied: Vec<PathBuf> =
            nodes.iter().map(|node| folder.path().join(node.file_name().unwrap())).collect();
        for (node, copied) in nodes.iter().zip(&copied) {
            let to = copied.join("__cluster_metadata-0");
            fs::create_dir_all(&to).unwrap();
            for path in
                fs::read_dir(node.join("__cluster_metadata-0")).unwrap().map(|entry| entry.unwrap().path())
            {
                fs::write(to.join(path.file_name().unwrap()), fs::read(&path).unwrap()).unwrap();
            }
            fs::copy(node.join("meta.properties"), copied.join("meta.properties")).unwrap();
        }
        for copied_node in &copied {
            let log = copied_node.join("__cluster_metadata-0/00000000000000000000.log");
            let Ok(sound) = fs::read(&log) else { continue };
            let (mut at, mut last) = (0, 0);
            while let Some(length) = sound.get(at + 8..at + 12) {
                last = at;
                at += 12 + usize::try_from(u32::from_be_bytes(length.try_into().unwrap())).unwrap();
            }
            for epoch in [0_i32, 2, 3, 64, 0x0100_0001] {
                let mut bytes = sound.clone();
                bytes[last + 12..last + 16].copy_from_slice(&epoch.to_be_bytes());
                fs::write(&log, bytes).unwrap();
                let read = read(&copied, None);
                assert_eq!(
                    read.path.strip_prefix(folder.path()).unwrap(),
                    whole.path.strip_prefix(&case).unwrap()
                );
                assert_eq!((read.as_of_offset, &read.image), (whole.as_of_offset, &whole.image), "{epoch}");
                assert_eq!(read.uncommitted, whole.uncommitted, "{epoch}");
                // A snapshot that reaches over the batch stands in for it.
                assert!(
                    read.doubted_epochs.len() <= usize::from(epoch > 1),
                    "{epoch}: {:?}",
                    read.doubted_epochs
                );
                doubted += read.doubted_epochs.len();
            }
            fs::write(&log, &sound).unwrap();
        }
    }
    assert!(judged == 0 || doubted > 10, "{doubted} of {judged}");
}
