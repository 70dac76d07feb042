//! The forensic reading: strict, and it finds the layout by itself.

use lastwrites_types::Release;

use crate::layouts::{Layout, layouts_of};
use crate::record::{Key, Value};
use crate::wire::{Reader, WireError};

/// A record's key and value, each explained as far as it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded<'a> {
    /// The key.
    pub key: DecodedKey<'a>,
    /// The value.
    pub value: DecodedValue<'a>,
}

/// What a key turned out to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodedKey<'a> {
    /// A known record type.
    Known(Key),
    /// A record type that no release has.
    UnknownType {
        /// The number in front.
        record_type: i16,
        /// The whole key.
        raw: &'a [u8],
    },
    /// Bytes that are not the key their type says.
    Undecodable {
        /// The number in front; `None` when there aren't two bytes.
        record_type: Option<i16>,
        /// Why.
        error: WireError,
        /// The whole key.
        raw: &'a [u8],
    },
}

/// What a value turned out to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodedValue<'a> {
    /// Null: the record deletes its key.
    Tombstone,
    /// A known message, wholly explained.
    Known(KnownValue),
    /// A version that no release has, or the value of an unknown record type.
    UnknownVersion {
        /// The number in front.
        version: i16,
        /// The whole value.
        raw: &'a [u8],
    },
    /// Bytes that fit no layout of their type and version.
    Undecodable {
        /// The number in front; `None` when there aren't two bytes.
        version: Option<i16>,
        /// Why the newest layout doesn't fit.
        error: WireError,
        /// The whole value.
        raw: &'a [u8],
    },
}

/// A value that one layout explains to the last byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownValue {
    /// Version as stored.
    pub version: i16,
    /// The message.
    pub value: Value,
    /// The layout, named by the last release that wrote it, when it isn't the newest.
    pub layout: Option<&'static str>,
    /// Another layout that explains the bytes as well; only without a hint.
    pub ambiguous_with: Option<&'static str>,
    /// True when the value or a struct in it holds tagged fields its schema doesn't have.
    pub unknown_tags: bool,
}

/// Name of the newest layout in [`KnownValue::ambiguous_with`].
pub const NEWEST_LAYOUT: &str = "newest";

/// Releases whose schemas differ in tagged fields alone, newest first: tried when no layout fits as newest.
const OLDER_SCHEMAS: &[(&str, Release)] = &[
    ("4.3", Release::new(4, 3, 0)),
    ("4.2", Release::new(4, 2, 0)),
    ("4.1", Release::new(4, 1, 0)),
    ("4.0", Release::new(4, 0, 0)),
    ("3.7", Release::new(3, 7, 0)),
];

/// Decodes a record strictly: a value counts as known only when nothing is left over.
///
/// `written_by` settles bytes that fit the layouts of several releases. Without it the newest layout
/// without unknown tags wins, and the result says when an older one was taken or another fits too.
/// Never panics; memory is bounded by the bytes given.
#[must_use]
pub fn decode<'a>(key: &'a [u8], value: Option<&'a [u8]>, written_by: Option<Release>) -> Decoded<'a> {
    let record_type = leading_i16(key);
    let value = match (value, record_type) {
        (None, _) => DecodedValue::Tombstone,
        (Some(raw), Some(record_type)) => decode_value(record_type, raw, written_by),
        (Some(raw), None) => unknown_value(raw),
    };
    Decoded { key: decode_key(key), value }
}

/// Decodes a key alone.
#[must_use]
pub fn decode_key(raw: &[u8]) -> DecodedKey<'_> {
    let Some(record_type) = leading_i16(raw) else {
        return DecodedKey::Undecodable { record_type: None, error: WireError::Underflow, raw };
    };
    let mut r = Reader::strict(raw.get(2..).unwrap_or_default());
    match Key::read(record_type, &mut r) {
        None => DecodedKey::UnknownType { record_type, raw },
        Some(read) => match read.and_then(|key| r.finish().map(|()| key)) {
            Ok(key) => DecodedKey::Known(key),
            Err(error) => DecodedKey::Undecodable { record_type: Some(record_type), error, raw },
        },
    }
}

/// Decodes the value of a record of the given type.
#[must_use]
pub fn decode_value(record_type: i16, raw: &[u8], written_by: Option<Release>) -> DecodedValue<'_> {
    let Some(version) = leading_i16(raw) else { return unknown_value(raw) };
    let body = raw.get(2..).unwrap_or_default();
    let layouts = layouts_of(record_type);
    if !layouts.iter().any(|layout| (0..=layout.newest_version()).contains(&version)) {
        return DecodedValue::UnknownVersion { version, raw };
    }
    if let Some(release) = written_by
        && let Some(layout) = layouts.iter().find(|layout| layout.is_written_by(release))
        && let Ok(known) = read_strictly(layout, version, body, release)
    {
        return DecodedValue::Known(known);
    }
    match find_layout(layouts, version, body) {
        Ok(known) => DecodedValue::Known(known),
        Err(error) => DecodedValue::Undecodable { version: Some(version), error, raw },
    }
}

fn unknown_value(raw: &[u8]) -> DecodedValue<'_> {
    match leading_i16(raw) {
        Some(version) => DecodedValue::UnknownVersion { version, raw },
        None => DecodedValue::Undecodable { version: None, error: WireError::Underflow, raw },
    }
}

fn find_layout(layouts: &'static [Layout], version: i16, body: &[u8]) -> Result<KnownValue, WireError> {
    let mut best: Option<KnownValue> = None;
    let mut first_error = None;
    for layout in layouts {
        match read_strictly(layout, version, body, layout.newest_release()) {
            Err(error) => first_error = first_error.or(Some(error)),
            Ok(found) => {
                best = Some(match best {
                    None => found,
                    Some(best) if best.unknown_tags && !found.unknown_tags => other_fits(found, best.layout),
                    Some(best) => other_fits(best, found.layout),
                });
            }
        }
    }
    let Some(known) = best else {
        let older = OLDER_SCHEMAS.iter().find_map(|(name, release)| {
            let layout = layouts.iter().find(|layout| layout.is_written_by(*release))?;
            let found = read_strictly(layout, version, body, *release).ok()?;
            Some(KnownValue { layout: Some(name), ..found })
        });
        return older.ok_or(first_error.unwrap_or(WireError::Underflow));
    };
    Ok(known)
}

fn other_fits(known: KnownValue, other: Option<&'static str>) -> KnownValue {
    KnownValue { ambiguous_with: known.ambiguous_with.or(other).or(Some(NEWEST_LAYOUT)), ..known }
}

fn read_strictly(
    layout: &'static Layout,
    version: i16,
    body: &[u8],
    release: Release,
) -> Result<KnownValue, WireError> {
    let mut r = Reader::strict(body);
    let value = layout.read(&mut r, version, release)?;
    r.finish()?;
    let unknown_tags = r.unknown_tags() > 0;
    Ok(KnownValue { version, value, layout: layout.name, ambiguous_with: None, unknown_tags })
}

pub(crate) fn leading_i16(bytes: &[u8]) -> Option<i16> {
    bytes.first_chunk().map(|head| i16::from_be_bytes(*head))
}
