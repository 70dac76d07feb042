//! What can be wrong inside a batch, in our words; Kafka's own words are in `kafka_text`.

use std::fmt;

use crate::inflate::InflateError;

/// A batch whose records can't be iterated at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchError {
    /// Where the batch starts in its file.
    pub position: u64,
    /// Why.
    pub kind: BatchErrorKind,
}

/// The reason of a [`BatchError`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BatchErrorKind {
    /// The codec id is one Kafka doesn't know.
    UnknownCodec {
        /// The id: 5, 6 or 7.
        id: u8,
    },
    /// The record count is negative.
    NegativeCount {
        /// The stored count.
        count: i32,
    },
    /// Nothing could be inflated.
    Inflate(InflateError),
    /// A field of a compressed magic 0 or 1 wrapper lies outside it.
    WrapperField {
        /// Which field.
        field: Field,
        /// Bytes it needs.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// A compressed magic 0 or 1 wrapper without a value.
    NullWrapper {
        /// The wrapper's magic.
        magic: i8,
    },
    /// A magic 0 or 1 wrapper compressed with zstd.
    ZstdWrapper {
        /// The wrapper's magic.
        magic: i8,
    },
    /// A compressed wrapper with nothing inside.
    EmptyWrapper,
    /// An inner message of a wrapper is smaller than any message.
    InnerTooSmall {
        /// The stored size.
        size: i32,
    },
    /// A magic 1 wrapper's offset is lower than its last inner message's relative offset.
    WrapperOffset {
        /// The wrapper's.
        wrapper: i64,
        /// The last inner one.
        last_inner: i64,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch at position {}: {}", self.position, self.kind)
    }
}

impl std::error::Error for BatchError {}

impl fmt::Display for BatchErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCodec { id } => write!(f, "unknown compression id {id}, expected 0 to 4"),
            Self::NegativeCount { count } => write!(f, "the record count is {count}"),
            Self::Inflate(error) => write!(f, "{error}"),
            Self::WrapperField { field, need, have } => {
                write!(f, "{field} of the wrapper needs {need} bytes and {have} are there")
            }
            Self::NullWrapper { magic } => write!(f, "a compressed magic {magic} wrapper without a value"),
            Self::ZstdWrapper { magic } => {
                write!(f, "zstd in a magic {magic} wrapper, where it isn't allowed")
            }
            Self::EmptyWrapper => write!(f, "a compressed wrapper without a message inside"),
            Self::InnerTooSmall { size } => {
                write!(f, "an inner message claims {size} bytes, expected at least 14")
            }
            Self::WrapperOffset { wrapper, last_inner } => {
                write!(
                    f,
                    "the wrapper's offset {wrapper} is lower than its last inner message's {last_inner}"
                )
            }
        }
    }
}

/// A record that can't be read; nothing after it in its batch can be, either.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordError {
    /// Where the batch starts in its file.
    pub batch_position: u64,
    /// The batch's magic.
    pub magic: i8,
    /// Number of the record in its batch, from 0.
    pub index: u32,
    /// Where the record starts.
    pub place: RecordPlace,
    /// Why.
    pub kind: RecordErrorKind,
}

/// Where a record starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordPlace {
    /// At this position of the file.
    File(u64),
    /// At this byte of what the batch inflates to.
    Inflated(u64),
}

/// The reason of a [`RecordError`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// The batch ends where another record should start: the count is too high, or bytes are missing.
    Missing {
        /// Bytes left: the start of a length field, or none.
        have: u64,
    },
    /// The record's length field is a varint without an end.
    Length(VarintFault),
    /// The record claims a negative length (compressed batches; elsewhere a negative length merely can't be
    /// equal to what is read).
    NegativeLength {
        /// The stored length.
        length: i32,
    },
    /// The record claims more bytes than the batch has left.
    LengthPastEnd {
        /// The stored length.
        length: i32,
        /// Bytes left.
        have: u64,
    },
    /// The fields of the record take more or fewer bytes than its length says.
    LengthMismatch {
        /// The stored length.
        length: i32,
        /// Bytes its fields take.
        read: u64,
    },
    /// A field lies outside its record or batch.
    PastEnd {
        /// Which field.
        field: Field,
        /// Bytes it needs.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// A field is a varint without an end.
    Varint {
        /// Which field.
        field: Field,
        /// The bad varint.
        fault: VarintFault,
    },
    /// The header count is negative or larger than the bytes left.
    HeaderCount {
        /// The stored count.
        count: i32,
        /// Bytes left.
        remaining: u64,
    },
    /// A header's key size is negative.
    HeaderKeySize {
        /// The stored size.
        size: i32,
    },
    /// All records were read and bytes are left over.
    Leftover {
        /// How many bytes.
        bytes: u64,
    },
    /// The compressed data breaks off; the records before it were good.
    Inflate(InflateError),
    /// All records were read; the compressed data is damaged behind them.
    InflateTail(InflateError),
    /// An inner message of a magic 0 or 1 wrapper is itself compressed.
    InnerCompressed,
    /// An inner message isn't of magic 0 or 1.
    InnerMagic {
        /// The stored magic.
        magic: i8,
    },
}

