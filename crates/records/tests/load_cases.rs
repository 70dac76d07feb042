//! What the loaders of 17 releases did with the same bytes.

use std::collections::HashMap;
use std::path::PathBuf;

use lastwrites_records::{Coordinator, LayoutSet, LoaderError, LoaderRecord, Value, decode_as, embedded};

use crate::common::{LogRecord, corpus, json_lines, records_of};

/// The first record a loader can't read, as far as reading alone goes.
fn first_failure(layouts: &LayoutSet, records: &[LogRecord]) -> Option<(i64, LoaderError)> {
    records.iter().find_map(|record| {
        match decode_as(layouts, record.key.as_deref(), record.value.as_deref()) {
            Ok(_) => None,
            Err(error) => Some((record.offset, error)),
        }
    })
}

fn cases(corpus: &std::path::Path) -> HashMap<String, Option<Vec<LogRecord>>> {
    let table = std::fs::read_to_string(corpus.join("load-cases/cases.tsv")).unwrap();
    let case = |line: &str| {
        let mut columns = line.split('\t');
        let (name, folder) = (columns.next().unwrap(), columns.next().unwrap());
        (name.to_owned(), records_of(&PathBuf::from(corpus).join("load-cases").join(folder)))
    };
    table.lines().map(case).collect()
}

fn layouts_of(version: &str) -> LayoutSet {
    let (release, coordinator) = match version.strip_suffix("-old") {
        Some(release) => (release, Coordinator::Old),
        None => (version, Coordinator::New),
    };
    LayoutSet::for_release(release.parse().unwrap(), coordinator)
}

/// Texts of old loaders that come after the reading of records, or before it.
fn is_not_about_reading(text: &str) -> bool {
    [
        "Unexpected unload",
        "Static member with",
        "Incorrect declared batch size",
        "Invalid magic",
        "Invalid record size",
        "Invalid version found",
        "Record size",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

#[test]
fn each_release_reads_or_refuses_as_its_loader_did() {
    let Some(corpus) = corpus() else { return };
    let cases = cases(&corpus);
    let (mut refused, mut read) = (0, 0);
    for line in json_lines(&corpus.join("load-cases/EXPECTED.jsonl")) {
        let (version, case) = (line["version"].as_str().unwrap(), line["case"].as_str().unwrap());
        let Some(records) = &cases[case] else { continue };
        let found = first_failure(&layouts_of(version), records);
        let stage = line["stage"].as_str().unwrap_or_default();
        let text = line["error"].as_str().unwrap_or_default();
        if stage == "deserialize" || (stage.starts_with("old loader") && !is_not_about_reading(text)) {
            if found.is_none() && escapes(records) == Some(text.to_owned()) {
                continue; // KAFKA-20570: read well, but the blob inside throws
            }
            let (offset, error) =
                found.unwrap_or_else(|| panic!("{version} {case}: read, expected {text:?}"));
            assert_eq!(error.text, text, "{version} {case}");
            assert_eq!(error.class, line["errorClass"], "{version} {case}");
            if let Some(expected) = line["offset"].as_i64() {
                assert_eq!(offset, expected, "{version} {case}");
            }
            refused += 1;
        } else if line["verdict"] == "LOADED" {
            assert_eq!(found, None, "{version} {case}");
            read += 1;
        }
    }
    eprintln!("{refused} refusals with equal text and offset, {read} loads without one");
    assert!(refused > 300 && read > 1000, "{refused} {read}");
}

/// The text with which a malformed subscription escapes while its group is loaded.
fn escapes(records: &[LogRecord]) -> Option<String> {
    let newest = LayoutSet::for_release("4.3.1".parse().unwrap(), Coordinator::New);
    records.iter().find_map(|record| {
        match decode_as(&newest, record.key.as_deref(), record.value.as_deref()) {
            Ok(LoaderRecord::Known { value: Some((_, Value::GroupMetadata(group))), .. })
                if group.protocol_type.as_bytes() == b"consumer" =>
            {
                group.members.iter().find_map(|member| {
                    embedded::topics_for_coordinator(&member.subscription).err().map(|e| e.to_string())
                })
            }
            _ => None,
        }
    })
}

#[test]
fn malformed_subscriptions_escape_with_kafkas_text() {
    let Some(corpus) = corpus() else { return };
    let cases = cases(&corpus);
    let mut escaped = 0;
    for line in json_lines(&corpus.join("load-cases/EXPECTED.jsonl")) {
        let (version, case) = (line["version"].as_str().unwrap(), line["case"].as_str().unwrap());
        let Some(records) = cases[case].as_ref().filter(|_| case.starts_with("K20570")) else { continue };
        let judged: Option<&str> = line["error"].as_str();
        assert_eq!(escapes(records).as_deref(), judged, "{version} {case}");
        escaped += usize::from(judged.is_some());
    }
    eprintln!("{escaped} escapes with equal text");
    assert!(escaped > 50);
}
