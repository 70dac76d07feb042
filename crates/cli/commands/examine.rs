//! `lastwrites examine`.

use std::process::ExitCode;

use lastwrites_report::terminal;

use super::{CouldNotRun, json, read, shown};
use crate::args::Examine;
use crate::{exit, output};

pub(crate) fn run(args: &Examine) -> Result<ExitCode, CouldNotRun> {
    let (_, report) = read(&args.evidence, None)?;
    let text =
        if args.json { json(&report)? } else { terminal::examine(&report, &shown(&args.evidence.paths)) };
    output::print(&text)?;
    Ok(exit::by_findings(&report.findings))
}
