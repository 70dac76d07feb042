//! A row of the `batches` table.

/// One record batch of the log; in magic 0 and 1, one entry of a message set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchRow<'a> {
    /// The copy it was read from: the partition directory as given.
    pub copy: &'a str,
    /// `__consumer_offsets` partition; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// File name inside the partition directory.
    pub file: &'a [u8],
    /// Byte in the file where the batch starts.
    pub position: u64,
    /// Its length in bytes, the header included.
    pub size_bytes: u64,
    /// Base offset as stored.
    pub base_offset: i64,
    /// Last offset it was written with; the cleaner keeps it.
    pub last_offset: i64,
    /// Records that could be read.
    pub records: u64,
    /// Records by its header; null where it does not say (a compressed message set).
    pub record_count: Option<i32>,
    /// Epoch of the leader that appended it; null in magic 0 and 1.
    pub partition_leader_epoch: Option<i32>,
    /// Format version: 0, 1 or 2.
    pub magic: i32,
    /// `none`, `gzip`, `snappy`, `lz4`, `zstd` or `unknown`.
    pub compression: &'a str,
    /// Checksum as stored.
    pub crc: u32,
    /// True when that checksum is right.
    pub crc_ok: bool,
    /// Largest record timestamp in milliseconds since the epoch; negative where there is none.
    pub max_timestamp_ms: i64,
    /// When the cleaner may drop its tombstones or marker, in milliseconds since the epoch; null without one.
    pub delete_horizon_ms: Option<i64>,
    /// Producer id; null where Kafka stores -1.
    pub producer_id: Option<i64>,
    /// Producer epoch; null where Kafka stores -1.
    pub producer_epoch: Option<i32>,
    /// Sequence of its first record; null where Kafka stores -1.
    pub base_sequence: Option<i32>,
    /// True when it belongs to a transaction.
    pub transactional: bool,
    /// True when it holds control records (transaction markers).
    pub control: bool,
    /// Why not all of its records could be read; null where they were.
    pub error: Option<&'a str>,
}
