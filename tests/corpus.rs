//! The larger corpus: brokers' logs with their Admin API's answers, logs found in the wild, every record type of every
//! release, and what Kafka's own kafka-dump-log printed. Needs `LASTWRITES_CORPUS`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    array, complaints, corpus, folders, lastwrites, lines, name, none_of, read_json, string, text,
};
use crate::truth::{Exception, differences, outside_journal};

const RESTARTED: &str = "the broker had restarted and waited for its members; a log cannot show that";
const NOT_READY: &str = "internal topics are checked against cluster metadata, which a log cannot show";
const TORN: &str = "the damage took the member's last current assignment, the truth is the undamaged log's";

const EXCEPTIONS: &[Exception] = &[
    Exception { case: "crash-4.1.2-recovered", group: "load-member", what: "state", reason: RESTARTED },
    Exception { case: "crash-4.1.2-recovered", group: "load-member", what: "members", reason: RESTARTED },
    Exception {
        case: "crash-compacting-4.1.1-recovered",
        group: "load-member",
        what: "state",
        reason: RESTARTED,
    },
    Exception {
        case: "crash-compacting-4.1.1-recovered",
        group: "load-member",
        what: "members",
        reason: RESTARTED,
    },
    Exception { case: "streams-4.1.2", group: "st-active", what: "state", reason: NOT_READY },
    Exception { case: "streams-4.1.2", group: "st-eos", what: "state", reason: NOT_READY },
    Exception { case: "streams-4.1.2-clean", group: "st-active", what: "state", reason: NOT_READY },
    Exception { case: "streams-4.1.2-clean", group: "st-eos", what: "state", reason: NOT_READY },
    Exception { case: "torn-mid-batch-4.1.2", group: "k-range", what: "state", reason: TORN },
    Exception { case: "torn-mid-batch-4.1.2", group: "k-range", what: "member-epoch", reason: TORN },
    Exception { case: "torn-mid-header-4.1.2", group: "k-range", what: "state", reason: TORN },
    Exception { case: "torn-mid-header-4.1.2", group: "k-range", what: "member-epoch", reason: TORN },
];

#[test]
fn groups_are_what_the_broker_told() {
    let Some(cases) = corpus("broker-cases") else { return };
    none_of(&complaints(&folders(&cases), |folder| {
        let case = name(folder);
        let truth = read_json(&folder.join("truth.json"));
        let document = lastwrites(&["groups", "--json", text(&folder.join("data"))]).json();
        if truth["groups"].is_array() {
            return differences(case, &truth, &document, EXCEPTIONS);
        }
        let outside = outside_journal(&truth["journalBeforeCopy"], &truth["journalAfterCopy"], &document);
        // Files copied one after the other while the cleaner ran: the values may be wrong, but not silently so.
        if array(&document, "findings").iter().any(|finding| finding["code"] == "LW112") {
            return Vec::new();
        }
        outside.into_iter().map(|complaint| format!("{case}: {complaint}, and no LW112")).collect()
    }));
}

#[test]
fn wild_partitions_are_what_kafka_loads() {
    let Some(wild) = corpus("wild") else { return };
    let expected = lines(&fs::read(wild.join("EXPECTED.jsonl")).unwrap());
    assert!(!expected.is_empty());
    none_of(&complaints(&expected, |expected| {
        let partition = wild.join(string(expected, "partition_dir"));
        wild_differences(expected, &partition)
            .into_iter()
            .map(|complaint| format!("{}: {complaint}", string(expected, "partition_dir")))
            .collect()
    }));
}

