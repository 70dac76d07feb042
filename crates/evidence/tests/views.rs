//! Views and signs of a torn copy, on made-up files and on what real brokers left.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_evidence::companion::{EpochEntry, parse_offset_index};
use lastwrites_evidence::{
    CheckpointKind, CopyCheckpoints, FramedScan, LoadAction, LogView, Origin, PartitionCopy, SegmentFacts,
    SegmentFile, SegmentScan, SegmentSpan, Tail, TornSign, ViewKind, discover, torn_signs,
};
use lastwrites_segment::ReadMode;

/// Facts by file name; every offset takes one byte, so positions are offsets less the base offset.
#[derive(Default)]
struct OneByteOffsets(BTreeMap<String, SegmentFacts>);

impl SegmentScan for OneByteOffsets {
    fn facts(&mut self, file: &SegmentFile) -> SegmentFacts {
        let size = file.size_bytes;
        let next_offset = (size > 0).then(|| file.base_offset + size as i64);
        *self.0.get(&*file.name).unwrap_or(&SegmentFacts { next_offset, valid_bytes: size })
    }

    fn position_of(&mut self, file: &SegmentFile, offset: i64) -> u64 {
        ((offset - file.base_offset) as u64).min(file.size_bytes)
    }
}

/// A partition directory with files of these names and sizes, an index beside every `.log` and `.swap`.
fn copy_of(files: &[(&str, usize)], clean_shutdown: bool) -> (tempfile::TempDir, PartitionCopy) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("__consumer_offsets-0");
    fs::create_dir(&dir).unwrap();
    for (name, size) in files {
        let name = format!("{:0>20}{}", name.split_once('.').unwrap().0, &name[name.find('.').unwrap()..]);
        fs::write(dir.join(&name), vec![0; *size]).unwrap();
        if name.ends_with(".log") || name.ends_with(".swap") {
            fs::write(dir.join(name.replace(".log", ".index")), b"").unwrap();
        }
    }
    if clean_shutdown {
        fs::write(temp.path().join(".kafka_cleanshutdown"), b"").unwrap();
    }
    let copy = discover(&[temp.path().to_owned()]).unwrap().copies.remove(0);
    (temp, copy)
}

/// A view as `name[start..end]`, pre-images with a star.
fn shown(copy: &PartitionCopy, view: &LogView) -> Vec<String> {
    let name = |at: usize| copy.files[at].name.trim_start_matches('0').to_owned();
    let star = |origin| if origin == Origin::PreImage { "*" } else { "" };
    view.ranges
        .iter()
        .map(|range| {
            format!("{}[{}..{}]{}", name(range.file), range.bytes.start, range.bytes.end, star(range.origin))
        })
        .collect()
}

#[test]
fn as_found_is_the_log_files_in_order() {
    let (_temp, copy) = copy_of(&[("40.log", 0), ("20.log", 20), ("0.log", 5), ("0.log.deleted", 20)], true);
    assert_eq!(shown(&copy, &copy.as_found()), [".log[0..5]", "20.log[0..20]"]);
}

#[test]
fn before_compaction_takes_originals_and_fills_from_the_log() {
    // 0 and 20 were cleaned into 0; the original of 20 is gone, the one of 0 is there.
    let (_temp, copy) = copy_of(&[("0.log", 40), ("0.log.deleted", 20), ("40.log", 9)], true);
    let view = copy.view(ViewKind::BeforeCompaction, &mut OneByteOffsets::default()).unwrap();
    assert_eq!(shown(&copy, &view), [".log.deleted[0..20]*", ".log[20..40]", "40.log[0..9]"]);

    // A second cleaning overwrote 0's original by its first output, which reaches over 20's original.
    let files = [("0.log", 60), ("0.log.deleted", 40), ("20.log.deleted", 20), ("60.log", 1)];
    let (_temp, copy) = copy_of(&files, true);
    let view = copy.view(ViewKind::BeforeCompaction, &mut OneByteOffsets::default()).unwrap();
    assert_eq!(
        shown(&copy, &view),
        [".log.deleted[0..20]*", "20.log.deleted[0..20]*", ".log[40..60]", "60.log[0..1]"]
    );

    // What lies at or above the active segment was truncated away, not compacted.
    let (_temp, copy) = copy_of(&[("0.log", 40), ("40.log.deleted", 20), ("40.log", 1)], true);
    assert_eq!(copy.view(ViewKind::BeforeCompaction, &mut OneByteOffsets::default()), None);
    assert_eq!(copy.view(ViewKind::Merged, &mut OneByteOffsets::default()), None);
}

