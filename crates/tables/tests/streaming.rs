//! Long tables leave in batches: by rows, and by bytes where a few rows hold much text.

use std::fs::File;

use lastwrites_report::rows::CommitRow;
use lastwrites_tables::{CommitTable, Format};
use polars::io::SerReader as _;
use polars::prelude::{AnyValue, ParquetReader};

use crate::rows::plain;

fn row_groups(rows: i64, metadata: &[u8]) -> Vec<usize> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("commits.parquet");
    let mut table = CommitTable::create(&path, Format::Parquet).unwrap();
    for record_offset in 0..rows {
        table.push(&CommitRow { record_offset, metadata: Some(metadata), ..plain() }).unwrap();
    }
    table.finish().unwrap();
    let mut reader = ParquetReader::new(File::open(&path).unwrap());
    let sizes = reader.get_metadata().unwrap().row_groups.iter().map(|group| group.num_rows()).collect();
    // And the rows are all there, in order.
    let frame = reader.finish().unwrap();
    let offsets = frame.column("record_offset").unwrap();
    assert_eq!(offsets.len(), usize::try_from(rows).unwrap());
    assert!(
        (0..offsets.len()).all(|i| offsets.get(i).unwrap() == AnyValue::Int64(i64::try_from(i).unwrap()))
    );
    sizes
}

#[test]
fn by_rows() {
    assert_eq!(row_groups(150_000, b""), [65_536, 65_536, 18_928]);
}

#[test]
fn by_bytes_of_text() {
    // A row's text is a megabyte of metadata and 38 bytes of names: 16 rows reach 16 MiB.
    assert_eq!(row_groups(20, &vec![b'x'; 1 << 20]), [16, 4]);
}
