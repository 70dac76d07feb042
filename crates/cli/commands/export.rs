//! `lastwrites export`. Without the cargo feature `tables` it only says that this build can't.

#[cfg(not(feature = "tables"))]
pub(crate) fn run(args: &crate::args::Export) -> Result<std::process::ExitCode, super::CouldNotRun> {
    let crate::args::Export { table, format, output, .. } = args;
    Err(super::CouldNotRun::because(format!(
        "{}: can't write {table:?} as {format:?}: this build has no tables (built without the cargo feature `tables`); \
         `dump --json`, `groups --json` and `examine --json` give the same facts",
        super::shown(std::slice::from_ref(output))
    )))
}

#[cfg(feature = "tables")]
pub(crate) use with_tables::run;

#[cfg(feature = "tables")]
mod with_tables {
    use std::collections::BTreeSet;
    use std::process::ExitCode;
    use std::sync::Arc;

    use lastwrites_coordinator::pass::Progress;
    use lastwrites_report::rows::HistoryRow;
    use lastwrites_report::{StreamTotals, report};

    use super::super::examine::examination;
    use super::super::tables::{HistoryFile, Target, write_log, write_report};
    use super::super::{CouldNotRun, find, left_out, options, shown};
    use crate::args::{Export, TableKind};
    use crate::progress::Bar;
    use crate::{exit, output};

    pub(crate) fn run(args: &Export) -> Result<ExitCode, CouldNotRun> {
        let kinds: BTreeSet<TableKind> = args.table.iter().copied().collect();
        let targets = Target::of(&kinds, args.format, &args.output)?;
        let options = options(&args.evidence.reading, args.kafka.as_deref())?;
        let evidence = find(&args.evidence.paths)?;
        let progress = Arc::new(Progress::default());
        let bar = Bar::over(&progress);
        let mut history = HistoryFile::among(&targets)?;
        let report = if kinds.contains(&TableKind::Findings) {
            let look = |row: &HistoryRow<'_>| {
                if let Some(history) = &mut history {
                    history.take(row);
                }
            };
            let found = examination(&evidence, &options, shown(&args.evidence.paths), &progress, look)?;
            history.take().map_or(Ok(()), HistoryFile::finish)?;
            Some(found.report)
        } else if kinds.iter().any(|kind| !kind.is_of_log()) {
            Some(report(&evidence, &options, &progress)?)
        } else {
            None
        };
        let of_log = write_log(&targets, &evidence, &options, &progress)?;
        let of_history = history.map(|history| history.read(&evidence, &options, &progress)).transpose()?;
        let totals = of_log.or(of_history);
        if let Some(report) = &report {
            write_report(&targets, report)?;
        }
        drop(bar);
        for target in &targets {
            let path = shown(std::slice::from_ref(&target.path));
            output::print(&format!("wrote {path}: {} rows\n", target.rows.get()))?;
        }
        let doubts = totals.is_some_and(|totals| doubts(&totals));
        match report {
            Some(report) if !doubts => Ok(exit::by_findings(&report.findings)),
            _ => Ok(ExitCode::from(u8::from(doubts))),
        }
    }

    /// Says what the tables do not hold; true when that is more than nothing.
    fn doubts(totals: &StreamTotals) -> bool {
        left_out(totals, "records") || !totals.left_aside.is_empty()
    }
}
