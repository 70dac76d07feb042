//! `lastwrites scan`.

use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::{scan_report, terminal};

use super::{CouldNotRun, find, options};
use crate::args::Scan;
use crate::progress::Bar;
use crate::{exit, output};

pub(crate) fn run(args: &Scan) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    let evidence = find(&args.evidence.paths)?;
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let report = scan_report(&evidence, &options, &progress)?;
    drop(bar);
    output::show(args.json, &report, || terminal::scan(&report))?;
    Ok(exit::by_findings(&report.findings))
}
