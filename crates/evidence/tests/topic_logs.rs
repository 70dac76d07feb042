//! Where a topic's log begins: its checkpoint's entry, else its first segment, which for a tiered topic (KIP-405) tells
//! nothing, as older segments lie elsewhere.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use lastwrites_evidence::{ClusterImage, TopicLogs, described_cluster, discover};
use lastwrites_segment::ReadMode;
use lastwrites_types::ByteText;

fn start(dir: &Path, image: Option<&ClusterImage>) -> Option<i64> {
    let evidence = discover(&[dir.to_owned()]).unwrap();
    TopicLogs::of(&evidence, image, ReadMode::Plain).log("orders", 0).log_start_offset
}

#[test]
fn the_first_segment_of_a_tiered_topic_is_not_its_log_start() {
    let dir = tempfile::tempdir().unwrap();
    let partition = dir.path().join("orders-0");
    fs::create_dir(&partition).unwrap();
    fs::write(partition.join("00000000000000000500.log"), []).unwrap();
    let text = "Topic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n";
    let plain = described_cluster(Path::new("pasted"), text).unwrap().image;
    let mut tiered = plain.clone();
    let key = (2, ByteText::from("orders"), ByteText::from("remote.storage.enable"));
    tiered.configs.insert(key, ByteText::from("true"));

    assert_eq!(start(dir.path(), None), Some(500));
    assert_eq!(start(dir.path(), Some(&plain)), Some(500));
    assert_eq!(start(dir.path(), Some(&tiered)), None);

    // Brokers write an entry for every tiered topic, for others only above the first segment's base.
    fs::write(dir.path().join("log-start-offset-checkpoint"), "0\n1\norders 0 100\n").unwrap();
    assert_eq!(start(dir.path(), None), Some(100), "nothing tells whether the topic is tiered");
    assert_eq!(start(dir.path(), Some(&tiered)), Some(100));
    assert_eq!(
        start(dir.path(), Some(&plain)),
        Some(500),
        "the checkpoint lags behind what retention removed"
    );
}
