//! One file a command.

pub(crate) mod blast_radius;
pub(crate) mod diagnose;
pub(crate) mod dump;
pub(crate) mod examine;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod partition_for;
pub(crate) mod playbook;
pub(crate) mod recover;
pub(crate) mod report;
pub(crate) mod scan;
pub(crate) mod shell;
#[cfg(feature = "tables")]
mod tables;

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::{Profile, newest, profile_for};
use lastwrites_evidence::{Evidence, discover};
use lastwrites_records::Coordinator;
use lastwrites_report::moment::{AsOf, Asked, report_asked};
use lastwrites_report::{Options, Report, StreamTotals};
use lastwrites_segment::ReadMode;
use lastwrites_types::{Release, escaped};
use serde::Serialize;

use crate::args::{self, Looking, ReadWith, Reading, View};
use crate::output;
use crate::progress::Bar;
use crate::redact;

/// Why a command could not run; the text is for a person.
pub(crate) struct CouldNotRun(String);

impl<E: fmt::Display> From<E> for CouldNotRun {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl CouldNotRun {
    /// With these words.
    pub(crate) fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The words.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Finds offsets partitions in the paths.
fn find(paths: &[PathBuf]) -> Result<Evidence, CouldNotRun> {
    let mut evidence = discover(paths)?;
    redact::names(&mut evidence);
    if evidence.copies.is_empty() {
        return Err(CouldNotRun::because(format!(
            "{}: holds Kafka partitions, but none of __consumer_offsets",
            shown(paths)
        )));
    }
    Ok(evidence)
}

/// [`find`] for a moment.
fn find_at(paths: &[PathBuf], as_of: Option<AsOf>) -> Result<Evidence, CouldNotRun> {
    let mut evidence = find(paths)?;
    name_partition(&mut evidence, as_of)?;
    Ok(evidence)
}

/// An offset is one of one partition's log: a lone copy that doesn't say which partition it is of is taken for the one that
/// was named.
fn name_partition(evidence: &mut Evidence, as_of: Option<AsOf>) -> Result<(), CouldNotRun> {
    let Some(AsOf::Offset { partition, .. }) = as_of else { return Ok(()) };
    if evidence.copies.iter().any(|copy| copy.partition == Some(partition)) {
        return Ok(());
    }
    let unnamed = evidence.copies.iter().filter(|copy| copy.partition.is_none()).count();
    match evidence.copies.as_mut_slice() {
        [only] if unnamed == 1 => {
            output::note(&format!(
                "{} doesn't say which partition it is of: taken for partition {partition}, as --as-of-offset names it",
                shown(&[&only.path])
            ));
            only.partition = Some(partition);
        }
        _ if unnamed > 0 => {
            return Err(CouldNotRun::because(format!(
                "--as-of-offset {partition}:...: no copy is known to be of partition {partition}, and {unnamed} don't say which \
                 they are of: give the one alone"
            )));
        }
        _ => output::note(&format!("--as-of-offset: no copy here is of partition {partition}")),
    }
    Ok(())
}

/// The paths as the person named them.
pub(crate) fn shown(paths: &[impl AsRef<Path>]) -> String {
    let texts: Vec<String> =
        paths.iter().map(|path| escaped(path.as_ref().as_os_str().as_encoded_bytes())).collect();
    texts.join(" ")
}

fn options(reading: &Reading, kafka: Option<&str>) -> Result<Options, CouldNotRun> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let asked = kafka.map(profile).transpose()?;
    Ok(Options {
        profile: asked.map_or_else(newest, |(_, profile)| profile),
        release: asked.map(|(release, _)| release),
        threads: reading.threads.map_or_else(cores, usize::from),
        unit_bytes: reading.unit_bytes,
        redaction: redact::asked(reading)?,
        view: None,
        offsets_retention_ms: None,
        read: match reading.read_with {
            ReadWith::Mmap => ReadMode::Mapped,
            ReadWith::Reads => ReadMode::Plain,
        },
    })
}

/// `4.1.0`, `3.9.2/old`, `3.9.2/new`; without a coordinator the new one where the release has it.
fn profile(text: &str) -> Result<(Release, Profile), CouldNotRun> {
    let (release, coordinator) = match text.split_once('/') {
        Some((release, "old")) => (release, Some(Coordinator::Old)),
        Some((release, "new")) => (release, Some(Coordinator::New)),
        Some(_) => {
            return Err(CouldNotRun::because(format!(
                "{text:?}: expected RELEASE, RELEASE/old or RELEASE/new"
            )));
        }
        None => (text, None),
    };
    let release: Release = release.parse()?;
    let found = match coordinator {
        Some(coordinator) => profile_for(release, coordinator),
        None => profile_for(release, Coordinator::New).or_else(|| profile_for(release, Coordinator::Old)),
    };
    let found = found.map(|profile| (release, profile));
    found.ok_or_else(|| CouldNotRun::because(format!("Kafka {release} does not have that coordinator")))
}

/// Reads the evidence into one report, with a progress bar on a terminal.
fn read(
    evidence: &args::Evidence,
    kafka: Option<&str>,
    how: &Looking,
    asked: Asked,
) -> Result<(Evidence, Report), CouldNotRun> {
    let options = Options {
        view: how.view.map(View::kind),
        offsets_retention_ms: how.offsets_retention,
        ..options(&evidence.reading, kafka)?
    };
    let found = find_at(&evidence.paths, asked.as_of)?;
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let report = report_asked(&found, &options, asked, &progress)?;
    drop(bar);
    Ok((found, report))
}

impl args::AsOf {
    /// The moment asked for.
    pub(crate) fn moment(&self) -> Option<AsOf> {
        moment(self.as_of, self.as_of_offset)
    }
}

/// The moment that a time or an offset names.
fn moment(as_of: Option<jiff::Timestamp>, as_of_offset: Option<(i32, i64)>) -> Option<AsOf> {
    let time = as_of.map(|at| AsOf::Time(at.as_millisecond()));
    time.or(as_of_offset.map(|(partition, offset)| AsOf::Offset { partition, offset }))
}

impl args::Which {
    /// What is asked for.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            earlier: false,
            as_of: self.as_of.moment(),
            since_ms: self.since.map(jiff::Timestamp::as_millisecond),
            deleted: self.deleted,
        }
    }
}

/// Copies left aside that are named; the rest is counted.
const MOST_ASIDE: usize = 10;

/// Says what a stream of rows does not hold; true when some of it is damage. `what` could not be decoded.
fn left_out(totals: &StreamTotals, what: &str) -> bool {
    let damage = totals.undecodable > 0 || totals.damaged_bytes > 0;
    if damage {
        output::note(&format!(
            "{} {what} could not be decoded, {} bytes are damaged (`lastwrites scan` says where)",
            totals.undecodable, totals.damaged_bytes
        ));
    }
    let aside = &totals.left_aside;
    for finding in aside.iter().take(MOST_ASIDE) {
        let number = finding.partition.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let left = finding.file.as_deref().unwrap_or_default();
        output::note(&format!("partition {number}: {left} was left aside: {}", finding.message));
    }
    if aside.len() > MOST_ASIDE {
        output::note(&format!("{} more copies were left aside likewise", aside.len() - MOST_ASIDE));
    }
    damage
}

/// One JSON document and a newline.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CouldNotRun> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes a new file; one that is there is never overwritten.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), CouldNotRun> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| CouldNotRun::because(format!("{}: {error}", shown(&[path]))))
}
