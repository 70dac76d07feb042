//! The rules for one partition, each with the case it exists for and the nearest case it must let through.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;

use lastwrites_recovered_offsets::{Document, RecoveredOffset};
use lastwrites_seeker::client::{
    CommittedOffset, EpochEnd, ErrorCode, Operations, Partition, Topic, TopicPartitionInfo,
};
use lastwrites_seeker::plan::{
    Decision, MissingPolicy, Options, PartitionFacts, RangePolicy, Verdict, Wish, decide,
};
use lastwrites_types::Uuid;

const ID: &str = "5_-_pXRrQO6Xg46dlfRqUA";

/// A recovered offset as it comes out of a document: 50, epoch 3, of the topic with [`ID`].
fn recovered(edit: impl Fn(&mut RecoveredOffset)) -> RecoveredOffset {
    let text = format!(
        r#"{{"format":"lastwrites/recovered-offsets","version":1,"created_by":"t","created_at_ms":0,
        "source":{{"cluster_id":null,"offsets_topic_partitions":50,"view":"as-found","rules":"4.1.2/new","copies":[{{"path":"x","broker_id":1,
        "log_dir":null,"partition":0,"log_start_offset":0,"log_end_offset":1,"high_watermark":null,"files":[{{"name":"f","size_bytes":1,
        "sha256":"{}"}}]}}]}},"selection":{{"as_of_ms":null,"as_of_offset":null,"committed_since_ms":null,"deleted":false,"foreign":false}},
        "groups":[{{"group_id":"payments","type":"consumer","protocol_type":"consumer","protocol":null,"found_in":13,"maps_to":13,"warnings":[],
        "offsets":[{{"topic":"t","topic_id":null,"topic_id_at_copy":"{ID}","partition":0,"offset":50,"leader_epoch":3,"metadata":"m",
        "committed_at_ms":0,"trust":"intact","flags":[],"bound":{{"repeated_at_most":0,"skipped_at_most":0,"why":"w"}},
        "record":{{"copy":0,"file":"f","offset":1,"position":0}},"alternatives":[]}}],"missing":[]}}]}}"#,
        "00".repeat(32)
    );
    let mut offset = Document::from_json(text).unwrap().groups.remove(0).offsets.remove(0);
    edit(&mut offset);
    offset
}

struct Seen {
    topic: Option<Topic>,
    info: Option<TopicPartitionInfo>,
    ends: (Result<i64, ErrorCode>, Result<i64, ErrorCode>),
    present: Result<Option<CommittedOffset>, ErrorCode>,
    epoch_end: Option<Result<EpochEnd, ErrorCode>>,
    metadata_limit: Option<usize>,
}

/// A log of 10 to 100 led in epoch 5, where epoch 3 ended at 60; the group has nothing.
fn seen() -> Seen {
    let info =
        TopicPartitionInfo { leader: Some(1), leader_epoch: Some(5), replicas: vec![1], in_sync: vec![1] };
    Seen {
        topic: Some(Topic {
            error: ErrorCode::NONE,
            topic_id: Some(ID.parse().unwrap()),
            partitions: BTreeMap::from([(0, info.clone())]),
            allowed: None,
        }),
        info: Some(info),
        ends: (Ok(10), Ok(100)),
        present: Ok(None),
        epoch_end: Some(Ok(EpochEnd { leader_epoch: Some(3), end_offset: Some(60) })),
        metadata_limit: Some(4096),
    }
}

fn on(seen: &Seen, wish: Wish<'_>, options: &Options) -> Decision {
    let partition = Partition::new("t", 0);
    let facts = PartitionFacts {
        partition: &partition,
        topic: seen.topic.as_ref(),
        info: seen.info.as_ref(),
        earliest: Some(seen.ends.0),
        latest: Some(seen.ends.1),
        present: seen.present.clone(),
        epoch_end: seen.epoch_end,
        metadata_limit: seen.metadata_limit,
        transactions: &[],
        offsets_partition: Some(13),
    };
    decide(wish, &facts, options)
}

fn with(
    edit_wanted: impl Fn(&mut RecoveredOffset),
    edit_seen: impl Fn(&mut Seen),
    options: &Options,
) -> Decision {
    let mut seen = seen();
    edit_seen(&mut seen);
    on(&seen, Wish::Offset(&recovered(edit_wanted)), options)
}

