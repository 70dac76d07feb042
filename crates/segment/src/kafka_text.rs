//! The exceptions Kafka's own classes would throw, for people who compare with a broker's log.
//!
//! Texts are those of kafka-clients 3.6 to 4.x (`DefaultRecord`, `DefaultRecordBatch`,
//! `AbstractLegacyRecordBatch`, `ByteBufferLogInputStream`, `ControlRecordType`). A class whose message depends
//! on the JVM or on a native codec carries none.

use std::fmt;

use crate::error::{BatchErrorKind, Field, RecordErrorKind, VarintFault};
use crate::{BatchError, RecordError, RecordPlace};

/// An exception of Kafka or the JVM: simple class name and message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KafkaError {
    /// Simple name of the Java class.
    pub class: &'static str,
    /// Its message, where it doesn't depend on the platform.
    pub message: Option<String>,
}

impl fmt::Display for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.class),
            None => f.write_str(self.class),
        }
    }
}

impl KafkaError {
    fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: Some(message.into()) }
    }

    /// `CorruptRecordException`, thrown while batches are cut.
    pub(crate) fn corrupt_record(message: String) -> Self {
        Self::new("CorruptRecordException", message)
    }

    /// `InvalidRecordException`, thrown while records are read.
    pub(crate) fn invalid_record(message: impl Into<String>) -> Self {
        Self::new("InvalidRecordException", message)
    }

    /// An exception whose message the JVM or a codec makes.
    fn without_message(class: &'static str) -> Self {
        Self { class, message: None }
    }
}

const PREMATURE_EOF: &str = "Incorrect declared batch size, premature EOF reached";
const STILL_REMAINING: &str = "Incorrect declared batch size, records still remaining in file";

impl BatchError {
    /// What Kafka throws when it makes an iterator over this batch.
    #[must_use]
    pub fn kafka_error(&self) -> KafkaError {
        match &self.kind {
            BatchErrorKind::UnknownCodec { id } => {
                KafkaError::new("IllegalArgumentException", format!("Unknown compression type id: {id}"))
            }
            BatchErrorKind::NegativeCount { count } => {
                KafkaError::invalid_record(format!("Found invalid record count {count} in magic v2 batch"))
            }
            BatchErrorKind::Inflate(error) if error.is_snappy_error() => {
                KafkaError::without_message("SnappyError")
            }
            BatchErrorKind::Inflate(error) => match error.kafka_cause() {
                Some(cause) => KafkaError::new("KafkaException", cause),
                None => KafkaError::without_message("KafkaException"),
            },
            // Of a wrapper only the value is asked for, and where it is depends on the key.
            BatchErrorKind::WrapperField { field: Field::Key, .. } => {
                KafkaError::without_message("IndexOutOfBoundsException")
            }
            BatchErrorKind::WrapperField { field, need, have } => outside_buffer(*field, *need, *have),
            BatchErrorKind::NullWrapper { magic } => KafkaError::invalid_record(format!(
                "Found invalid compressed record set with null value (magic = {magic})"
            )),
            BatchErrorKind::ZstdWrapper { magic } => KafkaError::invalid_record(format!(
                "Invalid wrapper compressionType found in legacy deep record iterator {magic}"
            )),
            BatchErrorKind::EmptyWrapper => {
                KafkaError::invalid_record("Found invalid compressed record set with no inner records")
            }
            BatchErrorKind::InnerTooSmall { .. } => KafkaError::corrupt_record(
                "Record size is less than the minimum record overhead (14)".to_owned(),
            ),
            BatchErrorKind::WrapperOffset { wrapper, last_inner } => KafkaError::invalid_record(format!(
                "Found invalid wrapper offset in compressed v1 message set, wrapper offset '{wrapper}' is less than \
                 the last inner message offset '{last_inner}' and it is not zero."
            )),
        }
    }

    /// The exact message of [`kafka_error`](Self::kafka_error), where it is known.
    #[must_use]
    pub fn kafka_text(&self) -> Option<String> {
        self.kafka_error().message
    }
}

