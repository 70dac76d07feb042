//! The tables, as a person gets them: against `dump`, against `groups`, and against what the broker said.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Run, array, fixtures, folders, lastwrites, name, read_json, string, text};

/// Group, topic, topic partition, partition of the offsets topic.
type Key = (String, String, i64, i64);
type Row = BTreeMap<String, String>;

fn export(evidence: &Path, table: &str, format: &str, out: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["export", text(evidence), "--table", table, "--format", format, "-o", text(out)];
    arguments.extend(more);
    lastwrites(&arguments)
}

fn rows(evidence: &Path, table: &str) -> Vec<Row> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("table.csv");
    let run = export(evidence, table, "csv", &out, &[]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    let mut lines = csv(&fs::read_to_string(&out).unwrap()).into_iter();
    let names = lines.next().unwrap();
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), names.len(), "{cells:?}");
        names.iter().cloned().zip(cells).collect()
    };
    lines.map(row).collect()
}

/// RFC 4180.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && line.is_empty() && !quoted, "the last line ends with a newline");
    lines
}

/// Text without the `'` that keeps spreadsheets from running it.
fn unguarded(cell: &str) -> String {
    cell.strip_prefix('\'').unwrap_or(cell).to_owned()
}

fn number(row: &Row, column: &str) -> i64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} is {:?}", row[column]))
}

/// What is committed after the last settled write of every key.
fn last_commits(rows: &[Row]) -> BTreeMap<Key, i64> {
    let mut last: BTreeMap<Key, (i64, Option<i64>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| ["committed", "tombstone"].contains(&row["outcome"].as_str())) {
        assert_eq!((row["group_id_bytes"].as_str(), row["topic_bytes"].as_str()), ("", ""));
        let key = (
            unguarded(&row["group_id"]),
            unguarded(&row["topic"]),
            number(row, "topic_partition"),
            number(row, "partition"),
        );
        let offset = (row["outcome"] == "committed").then(|| number(row, "committed_offset"));
        let write = (number(row, "record_offset"), offset);
        last.entry(key).and_modify(|known| *known = (*known).max(write)).or_insert(write);
    }
    last.into_iter().filter_map(|(key, (_, offset))| Some((key, offset?))).collect()
}

#[test]
fn every_commit_record_has_one_row_and_the_last_ones_are_what_groups_shows() {
    for case in folders(&fixtures("broker")) {
        let data = case.join("data");
        let rows = rows(&data, "commits");
        let dumped = lastwrites(&["dump", "--json", text(&data)]).json_lines();
        let is_commit = |key: &serde_json::Value| matches!(key["type"].as_i64(), Some(0 | 1));
        let mut want: Vec<(i64, i64)> = dumped
            .iter()
            .filter(|line| line.get("key").is_some_and(is_commit))
            .map(|line| (line["partition"].as_i64().unwrap(), line["offset"].as_i64().unwrap()))
            .collect();
        let mut have: Vec<(i64, i64)> =
            rows.iter().map(|row| (number(row, "partition"), number(row, "record_offset"))).collect();
        want.sort_unstable();
        have.sort_unstable();
        assert!(!want.is_empty(), "{}", name(&case));
        assert_eq!(have, want, "{}", name(&case));

        let report = lastwrites(&["groups", "--json", text(&data)]).json();
        let mut shown = BTreeMap::new();
        for group in array(&report, "groups") {
            for offset in array(group, "offsets").iter().filter(|offset| !offset["offset"].is_null()) {
                let key = (
                    string(group, "group_id").to_owned(),
                    string(offset, "topic").to_owned(),
                    offset["partition"].as_i64().unwrap(),
                    group["found_in"].as_i64().unwrap(),
                );
                shown.insert(key, offset["offset"].as_i64().unwrap());
            }
        }
        assert_eq!(last_commits(&rows), shown, "{}", name(&case));
    }
}

