//! JSON Schemas of the forms that Kafka's JSON converters give, from the same declarations.

use lastwrites_types::{ByteText, Uuid};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json};

/// A field type as JSON Schema.
pub trait Form {
    /// Its schema; messages and shared words are referred to by name.
    fn form(generator: &mut SchemaGenerator) -> Schema;
}

macro_rules! forms {
    ($($ty:ty: $schema:expr;)*) => {$(
        impl Form for $ty {
            fn form(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

forms! {
    i8: json_schema!({ "type": "integer" });
    i16: json_schema!({ "type": "integer" });
    u16: json_schema!({ "type": "integer" });
    i32: json_schema!({ "type": "integer" });
    i64: json_schema!({ "type": "integer" });
    Vec<u8>: json_schema!({ "type": "string", "contentEncoding": "base64" });
}

impl Form for ByteText {
    fn form(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

impl Form for Uuid {
    fn form(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

impl<T: Form> Form for Vec<T> {
    fn form(generator: &mut SchemaGenerator) -> Schema {
        let items = T::form(generator);
        json_schema!({ "type": "array", "items": items })
    }
}

impl<T: Form> Form for Option<T> {
    fn form(generator: &mut SchemaGenerator) -> Schema {
        let present = T::form(generator);
        json_schema!({ "anyOf": [present, { "type": "null" }] })
    }
}

/// A field of a message.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The versions that have it, as a range.
    pub(crate) versions: String,
    /// True when every version has it.
    pub(crate) in_every_version: bool,
    pub(crate) tagged: bool,
    pub(crate) schema: Schema,
}

/// The schema of a message or of a struct in one.
pub(crate) fn object(about: &'static str, fields: Vec<Field>) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for Field { name, about, versions, in_every_version, tagged, mut schema } in fields {
        let mut about = about.trim().to_owned();
        if !in_every_version {
            about.push_str(&format!(" Left out but in versions {versions}."));
        }
        if tagged {
            about.push_str(" Left out at its default.");
        }
        if in_every_version && !tagged {
            required.push(name);
        }
        schema.insert("description".to_owned(), Json::from(about));
        properties.insert(name.to_owned(), schema.to_value());
    }
    json_schema!({
        "description": about.trim(),
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// Any of the messages, each known by its fields.
pub(crate) fn any_of(mut messages: Vec<Schema>) -> Schema {
    let mut seen = Vec::new();
    messages.retain(|message| {
        let new = !seen.contains(message);
        seen.push(message.clone());
        new
    });
    json_schema!({ "anyOf": messages })
}

/// A message's reference in the generator.
pub(crate) fn named<M: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<M>()
}
