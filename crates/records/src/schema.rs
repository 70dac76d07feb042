//! JSON Schemas of what stands under `data` in `dump --json`.

use schemars::{Schema, SchemaGenerator};

use crate::record::{Key, Value};
use crate::wire::any_of;

/// The fields of a key, whichever type it has.
#[must_use]
pub fn keys(generator: &mut SchemaGenerator) -> Schema {
    any_of(Key::schemas(generator))
}

/// The fields of a value, whichever message and version it is.
#[must_use]
pub fn values(generator: &mut SchemaGenerator) -> Schema {
    any_of(Value::schemas(generator))
}
