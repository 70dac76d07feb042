//! Kafka's generated-message encoding: primitives, and the one declaration that gives struct, decoder,
//! encoder and JSON form.
//!
//! Sits below every message of this crate. It never looks at what a field means, never panics and never
//! allocates by a length it read: an array grows only as its elements really parse.

mod declare;
mod error;
mod reader;
mod schema;
mod types;
mod writer;

pub(crate) use declare::{camel_case, message};
pub use error::{FieldName, JsonError, WireError};
pub use reader::Reader;
pub use schema::Form;
pub(crate) use schema::{Field, any_of, named, object};
pub(crate) use types::write_tags;
pub use types::{Context, Message, Nullable, RawTag, Wire};
pub(crate) use writer::put_length;
