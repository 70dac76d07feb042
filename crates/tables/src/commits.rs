//! The columns of the `commits` table.

use lastwrites_report::rows::CommitRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per offset-commit record (types 0 and 1), tombstones included, in log order, but that the commits of a transaction come where its marker lies: [`CommitRow`].
pub struct Commits;

impl Rows for Commits {
    type Row<'a> = CommitRow<'a>;

    const NAME: &'static str = "commits";
    const ABOUT: &'static str = "One row per offset-commit record (types 0 and 1), tombstones included, in log order, but that the commits of a transaction come where its marker lies.";
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
            name: "record_offset",
            about: "The record's offset in the partition.",
            read: Read::Int64(|row| Some(row.record_offset)),
        },
        ColumnSpec {
            name: "batch_base_offset",
            about: "Base offset of that batch.",
            read: Read::Int64(|row| Some(row.batch_base_offset)),
        },
        ColumnSpec {
            name: "file",
            about: "Segment file name inside that directory.",
            read: Read::Text(|row| Some(row.file)),
        },
        ColumnSpec {
            name: "position",
            about: "Byte in the file where the record's batch starts.",
            read: Read::Int64(|row| i64::try_from(row.position).ok()),
        },
        ColumnSpec {
            name: "timestamp_ms",
            about: "The record's timestamp; null where the batch has none.",
            read: Read::Time(|row| Some(row.timestamp_ms)),
        },
        ColumnSpec { name: "group_id", about: "Group id.", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec { name: "topic", about: "Topic name.", read: Read::Text(|row| Some(row.topic)) },
        ColumnSpec {
            name: "topic_partition",
            about: "Partition of that topic.",
            read: Read::Int32(|row| Some(row.topic_partition)),
        },
        ColumnSpec {
            name: "committed_offset",
            about: "The committed offset; null for a tombstone.",
            read: Read::Int64(|row| row.committed_offset),
        },
        ColumnSpec {
            name: "leader_epoch",
            about: "Leader epoch of the commit; null for a tombstone and where Kafka stores -1.",
            read: Read::Int32(|row| row.leader_epoch),
        },
        ColumnSpec {
            name: "metadata",
            about: "The commit's metadata text, often empty; null for a tombstone.",
            read: Read::Text(|row| row.metadata),
        },
        ColumnSpec {
            name: "commit_timestamp_ms",
            about: "The commit's own timestamp; null for a tombstone.",
            read: Read::Time(|row| row.commit_timestamp_ms),
        },
        ColumnSpec {
            name: "expire_timestamp_ms",
            about: "When the offset expires (value version 1 only); null elsewhere and where Kafka stores -1.",
            read: Read::Time(|row| row.expire_timestamp_ms),
        },
        ColumnSpec {
            name: "topic_id",
            about: "Topic id of the commit (value version 4); null elsewhere.",
            read: Read::Word(|row| row.topic_id.map(|id| id.to_string().into())),
        },
        ColumnSpec {
            name: "producer_id",
            about: "Producer id of the batch; null where Kafka stores -1.",
            read: Read::Int64(|row| row.producer_id),
        },
        ColumnSpec {
            name: "transactional",
            about: "True when the batch belongs to a transaction.",
            read: Read::Bool(|row| row.transactional),
        },
        ColumnSpec {
            name: "outcome",
            about: "What became of it, as far as the log tells: `committed`, `aborted`, `open`, `in-doubt` (open where the log is damaged: its marker may be lost) or `tombstone`.",
            read: Read::Word(|row| Some(row.outcome.as_str().into())),
        },
    ];
}
