//! A row of the `records` table.

/// One record of the log, control records included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordRow<'a> {
    /// The copy it was read from: the partition directory as given.
    pub copy: &'a str,
    /// `__consumer_offsets` partition; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// File name inside the partition directory.
    pub file: &'a [u8],
    /// Byte in the file where the record's batch starts.
    pub position: u64,
    /// Base offset of that batch.
    pub batch_base_offset: i64,
    /// The record's offset.
    pub record_offset: i64,
    /// Its timestamp in milliseconds since the epoch; negative where the batch has none.
    pub timestamp_ms: i64,
    /// Producer id of the batch; null where Kafka stores -1.
    pub producer_id: Option<i64>,
    /// Producer epoch of the batch; null where Kafka stores -1.
    pub producer_epoch: Option<i32>,
    /// True when the batch belongs to a transaction.
    pub transactional: bool,
    /// True when the batch's checksum is right.
    pub crc_ok: bool,
    /// Record type, the key's first two bytes; null for control records and keys too short for one.
    pub record_type: Option<i32>,
    /// Kafka's name of that type, such as `OffsetCommit`; null for a type that is not known.
    pub record_name: Option<&'a str>,
    /// Group id; null for control records and keys too short for one.
    pub group_id: Option<&'a [u8]>,
    /// True for a record without a value that is no control record.
    pub tombstone: bool,
    /// What `dump --json` has under `key`; null for control records.
    pub key: Option<&'a str>,
    /// What `dump --json` has under `value`; null for tombstones and control records.
    pub value: Option<&'a str>,
    /// What `dump --json` has under `control`; null for other records.
    pub control: Option<&'a str>,
    /// False where key, value or control record could not be decoded; the JSON then says why.
    pub decoded: bool,
}
