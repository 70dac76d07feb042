//! The columns of the `findings` table.

use lastwrites_report::rows::FindingRow;

use crate::column::{ColumnSpec, Read};
use crate::table::Rows;

/// One row per finding of `examine`, most severe first: [`FindingRow`].
pub struct Findings;

impl Rows for Findings {
    type Row<'a> = FindingRow<'a>;

    const NAME: &'static str = "findings";
    const ABOUT: &'static str = "One row per finding of `examine`, most severe first.";
    const COLUMNS: &'static [ColumnSpec<Self>] = &[
        ColumnSpec {
            name: "code",
            about: "Stable code such as `LW101`; `lastwrites explain CODE` says more.",
            read: Read::Word(|row| Some(row.code.into())),
        },
        ColumnSpec {
            name: "severity",
            about: "`error`, `warning` or `note`.",
            read: Read::Word(|row| Some(row.severity.into())),
        },
        ColumnSpec {
            name: "message",
            about: "One sentence for a person.",
            read: Read::Prose(|row| Some(row.message.into())),
        },
        ColumnSpec {
            name: "partition",
            about: "Partition of `__consumer_offsets` it is about; null without one.",
            read: Read::Int32(|row| row.partition),
        },
        ColumnSpec {
            name: "group_id",
            about: "Group it is about; null without one.",
            read: Read::Text(|row| row.group_id),
        },
        ColumnSpec {
            name: "file",
            about: "File it is about, path as given; null without one.",
            read: Read::Prose(|row| row.file.map(Into::into)),
        },
        ColumnSpec {
            name: "position",
            about: "Byte position in that file; null without one.",
            read: Read::Int64(|row| row.position.and_then(|position| i64::try_from(position).ok())),
        },
        ColumnSpec {
            name: "offset",
            about: "Offset in the offsets partition; null without one.",
            read: Read::Int64(|row| row.offset),
        },
        ColumnSpec {
            name: "proof",
            about: "What shows it, one thing a line; null without any.",
            read: Read::Prose(|row| row.proof.as_deref().map(Into::into)),
        },
        ColumnSpec {
            name: "remedy",
            about: "What helps and what doesn't, one thing a line; null without any.",
            read: Read::Prose(|row| row.remedy.as_deref().map(Into::into)),
        },
    ];
}
