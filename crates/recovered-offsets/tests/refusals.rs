//! Every way a document can be wrong, one edit of the example each, and the words that say so.

use lastwrites_recovered_offsets::{Document, DocumentError};
use serde_json::{Value, json};

use crate::example::EXAMPLE;

/// The example with one change, and the error it gives.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut value);
    let text = serde_json::to_string_pretty(&value).unwrap();
    match Document::from_json(&text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => error.to_string(),
    }
}

fn set(pointer: &'static str, to: Value) -> String {
    refused(|value| *value.pointer_mut(pointer).unwrap() = to)
}

#[test]
fn another_format_or_version_is_named_before_anything_else() {
    assert_eq!(
        Document::from_json(r#"{"format": "x", "version": 1, "groups": 7}"#).unwrap_err().to_string(),
        r#"not a recovered-offsets document: format is "x", expected "lastwrites/recovered-offsets""#
    );
    for nothing in ["{}", "[]"] {
        assert_eq!(Document::from_json(nothing).unwrap_err(), DocumentError::Format { found: String::new() });
    }
    assert_eq!(
        set("/version", json!(2)),
        "recovered-offsets document version 2; this program supports version 1"
    );
    // A later version may have any fields.
    let later = r#"{"version": 3, "format": "lastwrites/recovered-offsets", "new": true}"#;
    assert_eq!(Document::from_json(later).unwrap_err(), DocumentError::Version { found: 3, supported: 1 });
}

#[test]
fn broken_json_names_line_and_column() {
    for (text, want) in [
        ("", "line 1, column 0: EOF while parsing a value"),
        ("nonsense", "line 1, column 2: expected ident"),
        ("{\n  \"format\": nope\n}", "line 2, column 14, format: expected ident"),
    ] {
        let error = Document::from_json(text).unwrap_err().to_string();
        assert!(error.starts_with(want), "{text:?}: {error}");
    }
    let error = Document::from_json(format!("{EXAMPLE}\n{{}}")).unwrap_err().to_string();
    assert!(error.contains("trailing characters"), "{error}");
    let cut = &EXAMPLE[..EXAMPLE.len() / 2];
    assert!(Document::from_json(cut).unwrap_err().to_string().contains("EOF"));
}

#[test]
fn shape_errors_name_the_field() {
    let first = "groups[0].offsets[0]";
    for (pointer, value, want) in [
        (
            "/groups/0/offsets/0/trust",
            json!("certain"),
            vec![first, "trust", r#"unknown trust "certain""#, "intact"],
        ),
        ("/groups/0/offsets/0/flags", json!(["maybe"]), vec![first, "flags", r#"unknown flag "maybe""#]),
        ("/groups/0/offsets/0/offset", json!("14921"), vec![first, "offset", "string"]),
        ("/groups/0/offsets/0/offset", json!(14921.5), vec![first, "offset", "14921.5"]),
        ("/groups/0/offsets/0/offset", json!(9_223_372_036_854_775_808_u64), vec![first, "offset"]),
        ("/groups/0/offsets/0/partition", json!(2_147_483_648_i64), vec![first, "partition"]),
        (
            "/groups/0/offsets/0/topic_id_at_copy",
            json!("short"),
            vec![first, "topic_id_at_copy", "22 characters"],
        ),
        ("/groups/0/offsets/0/bound/skipped_at_most", json!(-1), vec![first, "skipped_at_most", "-1"]),
        ("/groups/0/offsets/0/topic", json!({"base64": "!"}), vec![first, "topic"]),
        ("/groups/0/type", json!("simple"), vec!["groups[0].type", "unknown variant `simple`"]),
        ("/source/view", json!("sideways"), vec!["source.view", "unknown variant `sideways`"]),
        (
            "/source/copies/0/files/0/sha256",
            json!("abc"),
            vec!["source.copies[0].files[0].sha256", "64 lowercase"],
        ),
    ] {
        let error = set(pointer, value);
        assert!(error.starts_with("line "), "{error}");
        for word in want {
            assert!(error.contains(word), "{error}: no {word:?}");
        }
    }
}

/// Every object refuses a field that the page doesn't list, and misses one that it does.
#[test]
fn unknown_and_missing_fields_are_errors_everywhere() {
    for object in [
        "",
        "/source",
        "/source/copies/0",
        "/source/copies/0/files/0",
        "/selection",
        "/groups/0",
        "/groups/0/offsets/0",
        "/groups/0/offsets/0/bound",
        "/groups/0/offsets/0/record",
        "/groups/0/offsets/1/alternatives/0",
        "/groups/0/missing/0",
    ] {
        let error = refused(|value| value.pointer_mut(object).unwrap()["surprise"] = json!(1));
        assert!(error.contains("unknown field `surprise`"), "{object}: {error}");
    }
    for (object, field) in [
        ("/groups/0", "missing"),
        ("/groups/0", "warnings"),
        ("/groups/0/offsets/0", "offset"),
        ("/groups/0/offsets/0", "trust"),
        ("/groups/0/offsets/0", "alternatives"),
        ("", "selection"),
    ] {
        let error = refused(|value| {
            value.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(field);
        });
        assert!(error.contains(&format!("missing field `{field}`")), "{object}: {error}");
    }
}

#[test]
fn a_field_written_twice_is_an_error() {
    let text = EXAMPLE.replace(r#""offset": 14921,"#, r#""offset": 14921, "offset": 1,"#);
    let error = Document::from_json(text).unwrap_err().to_string();
    assert!(error.contains("duplicate field `offset`"), "{error}");
}

#[test]
fn contradictions_name_group_topic_and_partition() {
    let orders = r#"group "my-broken-group", topic "orders", partition 0"#;
    for (pointer, value, want) in [
        ("/groups/0/offsets/0/offset", json!(-5), format!("{orders}: offset is -5, expected at least 0")),
        (
            "/groups/0/offsets/0/leader_epoch",
            json!(-1),
            format!("{orders}: leader_epoch is -1, expected at least 0"),
        ),
        (
            "/groups/0/offsets/0/record/offset",
            json!(-1),
            format!("{orders}: record.offset is -1, expected at least 0"),
        ),
        (
            "/groups/0/offsets/0/record/copy",
            json!(1),
            format!("{orders}: record is in copy 1, but source lists 1"),
        ),
        (
            "/groups/0/offsets/0/record/file",
            json!("other.log"),
            format!(r#"{orders}: record is in file "other.log", which copy 0 does not list"#),
        ),
        (
            "/groups/0/offsets/0/partition",
            json!(-1),
            r#"group "my-broken-group", topic "orders", partition -1: partition is -1, expected at least 0"#
                .into(),
        ),
        (
            "/groups/0/offsets/1/alternatives/0/offset",
            json!(-1),
            r#"group "my-broken-group", topic "orders\xff", partition 3: offset is -1, expected at least 0"#
                .into(),
        ),
        (
            "/groups/0/missing/0/partition",
            json!(0),
            format!("{orders}: partition has offset 14921 and is listed in missing too"),
        ),
        (
            "/groups/0/maps_to",
            json!(27),
            r#"group "my-broken-group": maps_to is 27, but the id hashes to partition 28 of 50"#.into(),
        ),
        (
            "/groups/0/found_in",
            json!(50),
            r#"group "my-broken-group": found_in is 50, but __consumer_offsets has 50 partitions"#.into(),
        ),
        (
            "/source/offsets_topic_partitions",
            json!(0),
            "source: offsets_topic_partitions is 0, expected at least 1".into(),
        ),
        (
            "/source/copies/0/log_start_offset",
            json!(-1),
            "source, copy 0: log_start_offset is -1, expected at least 0".into(),
        ),
        (
            "/selection/as_of_offset",
            json!({"partition": 50, "offset": 3}),
            "selection: as_of_offset.partition is 50, but __consumer_offsets has 50 partitions".into(),
        ),
    ] {
        assert_eq!(set(pointer, value), want, "{pointer}");
    }
}

/// Appends a copy of an entry to its own list, changed a little.
fn again(list: &'static str, change: impl FnOnce(&mut Value)) -> String {
    refused(|value| {
        let list = value.pointer_mut(list).unwrap().as_array_mut().unwrap();
        let mut entry = list[0].clone();
        change(&mut entry);
        list.push(entry);
    })
}

/// Another copy may have no commit, and says so; but one without its record can't be traced.
#[test]
fn an_alternative_is_a_whole_commit_or_none() {
    let pointer = "/groups/0/offsets/1/alternatives/0";
    for field in ["offset", "metadata", "committed_at_ms", "record"] {
        let error = refused(|value| value.pointer_mut(pointer).unwrap()[field] = Value::Null);
        assert!(error.contains("an alternative has a part of a commit"), "{field}: {error}");
    }
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    for field in ["offset", "leader_epoch", "metadata", "committed_at_ms", "record"] {
        document.pointer_mut(pointer).unwrap()[field] = Value::Null;
    }
    let read = Document::from_json(document.to_string()).unwrap();
    assert_eq!(read.groups[0].offsets[1].alternatives[0].offset, None);
}

#[test]
fn nothing_stands_twice() {
    assert_eq!(
        again("/groups", |group| group["found_in"] = json!(12)),
        r#"group "my-broken-group": group found twice (found_in 28 and 12); one document holds a group once"#
    );
    assert_eq!(
        again("/groups/0/offsets", |offset| offset["offset"] = json!(15000)),
        r#"group "my-broken-group", topic "orders", partition 0: partition found twice (offsets 14921 and 15000)"#
    );
    assert_eq!(
        again("/groups/0/missing", |_| ()),
        r#"group "my-broken-group", topic "orders", partition 7: partition found twice in missing"#
    );
    assert_eq!(
        again("/source/copies/0/files", |_| ()),
        r#"source, copy 0: file "00000000000000000000.log" found twice"#
    );
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let mut document = Document::from_json(EXAMPLE).unwrap();
    document.groups[0].offsets[0].offset = -5;
    let error = document.to_json_pretty().unwrap_err().to_string();
    assert_eq!(
        error,
        r#"group "my-broken-group", topic "orders", partition 0: offset is -5, expected at least 0"#
    );
}
