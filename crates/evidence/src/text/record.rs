//! A record as a text has it, back in bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lastwrites_records::embedded::{assignment_from_json, subscription_from_json};
use lastwrites_records::{Key, Value};
use serde_json::Value as Json;

use super::batch::put_varint;

/// Key and value as stored; a value that is `None` is a tombstone.
pub(super) type Parts = (Vec<u8>, Option<Vec<u8>>);

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextRecord {
    pub(super) offset: i64,
    pub(super) timestamp_ms: i64,
    pub(super) key: Vec<u8>,
    pub(super) value: Option<Vec<u8>>,
}

impl TextRecord {
    /// A record of a batch without its length in front and its headers behind.
    pub(super) fn body(&self, timestamp_delta: i64, offset_delta: i32) -> Vec<u8> {
        let mut out = vec![0];
        put_varint(&mut out, timestamp_delta);
        put_varint(&mut out, i64::from(offset_delta));
        put_bytes(&mut out, Some(&self.key));
        put_bytes(&mut out, self.value.as_deref());
        out
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    put_varint(out, bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
    out.extend_from_slice(bytes.unwrap_or_default());
}

/// How much of a record a text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// As many bytes as the text says it had.
    Exactly,
    /// Another number of bytes: names that were not UTF-8, or fields that the tool left out.
    OtherSizes,
    /// The tool did not know its type, and printed nothing else of it.
    TypeOnly,
}

/// A marker's key and value.
pub(super) fn marker(commits: bool, coordinator_epoch: i32) -> Parts {
    let mut value = vec![0, 0];
    value.extend_from_slice(&coordinator_epoch.to_be_bytes());
    (vec![0, 0, 0, u8::from(commits)], Some(value))
}

/// A record whose type the tool did not know: only that type is left of it.
pub(super) fn of_unknown_type(record_type: i16, tombstone: bool) -> Parts {
    (record_type.to_be_bytes().to_vec(), (!tombstone).then(Vec::new))
}

/// Takes the JSON of key and value back, as `{"type":..,"data":..}` (`version` for `type` in some releases) and
/// `{"version":..,"data":..}` or null. `None` when they are no record of a known type.
pub(super) fn from_json(key: &Json, value: &Json) -> Option<Parts> {
    let record_type = number(key.get("type").or_else(|| key.get("version"))?)?;
    if let Some(record_type) = of_type_only(key) {
        return Some(of_unknown_type(record_type, value.is_null()));
    }
    let known = Key::from_json(record_type, key.get("data")?)?;
    let key = known.ok()?.encode();
    if value.is_null() {
        return Some((key, None));
    }
    let version = number(value.get("version")?)?;
    let mut data = value.get("data")?.clone();
    if record_type == 2 {
        close_blobs(&mut data)?;
    }
    let value = Value::from_json(record_type, version, &data).ok()?;
    Some((key, Some(value.encode(version))))
}

/// The type of a key of which a tool printed nothing else: one that lastwrites doesn't know either, or `"data":"unknown"`.
pub(super) fn of_type_only(key: &Json) -> Option<i16> {
    let record_type = number(key.get("type").or_else(|| key.get("version"))?)?;
    let data = key.get("data")?;
    (data == "unknown" || Key::from_json(record_type, data).is_none()).then_some(record_type)
}

/// A number, or the text of one.
fn number(json: &Json) -> Option<i16> {
    match json {
        Json::String(text) => text.parse().ok(),
        other => other.as_i64().and_then(|number| i16::try_from(number).ok()),
    }
}

/// Puts the bytes of members' subscriptions and assignments in place of what a tool read in them.
fn close_blobs(group: &mut Json) -> Option<()> {
    for member in group.get_mut("members").and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(blob @ Json::Object(_)) = member.get_mut("subscription") {
            *blob = Json::String(STANDARD.encode(subscription_from_json(blob).ok()?));
        }
        if let Some(blob @ Json::Object(_)) = member.get_mut("assignment") {
            *blob = Json::String(STANDARD.encode(assignment_from_json(blob).ok()?));
        }
    }
    Some(())
}
