//! Where the time goes, stage by stage: `cargo bench --no-default-features [STAGE]`.
//!
//! Each stage stands on the one before: checksums, packed records, inflated records, offset commits, replay,
//! races, a whole `examine`. Rates are bytes on disk. `benches/compare` holds the whole against other tools.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may give up, and the made-up history is a test's"
)]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use lastwrites_coordinator::pass::{CopyFiles, CopyView, OpenOptions, Progress};
use lastwrites_coordinator::race::simulate;
use lastwrites_coordinator::rules::newest;
use lastwrites_coordinator::state::{CopyState, replay, scan};
use lastwrites_evidence::{SegmentFile, SegmentKind, discover};
use lastwrites_records::{OffsetCommitKey, OffsetCommitValue};
use lastwrites_segment::{Framed, Framer, Inflater, RawBatch, ReadMode};
use lastwrites_synth::benchmark::{Settings, write};
use lastwrites_synth::codec::Codec;
use lastwrites_types::ByteRange;
use tempfile::TempDir;

#[path = "../crates/coordinator/tests/corpus/history.rs"]
mod history;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// A generated log in a folder of its own.
struct Log {
    folder: TempDir,
    files: Vec<SegmentFile>,
    bytes: u64,
}

impl Log {
    fn new(codec: &str, bytes: u64, keys: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let codec = Codec::named(codec).unwrap();
        let written = write(folder.path(), &Settings { bytes, keys, codec, ..Settings::default() }).unwrap();
        let files = segments(folder.path());
        Self { folder, files, bytes: written.bytes }
    }

    /// The first segment in memory.
    fn content(&self) -> Vec<u8> {
        fs::read(&self.files.first().unwrap().path).unwrap()
    }
}

/// The segment files of all offsets partitions below a folder.
fn segments(folder: &Path) -> Vec<SegmentFile> {
    let evidence = discover(&[folder.to_owned()]).unwrap();
    let files = evidence.copies.into_iter().flat_map(|copy| copy.files);
    files.filter(|file| file.kind == SegmentKind::Log).collect()
}

fn opened(files: &[SegmentFile], threads: usize) -> CopyFiles {
    let options = OpenOptions { read: ReadMode::Mapped, threads, unit_bytes: None, redaction: None };
    CopyFiles::open([files.iter().enumerate().collect()], options)
}

/// Replays the files of one copy under the newest release's rules.
fn replayed(files: &[SegmentFile], threads: usize) -> Vec<CopyState> {
    let whole = |(number, file): (u32, &SegmentFile)| (number, ByteRange::new(0, file.size_bytes));
    let view = CopyView { partition: 0, ranges: (0..).zip(files).map(whole).collect() };
    replay(&opened(files, threads), &[view], &newest(), &Progress::default()).unwrap()
}

/// Shows every batch of a log to `each` and adds up what it gives.
fn batches(bytes: &[u8], mut each: impl FnMut(&RawBatch<'_>) -> u64) -> u64 {
    let mut scratch = Vec::new();
    let mut framer = Framer::new(&bytes, ByteRange::new(0, bytes.len() as u64), &mut scratch);
    let mut sum = 0;
    while let Some(item) = framer.next().unwrap() {
        if let Framed::Batch(batch) = &item {
            sum += each(batch);
        }
    }
    sum
}

fn records(bytes: &[u8], inflater: &mut Inflater) -> u64 {
    batches(bytes, |batch| {
        let mut records = batch.records(inflater).unwrap();
        let mut sum = 0;
        while let Some(record) = records.plain() {
            sum += record.key.map_or(0, <[u8]>::len) as u64;
        }
        assert_eq!(records.next(), Ok(None), "a generated log has plain records only");
        sum
    })
}

fn group<'c>(criterion: &'c mut Criterion, name: &str, bytes: u64) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).throughput(Throughput::Bytes(bytes));
    group
}

