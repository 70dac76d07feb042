//! `lastwrites diagnose`.

use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::diagnose::{AskedProfiles, RaceWindows, diagnose};
use lastwrites_report::terminal;

use super::{CouldNotRun, find, options};
use crate::args::{Diagnose, RaceWindowsArg};
use crate::progress::Bar;
use crate::{exit, output};

pub(crate) fn run(args: &Diagnose) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    let mut evidence = find(&args.evidence.paths)?;
    if let Some(partition) = args.partition {
        evidence.copies.retain(|copy| copy.partition == Some(partition));
        if evidence.copies.is_empty() {
            return Err(CouldNotRun::because(format!("no copy of __consumer_offsets-{partition} here")));
        }
    }
    let asked = if args.kafka.is_empty() { AskedProfiles::all() } else { AskedProfiles::of(&args.kafka) };
    let races = match args.race_windows {
        RaceWindowsArg::None => RaceWindows::None,
        RaceWindowsArg::Smallest => RaceWindows::Smallest,
        RaceWindowsArg::All => RaceWindows::All,
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let mut diagnosis = diagnose(&evidence, &options, &asked, races, &progress)?;
    diagnosis.add_health(&evidence, &options, &progress)?;
    drop(bar);
    output::show(args.json, &diagnosis, || terminal::diagnose(&diagnosis))?;
    Ok(exit::by_findings(&diagnosis.findings))
}
