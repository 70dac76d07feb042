//! `lastwrites report`.

use std::fs;
use std::process::ExitCode;

use lastwrites_report::html;

use super::{CouldNotRun, create, shown};
use crate::args::ReportArgs;

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, CouldNotRun> {
    let path = &args.report;
    let text = fs::read_to_string(path).map_err(|error| {
        let hint = if path.is_dir() {
            "; evidence is read by `lastwrites examine PATH --out DIR`, which writes the page too"
        } else {
            ""
        };
        CouldNotRun::because(format!(
            "{}: {error}; expected the report.json of `lastwrites examine --out`{hint}",
            shown(&[path])
        ))
    })?;
    let page =
        html::page(&text).map_err(|error| CouldNotRun::because(format!("{}: {error}", shown(&[path]))))?;
    create(&args.output, &page)?;
    Ok(ExitCode::SUCCESS)
}