fn wild_differences(expected: &Value, partition: &Path) -> Vec<String> {
    let run = lastwrites(&["groups", "--json", text(partition)]);
    if run.code == 2 {
        // A lone empty file is not known for a segment by its name alone.
        let nothing = array(expected, "groups").is_empty() && expected["verdict_4.3.1"] == "LOADED";
        return if nothing && run.stderr.contains("0 bytes") { Vec::new() } else { vec![run.stderr] };
    }
    let document = run.json();
    let mut found = Vec::new();

    let mut offsets = (BTreeMap::new(), BTreeMap::new());
    let mut types = (BTreeMap::new(), BTreeMap::new());
    for group in array(&document, "groups") {
        let id = string(group, "group_id");
        types.0.insert(id, string(group, "type"));
        for entry in array(group, "offsets").iter().filter(|entry| !entry["offset"].is_null()) {
            let value = ["offset", "leader_epoch", "metadata", "committed_at_ms"].map(|field| &entry[field]);
            offsets.0.insert((id, string(entry, "topic"), entry["partition"].as_i64()), value);
        }
    }
    for group in array(expected, "groups") {
        let id = string(group, "id");
        types.1.insert(id, string(group, "type"));
        for entry in array(group, "offsets").iter().filter(|entry| entry["pending"].is_null()) {
            let value = ["offset", "leaderEpoch", "metadata", "commitTimestamp"].map(|field| &entry[field]);
            offsets.1.insert((id, string(entry, "topic"), entry["partition"].as_i64()), value);
        }
    }
    if types.0 != types.1 {
        found.push(format!("types: ours {:?}, expected {:?}", types.0, types.1));
    }
    if offsets.0 != offsets.1 {
        found.push(format!("offsets: ours {:?}, expected {:?}", offsets.0, offsets.1));
    }
    let verdict = string(&document["partitions"][0]["load"], "verdict");
    if verdict.starts_with("loads") != (expected["verdict_4.3.1"] == "LOADED") {
        found.push(format!("verdict: ours {verdict}, expected {}", expected["verdict_4.3.1"]));
    }
    let scan = lastwrites(&["scan", "--json", text(partition)]).json();
    let mut files = 0;
    for file in array(&scan, "copies").iter().flat_map(|copy| array(copy, "files")) {
        files += 1;
        let size = fs::metadata(partition.join(string(file, "name"))).unwrap().len();
        let sum: u64 = ["decoded_bytes", "empty_bytes", "damaged_bytes"]
            .iter()
            .map(|field| file[field].as_u64().unwrap())
            .sum();
        if file["size_bytes"] != size || sum != size {
            found.push(format!("bytes: {size} on disk, {file}"));
        }
    }
    if files == 0 {
        found.push("no file in the scan".to_owned());
    }
    found
}

/// A decoded key and value as Kafka's converters give them.
fn decoded(line: &Value) -> (Value, Value) {
    let value = match &line["value"] {
        Value::Null => Value::Null,
        value => json!({"version": value["version"], "data": value["data"]}),
    };
    (json!({"type": line["key"]["type"], "data": line["key"]["data"]}), value)
}

#[test]
fn every_record_type_decodes_as_its_release_wrote_it() {
    let Some(cases) = corpus("record-cases") else { return };
    none_of(&complaints(&folders(&cases), |folder| {
        let release = name(folder).split('-').next().unwrap();
        let expected = lines(&fs::read(folder.join("expected.jsonl")).unwrap());
        let hinted = lastwrites(&["dump", "--json", "--written-by", release, text(folder)]).json_lines();
        let unhinted = lastwrites(&["dump", "--json", text(folder)]).json_lines();
        let mut found = Vec::new();
        for (what, ours) in [("hinted", &hinted), ("unhinted", &unhinted)] {
            if ours.len() != expected.len() {
                found.push(format!("{release} {what}: {} records of {}", ours.len(), expected.len()));
            }
        }
        for (expected, (hinted, unhinted)) in expected.iter().zip(hinted.iter().zip(&unhinted)) {
            let want = (expected["key"].clone(), expected["value"].clone());
            let tags = hinted["value"]["unknown_tags"] == true;
            if hinted["offset"] != expected["offset"]
                || decoded(hinted) != want
                || expected["unknown_tags"] != tags
            {
                found.push(format!("{release}: ours {hinted}, expected {expected}"));
            }
            let value = &unhinted["value"];
            let marked = value.get("layout").is_some() || value.get("ambiguous_with").is_some();
            if decoded(unhinted) != want && !marked {
                found.push(format!("{release} unhinted, unmarked: ours {unhinted}, expected {expected}"));
            }
        }
        found
    }));
}

