//! The columns of the `groups` table.

use lastwrites_report::rows::GroupRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per group at the end of the log, by id: [`GroupRow`].
pub struct Groups;

impl Rows for Groups {
    type Row<'a> = GroupRow<'a>;

    const NAME: &'static str = "groups";
    const ABOUT: &'static str = "One row per group at the end of the log, by id.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec { name: "group_id", about: "Group id.", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec {
            name: "group_type",
            about: "`classic`, `consumer`, `share`, `streams`, or `none` for offsets without a group.",
            read: Read::Word(|row| Some(row.group_type.into())),
        },
        ColumnSpec {
            name: "state",
            about: "State a broker that just loaded the log computes; null for `none`.",
            read: Read::Word(|row| row.state.map(Into::into)),
        },
        ColumnSpec {
            name: "found_in",
            about: "Partition of `__consumer_offsets` the group was found in; null when a lone segment file does not tell.",
            read: Read::Int32(|row| row.found_in),
        },
        ColumnSpec {
            name: "maps_to",
            about: "Partition of `__consumer_offsets` the id hashes to; null where that can't be told.",
            read: Read::Int32(|row| row.maps_to),
        },
        ColumnSpec {
            name: "protocol_type",
            about: "Protocol type of a classic group; null elsewhere.",
            read: Read::Text(|row| row.protocol_type),
        },
        ColumnSpec {
            name: "protocol",
            about: "Chosen protocol of a classic group; null elsewhere.",
            read: Read::Text(|row| row.protocol),
        },
        ColumnSpec {
            name: "generation",
            about: "Generation of a classic group; null elsewhere.",
            read: Read::Int32(|row| row.generation),
        },
        ColumnSpec {
            name: "group_epoch",
            about: "Group epoch of a consumer, share or streams group; null elsewhere.",
            read: Read::Int32(|row| row.group_epoch),
        },
        ColumnSpec {
            name: "members",
            about: "Members in the records.",
            read: Read::Int64(|row| i64::try_from(row.members).ok()),
        },
        ColumnSpec {
            name: "offsets",
            about: "Topic partitions with a committed offset.",
            read: Read::Int64(|row| i64::try_from(row.offsets).ok()),
        },
        ColumnSpec {
            name: "last_commit_ms",
            about: "Newest commit timestamp of these offsets; null without any.",
            read: Read::Time(|row| row.last_commit_ms),
        },
    ];
}
