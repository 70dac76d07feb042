//! Bytes that are no batch: why, and what Kafka's own reader makes of them.

use std::fmt;

use lastwrites_types::ByteRange;

use crate::header::{HEADER_SIZE_UP_TO_MAGIC, LOG_OVERHEAD, RECORD_OVERHEAD_V0};
use crate::kafka_text::KafkaError;

/// A stretch between batches, or after the last one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where it lies in the source.
    pub range: ByteRange,
    /// What its first bytes say.
    pub cause: GapCause,
    /// What a loading coordinator would do at its first byte.
    pub loader: LoaderOutcome,
}

impl Gap {
    /// True for bytes that never held anything (zero fill up to the end); every other gap is damage.
    #[must_use]
    pub fn is_empty_space(&self) -> bool {
        self.cause == GapCause::ZeroFill
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ByteRange { start, end } = self.range;
        write!(f, "{} bytes at positions {start} to {end}: {}", self.range.len(), self.cause)
    }
}

/// Why bytes aren't a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GapCause {
    /// Zeros up to the end of the file: preallocated space, or a tail lost to a power failure.
    ZeroFill,
    /// Only zeros, with batches or other bytes after them: something was here.
    ZeroRun,
    /// The last batch is incomplete: it claims `need` bytes and the file ends after `have`.
    TornTail {
        /// Bytes the header claims, itself included.
        need: u64,
        /// Bytes up to the end of the file.
        have: u64,
    },
    /// The file ends before a header is complete.
    TornHeader {
        /// Bytes up to the end of the file.
        have: u64,
    },
    /// The length field is too small for any batch of its magic.
    BadLength {
        /// The stored length field.
        length: i32,
        /// The smallest one possible.
        minimum: u32,
    },
    /// The length runs past the end of the file although more batches follow.
    LengthPastEnd {
        /// The stored length field.
        length: i32,
        /// Bytes after the length field.
        available: u64,
    },
    /// The length runs over another, intact batch, and the checksum is wrong.
    LengthOverBatch {
        /// The stored length field.
        length: i32,
        /// Position of the batch it runs over.
        batch_at: u64,
    },
    /// The format version is none of 0, 1 and 2.
    BadMagic {
        /// The stored magic byte.
        magic: i8,
    },
    /// Length and magic are possible, but the checksum is wrong and other fields can't be a batch's.
    Garbage {
        /// The stored length field.
        length: i32,
        /// The stored magic byte.
        magic: i8,
    },
    /// The range that was asked for ends inside a batch.
    CutByRange {
        /// Bytes of the batch.
        need: u64,
        /// Bytes of it inside the range.
        have: u64,
    },
}

impl GapCause {
    /// One word for tables and statistics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZeroFill => "zero-fill",
            Self::ZeroRun => "zero-run",
            Self::TornTail { .. } => "torn-tail",
            Self::TornHeader { .. } => "torn-header",
            Self::BadLength { .. } | Self::LengthPastEnd { .. } | Self::LengthOverBatch { .. } => {
                "bad-length"
            }
            Self::BadMagic { .. } => "bad-magic",
            Self::Garbage { .. } => "garbage",
            Self::CutByRange { .. } => "cut",
        }
    }
}

impl fmt::Display for GapCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroFill => write!(f, "zeros up to the end of the file"),
            Self::ZeroRun => write!(f, "zeros where a batch was expected, with other bytes after them"),
            Self::TornTail { need, have } => {
                write!(f, "the batch claims {need} bytes and the file ends after {have}")
            }
            Self::TornHeader { have } => {
                write!(f, "a batch header was expected and the file ends after {have} bytes")
            }
            Self::BadLength { length, minimum } => {
                write!(f, "the batch length is {length}, expected at least {minimum}")
            }
            Self::LengthPastEnd { length, available } => {
                write!(f, "the batch length is {length}, but the file has only {available} bytes more")
            }
            Self::LengthOverBatch { length, batch_at } => {
                write!(
                    f,
                    "the batch length {length} runs over an intact batch at position {batch_at}, and the checksum is wrong"
                )
            }
            Self::BadMagic { magic } => write!(f, "the magic byte is {magic}, expected 0, 1 or 2"),
            Self::Garbage { length, magic } => write!(
                f,
                "no batch header: length {length} and magic {magic} are possible, the other fields and the checksum aren't"
            ),
            Self::CutByRange { need, have } => {
                write!(f, "the batch has {need} bytes and the range to read ends after {have} of them")
            }
        }
    }
}

/// What Kafka's reader does at a position (`ByteBufferLogInputStream`, through which every coordinator reads).
///
/// A reader that skips nothing never gets behind the first gap; the outcome of a later one says what would
/// happen if it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoaderOutcome {
    /// It sees a batch that isn't complete and takes it for the end: the rest of the file isn't read, nothing
    /// is thrown, and loading goes on with the next segment if there is one.
    EndsSegment,
    /// It throws, and the load fails (new coordinator) or loses all groups (old coordinator).
    Throws(KafkaError),
    /// It takes the bytes for a batch and iterates its records.
    ReadsAsBatch {
        /// The bytes it takes.
        range: ByteRange,
    },
}

impl LoaderOutcome {
    /// The outcome at `position`, whose first bytes (17 where there are so many) are `head`.
    pub(crate) fn at(position: u64, head: &[u8], remaining: u64) -> Self {
        let corrupt = |text| Self::Throws(KafkaError::corrupt_record(text));
        let Some(length) = length_field(head) else { return Self::EndsSegment };
        if length < RECORD_OVERHEAD_V0.cast_signed() {
            return corrupt(format!(
                "Record size {length} is less than the minimum record overhead ({RECORD_OVERHEAD_V0})"
            ));
        }
        let Some(magic) = magic_byte(head).filter(|_| remaining >= HEADER_SIZE_UP_TO_MAGIC) else {
            return Self::EndsSegment;
        };
        if !(0..=2).contains(&magic) {
            return corrupt(format!("Invalid magic found in record: {magic}"));
        }
        let size = u64::from(length.unsigned_abs()) + u64::from(LOG_OVERHEAD);
        if size > remaining {
            return Self::EndsSegment;
        }
        Self::ReadsAsBatch { range: ByteRange::new(position, position + size) }
    }
}

/// The length field of the header that starts with `head`.
pub(crate) fn length_field(head: &[u8]) -> Option<i32> {
    head.get(8..)?.first_chunk::<4>().map(|bytes| i32::from_be_bytes(*bytes))
}

/// The magic byte of the header that starts with `head`.
pub(crate) fn magic_byte(head: &[u8]) -> Option<i8> {
    head.get(16).map(|byte| byte.cast_signed())
}