impl RecordError {
    /// What Kafka throws when it comes to this record, or `None` where it sees nothing wrong.
    ///
    /// In a compressed batch of magic 2, and in any compressed wrapper, Kafka reads all records before it
    /// hands out the first: the exception takes the whole batch with it. "Records still remaining" is thrown
    /// instead of returning the batch's last record.
    #[must_use]
    pub fn kafka_error(&self) -> Option<KafkaError> {
        let compressed = matches!(self.place, RecordPlace::Inflated(_));
        let error = match &self.kind {
            RecordErrorKind::Missing { .. } | RecordErrorKind::NegativeLength { .. } => {
                KafkaError::invalid_record(PREMATURE_EOF)
            }
            RecordErrorKind::Length(_) if compressed => KafkaError::invalid_record(PREMATURE_EOF),
            RecordErrorKind::Length(fault) => KafkaError::new("IllegalArgumentException", too_long(*fault)),
            RecordErrorKind::LengthPastEnd { length, .. } if compressed => {
                KafkaError::invalid_record(format!(
                    "Invalid record size: expected {length} bytes in record payload, but the record payload reached EOF."
                ))
            }
            RecordErrorKind::LengthPastEnd { length, have } => KafkaError::invalid_record(format!(
                "Invalid record size: expected {length} bytes in record payload, but instead the buffer has only \
                 {have} remaining bytes."
            )),
            RecordErrorKind::LengthMismatch { length, read } => KafkaError::invalid_record(format!(
                "Invalid record size: expected to read {length} bytes in record payload, but instead read {read}"
            )),
            RecordErrorKind::PastEnd { field, need, have } if self.magic < 2 => {
                outside_buffer(*field, *need, *have)
            }
            RecordErrorKind::PastEnd { .. } | RecordErrorKind::Varint { .. } => {
                KafkaError::invalid_record("Found invalid record structure")
            }
            RecordErrorKind::HeaderCount { count, .. } if *count < 0 => {
                KafkaError::invalid_record(format!("Found invalid number of record headers {count}"))
            }
            RecordErrorKind::HeaderCount { count, .. } => KafkaError::invalid_record(format!(
                "Found invalid number of record headers. {count} is larger than the remaining size of the buffer"
            )),
            RecordErrorKind::HeaderKeySize { size } => {
                KafkaError::invalid_record(format!("Invalid negative header key size {size}"))
            }
            // An empty batch isn't looked into, and an old message may be followed by anything.
            RecordErrorKind::Leftover { .. } if self.index == 0 || self.magic < 2 => return None,
            RecordErrorKind::Leftover { .. } => KafkaError::invalid_record(STILL_REMAINING),
            RecordErrorKind::Inflate(error) | RecordErrorKind::InflateTail(error)
                if error.kafka_ignores() =>
            {
                return None;
            }
            RecordErrorKind::Inflate(error) | RecordErrorKind::InflateTail(error)
                if error.is_snappy_error() =>
            {
                KafkaError::without_message("SnappyError")
            }
            RecordErrorKind::Inflate(_) | RecordErrorKind::InflateTail(_) if self.magic < 2 => {
                KafkaError::without_message("KafkaException")
            }
            // Data that merely ends too early gives all its records; the end is noticed afterwards.
            RecordErrorKind::InflateTail(error) if error.comes_late() => {
                KafkaError::new("KafkaException", "Error checking for remaining bytes after reading batch")
            }
            RecordErrorKind::Inflate(_) | RecordErrorKind::InflateTail(_) => {
                KafkaError::new("KafkaException", "Failed to decompress record stream")
            }
            RecordErrorKind::InnerCompressed => {
                KafkaError::invalid_record("Inner messages must not be compressed")
            }
            RecordErrorKind::InnerMagic { .. } => return None,
        };
        Some(error)
    }

    /// The exact message of [`kafka_error`](Self::kafka_error), where it is known.
    #[must_use]
    pub fn kafka_text(&self) -> Option<String> {
        self.kafka_error()?.message
    }
}

/// `Utils.sizeDelimited` on a `ByteBuffer` that is too short (texts of JDK 11 and later).
fn outside_buffer(field: Field, need: u64, have: u64) -> KafkaError {
    match field {
        Field::Key | Field::Value => {
            KafkaError::new("IllegalArgumentException", format!("newLimit > capacity: ({need} > {have})"))
        }
        _ => KafkaError::without_message("IndexOutOfBoundsException"),
    }
}

fn too_long(fault: VarintFault) -> String {
    match fault {
        VarintFault::Varint(value) => format!(
            "Varint is too long, the most significant bit in the 5th byte is set, converted value: {value:x}"
        ),
        VarintFault::Varlong(value) => {
            format!(
                "Varlong is too long, most significant bit in the 10th byte is set, converted value: {value:x}"
            )
        }
    }
}
