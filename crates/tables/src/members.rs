//! The columns of the `members` table.

use lastwrites_report::rows::MemberRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per member of a group at the end of the log: [`MemberRow`].
pub struct Members;

impl Rows for Members {
    type Row<'a> = MemberRow<'a>;

    const NAME: &'static str = "members";
    const ABOUT: &'static str = "One row per member of a group at the end of the log.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec { name: "group_id", about: "Group id.", read: Read::Text(|row| Some(row.group_id)) },
        ColumnSpec {
            name: "group_type",
            about: "`classic`, `consumer`, `share` or `streams`.",
            read: Read::Word(|row| Some(row.group_type.into())),
        },
        ColumnSpec {
            name: "found_in",
            about: "Partition of `__consumer_offsets` the group was found in; null when a lone segment file does not tell.",
            read: Read::Int32(|row| row.found_in),
        },
        ColumnSpec { name: "member_id", about: "Member id.", read: Read::Text(|row| Some(row.member_id)) },
        ColumnSpec {
            name: "group_instance_id",
            about: "Static membership id (KIP-345); null for a dynamic member.",
            read: Read::Text(|row| row.group_instance_id),
        },
        ColumnSpec { name: "client_id", about: "Client id.", read: Read::Text(|row| Some(row.client_id)) },
        ColumnSpec {
            name: "client_host",
            about: "Client host as the broker saw it.",
            read: Read::Text(|row| Some(row.client_host)),
        },
        ColumnSpec {
            name: "member_epoch",
            about: "Member epoch; null in classic groups. -2 marks a static member that is away.",
            read: Read::Int32(|row| row.member_epoch),
        },
        ColumnSpec {
            name: "previous_member_epoch",
            about: "Member epoch before the last change; null in classic groups.",
            read: Read::Int32(|row| row.previous_member_epoch),
        },
        ColumnSpec {
            name: "state",
            about: "Reconciliation state; null in classic groups.",
            read: Read::Word(|row| row.state.map(Into::into)),
        },
        ColumnSpec {
            name: "assigned_partitions",
            about: "Topic partitions it owned.",
            read: Read::Int64(|row| i64::try_from(row.assigned_partitions).ok()),
        },
        ColumnSpec {
            name: "assignment",
            about: "JSON: these as `groups --json` has them under `assignment`.",
            read: Read::Prose(|row| Some(row.assignment.as_str().into())),
        },
    ];
}
