//! DuckDB, an independent reader, opens the Parquet and CSV files. Runs where a Python with its `duckdb` module is found.

use std::path::Path;
use std::process::Command;

use lastwrites_tables::{CommitTable, Format};

use crate::rows::{odd, plain, tombstone};

fn python(script: &str, path: &Path) -> Option<String> {
    let out = Command::new("python3").args(["-c", script]).arg(path).output().ok()?;
    let stderr = String::from_utf8_lossy(&out.stderr);
    if stderr.contains("ModuleNotFoundError") {
        return None;
    }
    assert!(out.status.success(), "{stderr}");
    Some(String::from_utf8(out.stdout).unwrap())
}

#[test]
fn duckdb_reads_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    for format in [Format::Parquet, Format::Csv] {
        let path = dir.path().join(format!("commits.{}", format.extension()));
        let mut table = CommitTable::create(&path, format).unwrap();
        for row in [plain(), tombstone(), odd()] {
            table.push(&row).unwrap();
        }
        table.finish().unwrap();
        let script = "\
import sys, duckdb
duckdb.sql(\"set timezone='UTC'\")
for row in duckdb.sql(f\"select record_offset, group_id, committed_offset, epoch_ms(timestamp_ms), outcome from '{sys.argv[1]}' order by 1\").fetchall():
    print(*row)
";
        let Some(rows) = python(script, &path) else {
            eprintln!("skipped: no python3 with the duckdb module");
            return;
        };
        let want = "\
812 payments 14921 1763848700123 committed
813 payments None 1763848700123 tombstone
9223372036854775807 None 14921 None open
";
        assert_eq!(rows, want, "{format:?}");
    }
}