/// One record as kafka-dump-log printed it.
struct Printed {
    /// Partition and our name of the file.
    file: (i64, String),
    offset: i64,
    /// All after the headers; for control records the marker.
    rest: String,
}

#[test]
fn dump_has_every_record_that_kafka_dump_log_printed() {
    let Some(cases) = corpus("broker-cases") else { return };
    none_of(&complaints(&folders(&cases), |folder| {
        let case = name(folder);
        let printed = printed(&folder.join("dump-log.txt.gz"));
        assert!(!printed.is_empty(), "{case}: nothing printed");
        let ours = lastwrites(&["dump", "--json", "--leftovers", text(&folder.join("data"))]).json_lines();
        let mut by_place: BTreeMap<((i64, String), i64), Value> = BTreeMap::new();
        let mut found = Vec::new();
        for line in ours {
            let file = (line["partition"].as_i64().unwrap(), string(&line, "file").to_owned());
            let place = (file, line["offset"].as_i64().unwrap());
            if let Some(twice) = by_place.insert(place, line) {
                found.push(format!("{case}: ours stands twice: {twice}"));
            }
        }
        let files: BTreeSet<_> = printed.iter().map(|record| record.file.clone()).collect();
        let of_printed = by_place.keys().filter(|(file, _)| files.contains(file)).count();
        // kafka-dump-log stops at damage, we go on.
        if of_printed != printed.len() && !case.starts_with("torn-") {
            found.push(format!("{case}: {of_printed} records, kafka-dump-log printed {}", printed.len()));
        }
        for record in printed {
            match by_place.get(&(record.file.clone(), record.offset)) {
                None => found.push(format!("{case}: no {:?} offset {}", record.file, record.offset)),
                Some(ours) if !same(ours, &record.rest) => {
                    found.push(format!("{case}: ours {ours}, printed {}", record.rest));
                }
                Some(_) => {}
            }
        }
        found
    }));
}

fn printed(file: &Path) -> Vec<Printed> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(file).unwrap()).read_to_end(&mut bytes).unwrap();
    let mut current = None;
    let mut found = Vec::new();
    for line in String::from_utf8(bytes).unwrap().lines() {
        if let Some(path) = line.strip_prefix("Dumping ") {
            let deleted = if path.starts_with("deleted/") { ".deleted" } else { "" };
            let (folder, file) = path.trim_start_matches("deleted/").split_once('/').unwrap();
            let partition = folder.rsplit_once('-').unwrap().1.parse().unwrap();
            current = Some((partition, format!("{file}{deleted}")));
        } else if let Some(record) = line.strip_prefix("| offset: ") {
            let (offset, record) = record.split_once(' ').unwrap();
            let (_, rest) = record.split_once(" headerKeys: [] ").unwrap();
            found.push(Printed {
                file: current.clone().unwrap(),
                offset: offset.parse().unwrap(),
                rest: rest.to_owned(),
            });
        } else if ![
            "baseOffset: ",
            "Log starting offset: ",
            "Non-",
            " ",
            "Found ",
            "Exception in thread ",
            "\tat ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
            && !line.contains(" is followed by ")
            && let Some(last) = found.last_mut()
        {
            // Metadata with a line break.
            last.rest.push('\n');
            last.rest.push_str(line);
        }
    }
    found
}

