//! `lastwrites examine`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::Evidence;
use lastwrites_report::diagnose::{AskedProfiles, Examination, RaceWindows, diagnose};
use lastwrites_report::moment::Asked;
use lastwrites_report::recover::{Wanted, document};
use lastwrites_report::{Options, Report, html, report, terminal};

use super::recover::now_ms;
#[cfg(feature = "tables")]
use super::tables::{self, write_log, write_report};
use super::{CouldNotRun, find, json, options, shown};
use crate::args::Examine;
use crate::progress::Bar;
use crate::{exit, output};

pub(crate) fn run(args: &Examine) -> Result<ExitCode, CouldNotRun> {
    #[cfg(feature = "tables")]
    let tables = args.out.as_deref().map(tables::planned).transpose()?;
    if let Some(folder) = &args.out {
        absent(folder)?;
    }
    let options = options(&args.evidence.reading, None)?;
    let evidence = find(&args.evidence.paths)?;
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let examination = examination(&evidence, &options, &progress)?;
    #[cfg(feature = "tables")]
    if let Some(tables) = &tables {
        write_log(tables, &evidence, &options, &progress)?;
        write_report(tables, &examination.report)?;
    }
    drop(bar);
    if let Some(folder) = &args.out {
        create(folder, "report.html", &html::page(&examination, &shown(&args.evidence.paths)))?;
        create(folder, "report.json", &json(&examination)?)?;
        offsets(folder, &examination.report, &evidence)?;
    }
    let text = if args.json {
        json(&examination)?
    } else {
        terminal::examine(&examination, &shown(&args.evidence.paths))
    };
    output::print(&text)?;
    Ok(exit::by_findings(&examination.report.findings))
}

/// The post-mortem, every release judged.
pub(super) fn examination(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<Examination, CouldNotRun> {
    let report = report(evidence, options, progress)?;
    let diagnosis = diagnose(evidence, options, &AskedProfiles::all(), RaceWindows::Smallest, progress)?;
    Ok(Examination::new(report, diagnosis))
}

/// Writes the offsets that `recover --all-groups` would.
fn offsets(folder: &Path, report: &Report, evidence: &Evidence) -> Result<(), CouldNotRun> {
    match document(
        report,
        evidence,
        &Wanted { groups: None, foreign: false, asked: Asked::default() },
        now_ms(),
    ) {
        Ok(document) => create(folder, "recovered-offsets.json", &document.to_json_pretty()?),
        Err(why) => {
            output::note(&format!("recovered-offsets.json is not written: {why}"));
            Ok(())
        }
    }
}

/// Fails when a file of an earlier run is there: said before hours of reading.
fn absent(folder: &Path) -> Result<(), CouldNotRun> {
    for path in ["report.html", "report.json", "recovered-offsets.json"].map(|name| folder.join(name)) {
        if path.symlink_metadata().is_ok() {
            let path = shown(&[path]);
            return Err(CouldNotRun::because(format!("{path}: exists already; nothing is overwritten")));
        }
    }
    Ok(())
}

/// Writes a new file into the folder, which is made if need be.
fn create(folder: &Path, name: &str, text: &str) -> Result<(), CouldNotRun> {
    let path = folder.join(name);
    fs::create_dir_all(folder)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path))
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| CouldNotRun::because(format!("{}: {error}", shown(&[path]))))
}
