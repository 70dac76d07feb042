//! `<base offset>.timeindex`: sparse map from timestamps to offsets.

use nom::number::complete::{be_i32, be_i64};
use nom::{IResult, Parser};

use super::error::CompanionError;
use super::offset_index::split_zero_tail;

/// Bytes of an entry: timestamp, relative offset.
const ENTRY_BYTES: usize = 12;

/// One entry: `timestamp_ms` is the largest in the segment up to `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeIndexEntry {
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Absolute offset.
    pub offset: i64,
}

/// A time index (`TimeIndex`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeIndex {
    /// Entries in file order, up to the zero tail.
    pub entries: Vec<TimeIndexEntry>,
    /// Bytes of preallocated zeros at the end.
    pub zero_tail_bytes: u64,
    /// Bytes left over after the last whole entry; a broker rebuilds such an index.
    pub odd_bytes: u64,
    /// The first entry that falls back in time or offset (or is zeros amid others); entries like it are left out.
    pub flaw: Option<CompanionError>,
}

/// Reads a `.timeindex` file of the segment that starts at `base_offset`. Every file gives an answer: what is
/// wrong with it stands in [`TimeIndex::flaw`].
#[must_use]
pub fn parse_time_index(bytes: &[u8], base_offset: i64) -> TimeIndex {
    let (used, zero_tail_bytes, odd_bytes) = split_zero_tail::<ENTRY_BYTES>(bytes);
    let mut flaw = None;
    let mut entries: Vec<TimeIndexEntry> = Vec::with_capacity(used.len() / ENTRY_BYTES);
    for (chunk, at) in used.chunks_exact(ENTRY_BYTES).zip((0_u64..).step_by(ENTRY_BYTES)) {
        let parsed: IResult<&[u8], (i64, i32)> = (be_i64, be_i32).parse(chunk);
        let Ok((_, (timestamp_ms, relative))) = parsed else { break };
        let entry = TimeIndexEntry { timestamp_ms, offset: base_offset.saturating_add(i64::from(relative)) };
        let ascends = entries
            .last()
            .is_none_or(|last| last.offset <= entry.offset && last.timestamp_ms <= entry.timestamp_ms);
        if relative < 0 || !ascends {
            let found = format!("timestamp {timestamp_ms}, relative offset {relative}");
            let expected = "a time index entry not below the one before it";
            flaw.get_or_insert_with(|| CompanionError::new(at, expected, found));
            continue;
        }
        entries.push(entry);
    }
    TimeIndex { entries, zero_tail_bytes, odd_bytes, flaw }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entries() {
        let mut bytes = Vec::new();
        for (timestamp, relative) in [(1000_i64, 3_i32), (2000, 9)] {
            bytes.extend(timestamp.to_be_bytes());
            bytes.extend(relative.to_be_bytes());
        }
        bytes.extend([0; 24]);
        let index = parse_time_index(&bytes, 40);
        let read: Vec<_> = index.entries.iter().map(|entry| (entry.timestamp_ms, entry.offset)).collect();
        assert_eq!((read.as_slice(), index.zero_tail_bytes), (&[(1000, 43), (2000, 49)][..], 24));
    }
}