/// Whether our line says what kafka-dump-log's does: JSON since 3.9, before that a text of its own.
fn same(ours: &Value, printed: &str) -> bool {
    if let Some(marker) = printed.strip_prefix("endTxnMarker: ") {
        let control = &ours["control"];
        return marker
            == format!("{} coordinatorEpoch: {}", string(control, "type"), control["coordinator_epoch"]);
    }
    let (key, value) = printed.strip_prefix("key: ").unwrap().split_once(" payload: ").unwrap();
    if key.starts_with('{') {
        let (mut ours, mut printed) = (decoded(ours), (numbered(key, "type"), numbered(value, "version")));
        if printed.0["type"] == 2 {
            without_blobs(&mut ours.1);
            without_blobs(&mut printed.1);
        }
        return ours == printed;
    }
    let (our_key, our_value) = decoded(ours);
    let (data, value_data) = (&our_key["data"], &our_value["data"]);
    let tombstone = our_value.is_null();
    if our_key["type"] == 2 {
        let group = format!("group_metadata::group={}", string(data, "group"));
        // The text form names the members' assignments, too; those are judged by what the brokers told.
        return key == group
            && if tombstone {
                value == "<DELETE>"
            } else {
                let printed: Value = serde_json::from_str(value).unwrap();
                printed["protocolType"] == value_data["protocolType"]
                    && printed["protocol"] == value_data["protocol"]
                    && printed["generationId"] == value_data["generation"]
            };
    }
    let commit = format!(
        "offset_commit::group={},partition={}-{}",
        string(data, "group"),
        string(data, "topic"),
        data["partition"]
    );
    let text = if tombstone {
        "<DELETE>".to_owned()
    } else {
        match string(value_data, "metadata") {
            "" => format!("offset={}", value_data["offset"]),
            metadata => format!("offset={},metadata={metadata}", value_data["offset"]),
        }
    };
    key == commit && value == text
}

/// kafka-dump-log opens the consumer protocol's blobs in a classic group's members and we keep the bytes; what the blobs
/// say is judged by the members' assignments that the brokers told.
fn without_blobs(value: &mut Value) {
    for member in value["data"]["members"].as_array_mut().into_iter().flatten() {
        let member = member.as_object_mut().unwrap();
        assert!(member.remove("subscription").is_some() && member.remove("assignment").is_some());
    }
}

/// kafka-dump-log's JSON, with the type or version as a number.
fn numbered(printed: &str, field: &str) -> Value {
    if printed == "<DELETE>" {
        return Value::Null;
    }
    let mut value: Value = serde_json::from_str(printed).unwrap();
    value[field] = Value::from(string(&value, field).parse::<i64>().unwrap());
    value
}

/// The real 3.6.2 loader serves the offset, the real 4.x loaders do not (`EXPECTED.jsonl`, judged in `load_cases`):
/// whoever asks under the newest rules must be told, by name.
#[test]
fn groups_that_an_older_coordinator_would_have_served_are_named() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = fs::read(cases.join("EXPECTED.jsonl")).unwrap();
    let served = |version: &str| {
        let line = lines(&expected)
            .into_iter()
            .find(|line| line["case"] == "orphan-offsets-classic" && line["version"] == version);
        line.unwrap()["groups"]
            .as_array()
            .unwrap()
            .iter()
            .any(|group| group["id"] == "payments" && group["type"] == "classic")
    };
    assert!(served("3.6.2-old") && !served("4.1.2"), "the case does not show what this test is about");
    let document = lastwrites(&["groups", "--json", text(&cases.join("orphan-offsets-classic"))]).json();
    let finding = array(&document, "findings").iter().find(|finding| finding["code"] == "LW401").cloned();
    assert!(string(&finding.expect("LW401"), "message").contains("payments"));
    // Consumer groups are written by new coordinators only.
    let document = lastwrites(&["groups", "--json", text(&cases.join("orphan-offsets-consumer"))]).json();
    assert!(array(&document, "findings").iter().all(|finding| finding["code"] != "LW401"));
}
