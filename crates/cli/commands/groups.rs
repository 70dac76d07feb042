//! `lastwrites groups`.

use std::process::ExitCode;

use lastwrites_report::terminal;

use super::{CouldNotRun, read};
use crate::args::Groups;
use crate::{exit, output};

pub(crate) fn run(args: &Groups) -> Result<ExitCode, CouldNotRun> {
    let (_, report) = read(&args.evidence, args.kafka.as_deref(), &args.looking, args.which.asked())?;
    output::show(args.json, &report, || terminal::groups(&report))?;
    Ok(exit::by_findings(&report.findings))
}