#[test]
fn a_start_finishes_a_swap() {
    let files = [("0.log", 20), ("20.log", 20), ("40.log", 5), ("0.log.swap", 40), ("20.log.deleted", 3)];
    let (_temp, copy) = copy_of(&files, true);
    let loaded = copy.as_loaded(&mut OneByteOffsets::default());
    assert_eq!(shown(&copy, &loaded.view), [".log.swap[0..40]", "40.log[0..5]"]);
    assert_eq!((loaded.log_start_offset, loaded.log_end_offset), (0, 45));
    let at =
        |name: &str| copy.files.iter().position(|file| file.name.trim_start_matches('0') == name).unwrap();
    assert_eq!(
        loaded.actions,
        [
            LoadAction::DeleteLeftover { file: at("20.log.deleted") },
            LoadAction::DeleteReplaced { file: at(".log") },
            LoadAction::DeleteReplaced { file: at("20.log") },
            LoadAction::FinishSwap { file: at(".log.swap") },
        ]
    );
}

#[test]
fn a_start_undoes_an_unfinished_split() {
    let files = [("0.log", 40), ("0.log.cleaned", 20), ("20.log.swap", 20), ("40.log", 5)];
    let (_temp, copy) = copy_of(&files, true);
    let loaded = copy.as_loaded(&mut OneByteOffsets::default());
    assert_eq!(shown(&copy, &loaded.view), [".log[0..40]", "40.log[0..5]"]);
    assert_eq!(loaded.actions.len(), 2);
}

#[test]
fn an_unclean_start_cuts_at_the_first_bad_batch_and_drops_the_rest() {
    let files = [("0.log", 20), ("20.log", 20), ("40.log", 5)];
    let bad = SegmentFacts { next_offset: Some(30), valid_bytes: 10 };
    let mut scan = OneByteOffsets([("00000000000000000020.log".to_owned(), bad)].into());
    let (_temp, copy) = copy_of(&files, false);
    let loaded = copy.as_loaded(&mut scan);
    assert_eq!(shown(&copy, &loaded.view), [".log[0..20]", "20.log[0..10]"]);
    assert_eq!(
        loaded.actions,
        [LoadAction::Truncate { file: 1, to: 10 }, LoadAction::DeleteAfterTruncated { file: 2 }]
    );
    assert_eq!(loaded.log_end_offset, 30);

    // Flushed segments are not looked at, and after a clean shutdown none is.
    let (_temp, mut flushed) = copy_of(&files, false);
    flushed.checkpoints.recovery_point = Some(40);
    assert_eq!(flushed.as_loaded(&mut scan).actions, []);
    let (_temp, clean) = copy_of(&files, true);
    assert_eq!(clean.as_loaded(&mut scan).actions, []);

    // A missing index makes the broker recover that segment alone.
    let (_temp, mut unindexed) = copy_of(&files, true);
    unindexed.companions.retain(|file| file.base_offset != Some(20));
    let loaded = unindexed.as_loaded(&mut scan);
    assert_eq!(shown(&unindexed, &loaded.view), [".log[0..20]", "20.log[0..10]", "40.log[0..5]"]);
}

