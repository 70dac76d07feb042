//! Segments with every record type and version of six releases, judged line by line.

use lastwrites_records::messages::{ConsumerGroupMemberMetadataValue, GroupMetadataValue};
use lastwrites_records::{DecodedValue, Value, decode, embedded};
use lastwrites_types::Release;
use serde_json::{Value as Json, json};

use crate::common::{as_json, corpus, encoded, is_marked, json_lines, records_of};

const RELEASES: [&str; 6] = ["3.7.2", "3.9.2", "4.0.2", "4.1.2", "4.2.1", "4.3.1"];

#[test]
fn every_line_is_equal_and_encodes_to_the_same_bytes() {
    let Some(corpus) = corpus() else { return };
    for release in RELEASES {
        let case = corpus.join(format!("record-cases/{release}-seed1"));
        let expected = json_lines(&case.join("expected.jsonl"));
        let records = records_of(&case.join("__consumer_offsets-0")).unwrap();
        assert_eq!(records.len(), expected.len(), "{release}");
        let hint: Release = release.parse().unwrap();
        let (mut marked, mut undecided) = (0, 0);
        for (record, line) in records.iter().zip(&expected) {
            assert_eq!(record.offset, line["offset"], "{release}");
            let key = record.key.as_deref().unwrap();
            let decoded = decode(key, record.value.as_deref(), Some(hint));
            let (key_json, value_json, unknown_tags) = as_json(&decoded);
            assert_eq!(key_json, line["key"], "{release} {line}");
            assert_eq!(value_json, line["value"], "{release} {line}");
            assert_eq!(unknown_tags, line["unknown_tags"], "{release} {line}");
            assert_eq!(encoded(&decoded), (Some(key.to_vec()), record.value.clone()), "{release} {line}");

            let unaided = decode(key, record.value.as_deref(), None);
            let (_, unaided_json, _) = as_json(&unaided);
            assert!(unaided_json == line["value"] || is_marked(&unaided), "{release} {line} {unaided:?}");
            marked += usize::from(is_marked(&unaided));
            undecided += usize::from(unaided_json != line["value"]);
        }
        eprintln!(
            "{release}: {} records equal; without a hint {marked} marked, {undecided} of them read otherwise",
            records.len()
        );
    }
}

#[test]
fn every_embedded_blob_is_equal() {
    let Some(corpus) = corpus() else { return };
    for release in RELEASES {
        let case = corpus.join(format!("record-cases/{release}-seed1"));
        let records = records_of(&case.join("__consumer_offsets-0")).unwrap();
        let mut blobs = 0;
        for line in json_lines(&case.join("embedded.jsonl")) {
            let record = records.iter().find(|record| record.offset == line["offset"]).unwrap();
            let decoded =
                decode(record.key.as_deref().unwrap(), record.value.as_deref(), release.parse().ok());
            let DecodedValue::Known(known) = decoded.value else { panic!("{release} {line}") };
            let found: Vec<Json> = match &known.value {
                Value::GroupMetadata(value) => group_blobs(value),
                Value::ConsumerGroupMemberMetadata(value) => member_blobs(value),
                other => panic!("{other:?}"),
            };
            assert_eq!(Json::from(found), line["blobs"], "{release} {}", line["offset"]);
            blobs += line["blobs"].as_array().unwrap().len();
        }
        assert!(blobs > 100, "{release}: {blobs}");
    }
}

fn group_blobs(value: &GroupMetadataValue) -> Vec<Json> {
    let member = |(i, member): (usize, &lastwrites_records::messages::MemberMetadata)| {
        [
            described(&format!("members[{i}].subscription"), embedded::subscription(&member.subscription)),
            described(&format!("members[{i}].assignment"), embedded::assignment(&member.assignment)),
        ]
    };
    value.members.iter().enumerate().flat_map(member).collect()
}

fn member_blobs(value: &ConsumerGroupMemberMetadataValue) -> Vec<Json> {
    let protocols = &value.classic_member_metadata.as_ref().unwrap().supported_protocols;
    let blob = |(i, protocol): (usize, &lastwrites_records::messages::ClassicProtocol)| {
        let path = format!("classicMemberMetadata.supportedProtocols[{i}].metadata");
        described(&path, embedded::subscription(&protocol.metadata))
    };
    protocols.iter().enumerate().map(blob).collect()
}

fn described<M: lastwrites_records::wire::Message>(
    path: &str,
    blob: Result<embedded::Blob<M>, embedded::BlobError>,
) -> Json {
    match blob {
        Err(embedded::BlobError::Empty) => json!({ "path": path, "empty": true }),
        Err(other) => json!({ "path": path, "error": other.to_string() }),
        Ok(blob) => json!({
            "path": path, "version": blob.version, "parsed_as": blob.parsed_as, "data": blob.json(), "trailing": blob.trailing
        }),
    }
}
