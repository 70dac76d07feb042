//! A byte buffer with one method per primitive of the Kafka protocol guide.
//!
//! Bottom of this crate: batches and record values are both spelled with it. It never reads.
//! Lengths beyond what a field can hold are clamped, not reported: nothing here builds such values except the
//! damage module, which patches bytes afterwards.

/// Big-endian protocol primitives appended to a buffer.
#[derive(Clone, Debug, Default)]
pub struct Wire(Vec<u8>);

impl Wire {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Forgets what was written, keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The bytes written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes written so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `INT8`.
    pub fn i8(&mut self, value: i8) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// `INT16`.
    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// `UINT16`.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// `INT32`.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// `UINT32`.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// `INT64`.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `VARINT`, `VARLONG`: zigzag, seven bits a byte, least significant first.
    pub fn varlong(&mut self, value: i64) -> &mut Self {
        self.unsigned_varlong((value.wrapping_shl(1) ^ (value >> 63)).cast_unsigned())
    }

    /// `UNSIGNED_VARINT` (and its 64-bit sibling).
    pub fn unsigned_varlong(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    /// `STRING`: int16 length, UTF-8.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX)).raw(text.as_bytes())
    }

    /// `NULLABLE_STRING`: length -1 stands for null.
    pub fn nullable_string(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.i16(-1),
        }
    }

    /// `BYTES`: int32 length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.i32(count(bytes.len())).raw(bytes)
    }

    /// `NULLABLE_BYTES`: length -1 stands for null.
    pub fn nullable_bytes(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.i32(-1),
        }
    }

    /// `COMPACT_STRING`: unsigned varint of length + 1.
    pub fn compact_string(&mut self, text: &str) -> &mut Self {
        self.compact_bytes(text.as_bytes())
    }

    /// `COMPACT_NULLABLE_STRING`: 0 stands for null.
    pub fn compact_nullable_string(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.compact_string(text),
            None => self.unsigned_varlong(0),
        }
    }

    /// `COMPACT_BYTES`.
    pub fn compact_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.unsigned_varlong(bytes.len() as u64 + 1).raw(bytes)
    }

    /// `UUID`.
    pub fn uuid(&mut self, uuid: Uuid) -> &mut Self {
        self.raw(&uuid.0)
    }

    /// `ARRAY`: int32 count, then every item.
    pub fn array<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.i32(count(items.len()));
        for one in items {
            item(self, one);
        }
        self
    }

    /// `COMPACT_ARRAY`: unsigned varint of count + 1, then every item.
    pub fn compact_array<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.unsigned_varlong(items.len() as u64 + 1);
        for one in items {
            item(self, one);
        }
        self
    }

    /// A compact array of int32, the partition list of nearly every group record.
    pub fn compact_i32s(&mut self, items: &[i32]) -> &mut Self {
        self.compact_array(items, |wire, item| {
            wire.i32(*item);
        })
    }

    /// A compact array of compact strings.
    pub fn compact_strings(&mut self, items: &[String]) -> &mut Self {
        self.compact_array(items, |wire, item| {
            wire.compact_string(item);
        })
    }

    /// The empty tagged-field section that ends a flexible struct.
    pub fn no_tags(&mut self) -> &mut Self {
        self.unsigned_varlong(0)
    }

    /// A tagged-field section: the tags must ascend.
    pub fn tags(&mut self, fields: &[(u32, Vec<u8>)]) -> &mut Self {
        self.unsigned_varlong(fields.len() as u64);
        for (tag, bytes) in fields {
            self.unsigned_varlong(u64::from(*tag)).unsigned_varlong(bytes.len() as u64).raw(bytes);
        }
        self
    }
}

/// A topic id as its 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// A version-4 shaped id whose low half is `number`: readable in dumps, stable across runs.
    pub fn numbered(number: u64) -> Self {
        let id =
            (0x4000_u128 << 64) | (0x8000_0000_0000_0000_u128) | u128::from(number & 0x3fff_ffff_ffff_ffff);
        Self(id.to_be_bytes())
    }

    /// The 22 characters Kafka prints: URL-safe base64 without padding.
    pub fn text(self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// A length as the int32 the formats use.
pub(crate) fn count(len: usize) -> i32 {
    i32::try_from(len).unwrap_or(i32::MAX)
}
