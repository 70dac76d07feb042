//! One record as it lies in a batch.

use crate::cursor::{Cursor, Fault};
use crate::error::{Field, RecordErrorKind};

/// A record of any magic; its bytes are borrowed from the batch or from what was inflated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'b> {
    /// Its offset in the log.
    pub offset: i64,
    /// Its timestamp in ms since the epoch, -1 for none; the append time where the batch says so.
    pub timestamp_ms: i64,
    /// Its sequence, -1 where the batch has none.
    pub sequence: i32,
    /// Its key; `None` is null.
    pub key: Option<&'b [u8]>,
    /// Its value; `None` is null, a tombstone in a compacted topic.
    pub value: Option<&'b [u8]>,
    /// Its headers (magic 2).
    pub headers: Headers<'b>,
    /// Its own attribute byte: unused in magic 2.
    pub attributes: i8,
    /// Its size as stored in bytes, the length field included.
    pub size_bytes: u32,
}

/// A record's headers, parsed on demand. They were walked once when the record was read, so they do parse.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Headers<'b> {
    count: u32,
    bytes: &'b [u8],
}

/// One record header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'b> {
    /// Its name; UTF-8 by agreement only.
    pub key: &'b [u8],
    /// Its value; `None` is null.
    pub value: Option<&'b [u8]>,
}

impl<'b> Headers<'b> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The headers in stored order.
    pub fn iter(&self) -> impl Iterator<Item = Header<'b>> + use<'b> {
        let mut cursor = Cursor::new(self.bytes);
        (0..self.count).map_while(move |_| header(&mut cursor).ok())
    }

    /// Walks the headers at the cursor: count first, as Kafka checks it.
    #[inline(always)]
    pub(crate) fn read(cursor: &mut Cursor<'b>) -> Result<Self, RecordErrorKind> {
        let count = cursor.varint().map_err(|fault| structure(Field::HeaderCount, fault))?;
        if count == 0 {
            return Ok(Self::default());
        }
        Self::walk(cursor, count)
    }

    fn walk(cursor: &mut Cursor<'b>, count: i32) -> Result<Self, RecordErrorKind> {
        let remaining = cursor.remaining();
        let Some(count) = u32::try_from(count).ok().filter(|count| *count as usize <= remaining) else {
            return Err(RecordErrorKind::HeaderCount { count, remaining: remaining as u64 });
        };
        let start = cursor.rest();
        for _ in 0..count {
            header(cursor)?;
        }
        let bytes = start.get(..remaining - cursor.remaining()).unwrap_or_default();
        Ok(Self { count, bytes })
    }
}

fn header<'b>(cursor: &mut Cursor<'b>) -> Result<Header<'b>, RecordErrorKind> {
    let key_size = cursor.varint().map_err(|fault| structure(Field::HeaderKeySize, fault))?;
    let Ok(length) = usize::try_from(key_size) else {
        return Err(RecordErrorKind::HeaderKeySize { size: key_size });
    };
    let key = cursor.bytes(length).map_err(|fault| structure(Field::HeaderKey, fault))?;
    let value_size = cursor.varint().map_err(|fault| structure(Field::HeaderValueSize, fault))?;
    let value = cursor.nullable(value_size).map_err(|fault| structure(Field::HeaderValue, fault))?;
    Ok(Header { key, value })
}

/// The error of a field inside a record.
pub(crate) fn structure(field: Field, fault: Fault) -> RecordErrorKind {
    match fault {
        Fault::Eof { need, have } => RecordErrorKind::PastEnd { field, need, have },
        Fault::TooLong(fault) => RecordErrorKind::Varint { field, fault },
    }
}
