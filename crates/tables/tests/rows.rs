//! Rows the tests write: a plain commit, a tombstone, and one with everything odd.

use lastwrites_report::rows::{CommitRow, GroupRow, Outcome};
use lastwrites_types::Uuid;

pub(crate) const FILE: &[u8] = b"00000000000000000000.log";

pub(crate) fn plain() -> CommitRow<'static> {
    CommitRow {
        partition: Some(28),
        record_offset: 812,
        batch_base_offset: 810,
        file: FILE,
        position: 90_211,
        timestamp_ms: 1_763_848_700_123,
        group_id: b"payments",
        topic: b"orders",
        topic_partition: 3,
        committed_offset: Some(14_921),
        leader_epoch: Some(7),
        metadata: Some(b""),
        commit_timestamp_ms: Some(1_763_848_700_120),
        expire_timestamp_ms: None,
        topic_id: Some("5_-_pXRrQO6Xg46dlfRqUA".parse::<Uuid>().unwrap()),
        producer_id: None,
        transactional: false,
        outcome: Outcome::Committed,
    }
}

pub(crate) fn tombstone() -> CommitRow<'static> {
    CommitRow {
        record_offset: 813,
        committed_offset: None,
        leader_epoch: None,
        metadata: None,
        commit_timestamp_ms: None,
        topic_id: None,
        outcome: Outcome::Tombstone,
        ..plain()
    }
}

pub(crate) fn odd() -> CommitRow<'static> {
    CommitRow {
        record_offset: i64::MAX,
        timestamp_ms: -1,
        group_id: b"\xff\x00=",
        topic: "=cmd|'\u{1F980}\",\n".as_bytes(),
        metadata: Some(b"'quoted"),
        commit_timestamp_ms: Some(i64::MAX),
        expire_timestamp_ms: Some(0),
        producer_id: Some(4001),
        transactional: true,
        outcome: Outcome::Open,
        ..plain()
    }
}

pub(crate) fn group() -> GroupRow<'static> {
    GroupRow {
        group_id: b"payments",
        group_type: "classic",
        state: Some("Stable"),
        found_in: Some(13),
        maps_to: Some(13),
        protocol_type: Some(b"consumer"),
        protocol: Some(b"range"),
        generation: Some(4),
        group_epoch: None,
        members: 2,
        offsets: 6,
        last_commit_ms: Some(1_763_848_700_120),
    }
}
