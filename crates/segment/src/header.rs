//! The header of a batch (magic 2) or of a message-set entry (magic 0 and 1).

use crate::cursor::Cursor;

/// Bytes before and including the length field; the length counts what follows (Kafka's `Records.LOG_OVERHEAD`).
pub(crate) const LOG_OVERHEAD: u32 = 12;
/// Bytes up to and including the magic byte (`Records.HEADER_SIZE_UP_TO_MAGIC`).
pub(crate) const HEADER_SIZE_UP_TO_MAGIC: u64 = 17;
/// Bytes of a magic 2 header (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
pub(crate) const RECORD_BATCH_OVERHEAD: u32 = 61;
/// Smallest length field of a magic 0 entry (`LegacyRecord.RECORD_OVERHEAD_V0`), the only bound Kafka's readers check.
pub(crate) const RECORD_OVERHEAD_V0: u32 = 14;
/// Smallest length field of a magic 1 entry (`LegacyRecord.RECORD_OVERHEAD_V1`).
pub(crate) const RECORD_OVERHEAD_V1: u32 = 22;

/// Smallest length field that a complete header of this magic can have.
pub(crate) fn minimum_length(magic: i8) -> Option<u32> {
    match magic {
        0 => Some(RECORD_OVERHEAD_V0),
        1 => Some(RECORD_OVERHEAD_V1),
        2 => Some(RECORD_BATCH_OVERHEAD - LOG_OVERHEAD),
        _ => None,
    }
}

/// A batch header as stored (`DefaultRecordBatch`); offsets, epochs and ids keep Kafka's -1 for "none".
///
/// A magic 0 or 1 entry (`AbstractLegacyRecordBatch`) fills the fields it has: `base_offset` holds the one
/// offset it stores, which for a compressed wrapper is the offset of its **last** inner message;
/// `last_offset_delta` is 0, the timestamps are the entry's own (-1 in magic 0), ids and epochs are -1, and
/// `record_count` is 1, or -1 for a compressed wrapper, whose count nobody knows before inflating it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchHeader {
    /// Offset of the first record the batch was written with (cleaning keeps it).
    pub base_offset: i64,
    /// The whole batch in bytes, the 12 bytes before the length's count included.
    pub size_bytes: u32,
    /// Epoch of the leader that appended it.
    pub partition_leader_epoch: i32,
    /// Format version: 0, 1 or 2.
    pub magic: i8,
    /// Stored checksum: CRC-32C in magic 2, CRC-32 before.
    pub crc: u32,
    /// Attribute bits; magic 0 and 1 have 8 of them.
    pub attributes: i16,
    /// Last offset minus base offset, at the time of writing.
    pub last_offset_delta: i32,
    /// What record timestamps are relative to, in ms; the delete horizon when that bit is set.
    pub base_timestamp: i64,
    /// Largest record timestamp in ms, or the append time.
    pub max_timestamp: i64,
    /// Producer id of idempotent and transactional batches.
    pub producer_id: i64,
    /// Producer epoch.
    pub producer_epoch: i16,
    /// Sequence of the first record.
    pub base_sequence: i32,
    /// Records in the batch now; 0 in a batch the cleaner emptied.
    pub record_count: i32,
}

/// How a batch's records are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Codec {
    /// Stored as they are.
    None,
    /// gzip members.
    Gzip,
    /// Snappy, framed by snappy-java or raw.
    Snappy,
    /// LZ4 frame.
    Lz4,
    /// Zstandard frames; magic 2 only.
    Zstd,
    /// An id Kafka doesn't know (5, 6 or 7).
    Unknown(u8),
}

impl Codec {
    /// Kafka's name (`CompressionType`), `unknown` for an id without one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// What a batch's timestamps mean (`TimestampType`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimestampType {
    /// Magic 0 has none.
    NoTimestampType,
    /// Set by the producer, per record.
    CreateTime,
    /// Set by the broker: all records carry the batch's `max_timestamp`.
    LogAppendTime,
}