fn code(decision: &Decision) -> &'static str {
    decision.verdict.reason().map_or(decision.verdict.word(), |r| r.code)
}

fn warned(decision: &Decision, code: &str) -> bool {
    decision.warnings.iter().any(|w| w.code == code)
}

fn written(decision: &Decision) -> (i64, Option<i32>) {
    let set_to = decision.set_to.as_ref().unwrap();
    (set_to.offset, set_to.leader_epoch)
}

fn same<T>(_: &mut T) {}

#[test]
fn everything_well_is_written_as_recovered() {
    let decision = with(same, same, &Options::default());
    assert_eq!((decision.verdict.clone(), written(&decision)), (Verdict::Commit, (50, Some(3))));
    assert_eq!(decision.set_to.unwrap().metadata, "m");
    assert!(decision.warnings.is_empty());
}

#[test]
fn range_is_inclusive_at_both_ends() {
    let options = Options::default();
    let end =
        |s: &mut Seen| s.epoch_end = Some(Ok(EpochEnd { leader_epoch: Some(3), end_offset: Some(100) }));
    for (offset, expected) in [
        (10, "commit"),
        (100, "commit"),
        (9, "below-log-start"),
        (101, "beyond-log-end"),
        (999_999, "beyond-log-end"),
        (-5, "negative-offset"),
    ] {
        assert_eq!(code(&with(|o| o.offset = offset, end, &options)), expected, "{offset}");
    }
    for (offset, end) in [(3, 10), (101, 100)] {
        let clamp = Options { out_of_range: RangePolicy::Clamp, ..Options::default() };
        // The recovered epoch belongs to the recovered offset, not to the end it was moved to.
        let decision = with(|o| o.offset = offset, same, &clamp);
        assert_eq!((code(&decision), written(&decision)), ("commit", (end, None)));
        let skip = Options { out_of_range: RangePolicy::Skip, ..Options::default() };
        let decision = with(|o| o.offset = offset, same, &skip);
        assert!(matches!(decision.verdict, Verdict::Leave(_)) && decision.set_to.is_none());
    }
    // No policy makes a negative offset one.
    let clamp = Options { out_of_range: RangePolicy::Clamp, ..Options::default() };
    assert_eq!(code(&with(|o| o.offset = -5, same, &clamp)), "negative-offset");
}

#[test]
fn the_epoch_is_written_only_when_everything_speaks_for_it() {
    let options = Options::default();
    let epoch = |edit_wanted: &dyn Fn(&mut RecoveredOffset), edit_seen: &dyn Fn(&mut Seen), warning: &str| {
        let decision = with(edit_wanted, edit_seen, &options);
        assert_eq!(code(&decision), "commit");
        assert_eq!(written(&decision), (50, None), "{warning}");
        assert!(warned(&decision, warning), "{warning}: {:?}", decision.warnings);
    };
    epoch(&|o| o.leader_epoch = Some(6), &same, "epoch-too-high");
    epoch(&|o| o.topic_id_at_copy = None, &same, "topic-id-unknown");
    epoch(&same, &|s| s.topic.as_mut().unwrap().topic_id = None, "topic-id-unknown");
    epoch(&same, &|s| s.info.as_mut().unwrap().leader_epoch = None, "epoch-unknown");
    let ends = |leader_epoch, end_offset| {
        move |s: &mut Seen| s.epoch_end = Some(Ok(EpochEnd { leader_epoch, end_offset }))
    };
    epoch(&same, &ends(Some(3), Some(49)), "log-diverged");
    epoch(&same, &ends(None, None), "epoch-unknown-to-leader");
    // The last record of an epoch may be the one before the offset.
    assert_eq!(written(&with(same, ends(Some(3), Some(50)), &options)), (50, Some(3)));
    // The id in the commit goes before the id on the disk.
    let decision = with(|o| o.topic_id = Some(Uuid([9; 16])), same, &options);
    assert_eq!(code(&decision), "topic-recreated");
}

