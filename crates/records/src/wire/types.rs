//! How each field type is read, written and shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lastwrites_types::{ByteText, Release, Uuid};
use serde_json::Value as Json;

use super::writer::{put_length, put_string_length, put_unsigned_varint};
use super::{FieldName, JsonError, Reader, WireError};

/// What decides which fields are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Version of the message.
    pub version: i16,
    /// True when that version is flexible: compact lengths and tagged fields.
    pub flexible: bool,
    /// The release whose schema is followed: a tag added later is unknown to it.
    pub release: Release,
}

/// A tagged field nobody here knows, kept as it lay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawTag {
    /// Its tag.
    pub tag: u32,
    /// Its payload.
    pub bytes: Box<[u8]>,
}

/// A field type.
pub trait Wire: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// What the release's generated reader would throw, or what the strict reading refuses.
    fn read(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Self, WireError>;
    /// Reads one value of a tagged field, which differs for nullable structs only.
    ///
    /// # Errors
    /// As [`Wire::read`].
    fn read_tagged(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Self, WireError> {
        Self::read(r, ctx, field)
    }
    /// Appends the encoding.
    fn write(&self, out: &mut Vec<u8>, ctx: Context);
    /// Appends the encoding as a tagged field's payload.
    fn write_tagged(&self, out: &mut Vec<u8>, ctx: Context) {
        self.write(out, ctx);
    }
    /// The form Kafka's JSON converters give.
    fn json(&self, ctx: Context) -> Json;
    /// Takes that form back.
    ///
    /// # Errors
    /// It is not a value of this type.
    fn from_json(json: &Json, ctx: Context) -> Result<Self, JsonError>;
}

/// A field type that has a null of its own.
pub trait Nullable: Sized {
    /// Reads one value, `None` for null.
    ///
    /// # Errors
    /// As [`Wire::read`].
    fn read_nullable(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Option<Self>, WireError>;
    /// As [`Nullable::read_nullable`] for a tagged field.
    ///
    /// # Errors
    /// As [`Wire::read`].
    fn read_tagged_nullable(
        r: &mut Reader<'_>,
        ctx: Context,
        field: FieldName,
    ) -> Result<Option<Self>, WireError> {
        Self::read_nullable(r, ctx, field)
    }
    /// Appends the encoding.
    fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context);
    /// As [`Nullable::write_nullable`] for a tagged field.
    fn write_tagged_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context) {
        Self::write_nullable(this, out, ctx);
    }
    /// The JSON of a value that is there.
    fn json_present(&self, ctx: Context) -> Json;
    /// Takes that JSON back.
    ///
    /// # Errors
    /// It is not a value of this type.
    fn from_json_present(json: &Json, ctx: Context) -> Result<Self, JsonError>;
}

/// A top-level message: a key, a value or a blob with a version of its own.
pub trait Message: Wire + Default {
    /// Kafka's name of the message class.
    const NAME: &'static str;
    /// First flexible version; `i16::MAX` when none is.
    const FLEXIBLE_FROM: i16;

    /// The context of one version as one release reads it.
    #[must_use]
    fn context(version: i16, release: Release) -> Context {
        Context { version, flexible: version >= Self::FLEXIBLE_FROM, release }
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => {$(
        impl Wire for $ty {
            fn read(r: &mut Reader<'_>, _: Context, _: FieldName) -> Result<Self, WireError> {
                Ok(Self::from_be_bytes(r.array()?))
            }
            fn write(&self, out: &mut Vec<u8>, _: Context) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn json(&self, _: Context) -> Json {
                Json::from(*self)
            }
            fn from_json(json: &Json, _: Context) -> Result<Self, JsonError> {
                let number = json.as_i64().and_then(|number| Self::try_from(number).ok());
                number.ok_or_else(|| JsonError::expected(concat!("a number (", stringify!($ty), ")")))
            }
        }
    )*};
}
numbers!(i8, i16, u16, i32, i64);

impl Wire for Uuid {
    fn read(r: &mut Reader<'_>, _: Context, _: FieldName) -> Result<Self, WireError> {
        Ok(Self(r.array()?))
    }
    fn write(&self, out: &mut Vec<u8>, _: Context) {
        out.extend_from_slice(&self.0);
    }
    fn json(&self, _: Context) -> Json {
        Json::String(self.to_string())
    }
    fn from_json(json: &Json, _: Context) -> Result<Self, JsonError> {
        let id = json.as_str().and_then(|text| text.parse().ok());
        id.ok_or_else(|| JsonError::expected("an id of 22 characters"))
    }
}

impl Nullable for ByteText {
    fn read_nullable(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Option<Self>, WireError> {
        Ok(r.string(ctx.flexible, field)?.map(Self::from))
    }
    fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context) {
        let bytes = this.map(Self::as_bytes);
        put_string_length(out, ctx.flexible, bytes.map(<[u8]>::len));
        out.extend_from_slice(bytes.unwrap_or_default());
    }
    fn json_present(&self, _: Context) -> Json {
        match self.as_str() {
            Some(text) => Json::String(text.to_owned()),
            None => serde_json::json!({ "base64": STANDARD.encode(self.as_bytes()) }),
        }
    }
    fn from_json_present(json: &Json, _: Context) -> Result<Self, JsonError> {
        json.as_str().map(Self::from).ok_or_else(|| JsonError::expected("text"))
    }
}

/// Kafka's `bytes`.
impl Nullable for Vec<u8> {
    fn read_nullable(r: &mut Reader<'_>, ctx: Context, _: FieldName) -> Result<Option<Self>, WireError> {
        let length = r.length(ctx.flexible)?;
        if length < 0 { Ok(None) } else { Ok(Some(r.bytes(length)?.to_vec())) }
    }
    fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context) {
        put_length(out, ctx.flexible, this.map(Self::len));
        out.extend_from_slice(this.map_or(&[], Self::as_slice));
    }
    fn json_present(&self, _: Context) -> Json {
        Json::String(STANDARD.encode(self))
    }
    fn from_json_present(json: &Json, _: Context) -> Result<Self, JsonError> {
        let bytes = json.as_str().and_then(|text| STANDARD.decode(text).ok());
        bytes.ok_or_else(|| JsonError::expected("bytes as base64"))
    }
}

