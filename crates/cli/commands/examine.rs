//! `lastwrites examine`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::Evidence;
use lastwrites_report::blast_radius::radius;
use lastwrites_report::diagnose::{AskedProfiles, Examination, RaceWindows, diagnose};
use lastwrites_report::moment::{Asked, add_for_document};
use lastwrites_report::recover::{Wanted, document};
use lastwrites_report::rows::HistoryRow;
use lastwrites_report::{Options, Report, digests, html, report, terminal};

use super::recover::now_ms;
#[cfg(feature = "tables")]
use super::tables::{self, HistoryFile, write_log, write_report};
use super::{CouldNotRun, create, find, json, options, shown};
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
    #[cfg(feature = "tables")]
    let mut history = tables.as_deref().map(HistoryFile::among).transpose()?.flatten();
    let look = |row: &HistoryRow<'_>| {
        #[cfg(feature = "tables")]
        if let Some(history) = &mut history {
            history.take(row);
        }
        #[cfg(not(feature = "tables"))]
        let _ = row;
    };
    let mut examination = examination(&evidence, &options, shown(&args.evidence.paths), &progress, look)?;
    #[cfg(feature = "tables")]
    history.map_or(Ok(()), HistoryFile::finish)?;
    #[cfg(feature = "tables")]
    if let Some(tables) = &tables {
        write_log(tables, &evidence, &options, &progress)?;
        write_report(tables, &examination.report)?;
    }
    if args.out.is_some() {
        examination.digests = Some(digests(&evidence, &options));
    }
    drop(bar);
    if let Some(folder) = &args.out {
        let document = json(&examination)?;
        fs::create_dir_all(folder)
            .map_err(|error| CouldNotRun::because(format!("{}: {error}", shown(&[folder]))))?;
        create(&folder.join("report.json"), &document)?;
        create(&folder.join("report.html"), &html::page(&document)?)?;
    }
    output::show(args.json, &examination, || terminal::examine(&examination))?;
    if let Some(folder) = &args.out {
        // Runners-up and what is missing are the document's alone.
        let judged = Some(examination.partitions.as_slice());
        add_for_document(&mut examination.report, &evidence, &options, None, judged, &progress)?;
        offsets(folder, &examination.report, &evidence)?;
    }
    Ok(exit::by_findings(&examination.report.findings))
}

/// The post-mortem, every release judged; `named` is the evidence as the person named it, `look` sees the history's rows.
pub(super) fn examination(
    evidence: &Evidence,
    options: &Options,
    named: String,
    progress: &Progress,
    look: impl FnMut(&HistoryRow<'_>),
) -> Result<Examination, CouldNotRun> {
    let report = report(evidence, options, progress)?;
    let mut diagnosis = diagnose(evidence, options, &AskedProfiles::all(), RaceWindows::Smallest, progress)?;
    let histories = diagnosis.add_health_and_histories(&report, evidence, options, progress, look)?;
    let radius = radius(evidence, &report, &diagnosis.partitions, options);
    Ok(Examination::new(report, diagnosis, radius, histories, named))
}

/// Writes the offsets that `recover --all-groups` would.
fn offsets(folder: &Path, report: &Report, evidence: &Evidence) -> Result<(), CouldNotRun> {
    let wanted = Wanted { groups: None, foreign: false, asked: Asked::default() };
    match document(report, evidence, &wanted, now_ms()) {
        Ok(document) => create(&folder.join("recovered-offsets.json"), &document.to_json_pretty()?),
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
