//! The tables of a report: groups, offsets, members, findings.

use std::path::Path;

use lastwrites_report::Report;
use lastwrites_report::rows::{FindingRow, GroupRow, MemberRow, OffsetRow};

use crate::error::TableError;
use crate::format::Format;
use crate::table::{Rows, Table};
use crate::{Findings, Groups, Members, Offsets};

/// Writes the groups of a report and returns their number.
///
/// # Errors
/// The table can't be written; see [`Table`].
pub fn write_groups(report: &Report, path: &Path, format: Format) -> Result<u64, TableError> {
    write::<Groups>(path, format, |push| {
        report.groups.iter().try_for_each(|group| push(&GroupRow::from(group)))
    })
}

/// Writes the offsets of a report's groups and returns their number.
///
/// # Errors
/// The table can't be written; see [`Table`].
pub fn write_offsets(report: &Report, path: &Path, format: Format) -> Result<u64, TableError> {
    write::<Offsets>(path, format, |push| {
        let mut rows = report.groups.iter().flat_map(|group| OffsetRow::of(report, group));
        rows.try_for_each(|row| push(&row))
    })
}

/// Writes the members of a report's groups and returns their number.
///
/// # Errors
/// The table can't be written; see [`Table`].
pub fn write_members(report: &Report, path: &Path, format: Format) -> Result<u64, TableError> {
    write::<Members>(path, format, |push| {
        report.groups.iter().flat_map(MemberRow::of).try_for_each(|row| push(&row))
    })
}

/// Writes the findings of a report and returns their number.
///
/// # Errors
/// The table can't be written; see [`Table`].
pub fn write_findings(report: &Report, path: &Path, format: Format) -> Result<u64, TableError> {
    write::<Findings>(path, format, |push| {
        report.findings.iter().try_for_each(|finding| push(&FindingRow::from(finding)))
    })
}

type Push<'p, T> = &'p mut dyn FnMut(&<T as Rows>::Row<'_>) -> Result<(), TableError>;

fn write<T: Rows>(
    path: &Path,
    format: Format,
    rows: impl FnOnce(Push<'_, T>) -> Result<(), TableError>,
) -> Result<u64, TableError> {
    let mut table = Table::<T>::create(path, format)?;
    rows(&mut |row| table.push(row))?;
    table.finish()
}
