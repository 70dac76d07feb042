//! `lastwrites partition-for`.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::discover;
use lastwrites_report::blast_radius::{Question, Selection, blast_radius};
use lastwrites_report::diagnose::AskedProfiles;
use lastwrites_report::partition_for::{Counts, PartitionFor};
use lastwrites_report::{PartitionCount, terminal};
use lastwrites_types::ByteText;

use super::{CouldNotRun, options};
use crate::args;
use crate::progress::Bar;
use crate::{exit, output, redact};

pub(crate) fn run(args: &args::PartitionFor) -> Result<ExitCode, CouldNotRun> {
    let mut found = None;
    let mut avoid: BTreeSet<i32> = args.avoid.iter().copied().collect();
    if !args.evidence.is_empty() {
        let (known, failing) = known(args)?;
        found = Some(known);
        avoid.extend(failing);
    }
    let ids: Vec<ByteText> = args.groups.iter().map(|id| ByteText::from(id.as_str())).collect();
    let answer = PartitionFor::new(&ids, Counts { asked: args.partitions, found }, &avoid);
    output::show(args.json, &answer, || terminal::partition_for(&answer))?;
    Ok(exit::by_findings(&answer.findings))
}

/// What the evidence says: how many partitions there are, and which of them do not load.
fn known(args: &args::PartitionFor) -> Result<(PartitionCount, Vec<i32>), CouldNotRun> {
    let options = options(&args.reading, None)?;
    let mut evidence = discover(&args.evidence)?;
    redact::names(&mut evidence);
    let asked = AskedProfiles::all();
    let question = Question {
        asked: &asked,
        selection: Selection::Everything,
        as_of: None,
        since_ms: None,
        described: None,
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let radius = blast_radius(&evidence, &options, &question, &progress)?;
    drop(bar);
    let failing = radius.radius.partitions.iter().filter(|partition| partition.fails == Some(true));
    let failing = failing.map(|partition| partition.partition).collect();
    let count = PartitionCount {
        partitions: radius.radius.offsets_topic_partitions,
        assumed: radius.radius.offsets_topic_partitions_assumed,
    };
    Ok((count, failing))
}
