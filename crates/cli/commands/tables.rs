//! Tables on their way to files: what `export` and `examine --out` share.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::Evidence;
use lastwrites_report::history::{HistoryQuestion, history};
use lastwrites_report::log_rows::log_rows;
use lastwrites_report::rows::HistoryRow;
use lastwrites_report::{Options, Report, StreamTotals};
use lastwrites_tables::{
    Format, History, LogTables, Rows, Table, TableError, write_findings, write_groups, write_members,
    write_offsets,
};

use super::{CouldNotRun, shown};
use crate::args::{TableFormat, TableKind};

/// One table and its file.
pub(crate) struct Target {
    kind: TableKind,
    format: Format,
    pub(crate) path: PathBuf,
    /// Rows written.
    pub(crate) rows: Cell<u64>,
}

impl Target {
    /// One table goes into `output` itself; of several each gets a file in the folder `output`, which is made.
    /// Fails where a file exists already: said before hours of reading. A dangling link counts as a file, too.
    pub(crate) fn of(
        kinds: &BTreeSet<TableKind>,
        format: TableFormat,
        output: &Path,
    ) -> Result<Vec<Self>, CouldNotRun> {
        let format = match format {
            TableFormat::Parquet => Format::Parquet,
            TableFormat::Csv => Format::Csv,
            TableFormat::Ipc => Format::Ipc,
        };
        let several = kinds.len() > 1;
        let path = |kind: TableKind| match several {
            true => output.join(kind.name()).with_extension(format.extension()),
            false => output.to_owned(),
        };
        let target = |&kind: &TableKind| Self { kind, format, path: path(kind), rows: Cell::new(0) };
        let targets: Vec<Self> = kinds.iter().map(target).collect();
        for target in &targets {
            if target.path.symlink_metadata().is_ok() {
                let path = shown(std::slice::from_ref(&target.path));
                return Err(CouldNotRun::because(format!("{path}: exists already; nothing is overwritten")));
            }
        }
        if several {
            fs::create_dir_all(output).map_err(|error| {
                CouldNotRun::because(format!("{}: {error}", shown(std::slice::from_ref(&output.to_owned()))))
            })?;
        }
        Ok(targets)
    }
}

/// Every table as Parquet in the folder `tables` below `folder`.
pub(crate) fn planned(folder: &Path) -> Result<Vec<Target>, CouldNotRun> {
    Target::of(&TableKind::ALL.into(), TableFormat::Parquet, &folder.join("tables"))
}

/// The table of the history among the targets, filled by whoever reads the history.
pub(crate) struct HistoryFile<'t> {
    target: &'t Target,
    table: Table<History>,
    /// Why the file can't be written any more.
    failed: Option<TableError>,
}

impl<'t> HistoryFile<'t> {
    /// `None` where no history is wanted.
    pub(crate) fn among(targets: &'t [Target]) -> Result<Option<Self>, CouldNotRun> {
        let Some(target) = targets.iter().find(|target| target.kind == TableKind::History) else {
            return Ok(None);
        };
        let table = Table::<History>::create(&target.path, target.format)?;
        Ok(Some(Self { target, table, failed: None }))
    }

    /// Takes a row; what goes wrong is told at the end.
    pub(crate) fn take(&mut self, row: &HistoryRow<'_>) {
        if self.failed.is_none() {
            self.failed = self.table.push(row).err();
        }
    }

    /// Reads the history itself, where nobody else does.
    pub(crate) fn read(
        mut self,
        evidence: &Evidence,
        options: &Options,
        progress: &Progress,
    ) -> Result<StreamTotals, CouldNotRun> {
        let table = &mut self.table;
        let told = history(evidence, options, &HistoryQuestion::ALL, progress, |row| table.push(row))?;
        self.finish()?;
        Ok(told.totals)
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> Result<(), CouldNotRun> {
        match self.failed {
            Some(error) => Err(error.into()),
            None => {
                self.target.rows.set(self.table.finish()?);
                Ok(())
            }
        }
    }
}

/// Writes the tables of the log among the targets in one pass, but that of the history; `None` when there are none.
pub(crate) fn write_log(
    targets: &[Target],
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<Option<StreamTotals>, CouldNotRun> {
    let plain = |target: &&Target| target.kind.is_of_log() && target.kind != TableKind::History;
    let mut totals = None;
    if targets.iter().find(plain).is_some() {
        let mut tables = LogTables {
            records: started(targets, TableKind::Records)?,
            commits: started(targets, TableKind::Commits)?,
            batches: started(targets, TableKind::Batches)?,
        };
        totals = Some(log_rows(evidence, options, progress, &mut tables)?);
        let [records, commits, batches] = tables.finish()?;
        for target in targets {
            match target.kind {
                TableKind::Records => target.rows.set(records),
                TableKind::Commits => target.rows.set(commits),
                TableKind::Batches => target.rows.set(batches),
                _ => {}
            }
        }
    }
    Ok(totals)
}

fn started<T: Rows>(targets: &[Target], kind: TableKind) -> Result<Option<Table<T>>, TableError> {
    let target = targets.iter().find(|target| target.kind == kind);
    target.map(|target| Table::create(&target.path, target.format)).transpose()
}

/// Writes the tables of the report among the targets.
pub(crate) fn write_report(targets: &[Target], report: &Report) -> Result<(), CouldNotRun> {
    for target in targets {
        let write = match target.kind {
            TableKind::Groups => write_groups,
            TableKind::Offsets => write_offsets,
            TableKind::Members => write_members,
            TableKind::Findings => write_findings,
            TableKind::Records | TableKind::Commits | TableKind::Batches | TableKind::History => continue,
        };
        target.rows.set(write(report, &target.path, target.format)?);
    }
    Ok(())
}
