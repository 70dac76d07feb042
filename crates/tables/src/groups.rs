//! The columns of the `groups` table.

use lastwrites_report::rows::GroupRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per group at the end of the log: [`GroupRow`].
pub struct Groups;

impl Rows for Groups {
    type Row<'a> = GroupRow<'a>;

    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec { name: "group_id", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec { name: "group_type", read: Read::Word(|row| Some(row.group_type.to_owned())) },
        ColumnSpec { name: "state", read: Read::Word(|row| row.state.map(str::to_owned)) },
        ColumnSpec { name: "found_in", read: Read::Int32(|row| row.found_in) },
        ColumnSpec { name: "maps_to", read: Read::Int32(|row| row.maps_to) },
        ColumnSpec { name: "protocol_type", read: Read::Text(|row| row.protocol_type) },
        ColumnSpec { name: "protocol", read: Read::Text(|row| row.protocol) },
        ColumnSpec { name: "generation", read: Read::Int32(|row| row.generation) },
        ColumnSpec { name: "group_epoch", read: Read::Int32(|row| row.group_epoch) },
        ColumnSpec { name: "members", read: Read::Int64(|row| i64::try_from(row.members).ok()) },
        ColumnSpec { name: "offsets", read: Read::Int64(|row| i64::try_from(row.offsets).ok()) },
        ColumnSpec { name: "last_commit_ms", read: Read::Time(|row| row.last_commit_ms) },
    ];
}
