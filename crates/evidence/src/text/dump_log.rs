//! Lines of kafka-dump-log (`kafka.tools.DumpLogSegments`), both generations.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::{i16 as short, i32 as int, i64 as long};
use nom::combinator::{map, opt, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser as _};
use serde_json::Value as Json;

use super::batch::TextBatch;
use super::beside::is_beside;
use super::old_payload;
use super::record::{self, Parts, TextRecord, Told};

/// One line (an old record's metadata may bring more line feeds).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// `Dumping PATH`: another segment begins.
    Dumping(&'t str),
    /// `Log starting offset: N`; up to 2.8 `Starting offset: N`, the number in the file's name.
    LogStart(i64),
    Batch(TextBatch),
    Record(TextRecord, Told),
    /// The tool met bytes that it could not read: `Found N invalid bytes ...`, an exception.
    Damage,
    /// What says nothing of the log: blank lines, what the tool says at its end.
    Other,
    /// A record that the tool skipped, anything else.
    NotUnderstood,
}

/// Starts of lines; an old record's metadata goes on up to the next of them.
pub(super) const STARTS: [&str; 10] = [
    "| offset: ",
    "baseOffset: ",
    "offset: ",
    "Dumping ",
    "Log starting offset: ",
    "Starting offset: ",
    "Found ",
    "Exception in thread ",
    "Non-consecutive offsets in ",
    "Mismatches in :",
];

/// Reads one line.
pub(super) fn line(text: &str) -> Line<'_> {
    let end = ["Non-consecutive offsets in ", "Mismatches in :", "Index timestamp"];
    if text.trim().is_empty()
        || end.iter().any(|start| text.starts_with(start))
        || is_followed_by(text)
        || is_beside(text)
    {
        return Line::Other;
    }
    if let Some(path) = text.strip_prefix("Dumping ") {
        return Line::Dumping(path);
    }
    let log_start =
        text.strip_prefix("Log starting offset: ").or_else(|| text.strip_prefix("Starting offset: "));
    if let Some(offset) = log_start.and_then(|text| text.trim().parse().ok()) {
        return Line::LogStart(offset);
    }
    if text.starts_with("Found ") || text.starts_with("Exception in thread ") {
        return Line::Damage;
    }
    let read = match text.as_bytes().first() {
        Some(b'|') => record_line(text),
        _ => batch_line(text).or_else(|_| old_batch_line(text)).ok().map(|(_, batch)| {
            let checksum_holds = !text.trim_end().ends_with(" isvalid: false");
            Line::Batch(TextBatch { checksum_holds, ..batch })
        }),
    };
    read.unwrap_or(Line::NotUnderstood)
}

/// `  4 is followed by 7`, below `Non-consecutive offsets`.
fn is_followed_by(text: &str) -> bool {
    text.starts_with("  ") && text.contains(" is followed by ")
}

fn field<'t, O>(
    name: &'static str,
    read: impl nom::Parser<&'t str, Output = O, Error = nom::error::Error<&'t str>>,
) -> impl nom::Parser<&'t str, Output = O, Error = nom::error::Error<&'t str>> {
    preceded((opt(tag(" ")), tag(name), tag(": ")), read)
}

fn boolean(text: &str) -> IResult<&str, bool> {
    alt((value(true, tag("true")), value(false, tag("false")))).parse(text)
}

/// Name and number: ` CreateTime: 17`.
fn timestamp(text: &str) -> IResult<&str, (bool, i64)> {
    let kind = alt((
        value(false, tag("CreateTime")),
        value(true, tag("LogAppendTime")),
        value(false, tag("NoTimestampType")),
    ));
    (preceded(opt(tag(" ")), kind), preceded(tag(": "), long)).parse(text)
}

fn batch_line(text: &str) -> IResult<&str, TextBatch> {
    let (text, (base_offset, last_offset, count)) =
        (field("baseOffset", long), field("lastOffset", long), field("count", opt(int))).parse(text)?;
    // A count that a compressed message set does not have is printed as `null`.
    let (text, _) = opt(tag("null")).parse(text)?;
    let (text, (base_sequence, _, producer_id, producer_epoch)) = (
        field("baseSequence", int),
        field("lastSequence", int),
        field("producerId", long),
        field("producerEpoch", short),
    )
        .parse(text)?;
    let (text, (leader_epoch, transactional, control)) =
        (field("partitionLeaderEpoch", int), field("isTransactional", boolean), field("isControl", boolean))
            .parse(text)?;
    let horizon = alt((
        map(delimited(tag("OptionalLong["), long, tag("]")), Some),
        value(None, tag("OptionalLong.empty")),
    ));
    // Before 3.1 the line had no such field.
    let (text, delete_horizon_ms) = opt(field("deleteHorizonMs", horizon)).parse(text)?;
    let (text, (_, (log_append_time, max_timestamp))) = (field("position", long), timestamp).parse(text)?;
    let batch = TextBatch {
        base_offset,
        last_offset,
        count,
        base_sequence,
        producer_id,
        producer_epoch,
        leader_epoch,
        transactional,
        control,
        delete_horizon_ms: delete_horizon_ms.flatten(),
        log_append_time,
        max_timestamp,
        checksum_holds: true,
    };
    Ok((text, batch))
}

