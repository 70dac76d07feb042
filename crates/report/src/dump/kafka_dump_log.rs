//! The text of `kafka-dump-log --offsets-decoder` as Kafka 3.8 and later print it (`kafka.tools.DumpLogSegments`).
//!
//! Byte for byte the tool's own on a healthy segment. Where the tool stops or throws, this goes on: the batches
//! after damaged bytes follow the line that names these.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lastwrites_records::embedded::{Blob, assignment, subscription};
use lastwrites_records::{DecodedKey, DecodedValue, Value as Message, decode};
use lastwrites_segment::{BatchHeader, ControlRecord, ControlType, Gap, Record, TimestampType};
use lastwrites_types::java_text;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use serde_json::{Map, Value, json};

use super::Line;

/// What stands in front of a file's batches.
pub(super) fn file(path: &str, base_offset: i64, out: &mut Vec<u8>) {
    // Writing to a vector can't fail, here and below.
    let _ = writeln!(out, "Dumping {path}\nLog starting offset: {base_offset}");
}

/// Appends a batch's own line.
pub(super) fn batch(header: &BatchHeader, position: u64, crc_ok: bool, out: &mut Vec<u8>) {
    if header.magic >= 2 {
        let _ = write!(
            out,
            "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
             partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: ",
            header.base_offset,
            header.last_offset(),
            header.record_count,
            header.base_sequence,
            header.last_sequence(),
            header.producer_id,
            header.producer_epoch,
            header.partition_leader_epoch,
            header.is_transactional(),
            header.is_control()
        );
        let _ = match header.delete_horizon_ms() {
            Some(horizon) => write!(out, "OptionalLong[{horizon}]"),
            None => write!(out, "OptionalLong.empty"),
        };
    } else {
        let _ = write!(out, "offset: {}", header.last_offset());
    }
    let _ = writeln!(
        out,
        " position: {position} {}: {} size: {} magic: {} compresscodec: {} crc: {} isvalid: {crc_ok}",
        timestamp_type(header),
        header.max_timestamp,
        header.size_bytes,
        header.magic,
        header.codec().as_str(),
        header.crc
    );
}

/// Appends a record's line; false when key or value could not be decoded.
pub(super) fn record(line: &Line<'_>, out: &mut Vec<u8>) -> bool {
    let header = &line.context.batch.header;
    let record = line.record;
    let size =
        |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    let _ = write!(
        out,
        "| offset: {} {}: {} keySize: {} valueSize: {}",
        record.offset,
        timestamp_type(header),
        record.timestamp_ms,
        size(record.key),
        size(record.value)
    );
    if header.magic >= 2 {
        let keys: Vec<_> = record.headers.iter().map(|header| java_text(header.key)).collect();
        let _ = write!(out, " sequence: {} headerKeys: [{}]", record.sequence, keys.join(","));
    }
    let decoded = if header.is_control() { control(record, out) } else { message(line, out) };
    out.push(b'\n');
    decoded
}

/// Appends what the tool says of bytes that hold no batch.
pub(super) fn gap(gap: &Gap, file: &str, ends_file: bool, out: &mut Vec<u8>) {
    let bytes = gap.range.len();
    let _ = if ends_file {
        writeln!(out, "Found {bytes} invalid bytes at the end of {file}")
    } else {
        writeln!(out, "Found {bytes} invalid bytes at position {} of {file}", gap.range.start)
    };
}

