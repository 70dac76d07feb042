//! Independent readers open every table in every format they know: DuckDB, polars and pandas from PyPI, where a Python with
//! these modules is found (`LASTWRITES_PYTHON` names another than `python3`).

use std::fs;
use std::path::Path;
use std::process::Command;

use lastwrites_tables::{
    Batches, Commits, Findings, Format, Groups, History, Members, Offsets, Records, Rows, Table,
};

use crate::rows::{batch, event, finding, group, member, odd, offset, plain, record, tombstone};

/// What the script printed; `None` where Python or a module is missing.
fn python(script: &str, folder: &Path) -> Option<String> {
    let python = std::env::var_os("LASTWRITES_PYTHON").unwrap_or_else(|| "python3".into());
    let out = Command::new(python).args(["-c", script]).arg(folder).output().ok()?;
    let stderr = String::from_utf8_lossy(&out.stderr);
    if stderr.contains("ModuleNotFoundError") {
        eprintln!("skipped: {}", stderr.lines().last().unwrap_or_default());
        return None;
    }
    assert!(out.status.success(), "{stderr}");
    Some(String::from_utf8(out.stdout).unwrap())
}

fn write<T: Rows>(folder: &Path, rows: &[T::Row<'_>]) {
    for format in [Format::Parquet, Format::Csv, Format::Ipc] {
        let path = folder.join(T::NAME).with_extension(format.extension());
        let mut table = Table::<T>::create(&path, format).unwrap();
        rows.iter().for_each(|row| table.push(row).unwrap());
        assert_eq!(table.finish().unwrap(), rows.len() as u64);
    }
}

fn all_tables(folder: &Path) {
    write::<Records>(folder, &[record()]);
    write::<Commits>(folder, &[plain(), tombstone(), odd()]);
    write::<Batches>(folder, &[batch()]);
    write::<History>(folder, &[event()]);
    write::<Groups>(folder, &[group()]);
    write::<Offsets>(folder, &[offset()]);
    write::<Members>(folder, &[member()]);
    write::<Findings>(folder, &[finding()]);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 24);
}

/// What each reader finds in the rows above; times in ms, so that no time zone matters.
const FOUND: &str = "\
records 1 {'record_offset': 812, 'key': '{\"type\":1,\"data\":{\"group\":\"payments\",\"topic\":\"orders\",\"partition\":3}}', 'tombstone': False}
commits 3 {'record_offset': 812, 'group_id': 'payments', 'committed_offset': 14921, 'outcome': 'committed'}
batches 1 {'crc': 4294967295, 'record_count': 3, 'records': 2, 'crc_ok': False}
history 1 {'event': 'member-replaced', 'client_host': '/10.0.0.1', 'assignment': '[{\"topic\":\"orders\",\"topic_id\":null,\"partitions\":[0,1]}]', 'session_timeout_ms': 45000}
groups 1 {'group_id': 'payments', 'generation': 4, 'group_epoch': None, 'members': 2}
offsets 1 {'topic': 'orders', 'committed_offset': 14921, 'flags': 'before-gap orphan', 'lag_at_most': None}
members 1 {'member_id': 'member-1', 'member_epoch': -2, 'assigned_partitions': 2}
findings 1 {'code': 'LW101', 'proof': 'one\\ntwo', 'remedy': None}
812 1763848700123 orders None
813 1763848700123 orders None
9223372036854775807 None =cmd|'\u{1F980}\",\\n b'\\xff\\x00='
";

const WANTED: &str = "\
wanted = {
    'records': ['record_offset', 'key', 'tombstone'],
    'commits': ['record_offset', 'group_id', 'committed_offset', 'outcome'],
    'batches': ['crc', 'record_count', 'records', 'crc_ok'],
    'history': ['event', 'client_host', 'assignment', 'session_timeout_ms'],
    'groups': ['group_id', 'generation', 'group_epoch', 'members'],
    'offsets': ['topic', 'committed_offset', 'flags', 'lag_at_most'],
    'members': ['member_id', 'member_epoch', 'assigned_partitions'],
    'findings': ['code', 'proof', 'remedy'],
}
def line(record_offset, ms, topic, group_bytes):
    print(record_offset, ms, topic.replace('\\n', '\\\\n'), None if group_bytes is None else bytes(group_bytes))
