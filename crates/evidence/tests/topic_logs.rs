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

/// Each small file alone tells that the log went on behind the end of its segments, which then isn't the log's end.
#[test]
fn a_log_that_ends_below_what_is_told_of_it_ends_nowhere_known() {
    let log = |files: &[(&str, &[u8])]| {
        let dir = tempfile::tempdir().unwrap();
        let partition = dir.path().join("orders-0");
        fs::create_dir(&partition).unwrap();
        // An empty active segment: the log ends at its base offset.
        fs::write(partition.join("00000000000000000500.log"), []).unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let evidence = discover(&[dir.path().to_owned()]).unwrap();
        let log = TopicLogs::of(&evidence, None, ReadMode::Plain).log("orders", 0);
        (log.log_end_offset, log.lacks_end)
    };
    let checkpoint = |offset: i64| format!("0\n1\norders 0 {offset}\n").into_bytes();
    let epochs = |offset: i64| format!("0\n1\n3 {offset}\n").into_bytes();
    // A batch whose last offset is 9 behind the segment's base, at byte 4,096.
    let index: &[u8] = &[0, 0, 0, 9, 0, 0, 16, 0];
    let lost = (None, true);
    assert_eq!(log(&[]), (Some(500), false));
    for name in ["recovery-point-offset-checkpoint", "replication-offset-checkpoint"] {
        assert_eq!(log(&[(name, &checkpoint(500))]), (Some(500), false), "{name}");
        assert_eq!(log(&[(name, &checkpoint(510))]), lost, "{name}");
    }
    assert_eq!(log(&[("orders-0/leader-epoch-checkpoint", &epochs(500))]), (Some(500), false));
    assert_eq!(log(&[("orders-0/leader-epoch-checkpoint", &epochs(510))]), lost);
    assert_eq!(log(&[("orders-0/00000000000000000500.snapshot", &[])]), (Some(500), false));
    assert_eq!(log(&[("orders-0/00000000000000000510.snapshot", &[])]), lost);
    assert_eq!(log(&[("orders-0/00000000000000000500.index", &[0; 16])]), (Some(500), false));
    assert_eq!(log(&[("orders-0/00000000000000000500.index", index)]), lost);
}