/// Every count of the report and the rows of the tables, however the evidence is damaged.
#[test]
fn totals_of_tables_and_reports_agree() {
    let cases =
        ["classic-4.1.2", "transactions-4.1.2"].map(|case| fixtures("broker").join(case).join("data"));
    for data in cases.into_iter().chain(folders(&fixtures("damaged"))) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("report");
        let run = lastwrites(&["examine", text(&data), "--json", "--out", text(&out)]);
        assert_ne!(run.code, 2, "{}: {}", data.display(), run.stderr);
        let report = run.json();
        let files = || array(&report, "copies").iter().flat_map(|copy| array(copy, "files"));
        let sum = |key: &str| files().map(|file| file[key].as_u64().unwrap()).sum::<u64>();
        let groups = array(&report, "groups");
        let each = |key: &str| groups.iter().map(|group| array(group, key).len() as u64).sum::<u64>();
        let want = [
            ("records", sum("records")),
            ("batches", sum("batches")),
            ("groups", groups.len() as u64),
            ("offsets", each("offsets")),
            ("members", each("members")),
            ("findings", array(&report, "findings").len() as u64),
            ("history", lastwrites(&["history", "--json", text(&data)]).json_lines().len() as u64),
        ];
        let again = folder.path().join("csv");
        let tables = want.map(|(table, _)| table).join(",");
        let run = export(&data, &tables, "csv", &again, &[]);
        assert_ne!(run.code, 2, "{}: {}", data.display(), run.stderr);
        let said = String::from_utf8(run.stdout).unwrap();
        for (table, rows) in want {
            let file = fs::read_to_string(again.join(format!("{table}.csv"))).unwrap();
            assert_eq!(csv(&file).len() as u64, rows + 1, "{table} of {}", data.display());
            assert!(said.contains(&format!("{table}.csv: {rows} rows\n")), "{said}");
            let parquet = fs::read(out.join("tables").join(format!("{table}.parquet"))).unwrap();
            assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"), "{table}");
        }
        assert!(out.join("tables/commits.parquet").is_file());
    }
}

/// A row of `records` is a line of `dump --json`.
#[test]
fn records_are_those_of_dump() {
    for case in ["classic-4.1.2", "transactions-3.9.2"] {
        let data = fixtures("broker").join(case).join("data");
        let dumped = lastwrites(&["dump", "--json", text(&data)]).json_lines();
        let rows = rows(&data, "records");
        assert_eq!(rows.len(), dumped.len(), "{case}");
        for (row, line) in rows.iter().zip(&dumped) {
            let cell = |key: &str| -> serde_json::Value {
                match row[key].as_str() {
                    "" => serde_json::Value::Null,
                    text => serde_json::from_str(text).unwrap(),
                }
            };
            let want = |key: &str| line.get(key).cloned().unwrap_or_default();
            for key in ["key", "value", "control", "partition", "position", "crc_ok", "transactional"] {
                assert_eq!(cell(key), want(key), "{case}: {key} of {line}");
            }
            assert_eq!(cell("record_offset"), want("offset"), "{case}");
            assert_eq!(row["file"], string(line, "file"), "{case}");
            assert_eq!(row["tombstone"] == "true", want("control").is_null() && want("value").is_null());
        }
    }
}

/// A row of `history` is a line of `history --json`.
#[test]
fn events_are_those_of_history() {
    for case in ["classic-4.1.2", "transactions-4.1.2", "consumer-4.1.2"] {
        let data = fixtures("broker").join(case).join("data");
        let told = lastwrites(&["history", "--json", text(&data)]).json_lines();
        let rows = rows(&data, "history");
        assert_eq!(rows.len(), told.len(), "{case}");
        for (row, line) in rows.iter().zip(&told) {
            let told = |column: &str| match line.get(column) {
                None | Some(serde_json::Value::Null) => String::new(),
                Some(serde_json::Value::String(word)) => word.clone(),
                Some(serde_json::Value::Array(list)) if column != "assignment" => {
                    list.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ")
                }
                Some(other) => other.to_string(),
            };
            for column in row.keys().filter(|column| !column.ends_with("_bytes")) {
                match column.as_str() {
                    "copy" | "crc_ok" | "timestamp_ms" => {}
                    column => assert_eq!(unguarded(&row[column]), told(column), "{case}: {column} of {line}"),
                }
            }
        }
        let first = if case == "transactions-4.1.2" { "commit-settled" } else { "member-joined" };
        assert!(told.iter().any(|line| line["event"] == first), "{case}");
    }
}

