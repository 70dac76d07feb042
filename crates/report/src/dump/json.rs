//! A record as one line of JSON: the machine-output contract of `dump --json`. The `records` table holds the
//! same key, value and control objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lastwrites_records::{DecodedKey, DecodedValue, decode};
use lastwrites_segment::{ControlRecord, ControlType, Record};
use serde_json::{Map, Value, json};

use super::Line;

/// Appends the line; false when key or value could not be decoded.
pub(super) fn write(line: &Line<'_>, out: &mut Vec<u8>) -> bool {
    let (object, decoded) = object(line);
    // A map of plain values always serializes, and a vector always takes bytes.
    let _ = serde_json::to_writer(&mut *out, &object);
    out.push(b'\n');
    decoded
}

fn object(line: &Line<'_>) -> (Map<String, Value>, bool) {
    let header = &line.context.batch.header;
    let record = line.record;
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("partition", json!(line.partition));
    put("file", json!(line.file));
    put("position", json!(line.context.batch.position));
    put("batch_base_offset", json!(header.base_offset));
    put("offset", json!(record.offset));
    put("timestamp_ms", json!(record.timestamp_ms));
    put("producer_id", json!(header.producer_id));
    put("producer_epoch", json!(header.producer_epoch));
    put("transactional", json!(header.is_transactional()));
    put("compression", json!(header.codec().as_str()));
    put("crc_ok", json!(line.context.crc_ok));
    if header.is_control() {
        let (control, decoded) = control(record);
        put("control", control);
        return (object, decoded);
    }
    let decoded = decode(record.key.unwrap_or_default(), record.value, line.written_by);
    let (key, key_ok) = match record.key {
        None => (Value::Null, false),
        Some(_) => key(&decoded.key),
    };
    let (value, value_ok) = value(&decoded.value);
    put("key", key);
    put("value", value);
    (object, key_ok && value_ok)
}

pub(crate) fn key(key: &DecodedKey<'_>) -> (Value, bool) {
    match key {
        DecodedKey::Known(key) => (json!({ "type": key.record_type(), "data": key.json() }), true),
        DecodedKey::UnknownType { record_type, raw } => {
            (json!({ "type": record_type, "raw": STANDARD.encode(raw) }), true)
        }
        DecodedKey::Undecodable { record_type, error, raw } => {
            (json!({ "type": record_type, "raw": STANDARD.encode(raw), "error": error.to_string() }), false)
        }
    }
}

pub(crate) fn value(value: &DecodedValue<'_>) -> (Value, bool) {
    match value {
        DecodedValue::Tombstone => (Value::Null, true),
        DecodedValue::Known(known) => {
            let mut object = Map::new();
            object.insert("version".to_owned(), json!(known.version));
            if let Some(layout) = known.layout {
                object.insert("layout".to_owned(), json!(layout));
            }
            object.insert("data".to_owned(), known.value.json(known.version));
            if known.unknown_tags {
                object.insert("unknown_tags".to_owned(), json!(true));
            }
            if let Some(other) = known.ambiguous_with {
                object.insert("ambiguous_with".to_owned(), json!(other));
            }
            (Value::Object(object), true)
        }
        DecodedValue::UnknownVersion { version, raw } => {
            (json!({ "version": version, "raw": STANDARD.encode(raw) }), true)
        }
        DecodedValue::Undecodable { version, error, raw } => {
            (json!({ "version": version, "raw": STANDARD.encode(raw), "error": error.to_string() }), false)
        }
    }
}

pub(crate) fn control(record: &Record<'_>) -> (Value, bool) {
    match ControlRecord::parse(record.key, record.value) {
        Ok(control) => {
            let kind = match control.kind {
                ControlType::Commit => "COMMIT".to_owned(),
                ControlType::Abort => "ABORT".to_owned(),
                ControlType::Other(number) => number.to_string(),
            };
            (json!({ "type": kind, "coordinator_epoch": control.coordinator_epoch }), true)
        }
        Err(error) => {
            let raw = record.key.map(|key| STANDARD.encode(key));
            (json!({ "type": Value::Null, "raw": raw, "error": error.to_string() }), false)
        }
    }
}
