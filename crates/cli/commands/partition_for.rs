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
    let (mut found, mut taken) = (None, None);
    let mut avoid: BTreeSet<i32> = args.avoid.iter().copied().collect();
    if !args.evidence.is_empty() {
        let known = known(args)?;
        found = Some(known.count);
        avoid.extend(known.failing);
        taken = Some(known.groups);
    }
    let ids: Vec<ByteText> = args.groups.iter().map(|id| ByteText::from(id.as_str())).collect();
    let counts = Counts { asked: args.partitions, found };
    let answer = PartitionFor::new(&ids, counts, &avoid, taken.as_ref());
    output::show(args.json, &answer, || terminal::partition_for(&answer))?;
    Ok(exit::by_findings(&answer.findings))
}

/// What the evidence says.
struct Known {
    count: PartitionCount,
    /// Partitions that do not load.
    failing: Vec<i32>,
    /// Names that are taken.
    groups: BTreeSet<ByteText>,
}

fn known(args: &args::PartitionFor) -> Result<Known, CouldNotRun> {
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
    let groups = radius.radius.groups.into_iter().map(|group| group.group_id).collect();
    Ok(Known { count, failing, groups })
}