";

#[test]
fn duckdb_reads_parquet_and_csv() {
    let folder = tempfile::tempdir().unwrap();
    all_tables(folder.path());
    for (format, topic, bytes) in
        [("parquet", "topic", "group_id_bytes"), ("csv", "ltrim(topic, '''')", "from_base64(group_id_bytes)")]
    {
        let script = format!(
            "\
import sys, duckdb
{WANTED}
duckdb.sql(\"set timezone='UTC'\")
for table, columns in wanted.items():
    path = f'{{sys.argv[1]}}/{{table}}.{format}'
    rows = duckdb.sql(f\"select {{', '.join(columns)}} from '{{path}}'\").fetchall()
    print(table, len(rows), dict(zip(columns, rows[0])))
rows = duckdb.sql(f\"select record_offset, epoch_ms(timestamp_ms), {topic}, {bytes} from '{{sys.argv[1]}}/commits.{format}'\")
for row in rows.fetchall():
    line(*row)
"
        );
        let Some(found) = python(&script, folder.path()) else { return };
        assert_eq!(found, FOUND, "{format}");
    }
}

#[test]
fn polars_reads_parquet_and_arrow() {
    let folder = tempfile::tempdir().unwrap();
    all_tables(folder.path());
    for (format, read) in [("parquet", "read_parquet"), ("arrow", "read_ipc")] {
        let script = format!(
            "\
import sys, polars as pl
{WANTED}
for table, columns in wanted.items():
    frame = pl.{read}(f'{{sys.argv[1]}}/{{table}}.{format}')
    print(table, frame.height, frame.select(columns).row(0, named=True))
frame = pl.{read}(f'{{sys.argv[1]}}/commits.{format}')
assert frame.schema['timestamp_ms'] == pl.Datetime('ms', 'UTC'), frame.schema
for row in frame.select('record_offset', pl.col('timestamp_ms').dt.epoch('ms'), 'topic', 'group_id_bytes').rows():
    line(*row)
"
        );
        let Some(found) = python(&script, folder.path()) else { return };
        assert_eq!(found, FOUND, "{format}");
    }
}

/// With its nullable types: the plain ones turn whole numbers beside a null into floating point.
#[test]
fn pandas_reads_parquet_and_arrow() {
    let folder = tempfile::tempdir().unwrap();
    all_tables(folder.path());
    for (format, read) in [("parquet", "read_parquet"), ("arrow", "read_feather")] {
        let script = format!(
            "\
import sys, pandas as pd, pyarrow
{WANTED}
plain = lambda cell: None if pd.isna(cell) else cell.item() if hasattr(cell, 'item') else cell
def rows(frame):
    return [[plain(cell) for cell in row] for row in zip(*(frame[column] for column in frame))]
for table, columns in wanted.items():
    frame = pd.{read}(f'{{sys.argv[1]}}/{{table}}.{format}', dtype_backend='pyarrow')
    print(table, len(frame), dict(zip(columns, rows(frame[columns])[0])))
frame = pd.{read}(f'{{sys.argv[1]}}/commits.{format}', dtype_backend='pyarrow')
assert frame['timestamp_ms'].dtype.pyarrow_dtype == pyarrow.timestamp('ms', 'UTC'), frame.dtypes
frame['timestamp_ms'] = frame['timestamp_ms'].astype('int64[pyarrow]')
for row in rows(frame[['record_offset', 'timestamp_ms', 'topic', 'group_id_bytes']]):
    line(*row)
"
        );
        let Some(found) = python(&script, folder.path()) else { return };
        assert_eq!(found, FOUND, "{format}");
    }
}