#[test]
fn a_load_begins_with_the_batch_that_holds_the_log_start() {
    let (_temp, mut copy) = copy_of(&[("0.log", 20), ("20.log", 20), ("40.log", 5)], true);
    let mut shown_from = |start| {
        copy.checkpoints.log_start_offset = Some(start);
        let loaded = copy.as_loaded(&mut OneByteOffsets::default());
        assert_eq!((loaded.log_start_offset, loaded.log_end_offset), (start, 45));
        shown(&copy, &loaded.view)
    };
    assert_eq!(shown_from(20), ["20.log[0..20]", "40.log[0..5]"]);
    assert_eq!(shown_from(31), ["20.log[11..20]", "40.log[0..5]"]);
    assert_eq!(shown_from(45), [""; 0]);
}

#[test]
fn a_log_that_ends_below_its_start_is_dropped() {
    let (_temp, mut copy) = copy_of(&[("0.log", 20)], true);
    copy.checkpoints.log_start_offset = Some(21);
    let loaded = copy.as_loaded(&mut OneByteOffsets::default());
    assert_eq!(loaded.actions, [LoadAction::DeleteBelowLogStart { file: 0 }]);
    assert_eq!((loaded.log_start_offset, loaded.log_end_offset), (21, 21));
}

#[test]
fn signs_of_a_torn_copy() {
    let span = |file: usize, base_offset: i64, last: i64, tail| SegmentSpan {
        file,
        base_offset,
        first_offset: Some(base_offset),
        last_offset: Some(last),
        size_bytes: 100,
        tail,
    };
    let healthy = [
        span(0, 0, 17, Tail::Whole),
        span(1, 20, 39, Tail::Whole),
        span(2, 40, 44, Tail::Zeros { position: 50 }),
    ];
    let mut checkpoints =
        CopyCheckpoints { first_dirty_offset: Some(20), high_watermark: Some(45), ..Default::default() };
    assert_eq!(
        torn_signs(&healthy, &checkpoints, &[], &[], &[(0, 17), (1, 39), (2, 44)], &[45]),
        [],
        "a cleaned hole, a zero tail at the end, and indexes up to the last record"
    );
    // The log ends behind offset 44: an index that names 45 saw a record that this copy lacks.
    assert_eq!(
        torn_signs(&healthy, &checkpoints, &[], &[], &[(1, 39), (2, 45)], &[45]),
        [TornSign::IndexAhead { file: 2, offset: 45, log_end_offset: 45 }]
    );
    let cleaned = CopyCheckpoints { first_dirty_offset: Some(20), ..Default::default() };
    let breaks_off = [healthy[0], span(1, 20, 39, Tail::Partial { position: 90 })];
    assert_eq!(
        torn_signs(&breaks_off, &cleaned, &[], &[], &[(1, 40)], &[]),
        [],
        "the record may be in the batch that breaks off"
    );

    let torn = [
        span(0, 0, 27, Tail::Whole),
        span(1, 20, 35, Tail::Partial { position: 90 }),
        span(2, 40, 44, Tail::Whole),
    ];
    checkpoints.recovery_point = Some(46);
    let mut index = vec![0, 0, 0, 3, 0, 0, 0, 60];
    index.extend([0, 0, 0, 9, 0, 0, 0, 100]);
    let epochs =
        [(0, 0), (7, 50)].map(|(leader_epoch, start_offset)| EpochEntry { leader_epoch, start_offset });
    let signs = torn_signs(
        &torn,
        &checkpoints,
        &epochs,
        &[(1, parse_offset_index(&index, 20))],
        &[(1, 29)],
        &[40, 60],
    );
    let log_end_offset = 45;
    assert_eq!(
        signs,
        [
            TornSign::Overlap { earlier: 0, later: 1, from: 20, to: 28 },
            TornSign::TornInside { file: 1, position: 90 },
            TornSign::Missing { from: 36, to: 40, first_dirty_offset: Some(20) },
            TornSign::IndexPastEnd { file: 1, offset: 29, position: 100 },
            TornSign::SnapshotAhead { offset: 60, log_end_offset },
            TornSign::CheckpointAhead {
                checkpoint: CheckpointKind::RecoveryPoint,
                offset: 46,
                log_end_offset
            },
            TornSign::EpochAhead { entry: epochs[1], log_end_offset },
        ]
    );
}

fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        eprintln!("skipped: LASTWRITES_CORPUS not set");
    }
    corpus
}

fn copies(path: &Path) -> Vec<PartitionCopy> {
    discover(&[path.to_owned()]).unwrap().copies
}

fn bytes_of(copy: &PartitionCopy, view: &LogView) -> Vec<u8> {
    let read = view.ranges.iter().map(|range| {
        let bytes = fs::read(&copy.files[range.file].path).unwrap();
        bytes[range.bytes.start as usize..range.bytes.end as usize].to_vec()
    });
    read.flatten().collect()
}

/// These cases were cleaned from one raw log each: the originals must give that log back, byte for byte. The active
/// segment behind them is either part of the raw log or was added by the roll.
#[test]
fn originals_give_back_the_raw_log() {
    let Some(corpus) = corpus() else { return };
    let mut compared = 0;
    for entry in fs::read_dir(corpus.join("load-cases")).unwrap() {
        let disk = entry.unwrap().path();
        let name = disk.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(case) = name.strip_suffix("-disk") else { continue };
        let raw = disk.with_file_name(format!("{case}-raw"));
        if !raw.is_dir() {
            continue;
        }
        let (disk, raw) = (&copies(&disk)[0], &copies(&raw)[0]);
        let mut scan = FramedScan::new(ReadMode::Mapped);
        let view = disk.view(ViewKind::BeforeCompaction, &mut scan).unwrap();
        let (seen, raw) = (bytes_of(disk, &view), bytes_of(raw, &raw.as_found()));
        let active = fs::read(&disk.log_files().last().unwrap().1.path).unwrap();
        assert!(seen == raw || seen == [raw, active].concat(), "{name}: {:?}", shown(disk, &view));
        assert!(scan.problems.is_empty());
        compared += 1;
    }
    assert!(compared >= 7, "only {compared} pairs of a disk and its raw log");
}

/// What a real broker kept of a crashed log when it started on it is a prefix of what it has afterwards.
#[test]
fn a_real_broker_kept_what_as_loaded_says() {
    let Some(corpus) = corpus() else { return };
    let cases = corpus.join("broker-cases");
    let (before, after) = (copies(&cases.join("crash-4.1.2")), copies(&cases.join("crash-4.1.2-recovered")));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        let loaded = before.as_loaded(&mut FramedScan::default());
        let (kept, served) = (bytes_of(before, &loaded.view), bytes_of(after, &after.as_found()));
        assert!(!kept.is_empty() && served.starts_with(&kept), "partition {:?}", before.partition);
        // The epoch of the restart begins where the recovered log ended.
        let last = after.leader_epochs.last().unwrap();
        assert_eq!(last.start_offset, loaded.log_end_offset, "partition {:?}", before.partition);
    }
}

/// kafka-dump-log said how many bytes follow the last valid batch; a start without clean shutdown cuts those.
#[test]
fn torn_tails_are_cut_where_kafka_says() {
    let Some(corpus) = corpus() else { return };
    for (case, partition, invalid) in
        [("torn-mid-batch-4.1.2", 0, 72), ("torn-mid-header-4.1.2", 0, 9), ("torn-zero-tail-4.1.2", 1, 65536)]
    {
        for copy in copies(&corpus.join("broker-cases").join(case)) {
            assert!(!copy.checkpoints.clean_shutdown, "{case} was taken from a running broker");
            let loaded = copy.as_loaded(&mut FramedScan::default());
            let found: u64 = copy.as_found().ranges.iter().map(|range| range.bytes.len()).sum();
            let left: u64 = loaded.view.ranges.iter().map(|range| range.bytes.len()).sum();
            let expected = if copy.partition == Some(partition) { invalid } else { 0 };
            assert_eq!(found - left, expected, "{case} partition {:?}", copy.partition);
        }
    }
}
