//! Coordinator records: one declaration per message, decoded, encoded and printed as Kafka does.
//!
//! A record of `__consumer_offsets` is a key (a record type, then a message) and a value (a version, then a
//! message) or null. Each message is declared once in [`messages`]: fields in wire order, the versions each
//! exists in, nullability, default and tag. Struct, decoder, encoder and JSON form follow from that.
//!
//! The same declarations are read in two ways:
//!
//! - [`decode()`] is forensic: strict, it finds the layout where releases wrote different things under one
//!   version number, and says so when bytes fit two. What it can't explain it hands back raw.
//! - [`decode_as`] is what the loader of one release does, down to the text of its exceptions.
//!
//! Offset commits, nearly all of a log, have a borrowed reader of their own in [`offset_commit`]. Blobs of
//! the classic consumer protocol inside group records are in [`embedded`].
//!
//! No state lives here, nothing panics, and no length found in a record is trusted: memory is bounded by the
//! bytes given.

mod decode;
pub mod embedded;
mod layouts;
mod loader;
pub mod messages;
pub mod offset_commit;
mod record;
pub mod redact;
pub mod schema;
pub mod wire;

pub use decode::{
    Decoded, DecodedKey, DecodedValue, KnownValue, NEWEST_LAYOUT, decode, decode_key, decode_value,
};
pub use layouts::Layout;
pub use loader::{Coordinator, LayoutSet, LoaderError, LoaderRecord, decode_as};
pub use offset_commit::{OffsetCommitKey, OffsetCommitValue};
pub use record::{Key, Value};
