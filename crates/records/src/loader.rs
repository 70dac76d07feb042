//! A record as the coordinator loader of one release reads it, with that release's own exception texts.
//!
//! New coordinator: `RecordSerde` (3.7), `GroupCoordinatorRecordSerde` (3.8+). Old coordinator:
//! `GroupMetadataManager.readMessageKey`, `readOffsetMessageValue`, `readGroupMessageValue`. Neither looks at
//! bytes that are left over.

use std::fmt;

use lastwrites_types::Release;

use crate::decode::leading_i16;
use crate::layouts::{Layout, layouts_of};
use crate::record::{Key, Value};
use crate::wire::{Reader, WireError};

/// Which of the two group coordinators a broker runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Coordinator {
    /// The Scala coordinator: the only one up to 3.6, selectable up to 4.0.
    Old,
    /// The coordinator of KIP-848: from 3.7, the only one from 4.1.
    New,
}

/// How one release reads records: which types and versions it knows and what it throws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutSet {
    release: Release,
    coordinator: Coordinator,
}

/// From here the new loader refuses value versions it doesn't know (KAFKA-18672).
const CHECKS_VALUE_VERSIONS: Release = Release::new(4, 0, 0);
/// From here the old loader skips key types it doesn't know (KIP-915; also in 3.5.0).
const SKIPS_UNKNOWN_KEYS: Release = Release::new(3, 4, 1);

impl LayoutSet {
    /// The reading of one release.
    #[must_use]
    pub const fn for_release(release: Release, coordinator: Coordinator) -> Self {
        Self { release, coordinator }
    }

    /// The release.
    #[must_use]
    pub const fn release(&self) -> Release {
        self.release
    }

    /// The coordinator.
    #[must_use]
    pub const fn coordinator(&self) -> Coordinator {
        self.coordinator
    }

    /// True when both are known to read every record alike. Message schemas change with minor releases only
    /// (3.4.1 is the exception), and the old coordinator knows no record whose schema changed after it.
    #[must_use]
    pub fn reads_like(&self, other: &Self) -> bool {
        let line = |release: Release| (release.major, release.minor);
        let old = self.coordinator == Coordinator::Old;
        self.coordinator == other.coordinator
            && (self.release >= SKIPS_UNKNOWN_KEYS) == (other.release >= SKIPS_UNKNOWN_KEYS)
            && (line(self.release) == line(other.release)
                || (old && self.release >= SKIPS_UNKNOWN_KEYS && other.release >= SKIPS_UNKNOWN_KEYS))
    }

    /// The layout this loader reads values of a record type with; `None` for a type it doesn't know.
    #[must_use]
    pub fn layout(&self, record_type: i16) -> Option<&'static Layout> {
        if self.coordinator == Coordinator::Old && !(0..=2).contains(&record_type) {
            return None;
        }
        layouts_of(record_type).iter().find(|layout| layout.is_loaded_by(self.release))
    }
}

/// A record that the loader could read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "lives for one record; a box would cost an allocation each")]
pub enum LoaderRecord {
    /// A record type the release doesn't know: logged as a warning and skipped.
    UnknownType(i16),
    /// A record to replay.
    Known {
        /// The key.
        key: Key,
        /// The value with its version; `None` for a tombstone.
        value: Option<(i16, Value)>,
    },
}

/// Why the loader gives up on a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoaderError {
    /// Message of the exception that reaches the loader; `null` for one without a message.
    pub text: String,
    /// Its class.
    pub class: &'static str,
    /// What went wrong in the bytes, whose `Display` is the innermost exception's message.
    pub cause: Option<WireError>,
}

impl LoaderError {
    fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), class, cause: None }
    }
}

impl fmt::Display for LoaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for LoaderError {}

const RUNTIME_EXCEPTION: &str = "java.lang.RuntimeException";
const ILLEGAL_STATE: &str = "java.lang.IllegalStateException";

