//! Walks an answer by its shape before the codec may read it.
//!
//! The codec reserves memory for as many elements as an array's count announces, so a broker (or whatever
//! answers on its port) could ask for hundreds of GiB with five bytes. This walk follows the same layout,
//! believes no count or length that the remaining bytes can't hold, and allocates nothing; only an answer that
//! is really there, element by element, reaches the codec. Since an element of five bytes becomes a struct of
//! some hundred, their number is bounded too.

use super::shapes::{Field, Kind, Shape};

/// The most structs, texts and tagged fields in one answer: partitions of the largest clusters are a fifth of it.
const MOST_ELEMENTS: usize = 1_000_000;

/// Checks one message body (the bytes after the response header) of `shape` in `version`.
///
/// # Errors
/// The path of the field that doesn't fit, with what was announced and what is left.
pub(super) fn walk(shape: &Shape, version: i16, body: &[u8]) -> Result<(), String> {
    let mut walker = Walker { bytes: body, flexible: version >= shape.flexible_from, version, elements: 0 };
    walker.fields(shape.fields).map_err(|e| format!("{}{e}", shape.name))?;
    if walker.bytes.is_empty() {
        Ok(())
    } else {
        Err(format!("{}: {} bytes left over", shape.name, walker.bytes.len()))
    }
}

struct Walker<'a> {
    bytes: &'a [u8],
    flexible: bool,
    version: i16,
    elements: usize,
}

impl<'a> Walker<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let Some((head, tail)) = self.bytes.split_at_checked(count) else {
            return Err(format!(": needs {count} bytes, {} are left", self.bytes.len()));
        };
        self.bytes = tail;
        Ok(head)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in [0u32, 7, 14, 21, 28] {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(": a variable-length number longer than 5 bytes".to_owned())
    }

    /// The length or count in front of a field: `None` is null.
    fn length(&mut self, width: usize) -> Result<Option<usize>, String> {
        if self.flexible {
            return Ok(self.varint()?.checked_sub(1).and_then(|n| usize::try_from(n).ok()));
        }
        let signed = self.take(width)?.iter().fold(0i64, |n, byte| (n << 8) | i64::from(*byte));
        let signed =
            if width == 2 { i64::from(signed as u16 as i16) } else { i64::from(signed as u32 as i32) };
        match signed {
            -1 => Ok(None),
            n => usize::try_from(n).map(Some).map_err(|_| format!(": negative length {n}")),
        }
    }

    /// Counts things that the codec makes something larger of.
    fn count(&mut self, more: usize) -> Result<(), String> {
        self.elements = self.elements.saturating_add(more);
        if self.elements > MOST_ELEMENTS {
            return Err(format!(": more than {MOST_ELEMENTS} elements in one answer"));
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[Field]) -> Result<(), String> {
        let version = self.version;
        for field in fields.iter().filter(|f| f.since <= version && version <= f.until) {
            self.kind(&field.kind).map_err(|e| format!(".{}{e}", field.name))?;
        }
        if self.flexible {
            self.tagged().map_err(|e| format!(".tagged fields{e}"))?;
        }
        Ok(())
    }

    fn tagged(&mut self) -> Result<(), String> {
        for _ in 0..self.varint()? {
            self.count(1)?;
            self.varint()?;
            let size = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
            self.take(size)?;
        }
        Ok(())
    }

    fn kind(&mut self, kind: &Kind) -> Result<(), String> {
        match kind {
            Kind::Fixed(width) => self.take(*width).map(drop),
            Kind::Text => {
                let length = self.length(2)?.unwrap_or_default();
                self.take(length).map(drop)
            }
            Kind::Bytes => {
                let length = self.length(4)?.unwrap_or_default();
                self.take(length).map(drop)
            }
            Kind::Group(fields) => self.fields(fields),
            Kind::Array(element) => {
                let count = self.length(4)?.unwrap_or_default();
                // Every element takes at least one byte, so no count above what is left can be true.
                if count > self.bytes.len() {
                    return Err(format!(": announces {count} elements, {} bytes are left", self.bytes.len()));
                }
                if !matches!(element, Kind::Fixed(_)) {
                    self.count(count)?;
                }
                for index in 0..count {
                    self.kind(element).map_err(|e| format!("[{index}]{e}"))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shapes::{LIST_GROUPS, METADATA, OFFSET_FETCH};
    use super::*;

    #[test]
    fn a_huge_count_is_refused_with_its_place() {
        // OffsetFetch v7: throttle 0, then a compact array that announces 2^32 - 2 topics.
        let error = walk(&OFFSET_FETCH, 7, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]).unwrap_err();
        assert_eq!(error, "OffsetFetch.topics: announces 4294967294 elements, 0 bytes are left");
        let error = walk(&METADATA, 1, &[0x7f, 0xff, 0xff, 0xff]).unwrap_err();
        assert_eq!(error, "Metadata.brokers: announces 2147483647 elements, 0 bytes are left");
    }

    #[test]
    fn elements_are_bounded() {
        // ListGroups v3: no error, then groups of three bytes each (two empty names, no tagged fields).
        let groups = |count: usize| {
            let announced = count + 1;
            let varint =
                [announced | 0x80, (announced >> 7) | 0x80, announced >> 14].map(|n| (n & 0xff) as u8);
            [&[0u8; 6][..], &varint, &[1, 1, 0].repeat(count), &[0]].concat()
        };
        assert_eq!(walk(&LIST_GROUPS, 3, &groups(MOST_ELEMENTS)), Ok(()));
        let error = walk(&LIST_GROUPS, 3, &groups(MOST_ELEMENTS + 1)).unwrap_err();
        assert_eq!(error, "ListGroups.groups: more than 1000000 elements in one answer");
    }

    #[test]
    fn bytes_left_over_are_an_error() {
        assert!(
            walk(&METADATA, 1, &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9])
                .unwrap_err()
                .contains("1 bytes left over")
        );
    }
}
