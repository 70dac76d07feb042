//! Decompression into one reused buffer, with reused contexts: batches are a few hundred bytes, so setting up a
//! decoder for each costs 5 to 25 times what decoding it does.

mod gzip;
mod lz4;
mod output;
mod snappy;
mod xxh32;
mod zstd;

use std::fmt;

use crate::header::Codec;
use crate::kafka_text::KafkaError;
use crate::records::Packed;
use output::Output;

/// What a batch may inflate to unless [`Inflater::with_cap`] says otherwise: 256 MiB.
///
/// Brokers refuse batches above `message.max.bytes` (1 MiB unless raised); a batch that inflates to more than
/// this is a bomb or damage.
pub const DEFAULT_INFLATED_CAP_BYTES: usize = 256 * 1024 * 1024;

/// Decompression contexts and output buffer of one worker. Contexts are made at first use.
#[derive(Default)]
pub struct Inflater {
    output: Output,
    gzip: gzip::Gzip,
    snappy: snappy::Snappy,
    zstd: zstd::Zstd,
}

/// Why compressed bytes couldn't be inflated, or not to their end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InflateError {
    /// The codec.
    pub codec: Codec,
    /// The compressed byte, counted from the start of the compressed data, at or after which it went wrong.
    pub at: u64,
    /// Why.
    pub reason: InflateReason,
}

/// The reason of an [`InflateError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InflateReason {
    /// The compressed data ends too early.
    Truncated,
    /// The data doesn't start as the codec's format does; the words say what was expected.
    Header(&'static str),
    /// The data contradicts its format.
    Corrupt(&'static str),
    /// The output is larger than the cap.
    TooLarge {
        /// The cap in bytes.
        cap: usize,
    },
}

/// Compressed data that could be read though Kafka refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Irregularity {
    /// The LZ4 frame descriptor's checksum is wrong in magic 1 or 2. Kafka accepts that in magic 0 only, whose
    /// writers computed it over the wrong bytes; otherwise it throws `Stream frame descriptor corrupted`.
    Lz4HeaderChecksum,
}

impl Inflater {
    /// An inflater whose output for one batch may not pass `cap` bytes.
    #[must_use]
    pub fn with_cap(cap: usize) -> Self {
        Self { output: Output::with_cap(cap), ..Self::default() }
    }

    /// Inflates the records of a batch.
    ///
    /// Data that breaks off or turns bad further in gives what came out before, with the reason beside it.
    ///
    /// # Errors
    /// Its first bytes aren't the codec's.
    pub(crate) fn inflate(
        &mut self,
        codec: Codec,
        magic: i8,
        packed: &[u8],
    ) -> Result<Packed<'_>, InflateError> {
        let Self { output, .. } = self;
        output.clear();
        let mut irregularity = None;
        let done = match codec {
            Codec::None | Codec::Unknown(_) => Err(Stop { at: 0, reason: InflateReason::Header("a codec") }),
            Codec::Gzip => self.gzip.inflate(packed, output),
            Codec::Snappy => self.snappy.inflate(packed, output),
            Codec::Lz4 => lz4::inflate(packed, magic == 0, output).map(|found| irregularity = found),
            Codec::Zstd => self.zstd.inflate(packed, output),
        };
        let broken = done.err().map(|stop| InflateError { codec, at: stop.at as u64, reason: stop.reason });
        match broken {
            Some(error) if matches!(error.reason, InflateReason::Header(_)) => Err(error),
            broken => Ok(Packed { bytes: self.output.bytes(), compressed: true, broken, irregularity }),
        }
    }
}

/// Where and why a codec stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stop {
    at: usize,
    reason: InflateReason,
}

impl Stop {
    fn truncated(at: usize) -> Self {
        Self { at, reason: InflateReason::Truncated }
    }

    fn corrupt(at: usize, what: &'static str) -> Self {
        Self { at, reason: InflateReason::Corrupt(what) }
    }

    fn header(expected: &'static str) -> Self {
        Self { at: 0, reason: InflateReason::Header(expected) }
    }
}

impl InflateError {
    /// The cause Kafka wraps in a `KafkaException` when the first bytes are wrong, where it isn't the codec's own.
    pub(crate) fn kafka_cause(&self) -> Option<&'static str> {
        match (self.codec, self.reason) {
            (Codec::Lz4, InflateReason::Header(lz4::MAGIC_EXPECTED)) => {
                Some("java.io.IOException: Stream unsupported (invalid magic bytes)")
            }
            (Codec::Lz4, InflateReason::Header(lz4::HEADER_EXPECTED)) => {
                Some("java.io.IOException: Stream ended prematurely")
            }
            (Codec::Gzip, InflateReason::Header(gzip::MAGIC_EXPECTED)) => {
                Some("java.util.zip.ZipException: Not in GZIP format")
            }
            (Codec::Gzip, InflateReason::Header(gzip::DEFLATE_EXPECTED)) => {
                Some("java.util.zip.ZipException: Unsupported compression method")
            }
            (Codec::Gzip, InflateReason::Header(gzip::HEADER_EXPECTED)) => Some("java.io.EOFException"),
            _ => None,
        }
    }
}

impl Irregularity {
    /// What Kafka throws instead of reading on.
    #[must_use]
    pub fn kafka_error(self) -> KafkaError {
        match self {
            Self::Lz4HeaderChecksum => KafkaError {
                class: "KafkaException",
                message: Some("java.io.IOException: Stream frame descriptor corrupted".to_owned()),
            },
        }
    }
}

impl InflateError {
    /// True for the few bytes behind the last chunk that snappy-java takes for the end of the stream.
    pub(crate) fn kafka_ignores(&self) -> bool {
        self.codec == Codec::Snappy && self.reason == InflateReason::Corrupt(snappy::LOOSE_END)
    }

    /// True where Kafka's decoder hands out everything before the damage first. snappy-java and Java's inflater
    /// lose the chunk in which they find it.
    pub(crate) fn comes_late(&self) -> bool {
        match self.codec {
            Codec::Snappy => self.kafka_ignores(),
            _ => self.reason != InflateReason::Corrupt(gzip::BAD_DEFLATE),
        }
    }

    /// True where snappy-java throws its own `SnappyError`, which Kafka doesn't catch.
    pub(crate) fn is_snappy_error(&self) -> bool {
        self.codec == Codec::Snappy && self.reason == InflateReason::Corrupt(snappy::NEGATIVE_CHUNK)
    }
}

impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (codec, at) = (self.codec.as_str(), self.at);
        match self.reason {
            InflateReason::Truncated => write!(f, "the {codec} data breaks off at byte {at}"),
            InflateReason::Header(expected) => write!(f, "no {codec} data: expected {expected}"),
            InflateReason::Corrupt(what) => write!(f, "the {codec} data is damaged at byte {at}: {what}"),
            InflateReason::TooLarge { cap } => {
                write!(f, "the {codec} data inflates to more than {cap} bytes")
            }
        }
    }
}

impl std::error::Error for InflateError {}
