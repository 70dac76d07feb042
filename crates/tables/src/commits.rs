//! The columns of the `commits` table.

use lastwrites_report::rows::CommitRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per offset-commit record, tombstones included: [`CommitRow`].
pub struct Commits;

impl Rows for Commits {
    type Row<'a> = CommitRow<'a>;

    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec { name: "partition", read: Read::Int32(|row| row.partition) },
        ColumnSpec { name: "record_offset", read: Read::Int64(|row| Some(row.record_offset)) },
        ColumnSpec { name: "batch_base_offset", read: Read::Int64(|row| Some(row.batch_base_offset)) },
        ColumnSpec { name: "file", read: Read::Text(|row| Some(row.file)) },
        // Signed, because Spark and Java have no unsigned 64-bit type; no file is that long.
        ColumnSpec { name: "position", read: Read::Int64(|row| i64::try_from(row.position).ok()) },
        ColumnSpec { name: "timestamp_ms", read: Read::Time(|row| Some(row.timestamp_ms)) },
        ColumnSpec { name: "group_id", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec { name: "topic", read: Read::Text(|row| Some(row.topic)) },
        ColumnSpec { name: "topic_partition", read: Read::Int32(|row| Some(row.topic_partition)) },
        ColumnSpec { name: "committed_offset", read: Read::Int64(|row| row.committed_offset) },
        ColumnSpec { name: "leader_epoch", read: Read::Int32(|row| row.leader_epoch) },
        ColumnSpec { name: "metadata", read: Read::Text(|row| row.metadata) },
        ColumnSpec { name: "commit_timestamp_ms", read: Read::Time(|row| row.commit_timestamp_ms) },
        ColumnSpec { name: "expire_timestamp_ms", read: Read::Time(|row| row.expire_timestamp_ms) },
        ColumnSpec { name: "topic_id", read: Read::Word(|row| row.topic_id.map(|id| id.to_string())) },
        ColumnSpec { name: "producer_id", read: Read::Int64(|row| row.producer_id) },
        ColumnSpec { name: "transactional", read: Read::Bool(|row| row.transactional) },
        ColumnSpec { name: "outcome", read: Read::Word(|row| Some(row.outcome.as_str().to_owned())) },
    ];
}