const fn timestamp_type(header: &BatchHeader) -> &'static str {
    match header.timestamp_type() {
        TimestampType::NoTimestampType => "NoTimestampType",
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn control(record: &Record<'_>, out: &mut Vec<u8>) -> bool {
    let control = match ControlRecord::parse(record.key, record.value) {
        Ok(control) => control,
        Err(error) => {
            let _ = write!(out, " controlType: UNKNOWN ({error})");
            return false;
        }
    };
    let marker = match control.kind {
        ControlType::Commit => "COMMIT",
        ControlType::Abort => "ABORT",
        ControlType::Other(number) => {
            let _ = write!(out, " controlType: UNKNOWN({number})");
            return true;
        }
    };
    let _ = write!(out, " endTxnMarker: {marker}");
    let _ = match control.coordinator_epoch {
        Some(epoch) => write!(out, " coordinatorEpoch: {epoch}"),
        None => write!(out, " coordinatorEpoch: unknown"),
    };
    true
}

fn message(line: &Line<'_>, out: &mut Vec<u8>) -> bool {
    let record = line.record;
    let decoded = decode(record.key.unwrap_or_default(), record.value, line.written_by);
    let offset = record.offset;
    let mut skipped = |why: std::fmt::Arguments<'_>| {
        let _ = write!(out, " key: {why}");
        false
    };
    let key = match (&decoded.key, record.key) {
        (_, None) => return skipped(format_args!("Error at offset {offset}, skipping. missing key")),
        (DecodedKey::UnknownType { record_type, .. }, _) => {
            let _ = skipped(format_args!("Unknown record type {record_type} at offset {offset}, skipping."));
            return true;
        }
        (DecodedKey::Undecodable { error, .. }, _) => {
            return skipped(format_args!("Error at offset {offset}, skipping. {error}"));
        }
        (DecodedKey::Known(key), _) => json!({ "type": key.record_type().to_string(), "data": key.json() }),
    };
    let value = match &decoded.value {
        DecodedValue::Tombstone => None,
        DecodedValue::Known(known) => {
            let mut data = known.value.json(known.version);
            if let Message::GroupMetadata(_) = &known.value {
                open_blobs(&mut data);
            }
            Some(json!({ "version": known.version.to_string(), "data": data }))
        }
        DecodedValue::UnknownVersion { version, .. } => {
            return skipped(format_args!(
                "Error at offset {offset}, skipping. unknown value version {version}"
            ));
        }
        DecodedValue::Undecodable { error, .. } => {
            return skipped(format_args!("Error at offset {offset}, skipping. {error}"));
        }
    };
    out.extend_from_slice(b" key: ");
    write_json(key, out);
    out.extend_from_slice(b" payload: ");
    match value {
        Some(value) => write_json(value, out),
        None => out.extend_from_slice(b"<DELETE>"),
    }
    true
}

/// Puts the members' subscriptions and assignments in place of their bytes, where the consumer protocol is
/// spoken and they can be read.
fn open_blobs(group: &mut Value) {
    if group.get("protocolType").and_then(Value::as_str) != Some("consumer") {
        return;
    }
    let Some(members) = group.get_mut("members").and_then(Value::as_array_mut) else { return };
    for member in members.iter_mut().filter_map(Value::as_object_mut) {
        open_blob(member, "subscription", |bytes| Some(readable(subscription(bytes).ok()?)?.json()));
        open_blob(member, "assignment", |bytes| Some(readable(assignment(bytes).ok()?)?.json()));
    }
}

/// A blob of a version that the tool knows.
fn readable<M>(blob: Blob<M>) -> Option<Blob<M>> {
    Some(blob).filter(|blob| blob.version == blob.parsed_as)
}

fn open_blob(member: &mut Map<String, Value>, field: &str, open: impl Fn(&[u8]) -> Option<Value>) {
    let Some(blob) = member.get_mut(field) else { return };
    let opened = blob.as_str().and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| open(&bytes));
    if let Some(opened) = opened {
        *blob = opened;
    }
}

/// JSON as Jackson prints it, text that is not UTF-8 as the Java string Kafka makes of it.
fn write_json(mut value: Value, out: &mut Vec<u8>) {
    as_java_text(&mut value);
    // A value of maps, text and numbers always serializes, and a vector always takes bytes.
    let _ = serde::Serialize::serialize(&value, &mut Serializer::with_formatter(out, Jackson));
}

fn as_java_text(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let bytes = match (fields.len(), fields.get("base64")) {
                (1, Some(Value::String(text))) => STANDARD.decode(text).ok(),
                _ => None,
            };
            match bytes {
                Some(bytes) => *value = Value::String(java_text(&bytes).into_owned()),
                None => fields.values_mut().for_each(as_java_text),
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_java_text),
        _ => {}
    }
}

/// Control characters with upper-case digits, all else as `serde_json` has it.
struct Jackson;

impl Formatter for Jackson {
    fn write_char_escape<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> std::io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04X}"),
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
        }
    }
}