/// Kafka's arrays. Room is made as elements parse, never by the count alone.
impl<T: Wire> Nullable for Vec<T> {
    fn read_nullable(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Option<Self>, WireError> {
        let size = r.length(ctx.flexible)?;
        let Ok(count) = usize::try_from(size) else { return Ok(None) };
        if count > r.remaining() {
            return Err(WireError::CollectionTooLong { size, remaining: r.remaining() });
        }
        let mut items = Self::with_capacity(count.min(64));
        for _ in 0..count {
            items.push(T::read(r, ctx, field.element())?);
        }
        Ok(Some(items))
    }
    fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: Context) {
        put_length(out, ctx.flexible, this.map(Self::len));
        this.into_iter().flatten().for_each(|item| item.write(out, ctx));
    }
    fn json_present(&self, ctx: Context) -> Json {
        Json::Array(self.iter().map(|item| item.json(ctx)).collect())
    }
    fn from_json_present(json: &Json, ctx: Context) -> Result<Self, JsonError> {
        let items = json.as_array().ok_or_else(|| JsonError::expected("an array"))?;
        items.iter().map(|item| T::from_json(item, ctx)).collect()
    }
}

macro_rules! not_null {
    ($([$($generics:tt)*] $ty:ty),*) => {$(
        impl<$($generics)*> Wire for $ty {
            fn read(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Self, WireError> {
                Self::read_nullable(r, ctx, field)?.ok_or(WireError::UnexpectedNull(field))
            }
            fn write(&self, out: &mut Vec<u8>, ctx: Context) {
                Self::write_nullable(Some(self), out, ctx);
            }
            fn json(&self, ctx: Context) -> Json {
                self.json_present(ctx)
            }
            fn from_json(json: &Json, ctx: Context) -> Result<Self, JsonError> {
                Self::from_json_present(json, ctx)
            }
        }
    )*};
}
not_null!([] ByteText, [] Vec<u8>, [T: Wire] Vec<T>);

impl<T: Nullable> Wire for Option<T> {
    fn read(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Self, WireError> {
        T::read_nullable(r, ctx, field)
    }
    fn read_tagged(r: &mut Reader<'_>, ctx: Context, field: FieldName) -> Result<Self, WireError> {
        T::read_tagged_nullable(r, ctx, field)
    }
    fn write(&self, out: &mut Vec<u8>, ctx: Context) {
        T::write_nullable(self.as_ref(), out, ctx);
    }
    fn write_tagged(&self, out: &mut Vec<u8>, ctx: Context) {
        T::write_tagged_nullable(self.as_ref(), out, ctx);
    }
    fn json(&self, ctx: Context) -> Json {
        self.as_ref().map_or(Json::Null, |value| value.json_present(ctx))
    }
    fn from_json(json: &Json, ctx: Context) -> Result<Self, JsonError> {
        if json.is_null() { Ok(None) } else { T::from_json_present(json, ctx).map(Some) }
    }
}

/// Tagged fields of one struct while it is written: known and raw ones, put out in ascending order.
pub(crate) fn write_tags(out: &mut Vec<u8>, mut known: Vec<(u32, Vec<u8>)>, raw: &[RawTag]) {
    known.extend(raw.iter().map(|tag| (tag.tag, tag.bytes.to_vec())));
    known.sort_by_key(|(tag, _)| *tag);
    put_unsigned_varint(out, u32::try_from(known.len()).unwrap_or(u32::MAX));
    for (tag, payload) in known {
        put_unsigned_varint(out, tag);
        put_unsigned_varint(out, u32::try_from(payload.len()).unwrap_or(u32::MAX));
        out.extend_from_slice(&payload);
    }
}
