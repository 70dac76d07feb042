//! What kafka-dump-log printed of a segment, replayed: the same groups as the segment itself, `unverified`.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::{array, corpus, lastwrites, string, text};

/// Groups with what a text of 3.8 or later holds, trust and places left out.
fn groups(document: &Value) -> Value {
    let mut groups = document["groups"].clone();
    for group in groups.as_array_mut().unwrap() {
        // The number of offsets partitions, and names of topics that only their ids stand for, are in the cluster's metadata, which the text hasn't.
        group["maps_to"] = Value::Null;
        for member in group["members"].as_array_mut().unwrap() {
            for topic in member["assignment"].as_array_mut().unwrap() {
                if !topic["topic_id"].is_null() {
                    topic["topic"] = Value::Null;
                }
            }
        }
        for offset in group["offsets"].as_array_mut().unwrap() {
            let offset = offset.as_object_mut().unwrap();
            offset.retain(|key, _| {
                ["topic", "topic_id", "partition", "offset", "leader_epoch", "metadata", "committed_at_ms"]
                    .contains(&key.as_str())
            });
        }
    }
    groups
}

/// The dump of a case, unpacked.
fn dump(case: &Path, folder: &Path) -> std::path::PathBuf {
    let mut bytes = Vec::new();
    let file = fs::File::open(case.join("dump-log.txt.gz")).unwrap();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    let path = folder.join("dump-log.txt");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn the_newer_text_gives_the_groups_of_the_segments() {
    let Some(root) = corpus("broker-cases") else { return };
    for case in [
        "classic-mixed-3.9.1",
        "classic-mixed-4.1.2",
        "kip848-4.2.1",
        "share-4.1.2",
        "streams-4.1.2",
        "transactions-3.9.1",
    ] {
        let case = root.join(case);
        let folder = tempfile::tempdir().unwrap();
        let dump = dump(&case, folder.path());
        let from_text = lastwrites(&["groups", "--json", text(&dump)]);
        assert_eq!(from_text.code, 1, "{}", from_text.stderr);
        let from_text = from_text.json();
        let disk = lastwrites(&["groups", "--json", text(&case.join("data"))]).json();
        assert_eq!(groups(&from_text), groups(&disk), "{}", case.display());
        let offsets = array(&from_text, "groups").iter().flat_map(|group| array(group, "offsets"));
        assert!(offsets.clone().count() > 0);
        assert!(offsets.into_iter().all(|offset| offset["trust"] == "unverified"), "{}", case.display());
        let told = array(&from_text, "findings").iter().filter(|finding| finding["code"] == "LW306");
        assert_eq!(told.count(), 1, "{}", case.display());
        for file in array(&from_text, "copies").iter().flat_map(|copy| array(copy, "files")) {
            assert_eq!(file["damaged_bytes"], json!(0), "{file}");
        }
    }
}

/// The older text holds offset, metadata and who was assigned what; leader epochs and clients are gone.
#[test]
fn the_older_text_gives_offsets_and_assignments() {
    let Some(root) = corpus("broker-cases") else { return };
    let case = root.join("classic-mixed-3.6.2");
    let folder = tempfile::tempdir().unwrap();
    let dump = dump(&case, folder.path());
    let held = |document: &Value| -> Vec<Value> {
        let group = |group: &Value| {
            let offset = |o: &Value| json!([o["topic"], o["partition"], o["offset"], o["metadata"]]);
            let offsets: Vec<Value> = array(group, "offsets").iter().map(offset).collect();
            json!([
                string(group, "group_id"),
                group["state"],
                group["generation"],
                group["protocol"],
                offsets
            ])
        };
        array(document, "groups").iter().map(group).collect()
    };
    let from_text = lastwrites(&["groups", "--json", "--kafka", "3.6.2", text(&dump)]).json();
    let disk = lastwrites(&["groups", "--json", "--kafka", "3.6.2", text(&case.join("data"))]).json();
    assert_eq!(held(&from_text), held(&disk));
    let lost = |offset: &Value| offset["leader_epoch"].is_null() && offset["trust"] == "unverified";
    assert!(array(&from_text, "groups").iter().flat_map(|group| array(group, "offsets")).all(lost));
}

/// Objects stand there without a separator, and without offsets, times or markers.
#[test]
fn formatter_output_gives_groups() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.json");
    let commit = |offset: i64| {
        json!({"key": {"type": 1, "data": {"group": "g1", "topic": "orders", "partition": 0}},
               "value": {"version": 3, "data": {"offset": offset, "leaderEpoch": 7, "metadata": "m", "commitTimestamp": 1_716_780_091_840_i64}}})
    };
    let gone = json!({"key": {"type": 1, "data": {"group": "g1", "topic": "orders", "partition": 1}}, "value": null});
    fs::write(&file, format!("{}{}{gone}\n", commit(5), commit(14_921))).unwrap();
    let document = lastwrites(&["groups", "--json", text(&file)]).json();
    let groups = array(&document, "groups");
    assert_eq!(groups.len(), 1, "{document}");
    let offsets = array(&groups[0], "offsets");
    assert_eq!(offsets.len(), 1);
    assert_eq!((offsets[0]["offset"].as_i64(), offsets[0]["leader_epoch"].as_i64()), (Some(14_921), Some(7)));
    assert_eq!(offsets[0]["record"]["offset"], 1);
}

/// A line that says nothing any more is damage, at its place, and flags what stands before it.
#[test]
fn a_line_that_is_not_understood_is_damage() {
    let Some(root) = corpus("broker-cases") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = dump(&root.join("classic-mixed-4.1.2"), folder.path());
    let whole = fs::read_to_string(&path).unwrap();
    let at = whole.rfind("\n| offset: ").unwrap() + 1;
    let broken = format!("{}| offset: what?\n{}", &whole[..at], &whole[at..]);
    fs::write(&path, broken).unwrap();
    let scanned = lastwrites(&["scan", "--json", text(&path)]).json();
    let files = array(&scanned, "copies").iter().flat_map(|copy| array(copy, "files"));
    let mut damaged = 0;
    for file in files {
        let count = |key: &str| file[key].as_u64().unwrap();
        assert_eq!(
            count("decoded_bytes") + count("empty_bytes") + count("damaged_bytes"),
            count("size_bytes")
        );
        damaged += count("damaged_bytes");
    }
    assert!(damaged >= 16, "{damaged}");
}
