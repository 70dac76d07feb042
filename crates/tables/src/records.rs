//! The columns of the `records` table.

use lastwrites_report::rows::RecordRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per record, control records included, in log order: [`RecordRow`].
pub struct Records;

impl Rows for Records {
    type Row<'a> = RecordRow<'a>;

    const NAME: &'static str = "records";
    const ABOUT: &'static str = "One row per record, control records included, in log order.";
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
        // Signed, because Spark and Java have no unsigned 64-bit type; no file is that long.
        ColumnSpec {
            name: "position",
            about: "Byte in the file where the record's batch starts.",
            read: Read::Int64(|row| i64::try_from(row.position).ok()),
        },
        ColumnSpec {
            name: "batch_base_offset",
            about: "Base offset of that batch.",
            read: Read::Int64(|row| Some(row.batch_base_offset)),
        },
        ColumnSpec {
            name: "record_offset",
            about: "The record's offset in the partition.",
            read: Read::Int64(|row| Some(row.record_offset)),
        },
        ColumnSpec {
            name: "timestamp_ms",
            about: "The record's timestamp; null where the batch has none.",
            read: Read::Time(|row| Some(row.timestamp_ms)),
        },
        ColumnSpec {
            name: "producer_id",
            about: "Producer id of the batch; null where Kafka stores -1.",
            read: Read::Int64(|row| row.producer_id),
        },
        ColumnSpec {
            name: "producer_epoch",
            about: "Producer epoch of the batch; null where Kafka stores -1.",
            read: Read::Int32(|row| row.producer_epoch),
        },
        ColumnSpec {
            name: "transactional",
            about: "True when the batch belongs to a transaction.",
            read: Read::Bool(|row| row.transactional),
        },
        ColumnSpec {
            name: "crc_ok",
            about: "True when the batch's checksum is right.",
            read: Read::Bool(|row| row.crc_ok),
        },
        ColumnSpec {
            name: "record_type",
            about: "Record type (0 to 24); null for control records and keys too short for one.",
            read: Read::Int32(|row| row.record_type),
        },
        ColumnSpec {
            name: "record_name",
            about: "Kafka's name of that type, such as `OffsetCommit`; null for a type that is not known.",
            read: Read::Word(|row| row.record_name.map(Into::into)),
        },
        ColumnSpec {
            name: "group_id",
            about: "Group id; null for control records and keys too short for one.",
            read: Read::Text(|row| row.group_id),
        },
        ColumnSpec {
            name: "tombstone",
            about: "True for a record without a value that is no control record.",
            read: Read::Bool(|row| row.tombstone),
        },
        ColumnSpec {
            name: "key",
            about: "JSON: what `dump --json` has under `key`; null for control records.",
            read: Read::Prose(|row| row.key.map(Into::into)),
        },
        ColumnSpec {
            name: "value",
            about: "JSON: what `dump --json` has under `value`; null for tombstones and control records.",
            read: Read::Prose(|row| row.value.map(Into::into)),
        },
        ColumnSpec {
            name: "control",
            about: "JSON: what `dump --json` has under `control`; null for other records.",
            read: Read::Prose(|row| row.control.map(Into::into)),
        },
        ColumnSpec {
            name: "decoded",
            about: "False where key, value or control record could not be decoded; the JSON then says why.",
            read: Read::Bool(|row| row.decoded),
        },
    ];
}