fn reading(criterion: &mut Criterion) {
    let bytes = Log::new("none", 8 << 20, 40_000).content();
    let mut reading = group(criterion, "reading", bytes.len() as u64);
    reading.bench_function("headers", |bencher| {
        bencher.iter(|| batches(black_box(&bytes), |batch| u64::from(batch.header.size_bytes)));
    });
    reading.bench_function("checksums", |bencher| {
        bencher.iter(|| batches(black_box(&bytes), |batch| u64::from(batch.crc_ok())));
    });
    reading.finish();
    for codec in CODECS {
        let bytes = Log::new(codec, 4 << 20, 40_000).content();
        let mut inflater = Inflater::default();
        group(criterion, "records", bytes.len() as u64).bench_function(codec, |bencher| {
            bencher.iter(|| records(black_box(&bytes), &mut inflater));
        });
    }
}

fn offset_commits(criterion: &mut Criterion) {
    let bytes = Log::new("none", 8 << 20, 40_000).content();
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    batches(&bytes, |batch| {
        let mut inflater = Inflater::default();
        let mut records = batch.records(&mut inflater).unwrap();
        while let Some(record) = records.plain() {
            pairs.extend(record.key.zip(record.value).map(|(key, value)| (key.into(), value.into())));
        }
        0
    });
    let size = pairs.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() as u64;
    group(criterion, "offset commits", size).bench_function("key and value", |bencher| {
        bencher.iter(|| {
            let parsed = |(key, value): &(Vec<u8>, Vec<u8>)| {
                OffsetCommitKey::parse(key).is_some() && OffsetCommitValue::parse(value).is_some()
            };
            black_box(&pairs).iter().filter(|pair| parsed(pair)).count()
        });
    });
}

fn replaying(criterion: &mut Criterion) {
    for keys in [400, 40_000, 1_000_000] {
        let log = Log::new("none", 64 << 20, keys);
        let mut group = group(criterion, "replay", log.bytes);
        group.bench_function(format!("scan, {keys} keys"), |bencher| {
            bencher.iter(|| scan(&opened(&log.files, 1), &Progress::default()).unwrap());
        });
        for threads in [1, 2] {
            group.bench_function(format!("fold, {keys} keys, {threads} threads"), |bencher| {
                bencher.iter(|| replayed(&log.files, threads).len());
            });
        }
    }
    // Classic, consumer, share and streams groups as real brokers wrote them.
    for case in ["classic-4.1.2", "consumer-4.3.1", "share-4.2.1", "streams-4.2.1", "transactions-4.1.2"] {
        let files = fixture(case);
        let bytes = files.iter().map(|file| file.size_bytes).sum();
        group(criterion, "groups", bytes).bench_function(case, |bencher| {
            bencher.iter(|| replayed(&files, 1).len());
        });
    }
}

/// The segments of all offsets partitions of a broker fixture.
fn fixture(case: &str) -> Vec<SegmentFile> {
    segments(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broker").join(case))
}

fn races(criterion: &mut Criterion) {
    let profile = newest();
    let mut group = criterion.benchmark_group("races");
    group.sample_size(10);
    for records in [100, 300, 1000] {
        let histories = [
            ("consumer", history::long_history(records)),
            ("streams", history::long_streams_history(records)),
        ];
        for (kind, trace) in histories {
            group.bench_function(format!("{records} records, {kind} group"), |bencher| {
                bencher.iter(|| simulate(black_box(&trace), &profile).findings.len());
            });
        }
    }
}

fn whole(criterion: &mut Criterion) {
    let log = Log::new("none", 64 << 20, 40_000);
    let mut whole = group(criterion, "whole", log.bytes);
    whole.sample_size(10);
    for command in ["scan", "groups", "diagnose", "examine"] {
        whole.bench_function(command, |bencher| {
            bencher.iter(|| {
                let mut run = Command::new(env!("CARGO_BIN_EXE_lastwrites"));
                run.args([command, "--json"]).arg(log.folder.path()).stdout(Stdio::null());
                assert_ne!(run.status().unwrap().code(), Some(2), "{command} could not run");
            });
        });
    }
}

criterion_group!(benches, reading, offset_commits, replaying, races, whole);
criterion_main!(benches);
