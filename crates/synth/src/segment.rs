//! A segment file in memory: batches one after the other, with where each one lies, and the index files beside it.
//!
//! Between [`Batch`] and the disk. It knows nothing of directories.

use std::io;

use crate::batch::Batch;
use crate::wire::Wire;

/// Where a batch lies in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Position of the batch's first byte.
    pub position: usize,
    /// Bytes of the batch.
    pub size: usize,
    /// First offset it covers.
    pub base_offset: i64,
    /// Last offset it covers.
    pub last_offset: i64,
    /// Its largest timestamp.
    pub max_timestamp_ms: i64,
}

/// A finished segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Names the file.
    pub base_offset: i64,
    /// Content of the `.log` file.
    pub bytes: Vec<u8>,
    /// Its batches.
    pub batches: Vec<Placed>,
}

impl Segment {
    /// The segment that holds `batches`, named after `base_offset`.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn of(base_offset: i64, batches: &[Batch]) -> io::Result<Self> {
        let mut writer = SegmentWriter::new(base_offset);
        for batch in batches {
            writer.append(batch)?;
        }
        Ok(writer.finish())
    }

    /// The 20-digit stem of the segment's files.
    pub fn stem(&self) -> String {
        stem(self.base_offset)
    }

    /// Content of the `.index` file: last offset (relative) and position of a batch, one entry after every 4 KiB.
    pub fn offset_index(&self) -> Vec<u8> {
        let mut index = Wire::new();
        for placed in self.indexed() {
            index.i32((placed.last_offset - self.base_offset) as i32).i32(placed.position as i32);
        }
        index.into_bytes()
    }

    /// Content of the `.timeindex` file: one entry beside each offset index entry, and one for the whole segment, as
    /// a roll leaves it.
    pub fn time_index(&self) -> Vec<u8> {
        let mut index = Wire::new();
        let mut last = -1;
        let mut entry = |before: usize| {
            let largest = self.batches.iter().filter(|placed| placed.position < before).fold(
                None,
                |largest: Option<&Placed>, placed| match largest {
                    Some(seen) if seen.max_timestamp_ms >= placed.max_timestamp_ms => Some(seen),
                    _ => Some(placed),
                },
            );
            if let Some(placed) = largest.filter(|placed| placed.max_timestamp_ms > last) {
                last = placed.max_timestamp_ms;
                index.i64(last).i32((placed.last_offset - self.base_offset) as i32);
            }
        };
        for placed in self.indexed() {
            entry(placed.position);
        }
        entry(usize::MAX);
        index.into_bytes()
    }

    /// Batches with an offset index entry: `LogSegment.append` adds one when more than 4096 bytes went by.
    fn indexed(&self) -> Vec<Placed> {
        let mut since_last = 0;
        let mut indexed = Vec::new();
        for placed in &self.batches {
            if since_last > 4096 {
                indexed.push(*placed);
                since_last = 0;
            }
            since_last += placed.size;
        }
        indexed
    }
}

/// The name Kafka gives the files of a segment.
pub fn stem(base_offset: i64) -> String {
    format!("{base_offset:020}")
}

/// Appends batches to one segment.
#[derive(Clone, Debug)]
pub struct SegmentWriter(Segment);

impl SegmentWriter {
    /// An empty segment.
    pub fn new(base_offset: i64) -> Self {
        Self(Segment { base_offset, bytes: Vec::new(), batches: Vec::new() })
    }

    /// Adds a batch at the end; offsets are taken as given, so gaps and overlaps are the caller's choice.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn append(&mut self, batch: &Batch) -> io::Result<()> {
        let bytes = batch.encode()?;
        self.0.batches.push(Placed {
            position: self.0.bytes.len(),
            size: bytes.len(),
            base_offset: batch.base_offset,
            last_offset: batch.last_offset(),
            max_timestamp_ms: batch.max_timestamp_ms,
        });
        self.0.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.0.bytes.len()
    }

    /// Whether nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }

    /// The segment.
    pub fn finish(self) -> Segment {
        self.0
    }
}
