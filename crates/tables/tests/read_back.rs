//! Every format gives back what was pushed, typed as documented.

use std::fs::{self, File};
use std::path::Path;

use lastwrites_tables::{CommitTable, Format, GroupTable, TableError};
use polars::io::SerReader as _;
use polars::prelude::{AnyValue, DataFrame, DataType, IpcReader, ParquetReader, TimeUnit, TimeZone};

use crate::rows::{group, odd, plain, tombstone};

fn commits(path: &Path, format: Format) {
    let mut table = CommitTable::create(path, format).unwrap();
    for row in [plain(), tombstone(), odd()] {
        table.push(&row).unwrap();
    }
    table.finish().unwrap();
}

fn cell<'a>(frame: &'a DataFrame, column: &str, row: usize) -> AnyValue<'a> {
    frame.column(column).unwrap().get(row).unwrap()
}

fn check_commits(frame: &DataFrame) {
    let time = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
    for (column, dtype) in [
        ("copy", DataType::String),
        ("partition", DataType::Int32),
        ("record_offset", DataType::Int64),
        ("batch_base_offset", DataType::Int64),
        ("file", DataType::String),
        ("file_bytes", DataType::Binary),
        ("position", DataType::Int64),
        ("timestamp_ms", time.clone()),
        ("group_id", DataType::String),
        ("group_id_bytes", DataType::Binary),
        ("topic", DataType::String),
        ("topic_bytes", DataType::Binary),
        ("topic_partition", DataType::Int32),
        ("committed_offset", DataType::Int64),
        ("leader_epoch", DataType::Int32),
        ("metadata", DataType::String),
        ("metadata_bytes", DataType::Binary),
        ("commit_timestamp_ms", time.clone()),
        ("expire_timestamp_ms", time),
        ("topic_id", DataType::String),
        ("producer_id", DataType::Int64),
        ("transactional", DataType::Boolean),
        ("outcome", DataType::String),
    ] {
        assert_eq!(frame.column(column).unwrap().dtype(), &dtype, "{column}");
    }
    assert_eq!((frame.height(), frame.width()), (3, 23));

    assert_eq!(cell(frame, "position", 0), AnyValue::Int64(90_211));
    assert_eq!(cell(frame, "committed_offset", 0), AnyValue::Int64(14_921));
    assert_eq!(cell(frame, "metadata", 0), AnyValue::String(""));
    assert_eq!(cell(frame, "topic_id", 0), AnyValue::String("5_-_pXRrQO6Xg46dlfRqUA"));
    assert_eq!(cell(frame, "outcome", 1), AnyValue::String("tombstone"));
    for column in ["committed_offset", "leader_epoch", "metadata", "commit_timestamp_ms", "topic_id"] {
        assert_eq!(cell(frame, column, 1), AnyValue::Null, "{column}");
    }

    assert_eq!(cell(frame, "group_id", 2), AnyValue::Null);
    assert_eq!(cell(frame, "group_id_bytes", 2), AnyValue::Binary(b"\xff\x00="));
    assert_eq!(cell(frame, "topic", 2), AnyValue::String("=cmd|'\u{1F980}\",\n"));
    assert_eq!(cell(frame, "record_offset", 2), AnyValue::Int64(i64::MAX));
    let times = |column| frame.column(column).unwrap().cast(&DataType::Int64).unwrap();
    assert_eq!(times("timestamp_ms").get(0).unwrap(), AnyValue::Int64(1_763_848_700_123));
    assert_eq!(cell(frame, "timestamp_ms", 2), AnyValue::Null);
    assert_eq!(cell(frame, "commit_timestamp_ms", 2), AnyValue::Null);
    assert_eq!(times("expire_timestamp_ms").get(2).unwrap(), AnyValue::Int64(0));
}

#[test]
fn parquet() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("commits.parquet");
    commits(&path, Format::Parquet);
    check_commits(&ParquetReader::new(File::open(&path).unwrap()).finish().unwrap());
}

#[test]
fn arrow() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("commits.arrow");
    commits(&path, Format::Ipc);
    check_commits(&IpcReader::new(File::open(&path).unwrap()).finish().unwrap());
}

/// CSV has no types, so the text itself is the contract.
#[test]
fn csv() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("commits.csv");
    commits(&path, Format::Csv);
    let want = "\
        copy,partition,record_offset,batch_base_offset,file,file_bytes,position,timestamp_ms,group_id,group_id_bytes,topic,\
        topic_bytes,topic_partition,committed_offset,leader_epoch,metadata,metadata_bytes,commit_timestamp_ms,\
        expire_timestamp_ms,topic_id,producer_id,transactional,outcome\n\
        /evidence/__consumer_offsets-28,28,812,810,00000000000000000000.log,,90211,2025-11-22T21:58:20.123Z,payments,,orders,,3,14921,7,\"\",,\
        2025-11-22T21:58:20.120Z,,5_-_pXRrQO6Xg46dlfRqUA,,false,committed\n\
        /evidence/__consumer_offsets-28,28,813,810,00000000000000000000.log,,90211,2025-11-22T21:58:20.123Z,payments,,orders,,3,,,,,,,,,false,tombstone\n\
        /evidence/__consumer_offsets-28,28,9223372036854775807,810,00000000000000000000.log,,90211,,,/wA9,\"'=cmd|'\u{1F980}\"\",\n\",,3,14921,7,\
        ''quoted,,,1970-01-01T00:00:00.000Z,5_-_pXRrQO6Xg46dlfRqUA,4001,true,open\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), want);
}

#[test]
fn groups() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("groups.parquet");
    let mut table = GroupTable::create(&path, Format::Parquet).unwrap();
    table.push(&group()).unwrap();
    table.finish().unwrap();
    let frame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
    assert_eq!(cell(&frame, "group_id", 0), AnyValue::String("payments"));
    assert_eq!(cell(&frame, "generation", 0), AnyValue::Int32(4));
    assert_eq!(cell(&frame, "group_epoch", 0), AnyValue::Null);
    assert_eq!(cell(&frame, "members", 0), AnyValue::Int64(2));
}

#[test]
fn a_table_without_rows_still_has_its_columns() {
    let dir = tempfile::tempdir().unwrap();
    for format in [Format::Parquet, Format::Csv, Format::Ipc] {
        let path = dir.path().join(format.extension());
        GroupTable::create(&path, format).unwrap().finish().unwrap();
        let columns = match format {
            Format::Parquet => ParquetReader::new(File::open(&path).unwrap()).finish().unwrap().width(),
            Format::Ipc => IpcReader::new(File::open(&path).unwrap()).finish().unwrap().width(),
            Format::Csv => fs::read_to_string(&path).unwrap().trim_end().split(',').count(),
        };
        assert_eq!(columns, 15, "{format:?}");
    }
}

#[test]
fn nothing_half_written_is_ever_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("commits.parquet");
    let mut table = CommitTable::create(&path, Format::Parquet).unwrap();
    table.push(&plain()).unwrap();
    assert!(!path.exists());
    drop(table);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    let missing = dir.path().join("no/such/folder/commits.parquet");
    let error = CommitTable::create(&missing, Format::Parquet).err().unwrap();
    assert!(matches!(error, TableError::Create { .. }));
    assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
}