#[test]
fn another_topic_of_the_same_name() {
    let other = |o: &mut RecoveredOffset| o.topic_id_at_copy = Some(Uuid([9; 16]));
    assert_eq!(code(&with(other, same, &Options::default())), "topic-recreated");
    let mut options = Options::default();
    options.allow.topic_recreated = true;
    assert_eq!(written(&with(other, same, &options)), (50, None));
}

#[test]
fn already_there_means_offset_epoch_and_metadata() {
    let present = |offset, leader_epoch, metadata: &str| {
        Ok(Some(CommittedOffset { offset, leader_epoch, metadata: metadata.to_owned() }))
    };
    for (present, expected) in [
        (present(50, Some(3), "m"), "already there"),
        (present(50, Some(77), "m"), "commit"),
        (present(50, Some(3), "x"), "commit"),
        (present(60, Some(3), "m"), "commit"),
    ] {
        assert_eq!(code(&with(same, |s| s.present = present.clone(), &Options::default())), expected);
    }
    assert!(warned(&with(same, |s| s.present = present(60, None, ""), &Options::default()), "moves-back"));
    assert!(warned(&with(same, |s| s.present = present(40, None, ""), &Options::default()), "moves-forward"));
}

#[test]
fn what_cannot_be_seen_is_refused() {
    let options = Options::default();
    assert_eq!(
        code(&with(same, |s| s.present = Err(ErrorCode::UNSTABLE_OFFSET_COMMIT), &options)),
        "open-transaction"
    );
    assert_eq!(code(&with(same, |s| s.present = Err(ErrorCode(29)), &options)), "offset-unreadable");
    assert_eq!(code(&with(same, |s| s.ends.1 = Err(ErrorCode(5)), &options)), "log-range-unknown");
    assert_eq!(code(&with(same, |s| s.topic = None, &options)), "topic-gone");
    assert_eq!(code(&with(same, |s| s.info = None, &options)), "partition-gone");
    for (error, expected) in [(29, "topic-not-allowed"), (17, "topic-unavailable")] {
        let edit = |s: &mut Seen| s.topic.as_mut().unwrap().error = ErrorCode(error);
        assert_eq!(code(&with(same, edit, &options)), expected);
    }
    let no_read =
        |s: &mut Seen| s.topic.as_mut().unwrap().allowed = Some(Operations(1 << Operations::DELETE));
    assert_eq!(code(&with(same, no_read, &options)), "topic-not-allowed");
}

#[test]
fn metadata_is_counted_as_java_counts() {
    let options = Options::default();
    let of = |text: String| move |o: &mut RecoveredOffset| o.metadata = text.as_str().into();
    assert_eq!(code(&with(of("m".repeat(4096)), same, &options)), "commit");
    assert_eq!(code(&with(of("m".repeat(4097)), same, &options)), "metadata-too-large");
    // Two UTF-16 units each.
    assert_eq!(code(&with(of("\u{1F980}".repeat(2049)), same, &options)), "metadata-too-large");
    assert!(warned(&with(of("m".repeat(5000)), |s| s.metadata_limit = None, &options), "metadata-too-large"));
    assert_eq!(code(&with(|o| o.metadata = (&b"\xff"[..]).into(), same, &options)), "metadata-not-text");
}

#[test]
fn missing_partitions_wait_for_a_decision_and_never_overwrite() {
    for wish in [Wish::Missing("why"), Wish::Unmentioned] {
        assert_eq!(code(&on(&seen(), wish, &Options::default())), "missing");
        for (policy, offset) in [(MissingPolicy::Earliest, 10), (MissingPolicy::Latest, 100)] {
            let options = Options { missing: Some(policy), ..Options::default() };
            let decision = on(&seen(), wish, &options);
            assert_eq!((code(&decision), written(&decision)), ("commit", (offset, None)));
            let own = CommittedOffset { offset: 42, leader_epoch: None, metadata: String::new() };
            let decision = on(&Seen { present: Ok(Some(own)), ..seen() }, wish, &options);
            assert_eq!((code(&decision), decision.set_to), ("has-its-own", None));
        }
        let leave = Options { missing: Some(MissingPolicy::Leave), ..Options::default() };
        assert!(matches!(on(&seen(), wish, &leave).verdict, Verdict::Leave(_)));
    }
}