/// A part of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Field {
    /// Magic byte of an inner message.
    Magic,
    /// Attribute byte.
    Attributes,
    /// Timestamp, or its distance to the batch's.
    Timestamp,
    /// Distance to the batch's base offset.
    OffsetDelta,
    /// Size of the key.
    KeySize,
    /// The key.
    Key,
    /// Size of the value.
    ValueSize,
    /// The value.
    Value,
    /// Number of headers.
    HeaderCount,
    /// Size of a header's key.
    HeaderKeySize,
    /// A header's key.
    HeaderKey,
    /// Size of a header's value.
    HeaderValueSize,
    /// A header's value.
    HeaderValue,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "the magic byte",
            Self::Attributes => "the attributes",
            Self::Timestamp => "the timestamp",
            Self::OffsetDelta => "the offset delta",
            Self::KeySize => "the key size",
            Self::Key => "the key",
            Self::ValueSize => "the value size",
            Self::Value => "the value",
            Self::HeaderCount => "the header count",
            Self::HeaderKeySize => "a header's key size",
            Self::HeaderKey => "a header's key",
            Self::HeaderValueSize => "a header's value size",
            Self::HeaderValue => "a header's value",
        })
    }
}

/// A varint whose last allowed byte says that another follows, with the value Kafka prints for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarintFault {
    /// Longer than 5 bytes.
    Varint(u32),
    /// Longer than 10 bytes.
    Varlong(u64),
}

impl fmt::Display for VarintFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Varint(_) => write!(f, "a varint of more than 5 bytes"),
            Self::Varlong(_) => write!(f, "a varlong of more than 10 bytes"),
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch_position, index, place, kind, .. } = self;
        match place {
            RecordPlace::File(position) => write!(f, "record {index} at position {position}"),
            RecordPlace::Inflated(byte) => write!(f, "record {index} at byte {byte} of the inflated records"),
        }?;
        write!(f, " (batch at position {batch_position}): {kind}")
    }
}

impl std::error::Error for RecordError {}

impl fmt::Display for RecordErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { have: 0 } => {
                write!(f, "the batch ends, but its count says that more records follow")
            }
            Self::Missing { have } => {
                write!(f, "the batch ends inside a record's length, after {have} bytes of it")
            }
            Self::Length(fault) => write!(f, "the record length is {fault}"),
            Self::NegativeLength { length } => write!(f, "the record length is {length}"),
            Self::LengthPastEnd { length, have } => {
                write!(f, "the record claims {length} bytes and the batch has {have} left")
            }
            Self::LengthMismatch { length, read } => {
                write!(f, "the record claims {length} bytes and its fields take {read}")
            }
            Self::PastEnd { field, need, have } => {
                write!(f, "{field} needs {need} bytes and {have} are there")
            }
            Self::Varint { field, fault } => write!(f, "{field} is {fault}"),
            Self::HeaderCount { count, remaining } => {
                write!(f, "the header count is {count} with {remaining} bytes left")
            }
            Self::HeaderKeySize { size } => write!(f, "a header's key size is {size}"),
            Self::Leftover { bytes } => write!(f, "{bytes} bytes are left over after the last record"),
            Self::Inflate(error) => write!(f, "{error}"),
            Self::InflateTail(error) => write!(f, "after the last record: {error}"),
            Self::InnerCompressed => write!(f, "a compressed message inside a compressed wrapper"),
            Self::InnerMagic { magic } => write!(f, "an inner message of magic {magic}, expected 0 or 1"),
        }
    }
}
