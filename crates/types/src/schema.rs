//! JSON Schemas of the shared words, as `docs/schemas` has them.
//!
//! Types that serialize by hand describe themselves by hand here; everything else derives its schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{ByteText, Flag, Flags, Release, Trust, Uuid};

/// One of a list of words.
#[must_use]
pub fn one_of(words: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": words })
}

/// One of a list of words, or null.
#[must_use]
pub fn one_of_or_null(words: &[&str]) -> Schema {
    let mut values: Vec<Option<&str>> = words.iter().copied().map(Some).collect();
    values.push(None);
    json_schema!({ "type": ["string", "null"], "enum": values })
}

macro_rules! schemas {
    ($($ty:ty, $name:literal: $schema:expr;)*) => {$(
        impl JsonSchema for $ty {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

schemas! {
    ByteText, "Text": json_schema!({
        "description": "Text from the evidence: a string, or {\"base64\": \"...\"} where its bytes are not UTF-8.",
        "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": { "base64": { "type": "string", "description": "The bytes, standard base64 with padding." } },
                "required": ["base64"],
                "additionalProperties": false,
            },
        ],
    });
    Uuid, "Uuid": json_schema!({
        "description": "Kafka's 128-bit id as 22 characters of URL-safe base64.",
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{22}$",
    });
    Release, "Release": json_schema!({
        "description": "A Kafka release, such as 4.1.0.",
        "type": "string",
        "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$",
    });
    Trust, "Trust": json_schema!({
        "description": "How a fact is known; a closed list.",
        "type": "string",
        "enum": Trust::ALL.map(Trust::as_str),
    });
    Flags, "Flags": json_schema!({
        "description": "Doubts and circumstances; a closed list, always in this order.",
        "type": "array",
        "items": { "type": "string", "enum": Flag::ALL.iter().map(|flag| flag.as_str()).collect::<Vec<_>>() },
    });
}