/// Reads a record as a loader does.
///
/// # Errors
/// What that release throws, which ends its load of the whole partition.
pub fn decode_as(
    layouts: &LayoutSet,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<LoaderRecord, LoaderError> {
    match layouts.coordinator {
        Coordinator::New => read_new(layouts, key, value),
        Coordinator::Old => read_old(layouts, key, value),
    }
}

fn read_new(
    layouts: &LayoutSet,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<LoaderRecord, LoaderError> {
    let key = key.ok_or_else(|| {
        let text = "Cannot invoke \"java.nio.ByteBuffer.getShort()\" because \"buffer\" is null";
        LoaderError::new("java.lang.NullPointerException", text)
    })?;
    let no_version =
        |what| LoaderError::new(RUNTIME_EXCEPTION, format!("Could not read version from {what}'s buffer."));
    let unreadable = |what, version, cause: WireError| LoaderError {
        text: format!("Could not read record with version {version} from {what}'s buffer due to: {cause}."),
        class: RUNTIME_EXCEPTION,
        cause: Some(cause),
    };
    let record_type = leading_i16(key).ok_or_else(|| no_version("key"))?;
    let (Some(layout), Some(read)) = (layouts.layout(record_type), read_key(record_type, key)) else {
        return Ok(LoaderRecord::UnknownType(record_type));
    };
    let key = read.map_err(|cause| unreadable("key", record_type, cause))?;
    let Some(value) = value else { return Ok(LoaderRecord::Known { key, value: None }) };
    let version = leading_i16(value).ok_or_else(|| no_version("value"))?;
    let supported = 0..=layout.highest_version(layouts.release);
    if layouts.release >= CHECKS_VALUE_VERSIONS && !supported.contains(&version) {
        return Err(LoaderError::new(
            "org.apache.kafka.coordinator.common.runtime.Deserializer$UnknownRecordVersionException",
            format!("Found an unknown record version {version} for {record_type} type"),
        ));
    }
    // 3.7 to 3.9 read a negative version too: the generated readers guard only what a later version added.
    let value = read_body(layout, version.max(0), value, layouts.release)
        .map_err(|cause| unreadable("value", version, cause))?;
    Ok(LoaderRecord::Known { key, value: Some((version, value)) })
}

fn read_old(
    layouts: &LayoutSet,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<LoaderRecord, LoaderError> {
    let key = key.ok_or_else(|| {
        let text = "requirement failed: Group metadata/offset entry key should not be null";
        LoaderError::new("java.lang.IllegalArgumentException", text)
    })?;
    let record_type = leading_i16(key).ok_or_else(|| bare(WireError::Underflow))?;
    let (Some(layout), Some(read)) = (layouts.layout(record_type), read_key(record_type, key)) else {
        if layouts.release >= SKIPS_UNKNOWN_KEYS {
            return Ok(LoaderRecord::UnknownType(record_type));
        }
        let text = format!("Unknown group metadata message version: {record_type}");
        return Err(LoaderError::new(ILLEGAL_STATE, text));
    };
    let key = read.map_err(bare)?;
    let Some(value) = value else { return Ok(LoaderRecord::Known { key, value: None }) };
    let version = leading_i16(value).ok_or_else(|| bare(WireError::Underflow))?;
    if !(0..=layout.highest_version(layouts.release)).contains(&version) {
        let what = if record_type == 2 { "group metadata" } else { "offset" };
        return Err(LoaderError::new(ILLEGAL_STATE, format!("Unknown {what} message version: {version}")));
    }
    let value = read_body(layout, version, value, layouts.release).map_err(bare)?;
    Ok(LoaderRecord::Known { key, value: Some((version, value)) })
}

fn read_key(record_type: i16, key: &[u8]) -> Option<Result<Key, WireError>> {
    Key::read(record_type, &mut Reader::lenient(key.get(2..).unwrap_or_default()))
}

fn read_body(layout: &Layout, version: i16, value: &[u8], release: Release) -> Result<Value, WireError> {
    layout.read(&mut Reader::lenient(value.get(2..).unwrap_or_default()), version, release)
}

/// The old loader lets a parser's exception through as it is.
fn bare(cause: WireError) -> LoaderError {
    LoaderError { text: cause.to_string(), class: exception_class(&cause), cause: Some(cause) }
}

/// The exception class that carries a reader's error.
const fn exception_class(cause: &WireError) -> &'static str {
    match cause {
        WireError::Underflow => "java.nio.BufferUnderflowException",
        WireError::LimitBeyondCapacity { .. } | WireError::VarintTooLong { .. } => {
            "java.lang.IllegalArgumentException"
        }
        WireError::NegativeTagSize { .. } => "java.lang.NegativeArraySizeException",
        _ => RUNTIME_EXCEPTION,
    }
}
