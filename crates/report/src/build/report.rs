//! The one report: reads the chosen copies and puts everything together.

use std::collections::BTreeMap;
use std::fmt;

use lastwrites_coordinator::pass::{CopyFiles, PassError, Progress};
use lastwrites_coordinator::state::{CopyState, replay};
use lastwrites_evidence::{Evidence, PartitionCopy};
use lastwrites_types::ByteText;

use super::choose::Chosen;
use super::copies::{copy_report, damage_findings, file_reports, path_text};
use super::groups::group_reports;
use super::lag;
use super::members::TopicNames;
use super::offsets::Surroundings;
use super::partition_count::{PartitionCount, partition_count};
use super::transactions;
use crate::findings::{self, Code, Finding, copy_findings, evidence_findings};
use crate::model::{CopyReport, Load, PartitionReport, Report};
use crate::options::Options;

/// Why no report could be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Worker threads can't be started.
    Pass(PassError),
    /// None of the segment files could be opened; the text is the first reason.
    NothingOpened(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(error) => error.fmt(f),
            Self::NothingOpened(first) => write!(f, "no segment file could be opened; the first: {first}"),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<PassError> for BuildError {
    fn from(error: PassError) -> Self {
        Self::Pass(error)
    }
}

/// Replays one copy of every partition and reports its groups.
///
/// # Errors
/// When nothing at all can be read. Damage is part of the report.
pub fn report(evidence: &Evidence, options: &Options, progress: &Progress) -> Result<Report, BuildError> {
    let chosen = Chosen::of(evidence);
    let copies: Vec<&PartitionCopy> = chosen.used.iter().map(|(_, copy)| *copy).collect();
    let paths =
        copies.iter().map(|copy| copy.log_files().map(|(i, file)| (i, file.path.as_path())).collect());
    let files = CopyFiles::open(paths, options.open());
    opened(&files)?;
    let partitions: Vec<i32> = copies.iter().map(|copy| copy.partition.unwrap_or(-1)).collect();
    let states = replay(&files, &partitions, &options.profile, progress)?;
    let count = count_of(evidence, &copies, &states);
    let names = topic_names(evidence, &states);

    let mut report = Report {
        view: "as-found",
        rules: options.profile.to_string(),
        offsets_topic_partitions: Some(count.partitions),
        copies: Vec::new(),
        partitions: Vec::new(),
        groups: Vec::new(),
        findings: evidence_findings(evidence),
    };
    report.findings.extend(chosen.findings(evidence));
    for (index, (copy, state)) in copies.iter().zip(&states).enumerate() {
        let around = Surroundings { copy, index, continuity: state.continuity };
        let groups = group_reports(state, &around, &options.profile, count, &names);
        report.findings.extend(damage_findings(copy, &state.tallies));
        report.findings.extend(copy_findings(copy, state, &groups, &options.profile));
        report.copies.push(CopyReport {
            files: file_reports(copy, &state.tallies),
            ..copy_report(evidence, copy, &state.continuity)
        });
        report.partitions.push(PartitionReport { partition: copy.partition, load: load(state) });
        report.groups.extend(groups);
    }
    if count.assumed && !report.groups.is_empty() {
        report.findings.push(assumed_count(count));
    }
    transactions::add(&mut report.groups, evidence, options.read);
    lag::add(&mut report.groups, evidence, options.read);
    report.groups.sort_by(|a, b| (&a.group_id, a.found_in).cmp(&(&b.group_id, b.found_in)));
    findings::sort(&mut report.findings);
    Ok(report)
}

/// Fails when files were named and none could be opened.
pub(crate) fn opened(files: &CopyFiles) -> Result<(), BuildError> {
    match files.unopened().first() {
        Some(first) if files.all_unopened() => Err(BuildError::NothingOpened(first.error.to_string())),
        _ => Ok(()),
    }
}

fn load(state: &CopyState) -> Load {
    let failure = state.load.failure.as_ref().filter(|_| !state.load.verdict.is_loaded());
    Load {
        verdict: state.load.verdict.as_str(),
        offset: failure.and_then(|failure| failure.offset),
        error: failure.map(|failure| failure.error.clone()),
    }
}

fn count_of(evidence: &Evidence, copies: &[&PartitionCopy], states: &[CopyState]) -> PartitionCount {
    let of_copy = |(copy, state): (&&PartitionCopy, &'_ CopyState)| -> Vec<(Vec<u8>, i32)> {
        let Some(partition) = copy.partition else { return Vec::new() };
        let ids = state.keys.iter().map(|key| key.group_id.to_vec());
        let ids = ids.chain(state.load.groups.iter().map(|(id, _)| id.to_vec()));
        ids.collect::<std::collections::BTreeSet<_>>().into_iter().map(|id| (id, partition)).collect()
    };
    let found: Vec<(Vec<u8>, i32)> = copies.iter().zip(states).flat_map(of_copy).collect();
    let highest = evidence.copies.iter().filter_map(|copy| copy.partition).max();
    partition_count(found.iter().map(|(id, partition)| (id.as_slice(), *partition)), highest)
}

fn assumed_count(count: PartitionCount) -> Finding {
    let message = format!(
        "the number of partitions of __consumer_offsets is assumed to be {}: too few groups to tell, so where a \
         group id maps to is a guess",
        count.partitions
    );
    Finding::new(Code::AssumedPartitions, message)
}

/// Names of topics by id: from `partition.metadata` beside the offsets topic, and from commits that carry both.
fn topic_names(evidence: &Evidence, states: &[CopyState]) -> TopicNames {
    let mut names = BTreeMap::new();
    for other in &evidence.other_partitions {
        if let Some(id) = other.topic_id {
            names.insert(id, ByteText::from(other.topic.as_str()));
        }
    }
    for key in states.iter().flat_map(|state| &state.keys) {
        let id = key.committed.as_ref().map(|write| write.commit.topic_id).filter(|id| !id.is_zero());
        if let Some(id) = id {
            names.entry(id).or_insert_with(|| ByteText::from(&*key.topic));
        }
    }
    names
}

impl Chosen<'_> {
    /// Says which copies were left aside, and for which.
    fn findings(&self, evidence: &Evidence) -> Vec<Finding> {
        let finding = |(left, used): &(usize, usize)| {
            let (left, used) = (evidence.copies.get(*left)?, evidence.copies.get(*used)?);
            let message = format!(
                "another copy of this partition was used: {} (its epochs or its newest segment are later, or it \
                 comes first); copies are not merged yet",
                path_text(&used.path)
            );
            let finding = Finding::new(Code::SeveralCopies, message);
            Some(finding.in_partition(left.partition).in_file(path_text(&left.path), None))
        };
        self.beside.iter().filter_map(finding).collect()
    }
}