impl BatchHeader {
    /// Reads a header from the start of `bytes`.
    ///
    /// `None` when the magic is none of 0, 1 and 2, the header isn't complete, or the length field is smaller
    /// than such a header. Nothing else is checked: whether the batch is there is the framer's question.
    #[inline]
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        match bytes.get(16)? {
            2 => Self::read_v2(bytes),
            0 | 1 => Self::read_legacy(bytes),
            _ => None,
        }
    }

    /// Reads a header of magic 2, whatever its magic byte says.
    #[inline(always)]
    pub(crate) fn read_v2(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<{ RECORD_BATCH_OVERHEAD as usize }>()?;
        let mut cursor = Cursor::new(bytes);
        let (base_offset, length) = (cursor.i64().ok()?, cursor.i32().ok()?);
        Some(Self {
            base_offset,
            size_bytes: size(length, RECORD_BATCH_OVERHEAD - LOG_OVERHEAD)?,
            partition_leader_epoch: cursor.i32().ok()?,
            magic: cursor.i8().ok()?,
            crc: cursor.u32().ok()?,
            attributes: cursor.i16().ok()?,
            last_offset_delta: cursor.i32().ok()?,
            base_timestamp: cursor.i64().ok()?,
            max_timestamp: cursor.i64().ok()?,
            producer_id: cursor.i64().ok()?,
            producer_epoch: cursor.i16().ok()?,
            base_sequence: cursor.i32().ok()?,
            record_count: cursor.i32().ok()?,
        })
    }

    fn read_legacy(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let (base_offset, length) = (cursor.i64().ok()?, cursor.i32().ok()?);
        let (crc, magic) = (cursor.u32().ok()?, cursor.i8().ok()?);
        let size_bytes = size(length, minimum_length(magic)?)?;
        let attributes = i16::from(cursor.i8().ok()?) & 0xff;
        let timestamp = if magic == 0 { -1 } else { cursor.i64().ok()? };
        Some(Self {
            base_offset,
            size_bytes,
            partition_leader_epoch: -1,
            magic,
            crc,
            attributes,
            last_offset_delta: 0,
            base_timestamp: timestamp,
            max_timestamp: timestamp,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: if attributes & 0x07 == 0 { 1 } else { -1 },
        })
    }

    /// Compression (attribute bits 0-2).
    #[must_use]
    pub const fn codec(&self) -> Codec {
        match (self.attributes & 0x07) as u8 {
            0 => Codec::None,
            1 => Codec::Gzip,
            2 => Codec::Snappy,
            3 => Codec::Lz4,
            4 => Codec::Zstd,
            other => Codec::Unknown(other),
        }
    }

    const fn bit(&self, mask: i16) -> bool {
        self.magic >= 2 && self.attributes & mask != 0
    }

    /// Part of a transaction (bit 4).
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.bit(0x10)
    }

    /// Holds control records, transaction markers among them, not data (bit 5).
    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.bit(0x20)
    }

    /// The base timestamp is a delete horizon (bit 6, KIP-534).
    #[must_use]
    pub const fn has_delete_horizon(&self) -> bool {
        self.bit(0x40)
    }

    /// When the cleaner may drop the batch's tombstones or marker, in ms since the epoch.
    #[must_use]
    pub const fn delete_horizon_ms(&self) -> Option<i64> {
        if self.has_delete_horizon() { Some(self.base_timestamp) } else { None }
    }

    /// What the timestamps mean (bit 3).
    #[must_use]
    pub const fn timestamp_type(&self) -> TimestampType {
        match (self.magic, self.attributes & 0x08 != 0) {
            (0, _) => TimestampType::NoTimestampType,
            (_, false) => TimestampType::CreateTime,
            (_, true) => TimestampType::LogAppendTime,
        }
    }

    /// Offset of the last record the batch was written with.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset.wrapping_add(self.last_offset_delta as i64)
    }

    /// Where a reader goes on after this batch.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.last_offset().wrapping_add(1)
    }

    /// Sequence of the last record (-1 when there are no sequences): it wraps to 0 after 2^31 - 1.
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence == -1 {
            -1
        } else {
            increment_sequence(self.base_sequence, self.last_offset_delta)
        }
    }
}

/// `DefaultRecordBatch.incrementSequence`.
pub(crate) const fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    if sequence > i32::MAX.wrapping_sub(increment) {
        increment.wrapping_sub(i32::MAX.wrapping_sub(sequence)).wrapping_sub(1)
    } else {
        sequence.wrapping_add(increment)
    }
}

fn size(length: i32, minimum: u32) -> Option<u32> {
    // i32::MAX + 12 still fits in 32 unsigned bits.
    u32::try_from(length).ok().filter(|length| *length >= minimum).map(|length| length + LOG_OVERHEAD)
}
