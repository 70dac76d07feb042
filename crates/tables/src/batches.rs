//! The columns of the `batches` table.

use lastwrites_report::rows::BatchRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per record batch, in log order: [`BatchRow`].
pub struct Batches;

impl Rows for Batches {
    type Row<'a> = BatchRow<'a>;

    const NAME: &'static str = "batches";
    const ABOUT: &'static str = "One row per record batch, in log order.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec {
            name: "copy",
            about: "The copy it was read from: the partition directory as given.",
            read: Read::Prose(|row| Some(row.copy.into())),
        },
        ColumnSpec {
            name: "partition",
            about: "Partition of `__consumer_offsets`; null when a lone segment file does not tell.",
            read: Read::Int32(|row| row.partition),
        },
        ColumnSpec {
            name: "file",
            about: "Segment file name inside that directory.",
            read: Read::Text(|row| Some(row.file)),
        },
        ColumnSpec {
            name: "position",
            about: "Byte in the file where the batch starts.",
            read: Read::Int64(|row| i64::try_from(row.position).ok()),
        },
        ColumnSpec {
            name: "size_bytes",
            about: "Its length in bytes, the header included.",
            read: Read::Int64(|row| i64::try_from(row.size_bytes).ok()),
        },
        ColumnSpec {
            name: "base_offset",
            about: "Base offset as stored.",
            read: Read::Int64(|row| Some(row.base_offset)),
        },
        ColumnSpec {
            name: "last_offset",
            about: "Last offset it was written with; the cleaner keeps it.",
            read: Read::Int64(|row| Some(row.last_offset)),
        },
        ColumnSpec {
            name: "records",
            about: "Records that could be read.",
            read: Read::Int64(|row| i64::try_from(row.records).ok()),
        },
        ColumnSpec {
            name: "record_count",
            about: "Records by its header; null where it does not say (a compressed message set).",
            read: Read::Int32(|row| row.record_count),
        },
        ColumnSpec {
            name: "partition_leader_epoch",
            about: "Epoch of the leader that appended it; null in magic 0 and 1.",
            read: Read::Int32(|row| row.partition_leader_epoch),
        },
        ColumnSpec {
            name: "magic",
            about: "Format version: 0, 1 or 2.",
            read: Read::Int32(|row| Some(row.magic)),
        },
        ColumnSpec {
            name: "compression",
            about: "`none`, `gzip`, `snappy`, `lz4`, `zstd` or `unknown`.",
            read: Read::Word(|row| Some(row.compression.into())),
        },
        ColumnSpec {
            name: "crc",
            about: "Checksum as stored, 0 to 4294967295.",
            read: Read::Int64(|row| Some(i64::from(row.crc))),
        },
        ColumnSpec {
            name: "crc_ok",
            about: "True when that checksum is right.",
            read: Read::Bool(|row| row.crc_ok),
        },
        ColumnSpec {
            name: "max_timestamp_ms",
            about: "Largest record timestamp; null where there is none.",
            read: Read::Time(|row| Some(row.max_timestamp_ms)),
        },
        ColumnSpec {
            name: "delete_horizon_ms",
            about: "When the cleaner may drop its tombstones or marker; null without one.",
            read: Read::Time(|row| row.delete_horizon_ms),
        },
        ColumnSpec {
            name: "producer_id",
            about: "Producer id; null where Kafka stores -1.",
            read: Read::Int64(|row| row.producer_id),
        },
        ColumnSpec {
            name: "producer_epoch",
            about: "Producer epoch; null where Kafka stores -1.",
            read: Read::Int32(|row| row.producer_epoch),
        },
        ColumnSpec {
            name: "base_sequence",
            about: "Sequence of its first record; null where Kafka stores -1.",
            read: Read::Int32(|row| row.base_sequence),
        },
        ColumnSpec {
            name: "transactional",
            about: "True when it belongs to a transaction.",
            read: Read::Bool(|row| row.transactional),
        },
        ColumnSpec {
            name: "control",
            about: "True when it holds control records (transaction markers).",
            read: Read::Bool(|row| row.control),
        },
        ColumnSpec {
            name: "error",
            about: "Why not all of its records could be read; null where they were.",
            read: Read::Prose(|row| row.error.map(Into::into)),
        },
    ];
}
