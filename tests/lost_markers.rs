//! Real brokers' logs with one transaction marker destroyed, held against the same log as the broker left it: no value
//! that differs goes unflagged, and `groups`, `recover`, `history` and `export` tell the same story.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{lastwrites, lines};

/// Group, topic, partition.
type Key = (String, String, i64);

/// Where the control batches of a segment lie (Kafka's batch header: length at 8, attributes at 21, bit 5 is control).
fn markers(segment: &[u8]) -> Vec<Range<usize>> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(length) = segment.get(at + 8..at + 12) {
        let end = at + 12 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
        if end > segment.len() || end == at + 12 {
            break;
        }
        if u16::from_be_bytes(segment[at + 21..at + 23].try_into().unwrap()) & 0x20 != 0 {
            found.push(at..end);
        }
        at = end;
    }
    found
}

fn offsets(report: &Value) -> BTreeMap<Key, &Value> {
    let mut offsets = BTreeMap::new();
    for group in report["groups"].as_array().unwrap() {
        for offset in group["offsets"].as_array().unwrap() {
            let name = |value: &Value| value.as_str().unwrap().to_owned();
            let partition = offset["partition"].as_i64().unwrap();
            offsets.insert((name(&group["group_id"]), name(&offset["topic"]), partition), offset);
        }
    }
    offsets
}

fn has(value: &Value, flag: &str) -> bool {
    value["flags"].as_array().unwrap().iter().any(|word| word == flag)
}

/// What each commit came to, by the offset of its record.
fn outcomes(history: &[Value]) -> BTreeMap<i64, String> {
    let settled = history.iter().filter(|row| {
        row["event"] == "commit-settled" || row["event"] == "commit-aborted" || has(row, "in-doubt")
    });
    settled
        .filter_map(|row| Some((row["record_offset"].as_i64()?, row["event"].as_str().unwrap().to_owned())))
        .collect()
}

fn logs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broker");
    let mut folders = vec![root.join("transactions-3.9.2"), root.join("transactions-4.1.2")];
    if let Some(corpus) = std::env::var_os("LASTWRITES_CORPUS") {
        let cases = Path::new(&corpus).join("broker-cases");
        folders.extend(["transactions-3.9.1", "streams-4.1.2"].map(|case| cases.join(case)));
    }
    let mut logs = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = folder.file_name().unwrap().to_str().unwrap().starts_with("__consumer_offsets-");
            if path.is_dir() {
                folders.push(path);
            } else if inside && path.extension().is_some_and(|ending| ending == "log") {
                logs.push(path);
            }
        }
    }
    logs.sort();
    logs
}

#[test]
fn a_destroyed_marker_leaves_no_wrong_value_unflagged() {
    let (mut destroyed, mut in_doubt) = (0, 0);
    for log in logs() {
        let bytes = fs::read(&log).unwrap();
        let markers = markers(&bytes);
        if markers.is_empty() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let partition = folder.path().join(log.parent().unwrap().file_name().unwrap());
        fs::create_dir(&partition).unwrap();
        let copy = partition.join(log.file_name().unwrap());
        let path = folder.path().to_str().unwrap();
        fs::write(&copy, &bytes).unwrap();
        let whole = lastwrites(&["groups", "--json", path]).json();
        let whole = offsets(&whole);
        let was = outcomes(&lastwrites(&["history", "--json", path]).json_lines());
        for marker in markers {
            destroyed += 1;
            let which = format!("{} without the marker at byte {}", log.display(), marker.start);
            let mut damaged = bytes.clone();
            damaged[marker].fill(0xff);
            fs::write(&copy, &damaged).unwrap();
            let report = lastwrites(&["groups", "--json", path]).json();
            let found = offsets(&report);
            for (key, offset) in &found {
                let same = whole.get(key).is_some_and(|whole| whole["offset"] == offset["offset"]);
                let flagged = has(offset, "in-doubt") || has(offset, "before-gap");
                assert!(same || flagged, "{which}: {key:?} {offset} {:?}", whole.get(key));
                for pending in offset["pending"].as_array().unwrap() {
                    assert!(pending["in_doubt"] == false || has(offset, "in-doubt"), "{which}: {offset}");
                }
            }
            assert!(whole.keys().all(|key| found.contains_key(key)), "{which}");

            let rows = lastwrites(&["history", "--json", path]).json_lines();
            for (record, event) in outcomes(&rows) {
                let right = was.get(&record) == Some(&event) || event == "commit-pending";
                assert!(right, "{which}: record {record} {event}, {:?}", was.get(&record));
            }
            let doubtful = |row: &&Value| has(row, "in-doubt");
            let told: Vec<i64> =
                rows.iter().filter(doubtful).map(|row| row["record_offset"].as_i64().unwrap()).collect();
            in_doubt += told.len();
            // What is pending in doubt is what history says is in doubt, and the document lists it.
            let out = folder.path().join("q.json");
            // Away from its cluster nothing tells how many partitions there were.
            let out = out.to_str().unwrap();
            let made = lastwrites(&["recover", "--all-groups", "--foreign", "--json", "-o", out, path]);
            assert!(made.code < 2, "{which}: {}", made.stderr);
            fs::remove_file(out).unwrap();
            let document = made.json();
            let recovered = offsets(&document);
            for (key, offset) in &found {
                for pending in offset["pending"].as_array().unwrap() {
                    if pending["in_doubt"] == false {
                        continue;
                    }
                    let record = &pending["record_offset"];
                    assert!(told.contains(&record.as_i64().unwrap()), "{which}: {key:?} {pending}");
                    let Some(recovered) = recovered.get(key) else {
                        assert!(offset["offset"].is_null(), "{which}: {key:?}");
                        continue;
                    };
                    let listed = recovered["alternatives"].as_array().unwrap();
                    assert!(listed.iter().any(|other| other["record"]["offset"] == *record), "{recovered}");
                    assert_eq!(recovered["offset"], offset["offset"], "{which}: {key:?}");
                }
            }
        }
    }
    assert!(destroyed >= 15 && in_doubt >= 15, "{destroyed} {in_doubt}");
}

/// `lines` keeps the order of the file: a doubtful commit is told where the damage is, before what follows it.
#[test]
fn doubt_is_told_in_log_order() {
    let log = logs().into_iter().find(|log| !markers(&fs::read(log).unwrap()).is_empty()).unwrap();
    let bytes = fs::read(&log).unwrap();
    let marker = markers(&bytes).remove(0);
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join(log.parent().unwrap().file_name().unwrap());
    fs::create_dir(&partition).unwrap();
    let mut damaged = bytes;
    let position = marker.start;
    damaged[marker].fill(0xff);
    fs::write(partition.join(log.file_name().unwrap()), damaged).unwrap();
    let run = lastwrites(&["history", "--json", folder.path().to_str().unwrap()]);
    let rows = lines(&run.stdout);
    let order: Vec<i64> = rows.iter().map(|row| row["position"].as_i64().unwrap()).collect();
    assert!(order.is_sorted(), "{order:?}");
    let doubtful: Vec<&Value> = rows.iter().filter(|row| has(row, "in-doubt")).collect();
    assert!(!doubtful.is_empty());
    assert!(doubtful.iter().all(|row| row["position"].as_u64() == Some(position as u64)), "{doubtful:?}");
}
