//! Signs of a torn copy on what real brokers left: none after a clean shutdown, some where a copy raced the cleaner.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::path::{Path, PathBuf};

use lastwrites_evidence::{
    CheckpointKind, Companion, CompanionKind, PartitionCopy, SegmentKind, SegmentSpan, Tail, TornSign,
    discover, torn_signs,
};
use lastwrites_segment::{Framed, Framer, ReadMode, open};
use lastwrites_types::ByteRange;

fn spans(copy: &PartitionCopy) -> Vec<SegmentSpan> {
    let mut spans = Vec::new();
    for (file, segment) in copy.log_files() {
        let source = open(&segment.path, ReadMode::Mapped).unwrap();
        let mut scratch = Vec::new();
        let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut scratch);
        let (base_offset, size_bytes) = (segment.base_offset, segment.size_bytes);
        let mut span = SegmentSpan {
            file,
            base_offset,
            first_offset: None,
            last_offset: None,
            size_bytes,
            tail: Tail::Whole,
        };
        while let Some(framed) = framer.next().unwrap() {
            match framed {
                Framed::Batch(batch) => {
                    span.first_offset.get_or_insert(batch.header.base_offset);
                    span.last_offset = Some(batch.header.last_offset());
                }
                Framed::Gap(gap) if gap.is_empty_space() => {
                    span.tail = Tail::Zeros { position: gap.range.start }
                }
                Framed::Gap(gap) => span.tail = Tail::Partial { position: gap.range.start },
            }
        }
        spans.push(span);
    }
    spans
}

fn signs(copy: &PartitionCopy) -> Vec<TornSign> {
    let live = |kind| copy.companions.iter().filter(move |c| c.kind == kind && c.stage == SegmentKind::Log);
    let indexes = live(CompanionKind::OffsetIndex).filter_map(|companion| {
        let file = copy.log_files().find(|(_, file)| Some(file.base_offset) == companion.base_offset)?.0;
        match companion.load().unwrap() {
            Companion::OffsetIndex(index) => Some((file, index)),
            _ => None,
        }
    });
    let snapshots: Vec<i64> =
        live(CompanionKind::ProducerSnapshot).filter_map(|file| file.base_offset).collect();
    let indexes: Vec<_> = indexes.collect();
    torn_signs(&spans(copy), &copy.checkpoints, &copy.leader_epochs, &indexes, &indexed(copy), &snapshots)
}

/// The highest offset that each index of the log names.
fn indexed(copy: &PartitionCopy) -> Vec<(usize, i64)> {
    let live = copy.companions.iter().filter(|file| file.stage == SegmentKind::Log);
    let named = live.filter_map(|companion| {
        let file = copy.log_files().find(|(_, file)| Some(file.base_offset) == companion.base_offset)?.0;
        let last = match companion.load() {
            Ok(Companion::OffsetIndex(index)) if index.flaw.is_none() => index.entries.last()?.offset,
            Ok(Companion::TimeIndex(index)) if index.flaw.is_none() => index.entries.last()?.offset,
            _ => return None,
        };
        Some((file, last))
    });
    named.collect()
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

#[test]
fn a_clean_shutdown_leaves_no_sign() {
    let Some(corpus) = corpus() else { return };
    let mut clean = 0;
    for part in ["broker-cases", "cluster-cases"] {
        for copy in copies(&corpus.join(part)).iter().filter(|copy| copy.checkpoints.clean_shutdown) {
            assert_eq!(signs(copy), [], "{}", copy.path.display());
            clean += 1;
        }
    }
    assert!(clean > 200, "only {clean} copies");
}

/// Published directories were often committed in two steps; what they show is checkpoints newer than the log.
#[test]
fn published_copies_show_checkpoints_ahead_and_nothing_else() {
    let Some(corpus) = corpus() else { return };
    for copy in copies(&corpus.join("wild")) {
        let others =
            signs(&copy).into_iter().filter(|sign| !matches!(sign, TornSign::CheckpointAhead { .. }));
        assert_eq!(others.collect::<Vec<_>>(), [], "{}", copy.path.display());
    }
}

/// A slow copy that raced the cleaner and the writers: the log dir's checkpoints were copied last.
#[test]
fn a_copy_that_raced_the_cleaner_has_its_checkpoints_ahead() {
    let Some(corpus) = corpus() else { return };
    let copies = copies(&corpus.join("broker-cases/crash-compacting-4.1.1-livecp"));
    assert_eq!(copies.len(), 5);
    for copy in copies {
        let ahead: Vec<_> = signs(&copy)
            .into_iter()
            .filter_map(|sign| match sign {
                TornSign::CheckpointAhead { checkpoint, .. } => Some(checkpoint),
                _ => None,
            })
            .collect();
        assert_eq!(
            ahead,
            [CheckpointKind::HighWatermark, CheckpointKind::FirstDirty],
            "{}",
            copy.path.display()
        );
    }
}

#[test]
fn a_lost_last_batch_shows_below_the_high_watermark() {
    let Some(corpus) = corpus() else { return };
    for case in ["torn-mid-batch-4.1.2", "torn-mid-header-4.1.2"] {
        for copy in copies(&corpus.join("broker-cases").join(case)) {
            let lost = TornSign::CheckpointAhead {
                checkpoint: CheckpointKind::HighWatermark,
                offset: 119,
                log_end_offset: 118,
            };
            let expected = if copy.partition == Some(0) { vec![lost] } else { Vec::new() };
            assert_eq!(signs(&copy), expected, "{case} {:?}", copy.partition);
        }
    }
}
