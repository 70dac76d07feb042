//! The committed fixtures: every record layout of five releases, by Kafka's own classes.

use std::path::{Path, PathBuf};

use lastwrites_records::{decode, embedded};
use serde_json::Value as Json;

use crate::common::{as_json, encoded, hex, is_marked, json_lines};

const RELEASES: [&str; 5] = ["3.9.2", "4.0.2", "4.1.2", "4.2.1", "4.3.1"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/records")
}

fn bytes_of(line: &Json) -> (Vec<u8>, Option<Vec<u8>>) {
    (hex(line["key"].as_str().unwrap()), line["value"].as_str().map(hex))
}

#[test]
fn every_record_decodes_and_encodes_as_kafka_does() {
    for release in RELEASES {
        let lines = json_lines(&folder().join(format!("{release}.jsonl")));
        assert!(lines.len() > 100, "{release}: {} lines", lines.len());
        for line in lines {
            let (key, value) = bytes_of(&line);
            let decoded = decode(&key, value.as_deref(), Some(release.parse().unwrap()));
            let judged = (line["key_json"].clone(), line["value_json"].clone());
            let (key_json, value_json, unknown_tags) = as_json(&decoded);
            assert_eq!((key_json, value_json), judged, "{release} {line}");
            assert_eq!(unknown_tags, line["unknown_tags"], "{release} {line}");
            assert_eq!(encoded(&decoded), (Some(key), value), "{release} {line}");
        }
    }
}

#[test]
fn without_a_hint_nothing_is_read_wrongly_in_silence() {
    for release in RELEASES {
        for line in json_lines(&folder().join(format!("{release}.jsonl"))) {
            let (key, value) = bytes_of(&line);
            let decoded = decode(&key, value.as_deref(), None);
            let (_, value_json, _) = as_json(&decoded);
            assert!(value_json == line["value_json"] || is_marked(&decoded), "{release} {line} {decoded:?}");
        }
    }
}

#[test]
fn every_blob_decodes_and_encodes_as_kafka_does() {
    for line in json_lines(&folder().join("embedded.jsonl")) {
        let blob = hex(line["blob"].as_str().unwrap());
        let (json, version, parsed_as, trailing, bytes) = if line["kind"] == "subscription" {
            let read = embedded::subscription(&blob).unwrap();
            (read.json(), read.version, read.parsed_as, read.trailing, read.encode())
        } else {
            let read = embedded::assignment(&blob).unwrap();
            (read.json(), read.version, read.parsed_as, read.trailing, read.encode())
        };
        assert_eq!(json, line["data"], "{line}");
        assert_eq!(
            (version, parsed_as),
            (line["version"].as_i64().unwrap() as i16, line["parsed_as"].as_i64().unwrap() as i16)
        );
        assert_eq!(trailing as u64, line["trailing"].as_u64().unwrap(), "{line}");
        assert_eq!(bytes, blob[..blob.len() - trailing], "{line}");
    }
}
