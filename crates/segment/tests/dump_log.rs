//! Our reading of real brokers' segments beside that of their own kafka-dump-log.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use lastwrites_segment::{Framed, Inflater, RawBatch, ReadMode, TimestampType, open};

use crate::corpus::corpus;
use crate::walk::for_each;

/// Lines of one "Dumping" section up to what this crate knows: record lines end before key and value.
type Sections = HashMap<String, Vec<String>>;

#[test]
fn equals_kafka_dump_log() {
    let Some(corpus) = corpus() else { return };
    let (mut files, mut lines) = (0, 0);
    for case in std::fs::read_dir(corpus.join("broker-cases")).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(dump) = std::fs::File::open(case.join("dump-log.txt.gz")) else { continue };
        let mut text = Vec::new();
        GzDecoder::new(dump).read_to_end(&mut text).unwrap();
        for (name, theirs) in sections(&String::from_utf8_lossy(&text)) {
            let ours = our_lines(&segment_path(&case, &name));
            // Kafka's tool stops at damage; what it printed until then must be ours, in order and complete.
            assert!(
                ours.len() >= theirs.len(),
                "{} {name}: {} lines, theirs {}",
                case.display(),
                ours.len(),
                theirs.len()
            );
            if !case.file_name().unwrap().to_str().unwrap().starts_with("torn") {
                assert_eq!(ours.len(), theirs.len(), "{} {name}", case.display());
            }
            for (our, their) in ours.iter().zip(&theirs) {
                assert_eq!(our, their, "{} {name}", case.display());
            }
            files += 1;
            lines += theirs.len();
        }
    }
    println!("{files} segments, {lines} batch and record lines equal");
    assert!(lines > 100_000);
}

fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("Dumping ") {
            current = Some(sections.entry(name.to_owned()).or_default());
        } else if let Some(section) = &mut current {
            if line.starts_with("baseOffset: ") {
                section.push(line.to_owned());
            } else if line.starts_with("| offset: ") {
                let end = line.find(" headerKeys: ").unwrap();
                section.push(line.get(..end).unwrap().to_owned());
            }
        }
    }
    sections
}

fn segment_path(case: &Path, name: &str) -> PathBuf {
    match name.strip_prefix("deleted/") {
        Some(name) => case.join("data").join(format!("{name}.deleted")),
        None => case.join("data").join(name),
    }
}

fn our_lines(path: &Path) -> Vec<String> {
    let source = open(path, ReadMode::Mapped).unwrap();
    let mut inflater = Inflater::default();
    let mut lines = Vec::new();
    for_each(source.as_ref(), |framed| {
        let Framed::Batch(batch) = framed else { return };
        lines.push(batch_line(&batch, &mut inflater));
        let timestamps = timestamps(&batch);
        let mut records = batch.records(&mut inflater).unwrap();
        while let Some(record) = records.next().unwrap() {
            let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
            lines.push(format!(
                "| offset: {} {timestamps}: {} keySize: {} valueSize: {} sequence: {}",
                record.offset,
                record.timestamp_ms,
                size(record.key),
                size(record.value),
                record.sequence
            ));
        }
    });
    lines
}

fn timestamps(batch: &RawBatch<'_>) -> &'static str {
    match batch.header.timestamp_type() {
        TimestampType::NoTimestampType => "NoTimestampType",
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn batch_line(batch: &RawBatch<'_>, inflater: &mut Inflater) -> String {
    let header = &batch.header;
    let mut line = String::new();
    let base_offset = batch.first_offset(inflater).unwrap();
    write!(
        line,
        "baseOffset: {base_offset} lastOffset: {} count: {}",
        header.last_offset(),
        header.record_count
    )
    .unwrap();
    write!(line, " baseSequence: {} lastSequence: {}", header.base_sequence, header.last_sequence()).unwrap();
    write!(line, " producerId: {} producerEpoch: {}", header.producer_id, header.producer_epoch).unwrap();
    write!(line, " partitionLeaderEpoch: {}", header.partition_leader_epoch).unwrap();
    write!(line, " isTransactional: {} isControl: {}", header.is_transactional(), header.is_control())
        .unwrap();
    match header.delete_horizon_ms() {
        Some(horizon) => write!(line, " deleteHorizonMs: OptionalLong[{horizon}]").unwrap(),
        None => write!(line, " deleteHorizonMs: OptionalLong.empty").unwrap(),
    }
    write!(line, " position: {} {}: {}", batch.position, timestamps(batch), header.max_timestamp).unwrap();
    write!(line, " size: {} magic: {}", header.size_bytes, header.magic).unwrap();
    write!(
        line,
        " compresscodec: {} crc: {} isvalid: {}",
        header.codec().as_str(),
        header.crc,
        batch.crc_ok()
    )
    .unwrap();
    line
}