/// The document beside the report is the one that `recover` writes.
#[test]
fn the_post_mortem_brings_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let data = fixtures("broker/classic-4.1.2/data");
    let (out, file) = (folder.path().join("report"), folder.path().join("offsets.json"));
    assert_ne!(lastwrites(&["examine", text(&data), "--out", text(&out)]).code, 2);
    assert_ne!(lastwrites(&["recover", text(&data), "--all-groups", "-o", text(&file)]).code, 2);
    let without_clock = |path: &Path| {
        let mut document = read_json(path);
        document["created_at_ms"].take();
        document
    };
    assert_eq!(without_clock(&out.join("recovered-offsets.json")), without_clock(&file));
}

/// The broker's own answer, without `groups` in between.
#[test]
fn outcomes_of_transactions_are_the_brokers() {
    for case in ["transactions-3.9.2", "transactions-4.1.2"] {
        let folder = fixtures("broker").join(case);
        let rows = rows(&folder.join("data"), "commits");
        let truth = read_json(&folder.join("truth.json"));
        let mut told = BTreeMap::new();
        for group in array(&truth, "groups") {
            for offset in array(group, "offsets") {
                let key = (string(group, "group").to_owned(), string(offset, "topic").to_owned());
                told.insert((key, offset["partition"].as_i64().unwrap()), offset["offset"].as_i64().unwrap());
            }
        }
        let have: BTreeMap<_, _> = last_commits(&rows)
            .into_iter()
            .map(|((group, topic, partition, _), offset)| (((group, topic), partition), offset))
            .collect();
        assert_eq!(have, told, "{case}");
        // The workload aborted these groups' only transactions, and left the others' open.
        let outcomes = |group: &str| -> Vec<&str> {
            rows.iter().filter(|row| row["group_id"] == group).map(|row| row["outcome"].as_str()).collect()
        };
        assert!(!outcomes("only-aborted").is_empty() && !outcomes("only-open").is_empty(), "{case}");
        assert!(outcomes("only-aborted").iter().all(|outcome| *outcome == "aborted"), "{case}");
        assert!(outcomes("only-open").iter().all(|outcome| *outcome == "open"), "{case}");
    }
}

#[test]
fn groups_are_those_of_the_report() {
    for case in folders(&fixtures("broker")) {
        let data = case.join("data");
        let rows = rows(&data, "groups");
        let report = lastwrites(&["groups", "--json", text(&data)]).json();
        let groups = array(&report, "groups");
        assert_eq!(rows.len(), groups.len(), "{}", name(&case));
        for (row, group) in rows.iter().zip(groups) {
            assert_eq!(unguarded(&row["group_id"]), string(group, "group_id"));
            assert_eq!(row["group_type"], string(group, "type"));
            assert_eq!(number(row, "members"), array(group, "members").len() as i64);
            let committed = array(group, "offsets").iter().filter(|offset| !offset["offset"].is_null());
            assert_eq!(number(row, "offsets"), committed.count() as i64);
        }
    }
}

/// Small units split transactions, so their commits and markers meet in the ordered stage.
#[test]
fn threads_and_units_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = fixtures("broker/transactions-4.1.2/data");
    let written = |number: usize, more: &[&str]| {
        let out = dir.path().join(format!("{number}.csv"));
        let run = export(&data, "commits", "csv", &out, more);
        assert_eq!(run.code, 0, "{}", run.stderr);
        fs::read(&out).unwrap()
    };
    let first = written(0, &["--threads", "1"]);
    assert_eq!(written(1, &["--threads", "4", "--unit-bytes", "100"]), first);
    assert_eq!(written(2, &["--threads", "1", "--unit-bytes", "100", "--read-with", "reads"]), first);
}

/// What is in these formats is read back in `lastwrites-tables`' own tests.
#[test]
fn each_format_writes_its_own_magic() {
    let dir = tempfile::tempdir().unwrap();
    for (format, magic) in [("parquet", &b"PAR1"[..]), ("ipc", b"ARROW1")] {
        for table in ["commits", "groups"] {
            let out = dir.path().join(format!("{table}.{format}"));
            let run = export(&fixtures("broker/classic-4.1.2/data"), table, format, &out, &[]);
            assert_eq!(run.code, 0, "{}", run.stderr);
            let bytes = fs::read(&out).unwrap();
            assert!(bytes.starts_with(magic) && bytes.ends_with(magic), "{table} as {format}");
        }
    }
}

#[test]
fn an_existing_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("precious.csv");
    fs::write(&out, "precious").unwrap();
    let run = export(&fixtures("broker/classic-4.1.2/data"), "groups", "csv", &out, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&out).unwrap(), "precious");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
