//! Bytes of a Kafka log segment to batches and records: framing, CRC, codecs, damage.
//!
//! A [`ByteSource`] is a segment file (mapped or read) or bytes in memory. [`Framer`] cuts it into batches and
//! gaps that cover every byte once and never gives up after damage; [`RawBatch::records`] inflates one batch
//! into buffers lent by an [`Inflater`] and walks its records. [`split`] cuts a segment for parallel work.
//!
//! Nothing here walks folders, knows what a record means, or holds state about a group. Nothing here panics on
//! any input, and nothing found in a file is trusted: a length is a claim until the bytes are there. Damage is
//! a value ([`Gap`], [`BatchError`], [`RecordError`]); only a failing disk is an error that stops
//! ([`ReadError`]). Each of those values also knows what Kafka's own reader would have done there.
//!
//! `offset` is always Kafka's logical offset, `position` a byte in a file.

mod batch;
mod control;
mod crc;
mod cursor;
mod error;
mod framing;
mod gap;
mod header;
mod inflate;
mod kafka_text;
mod leader_epochs;
mod legacy;
mod plausible;
mod prefix_crc;
mod record;
mod records;
mod resync;
mod source;
mod split;
mod window;

pub use batch::RawBatch;
pub use control::{ControlError, ControlRecord, ControlType};
pub use error::{BatchError, BatchErrorKind, Field, RecordError, RecordErrorKind, RecordPlace, VarintFault};
pub use framing::{Framed, Framer};
pub use gap::{Gap, GapCause, LoaderOutcome};
pub use header::{BatchHeader, Codec, TimestampType};
pub use inflate::{DEFAULT_INFLATED_CAP_BYTES, InflateError, InflateReason, Inflater, Irregularity};
pub use kafka_text::KafkaError;
pub use leader_epochs::{EpochSpan, LeaderEpochs};
pub use record::{Header, Headers, Record};
pub use records::Records;
pub use source::{ByteSource, OpenError, OpenErrorKind, ReadError, ReadErrorKind, ReadMode, open, open_file};
pub use split::split;
