//! `lastwrites examine`.

use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::diagnose::{AskedProfiles, Examination, RaceWindows, diagnose};
use lastwrites_report::{report, terminal};

use super::{CouldNotRun, find, json, options, shown};
use crate::args::Examine;
use crate::progress::Bar;
use crate::{exit, output};

pub(crate) fn run(args: &Examine) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    let evidence = find(&args.evidence.paths)?;
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let report = report(&evidence, &options, &progress)?;
    let diagnosis = diagnose(&evidence, &options, &AskedProfiles::all(), RaceWindows::Smallest, &progress)?;
    drop(bar);
    let examination = Examination::new(report, diagnosis);
    let text = if args.json {
        json(&examination)?
    } else {
        terminal::examine(&examination, &shown(&args.evidence.paths))
    };
    output::print(&text)?;
    Ok(exit::by_findings(&examination.report.findings))
}
