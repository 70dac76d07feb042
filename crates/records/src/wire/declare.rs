//! The declaration of a message, from which everything else follows.

/// Turns a Rust field name into Kafka's at compile time: `leader_epoch` gives `leaderEpoch`.
///
/// Returns the bytes in a buffer as long as the input and how many of them are used.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a mistake is a build error")]
pub(crate) const fn camel_case<const N: usize>(snake: &str) -> ([u8; N], usize) {
    let from = snake.as_bytes();
    let mut out = [0u8; N];
    let (mut i, mut n) = (0, 0);
    while i < from.len() {
        if from[i] == b'_' {
            i += 1;
            out[n] = from[i].to_ascii_uppercase();
        } else {
            out[n] = from[i];
        }
        i += 1;
        n += 1;
    }
    (out, n)
}

/// Declares a message or a struct inside one: fields in wire order, each with the versions it exists in
/// and, where Kafka's schema says so, its default and its tag with the release that added the tag.
///
/// ```text
/// message! {
///     /// What it is.
///     pub struct OffsetCommitValue, flexible 4 {          // without `flexible`: a struct inside a message
///         /// The next offset to read.
///         offset: i64, 0..;
///         leader_epoch: i32, 3.., default -1;
///         topic_id: Uuid, 4.., tag 0 since (4, 1);
///     }
/// }
/// ```
///
/// `inline 0` marks a struct that Kafka's schema declares inside a field: its generated reader refuses versions above the
/// message's highest, which that of a `commonStructs` entry doesn't.
///
/// `Option` is nullable. A field outside the version, or a tag that is absent or unknown to the release,
/// has its default. Unknown tags are kept in `unknown_tags`.
macro_rules! message {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident $(, flexible $flexible:tt)? $(, inline $highest:literal)? {
            $( $(#[doc = $field_doc:literal])* $field:ident: $ty:ty, $versions:expr
               $(, default $default:expr)? $(, tag $tag:literal since ($major:literal, $minor:literal))?; )*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $ty, )*
            /// Tagged fields that the schema doesn't have.
            pub unknown_tags: Vec<$crate::wire::RawTag>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $field: $crate::wire::message!(@default $($default)?), )*
                    unknown_tags: Vec::new(),
                }
            }
        }

        impl $crate::wire::Wire for $name {
            fn read(
                r: &mut $crate::wire::Reader<'_>,
                ctx: $crate::wire::Context,
                _: $crate::wire::FieldName,
            ) -> Result<Self, $crate::wire::WireError> {
                $(
                    if ctx.version > $highest {
                        let of = stringify!($name);
                        return Err($crate::wire::WireError::UnsupportedVersion { version: ctx.version, of });
                    }
                )?
                let mut this = Self::default();
                $(
                    if !$crate::wire::message!(@tagged $($tag)?) && ($versions).contains(&ctx.version) {
                        let name = $crate::wire::FieldName::of($crate::wire::message!(@name $field));
                        this.$field = $crate::wire::Wire::read(r, ctx, name)?;
                    }
                )*
                if !ctx.flexible {
                    return Ok(this);
                }
                let mut above: Option<u32> = None;
                for _ in 0..r.unsigned_varint()? {
                    let tag = r.unsigned_varint()?.cast_unsigned();
                    let size = r.unsigned_varint()?;
                    if r.is_strict() && above.is_some_and(|before| before >= tag) {
                        return Err($crate::wire::WireError::TagOrder { tag });
                    }
                    above = Some(tag);
                    $($(
                        if tag == $tag
                            && ($versions).contains(&ctx.version)
                            && ctx.release >= lastwrites_types::Release::new($major, $minor, 0)
                        {
                            let before = r.remaining();
                            let name = $crate::wire::FieldName::of($crate::wire::message!(@name $field));
                            this.$field = $crate::wire::Wire::read_tagged(r, ctx, name)?;
                            let used = before - r.remaining();
                            if r.is_strict() && usize::try_from(size) != Ok(used) {
                                return Err($crate::wire::WireError::TagSize { tag, declared: size, used });
                            }
                            continue;
                        }
                    )?)*
                    r.count_unknown_tag();
                    this.unknown_tags.push($crate::wire::RawTag { tag, bytes: r.bytes(size)?.into() });
                }
                Ok(this)
            }

            fn write(&self, out: &mut Vec<u8>, ctx: $crate::wire::Context) {
                $(
                    if !$crate::wire::message!(@tagged $($tag)?) && ($versions).contains(&ctx.version) {
                        $crate::wire::Wire::write(&self.$field, out, ctx);
                    }
                )*
                if ctx.flexible {
                    #[allow(unused_mut, reason = "a struct without tags")]
                    let mut tags: Vec<(u32, Vec<u8>)> = Vec::new();
                    $($(
                        if ($versions).contains(&ctx.version) && self.$field != Self::default().$field {
                            let mut payload = Vec::new();
                            $crate::wire::Wire::write_tagged(&self.$field, &mut payload, ctx);
                            tags.push(($tag, payload));
                        }
                    )?)*
                    $crate::wire::write_tags(out, tags, &self.unknown_tags);
                }
            }

            fn json(&self, ctx: $crate::wire::Context) -> serde_json::Value {
                let mut map = serde_json::Map::new();
                $(
                    if ($versions).contains(&ctx.version)
                        && (!$crate::wire::message!(@tagged $($tag)?) || self.$field != Self::default().$field)
                    {
                        let name = $crate::wire::message!(@name $field).to_owned();
                        map.insert(name, $crate::wire::Wire::json(&self.$field, ctx));
                    }
                )*
                serde_json::Value::Object(map)
            }

            fn from_json(
                json: &serde_json::Value,
                ctx: $crate::wire::Context,
            ) -> Result<Self, $crate::wire::JsonError> {
                let object = json.as_object().ok_or_else(|| $crate::wire::JsonError::expected("an object"))?;
                let mut this = Self::default();
                let mut known = 0;
                $(
                    let name = $crate::wire::message!(@name $field);
                    if ($versions).contains(&ctx.version) {
                        if let Some(value) = object.get(name) {
                            known += 1;
                            let value = $crate::wire::Wire::from_json(value, ctx);
                            this.$field = value.map_err(|error| error.below(name))?;
                        } else if !$crate::wire::message!(@tagged $($tag)?) {
                            return Err($crate::wire::JsonError::expected("a field").below(name));
                        }
                    }
                )*
                if known < object.len() {
                    return Err($crate::wire::JsonError::expected("no other field"));
                }
                Ok(this)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let fields = vec![$( $crate::wire::Field {
                    name: $crate::wire::message!(@name $field),
                    about: concat!($($field_doc),*),
                    versions: format!("{:?}", $versions),
                    in_every_version: ($versions).contains(&0) && ($versions).contains(&i16::MAX),
                    tagged: $crate::wire::message!(@tagged $($tag)?),
                    schema: <$ty as $crate::wire::Form>::form(generator),
                }, )*];
                $crate::wire::object(concat!($($doc),*), fields)
            }
        }

        impl $crate::wire::Form for $name {
            fn form(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                generator.subschema_for::<Self>()
            }
        }

        impl $crate::wire::Nullable for $name {
            fn read_nullable(
                r: &mut $crate::wire::Reader<'_>,
                ctx: $crate::wire::Context,
                field: $crate::wire::FieldName,
            ) -> Result<Option<Self>, $crate::wire::WireError> {
                let marker = i8::from_be_bytes(r.array()?);
                if r.is_strict() && !matches!(marker, 1 | -1) {
                    return Err($crate::wire::WireError::NullMarker { found: marker });
                }
                if marker < 0 { Ok(None) } else { $crate::wire::Wire::read(r, ctx, field).map(Some) }
            }
            fn read_tagged_nullable(
                r: &mut $crate::wire::Reader<'_>,
                ctx: $crate::wire::Context,
                field: $crate::wire::FieldName,
            ) -> Result<Option<Self>, $crate::wire::WireError> {
                if r.unsigned_varint()? <= 0 {
                    Ok(None)
                } else {
                    $crate::wire::Wire::read(r, ctx, field).map(Some)
                }
            }
            fn write_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: $crate::wire::Context) {
                out.push(if this.is_some() { 1 } else { 0xff });
                this.into_iter().for_each(|value| $crate::wire::Wire::write(value, out, ctx));
            }
            fn write_tagged_nullable(this: Option<&Self>, out: &mut Vec<u8>, ctx: $crate::wire::Context) {
                out.push(u8::from(this.is_some()));
                this.into_iter().for_each(|value| $crate::wire::Wire::write(value, out, ctx));
            }
            fn json_present(&self, ctx: $crate::wire::Context) -> serde_json::Value {
                $crate::wire::Wire::json(self, ctx)
            }
            fn from_json_present(
                json: &serde_json::Value,
                ctx: $crate::wire::Context,
            ) -> Result<Self, $crate::wire::JsonError> {
                $crate::wire::Wire::from_json(json, ctx)
            }
        }

        $(
            impl $crate::wire::Message for $name {
                const NAME: &'static str = stringify!($name);
                const FLEXIBLE_FROM: i16 = $crate::wire::message!(@flexible $flexible);
            }
        )?
    )*};
    (@flexible never) => { i16::MAX };
    (@flexible $from:literal) => { $from };
    (@default) => { Default::default() };
    (@default $default:expr) => { $default };
    (@tagged) => { false };
    (@tagged $tag:literal) => { true };
    (@name $field:ident) => {{
        const SNAKE: &str = stringify!($field);
        const CAMEL: ([u8; SNAKE.len()], usize) = $crate::wire::camel_case(SNAKE);
        const NAME: &str = match std::str::from_utf8(CAMEL.0.split_at(CAMEL.1).0) {
            Ok(name) => name,
            Err(_) => SNAKE,
        };
        NAME
    }};
}
pub(crate) use message;
