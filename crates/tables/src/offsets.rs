//! The columns of the `offsets` table.

use lastwrites_report::rows::OffsetRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per group and topic partition with a committed or a pending offset at the end of the log: [`OffsetRow`].
pub struct Offsets;

impl Rows for Offsets {
    type Row<'a> = OffsetRow<'a>;

    const NAME: &'static str = "offsets";
    const ABOUT: &'static str =
        "One row per group and topic partition with a committed or a pending offset at the end of the log.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec { name: "group_id", about: "Group id.", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec {
            name: "found_in",
            about: "Partition of `__consumer_offsets` the group was found in; null when a lone segment file does not tell.",
            read: Read::Int32(|row| row.found_in),
        },
        ColumnSpec { name: "topic", about: "Topic name.", read: Read::Text(|row| Some(row.topic)) },
        ColumnSpec {
            name: "topic_id",
            about: "Topic id stored with the commit (4.1 and later); null elsewhere.",
            read: Read::Word(|row| row.topic_id.map(|id| id.to_string().into())),
        },
        ColumnSpec {
            name: "topic_partition",
            about: "Partition of that topic.",
            read: Read::Int32(|row| Some(row.topic_partition)),
        },
        ColumnSpec {
            name: "committed_offset",
            about: "The committed offset; null where only pending commits exist.",
            read: Read::Int64(|row| row.committed_offset),
        },
        ColumnSpec {
            name: "leader_epoch",
            about: "Leader epoch of the commit; null where Kafka stores -1 or nothing is committed.",
            read: Read::Int32(|row| row.leader_epoch),
        },
        ColumnSpec {
            name: "metadata",
            about: "The commit's metadata text, often empty; null where nothing is committed.",
            read: Read::Text(|row| row.metadata),
        },
        ColumnSpec {
            name: "committed_at_ms",
            about: "When the broker took the commit; null where nothing is committed.",
            read: Read::Time(|row| row.committed_at_ms),
        },
        ColumnSpec {
            name: "trust",
            about: "How this is known: `intact`, `compacted`, `pre-image`, `replica`, `salvaged` or `unverified`.",
            read: Read::Word(|row| Some(row.trust.into())),
        },
        ColumnSpec {
            name: "flags",
            about: "Doubts and circumstances, with a space between them; empty without any.",
            read: Read::Word(|row| Some(row.flags.as_str().into())),
        },
        ColumnSpec {
            name: "pending",
            about: "Commits in transactions that the log never closes.",
            read: Read::Int64(|row| i64::try_from(row.pending).ok()),
        },
        ColumnSpec {
            name: "lag_at_least",
            about: "Records after the commit that were there for certain; null where no copied disk tells.",
            read: Read::Int64(|row| row.lag_at_least),
        },
        ColumnSpec {
            name: "lag_at_most",
            about: "Records after the commit in the copied log; null where that log was not copied or lacks its end.",
            read: Read::Int64(|row| row.lag_at_most),
        },
        ColumnSpec {
            name: "copy",
            about: "The copy the record was read from: the partition directory as given; null where nothing is committed.",
            read: Read::Prose(|row| row.copy.map(Into::into)),
        },
        ColumnSpec {
            name: "file",
            about: "Segment file name inside that directory; null where nothing is committed.",
            read: Read::Text(|row| row.file),
        },
        ColumnSpec {
            name: "position",
            about: "Byte in the file where the record's batch starts; null where nothing is committed.",
            read: Read::Int64(|row| row.position.and_then(|position| i64::try_from(position).ok())),
        },
        ColumnSpec {
            name: "record_offset",
            about: "The record's offset in the offsets partition; null where nothing is committed.",
            read: Read::Int64(|row| row.record_offset),
        },
    ];
}
