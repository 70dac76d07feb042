//! A record as one line for a person: `offset  time  name  key -> value`.

use std::io::Write as _;

use lastwrites_records::{DecodedKey, decode};
use serde_json::Value;

use super::{Line, json};
use crate::terminal::moment;

/// Appends the line; false when key or value could not be decoded.
pub(super) fn write(line: &Line<'_>, out: &mut Vec<u8>) -> bool {
    let record = line.record;
    let header = &line.context.batch.header;
    let partition = line.partition.map_or_else(|| "?".to_owned(), |partition| partition.to_string());
    let crc = if line.context.crc_ok { "" } else { "  WRONG CHECKSUM" };
    let producer = match (header.producer_id, header.is_transactional()) {
        (-1, _) => String::new(),
        (id, true) => format!("  transaction of producer {id}"),
        (id, false) => format!("  producer {id}"),
    };
    let (what, decoded) = if header.is_control() {
        let (control, decoded) = json::control(record);
        (format!("control {}", shown(&json::plain(&control))), decoded)
    } else {
        let decoded = decode(record.key.unwrap_or_default(), record.value, line.written_by);
        let (key, key_ok) = json::key(&decoded.key);
        let (value, value_ok) = json::value(&decoded.value);
        let (key, value) = (json::plain(&key), json::plain(&value));
        let name = match &decoded.key {
            DecodedKey::Known(key) => key.name(),
            _ => "unknown",
        };
        let value = if value.is_null() { "deleted".to_owned() } else { shown(data(&value)) };
        (format!("{name} {} -> {value}", shown(data(&key))), key_ok && value_ok)
    };
    // Writing to a vector can't fail.
    let _ = writeln!(
        out,
        "{partition} {}:{} @{} {} {what}{producer}{crc}",
        line.file,
        line.context.batch.position,
        record.offset,
        moment(record.timestamp_ms)
    );
    decoded
}

/// The message itself, or the whole object when it could not be decoded.
fn data(value: &Value) -> &Value {
    value.get("data").unwrap_or(value)
}

/// JSON on one line; control characters are escaped by JSON itself, the rest by us.
fn shown(value: &Value) -> String {
    lastwrites_types::escaped(value.to_string().as_bytes()).replace("\\\\", "\\")
}
