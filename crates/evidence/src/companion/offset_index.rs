//! `<base offset>.index`: sparse map from offsets to file positions.

use nom::number::complete::be_i32;
use nom::{IResult, Parser};

use super::error::CompanionError;

/// Bytes of an entry: relative offset, file position.
const ENTRY_BYTES: usize = 8;

/// One entry: the batch whose last offset is `offset` starts at `position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetIndexEntry {
    /// Absolute offset (the segment's base offset plus the stored relative one).
    pub offset: i64,
    /// Byte of the segment file; as stored, so it may lie past the file's end.
    pub position: i64,
}

/// An offset index (`OffsetIndex`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetIndex {
    /// Entries in file order, up to the zero tail.
    pub entries: Vec<OffsetIndexEntry>,
    /// Bytes of preallocated zeros at the end: the active segment of a running broker has them.
    pub zero_tail_bytes: u64,
    /// Bytes left over after the last whole entry; a broker rebuilds such an index.
    pub odd_bytes: u64,
    /// The first entry that does not lie above the ones before it (or is zeros amid others); entries like it
    /// are left out.
    pub flaw: Option<CompanionError>,
}

/// Reads an `.index` file of the segment that starts at `base_offset`. Every file gives an answer: what is wrong
/// with it stands in [`OffsetIndex::flaw`].
#[must_use]
pub fn parse_offset_index(bytes: &[u8], base_offset: i64) -> OffsetIndex {
    let (used, zero_tail_bytes, odd_bytes) = split_zero_tail::<ENTRY_BYTES>(bytes);
    let mut flaw = None;
    let mut entries: Vec<OffsetIndexEntry> = Vec::with_capacity(used.len() / ENTRY_BYTES);
    for (chunk, at) in used.chunks_exact(ENTRY_BYTES).zip((0_u64..).step_by(ENTRY_BYTES)) {
        let parsed: IResult<&[u8], (i32, i32)> = (be_i32, be_i32).parse(chunk);
        let Ok((_, (relative, position))) = parsed else { break };
        let entry = OffsetIndexEntry {
            offset: base_offset.saturating_add(i64::from(relative)),
            position: i64::from(position),
        };
        let ascends =
            entries.last().is_none_or(|last| last.offset < entry.offset && last.position < entry.position);
        if relative < 0 || position < 0 || !ascends {
            let found = format!("relative offset {relative}, file position {position}");
            flaw.get_or_insert_with(|| {
                CompanionError::new(at, "an index entry above the one before it", found)
            });
            continue;
        }
        entries.push(entry);
    }
    OffsetIndex { entries, zero_tail_bytes, odd_bytes, flaw }
}

/// Splits an index into used entries, zero tail (whole zero entries at the end) and odd bytes.
pub(super) fn split_zero_tail<const ENTRY: usize>(bytes: &[u8]) -> (&[u8], u64, u64) {
    let odd = bytes.len() % ENTRY;
    let whole = bytes.get(..bytes.len() - odd).unwrap_or_default();
    let last_used = whole.iter().rposition(|byte| *byte != 0).map_or(0, |at| (at / ENTRY + 1) * ENTRY);
    let used = whole.get(..last_used).unwrap_or_default();
    (used, (whole.len() - used.len()) as u64, odd as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preallocated_zeros_are_no_entries() {
        let mut bytes = vec![0, 0, 0, 9, 0, 0, 0x10, 0, 0, 0, 0, 20, 0, 0, 0x20, 0];
        bytes.extend([0; 83]);
        let index = parse_offset_index(&bytes, 100);
        let entry = |offset, position| OffsetIndexEntry { offset, position };
        assert_eq!(index.entries, [entry(109, 0x1000), entry(120, 0x2000)]);
        assert_eq!((index.zero_tail_bytes, index.odd_bytes), (80, 3));
        assert_eq!(parse_offset_index(&[0; 64], 5).zero_tail_bytes, 64);
    }

    #[test]
    fn a_hole_of_zeros_is_named_and_left_out() {
        let mut bytes = vec![0, 0, 0, 9, 0, 0, 0x10, 0];
        bytes.extend([0; 16]);
        bytes.extend([0, 0, 0, 12, 0, 0, 0x20, 0]);
        let index = parse_offset_index(&bytes, 0);
        assert_eq!(index.entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [9, 12]);
        assert_eq!(
            index.flaw.unwrap().to_string(),
            "position 8: expected an index entry above the one before it, found relative offset 0, file position 0"
        );
    }
}
