//! `lastwrites blast-radius`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{ClusterMetadata, described_cluster, discover};
use lastwrites_report::blast_radius::{Question, Selection, blast_radius};
use lastwrites_report::diagnose::AskedProfiles;
use lastwrites_report::terminal;

use super::{CouldNotRun, moment, name_partition, options, shown};
use crate::args::BlastRadius;
use crate::progress::Bar;
use crate::{exit, output, redact};

pub(crate) fn run(args: &BlastRadius) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    // A controller's disk has no offsets partition, yet tells who leads them.
    let mut evidence = discover(&args.evidence.paths)?;
    redact::names(&mut evidence);
    let asked = if args.kafka.is_empty() { AskedProfiles::all() } else { AskedProfiles::of(&args.kafka) };
    let as_of = moment(args.as_of, args.as_of_offset);
    name_partition(&mut evidence, as_of)?;
    let question = Question {
        asked: &asked,
        selection: selection(args),
        as_of,
        since_ms: args.since.map(jiff::Timestamp::as_millisecond),
        described: args.described.as_deref().map(described).transpose()?.map(redact::described),
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let radius = blast_radius(&evidence, &options, &question, &progress)?;
    drop(bar);
    output::show(args.json, &radius, || terminal::blast_radius(&radius))?;
    Ok(exit::by_findings(&radius.findings))
}

fn described(path: &Path) -> Result<ClusterMetadata, CouldNotRun> {
    let named = shown(&[path.to_owned()]);
    let text = fs::read(path).map_err(|error| CouldNotRun::because(format!("{named}: {error}")))?;
    described_cluster(path, &String::from_utf8_lossy(&text))
        .map_err(|error| CouldNotRun::because(format!("{named}: {error}")))
}

fn selection(args: &BlastRadius) -> Selection {
    if let Some(broker) = args.broker {
        Selection::Broker(broker)
    } else if let Some(partition) = args.partition {
        Selection::Partition(partition)
    } else if let Some(group) = &args.group {
        Selection::Group(redact::group(group))
    } else {
        Selection::Everything
    }
}
