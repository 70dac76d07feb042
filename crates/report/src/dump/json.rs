//! A record as one line of JSON: the machine-output contract of `dump --json`. The `records` table holds the
//! same key, value and control objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lastwrites_records::{DecodedKey, DecodedValue, decode, schema};
use lastwrites_segment::{ControlRecord, ControlType, Record};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Line;

/// One record of `dump`, a line each. It has `control`, or `key` and `value`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Record")]
pub(crate) struct RecordLine<'a> {
    /// Partition of `__consumer_offsets`; `null` when a lone segment file does not tell.
    partition: Option<i32>,
    /// Segment file name inside the partition directory.
    file: &'a str,
    /// Byte in the file where the batch starts.
    position: u64,
    /// Base offset of the batch.
    batch_base_offset: i64,
    /// The record's offset.
    offset: i64,
    /// The record's timestamp, ms since 1970; -1 where the batch has none.
    timestamp_ms: i64,
    /// Producer id of the batch, -1 for none.
    producer_id: i64,
    /// Producer epoch of the batch, -1 for none.
    producer_epoch: i16,
    /// True when the batch belongs to a transaction.
    transactional: bool,
    /// `none`, `gzip`, `snappy`, `lz4`, `zstd` or `unknown`.
    compression: &'static str,
    /// True when the batch's checksum is right.
    crc_ok: bool,
    /// The marker of a transaction's end; left out for records with key and value.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<ControlForm>,
    /// The key; `null` for a record without one, left out for control records.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Option<KeyForm>>,
    /// The value; `null` for a tombstone, left out for control records.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Option<ValueForm>>,
}

/// A record's key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(crate) struct KeyForm {
    /// Record type, the number in front; `null` when there are not two bytes.
    #[serde(rename = "type")]
    record_type: Option<i16>,
    /// The key's fields, named and written as Kafka's JSON converters do; left out where it is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::keys")]
    data: Option<Value>,
    /// The whole key in standard base64, where its type is not known or it can't be decoded; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// Why it can't be decoded, for a person; left out where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A record's value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Value")]
pub(crate) struct ValueForm {
    /// Version as stored; `null` when there are not two bytes.
    version: Option<i16>,
    /// The last release that wrote this layout; left out for the newest layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<&'static str>,
    /// The value's fields, named and written as Kafka's JSON converters do; left out where it is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::values")]
    data: Option<Value>,
    /// True where it holds tagged fields that the layout does not have; else left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unknown_tags: bool,
    /// Another layout that explains the bytes as well; left out where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    ambiguous_with: Option<&'static str>,
    /// The whole value in standard base64, where its version is not known or it can't be decoded; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// Why it can't be decoded, for a person; left out where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A control record.
#[derive(Serialize, JsonSchema, Default)]
#[schemars(rename = "Control")]
pub(crate) struct ControlForm {
    /// `COMMIT`, `ABORT` or the number of another type; `null` where it can't be decoded.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Epoch of the transaction coordinator that wrote it; `null` where the value does not tell, left out where it can't be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator_epoch: Option<Option<i32>>,
    /// The key in standard base64 where it can't be decoded, `null` without a key; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Option<String>>,
    /// Why it can't be decoded, for a person; left out where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// One of these forms as a value.
pub(crate) fn plain(form: &impl Serialize) -> Value {
    // A struct of plain values always serializes.
    serde_json::to_value(form).unwrap_or_default()
}

/// One of these forms as text.
pub(crate) fn compact(form: &impl Serialize) -> String {
    // A struct of plain values always serializes.
    serde_json::to_string(form).unwrap_or_default()
}

/// Appends the line; false when key or value could not be decoded.
pub(super) fn write(line: &Line<'_>, out: &mut Vec<u8>) -> bool {
    let (form, decoded) = form(line);
    // A struct of plain values always serializes, and a vector always takes bytes.
    let _ = serde_json::to_writer(&mut *out, &form);
    out.push(b'\n');
    decoded
}

fn form<'a>(line: &Line<'a>) -> (RecordLine<'a>, bool) {
    let header = &line.context.batch.header;
    let record = line.record;
    let mut form = RecordLine {
        partition: line.partition,
        file: line.file,
        position: line.context.batch.position,
        batch_base_offset: header.base_offset,
        offset: record.offset,
        timestamp_ms: record.timestamp_ms,
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        transactional: header.is_transactional(),
        compression: header.codec().as_str(),
        crc_ok: line.context.crc_ok,
        control: None,
        key: None,
        value: None,
    };
    if header.is_control() {
        let (control, decoded) = control(record);
        form.control = Some(control);
        return (form, decoded);
    }
    let decoded = decode(record.key.unwrap_or_default(), record.value, line.written_by);
    let (key, key_ok) = match record.key {
        None => (None, false),
        Some(_) => {
            let (key, ok) = key(&decoded.key);
            (Some(key), ok)
        }
    };
    let (value, value_ok) = value(&decoded.value);
    form.key = Some(key);
    form.value = Some(value);
    (form, key_ok && value_ok)
}

pub(crate) fn key(key: &DecodedKey<'_>) -> (KeyForm, bool) {
    let undecoded = |record_type, raw: &[u8], error| KeyForm {
        record_type,
        data: None,
        raw: Some(STANDARD.encode(raw)),
        error,
    };
    match key {
        DecodedKey::Known(key) => {
            let record_type = Some(key.record_type());
            (KeyForm { record_type, data: Some(key.json()), raw: None, error: None }, true)
        }
        DecodedKey::UnknownType { record_type, raw } => (undecoded(Some(*record_type), raw, None), true),
        DecodedKey::Undecodable { record_type, error, raw } => {
            (undecoded(*record_type, raw, Some(error.to_string())), false)
        }
    }
}

pub(crate) fn value(value: &DecodedValue<'_>) -> (Option<ValueForm>, bool) {
    let undecoded = |version, raw: &[u8], error| {
        Some(ValueForm {
            version,
            layout: None,
            data: None,
            unknown_tags: false,
            ambiguous_with: None,
            raw: Some(STANDARD.encode(raw)),
            error,
        })
    };
    match value {
        DecodedValue::Tombstone => (None, true),
        DecodedValue::Known(known) => {
            let form = ValueForm {
                version: Some(known.version),
                layout: known.layout,
                data: Some(known.value.json(known.version)),
                unknown_tags: known.unknown_tags,
                ambiguous_with: known.ambiguous_with,
                raw: None,
                error: None,
            };
            (Some(form), true)
        }
        DecodedValue::UnknownVersion { version, raw } => (undecoded(Some(*version), raw, None), true),
        DecodedValue::Undecodable { version, error, raw } => {
            (undecoded(*version, raw, Some(error.to_string())), false)
        }
    }
}

pub(crate) fn control(record: &Record<'_>) -> (ControlForm, bool) {
    match ControlRecord::parse(record.key, record.value) {
        Ok(control) => {
            let kind = match control.kind {
                ControlType::Commit => "COMMIT".to_owned(),
                ControlType::Abort => "ABORT".to_owned(),
                ControlType::Other(number) => number.to_string(),
            };
            let coordinator_epoch = Some(control.coordinator_epoch);
            (ControlForm { kind: Some(kind), coordinator_epoch, ..ControlForm::default() }, true)
        }
        Err(error) => {
            let raw = Some(record.key.map(|key| STANDARD.encode(key)));
            (ControlForm { raw, error: Some(error.to_string()), ..ControlForm::default() }, false)
        }
    }
}
