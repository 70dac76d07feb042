//! `lastwrites export`. Without the cargo feature `tables` it only says that this build can't.

use std::process::ExitCode;

use super::CouldNotRun;
use crate::args::Export;

#[cfg(not(feature = "tables"))]
pub(crate) fn run(args: &Export) -> Result<ExitCode, CouldNotRun> {
    let Export { table, format, output, .. } = args;
    Err(CouldNotRun::because(format!(
        "{}: can't write {table:?} as {format:?}: this build has no tables (built without the cargo feature `tables`); \
         `dump --json` and `groups --json` give the same facts",
        super::shown(std::slice::from_ref(output))
    )))
}

#[cfg(feature = "tables")]
pub(crate) fn run(args: &Export) -> Result<ExitCode, CouldNotRun> {
    tables::run(args)
}

#[cfg(feature = "tables")]
mod tables {
    use std::process::ExitCode;
    use std::sync::Arc;

    use lastwrites_coordinator::pass::Progress;
    use lastwrites_report::StreamTotals;
    use lastwrites_report::commits::commits;
    use lastwrites_report::moment::Asked;
    use lastwrites_report::rows::GroupRow;
    use lastwrites_tables::{CommitTable, Format, GroupTable};

    use super::super::{CouldNotRun, find, options, read, shown};
    use crate::args::{Export, TableFormat, TableKind};
    use crate::progress::Bar;
    use crate::{exit, output};

    pub(super) fn run(args: &Export) -> Result<ExitCode, CouldNotRun> {
        // Said before hours of reading; a dangling link counts as a file, too.
        if args.output.symlink_metadata().is_ok() {
            let path = shown(std::slice::from_ref(&args.output));
            return Err(CouldNotRun::because(format!("{path}: exists already; nothing is overwritten")));
        }
        match args.table {
            TableKind::Commits => write_commits(args),
            TableKind::Groups => write_groups(args),
        }
    }

    fn write_commits(args: &Export) -> Result<ExitCode, CouldNotRun> {
        let options = options(&args.evidence.reading, args.kafka.as_deref())?;
        let evidence = find(&args.evidence.paths)?;
        let mut table = CommitTable::create(&args.output, format(args.format))?;
        let progress = Arc::new(Progress::default());
        let bar = Bar::over(&progress);
        let totals = commits(&evidence, &options, &progress, |row| table.push(row));
        drop(bar);
        let totals = totals?;
        table.finish()?;
        wrote(args, totals.rows)?;
        Ok(doubts(&totals))
    }

    /// Says what the table does not hold.
    fn doubts(totals: &StreamTotals) -> ExitCode {
        let damage = totals.undecodable > 0 || totals.damaged_bytes > 0;
        if damage {
            output::note(&format!(
                "{} commits could not be decoded, {} bytes are damaged (`lastwrites scan` says where)",
                totals.undecodable, totals.damaged_bytes
            ));
        }
        if totals.copies_beside > 0 {
            output::note(&format!(
                "{} copies were left aside for another copy of their partition (`lastwrites examine` says which)",
                totals.copies_beside
            ));
        }
        ExitCode::from(u8::from(damage || totals.copies_beside > 0))
    }

    fn write_groups(args: &Export) -> Result<ExitCode, CouldNotRun> {
        let (_, report) = read(&args.evidence, args.kafka.as_deref(), None, Asked::default())?;
        let mut table = GroupTable::create(&args.output, format(args.format))?;
        for group in &report.groups {
            table.push(&GroupRow::from(group))?;
        }
        table.finish()?;
        wrote(args, report.groups.len() as u64)?;
        Ok(exit::by_findings(&report.findings))
    }

    fn wrote(args: &Export, rows: u64) -> Result<(), CouldNotRun> {
        let path = shown(std::slice::from_ref(&args.output));
        Ok(output::print(&format!("wrote {path}: {rows} rows\n"))?)
    }

    const fn format(format: TableFormat) -> Format {
        match format {
            TableFormat::Parquet => Format::Parquet,
            TableFormat::Csv => Format::Csv,
            TableFormat::Ipc => Format::Ipc,
        }
    }
}
