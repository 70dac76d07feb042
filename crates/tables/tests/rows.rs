//! Rows the tests write: a plain commit, a tombstone, one with everything odd, and a row of every other table.

use std::sync::LazyLock;

use lastwrites_report::AssignmentReport;
use lastwrites_report::rows::{
    BatchRow, CommitRow, FindingRow, GroupRow, HistoryEvent, HistoryRow, MemberRow, OffsetRow, Outcome,
    RecordRow,
};
use lastwrites_types::{ByteText, Flags, Uuid};

pub(crate) const FILE: &[u8] = b"00000000000000000000.log";

pub(crate) fn plain() -> CommitRow<'static> {
    CommitRow {
        copy: "/evidence/__consumer_offsets-28",
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

pub(crate) fn record() -> RecordRow<'static> {
    RecordRow {
        copy: "/evidence/__consumer_offsets-28",
        partition: Some(28),
        file: FILE,
        position: 90_211,
        batch_base_offset: 810,
        record_offset: 812,
        timestamp_ms: 1_763_848_700_123,
        producer_id: None,
        producer_epoch: None,
        transactional: false,
        crc_ok: true,
        record_type: Some(1),
        record_name: Some("OffsetCommit"),
        group_id: Some(b"payments"),
        tombstone: false,
        key: Some(r#"{"type":1,"data":{"group":"payments","topic":"orders","partition":3}}"#),
        value: Some(r#"{"version":3,"data":{"offset":14921}}"#),
        control: None,
        decoded: true,
    }
}

pub(crate) fn batch() -> BatchRow<'static> {
    BatchRow {
        copy: "/evidence/__consumer_offsets-28",
        partition: Some(28),
        file: FILE,
        position: 90_211,
        size_bytes: 150,
        base_offset: 810,
        last_offset: 812,
        records: 2,
        record_count: Some(3),
        partition_leader_epoch: Some(7),
        magic: 2,
        compression: "zstd",
        crc: u32::MAX,
        crc_ok: false,
        max_timestamp_ms: 1_763_848_700_123,
        delete_horizon_ms: Some(1_763_848_700_123),
        producer_id: Some(4001),
        producer_epoch: Some(3),
        base_sequence: Some(0),
        transactional: true,
        control: false,
        error: Some("=the third record is cut short"),
    }
}

pub(crate) fn offset() -> OffsetRow<'static> {
    OffsetRow {
        group_id: b"payments",
        found_in: Some(13),
        topic: b"orders",
        topic_id: None,
        topic_partition: 3,
        committed_offset: Some(14_921),
        leader_epoch: Some(7),
        metadata: Some(b""),
        committed_at_ms: Some(1_763_848_700_120),
        trust: "intact",
        flags: "before-gap orphan".to_owned(),
        pending: 1,
        lag_at_least: Some(79),
        lag_at_most: None,
        copy: Some("/evidence/__consumer_offsets-28"),
        file: Some(FILE),
        position: Some(90_211),
        record_offset: Some(812),
    }
}

pub(crate) fn member() -> MemberRow<'static> {
    MemberRow {
        group_id: b"payments",
        group_type: "consumer",
        found_in: Some(13),
        member_id: b"member-1",
        group_instance_id: None,
        client_id: b"billing",
        client_host: b"/10.0.0.1",
        member_epoch: Some(-2),
        previous_member_epoch: Some(4),
        state: Some("stable"),
        assigned_partitions: 2,
        assignment: r#"[{"topic":"orders","topic_id":null,"partitions":[0,1]}]"#.to_owned(),
    }
}

pub(crate) fn finding() -> FindingRow<'static> {
    FindingRow {
        code: "LW101",
        severity: "error",
        message: "partition epochs conflict",
        partition: Some(28),
        group_id: Some(b"payments"),
        file: None,
        position: Some(90_211),
        offset: Some(812),
        proof: Some("one\ntwo".to_owned()),
        remedy: None,
    }
}

pub(crate) fn event() -> HistoryRow<'static> {
    static ASSIGNMENT: LazyLock<Vec<AssignmentReport>> = LazyLock::new(|| {
        vec![AssignmentReport {
            topic: Some(ByteText::from("orders")),
            topic_id: None,
            partitions: vec![0, 1],
        }]
    });
    HistoryRow {
        copy: "/evidence/__consumer_offsets-28",
        partition: Some(28),
        offset: 812,
        file: b"00000000000000000000.log",
        position: 90_211,
        timestamp_ms: 1_763_848_700_123,
        crc_ok: true,
        group_id: Some(b"payments"),
        event: HistoryEvent::MemberReplaced,
        topic: None,
        topic_partition: None,
        committed_offset: None,
        leader_epoch: None,
        metadata: None,
        producer_id: None,
        flags: Flags::NONE,
        reasons: &[],
        previous_offset: None,
        record_offset: None,
        last_lost_offset: None,
        member_id: Some(b"member-2"),
        group_instance_id: Some(b"worker-1"),
        replaced_member_id: Some(b"member-1"),
        client_id: Some(b"billing"),
        client_host: Some(b"/10.0.0.1"),
        rebalance_timeout_ms: Some(300_000),
        session_timeout_ms: Some(45_000),
        group_type: None,
        epoch: None,
        member_epoch: None,
        assignment: Some(ASSIGNMENT.as_slice()),
        detail: None,
    }
}