/// A message set's line (magic 0 and 1).
fn old_batch_line(text: &str) -> IResult<&str, TextBatch> {
    let (text, (offset, _, (log_append_time, timestamp_ms))) =
        (field("offset", long), field("position", long), timestamp).parse(text)?;
    Ok((text, TextBatch { log_append_time, ..TextBatch::unknown(offset, timestamp_ms) }))
}

/// What a record's line says before its key.
#[derive(Default)]
struct Fields {
    offset: Option<i64>,
    timestamp_ms: Option<i64>,
    key_size: Option<i64>,
    value_size: Option<i64>,
}

/// Reads the fields up to the key and tells what follows. Releases have them in another order: 2.4.1 `offset CreateTime
/// keysize valuesize`, 2.8.2 many more with the time behind the sizes, 3.0 and later `offset CreateTime keySize valueSize`.
fn fields(text: &str) -> Option<(&str, Fields)> {
    let mut fields = Fields::default();
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with(" key: ") && !rest.starts_with(" endTxnMarker: ") {
        let (name, behind) = rest.strip_prefix(' ')?.split_once(": ")?;
        let end = match name {
            "headerKeys" => behind.find(']')? + 1,
            _ => behind.find(' ').unwrap_or(behind.len()),
        };
        let (value, behind) = behind.split_at_checked(end)?;
        let field = match name {
            "offset" => Some(&mut fields.offset),
            "CreateTime" | "LogAppendTime" | "NoTimestampType" => Some(&mut fields.timestamp_ms),
            "keySize" | "keysize" => Some(&mut fields.key_size),
            "valueSize" | "valuesize" => Some(&mut fields.value_size),
            name if name.bytes().all(|byte| byte.is_ascii_alphabetic()) => None,
            _ => return None,
        };
        if let Some(field) = field {
            *field = Some(value.parse().ok()?);
        }
        rest = behind;
    }
    Some((rest, fields))
}

fn record_line(text: &str) -> Option<Line<'_>> {
    let (rest, fields) = fields(text.strip_prefix('|')?)?;
    let (offset, timestamp_ms) = (fields.offset?, fields.timestamp_ms?);
    let (key_size, value_size) = (fields.key_size?, fields.value_size?);
    if let Some(record_type) = unknown_type(rest) {
        let (key, value) = record::of_unknown_type(record_type, value_size < 0);
        return Some(Line::Record(TextRecord { offset, timestamp_ms, key, value }, Told::TypeOnly));
    }
    let (key, value) = marker(rest).or_else(|| message(rest, key_size, value_size, timestamp_ms))?;
    let size = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
    let as_many =
        size(key.len()) == key_size && value.as_ref().map_or(-1, |value| size(value.len())) == value_size;
    let told = if as_many { Told::Exactly } else { Told::OtherSizes };
    Some(Line::Record(TextRecord { offset, timestamp_ms, key, value }, told))
}

/// ` endTxnMarker: COMMIT coordinatorEpoch: 3`.
fn marker(text: &str) -> Option<Parts> {
    let kind = alt((value(true, tag("COMMIT")), value(false, tag("ABORT"))));
    let (_, (commits, epoch)) =
        (field("endTxnMarker", kind), field("coordinatorEpoch", int)).parse(text).ok()?;
    Some(record::marker(commits, epoch))
}

/// ` key: Unknown record type 17 at offset 3, skipping.` (3.8 and later) or ` key: unknown::version=17` (up to 3.7).
fn unknown_type(text: &str) -> Option<i16> {
    let text = text.strip_prefix(" key: ")?;
    let number =
        text.strip_prefix("Unknown record type ").or_else(|| text.strip_prefix("unknown::version="))?;
    short::<_, nom::error::Error<&str>>(number).ok().map(|(_, record_type)| record_type)
}

fn message(text: &str, key_size: i64, value_size: i64, timestamp_ms: i64) -> Option<Parts> {
    let text = text.strip_prefix(" key: ")?;
    if text.starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
        let key = values.next()?.ok()?;
        let payload = text.get(values.byte_offset()..)?.strip_prefix(" payload: ")?;
        let value = match payload {
            "<DELETE>" => Json::Null,
            payload => serde_json::from_str(payload).ok()?,
        };
        return record::from_json(&key, &value);
    }
    let (payload, key) = take_until::<_, _, nom::error::Error<&str>>(" payload: ").parse(text).ok()?;
    let payload = payload.strip_prefix(" payload: ")?;
    old_payload::group(key, payload, value_size)
        .or_else(|| old_payload::offset(text, key_size, value_size, timestamp_ms))
}
