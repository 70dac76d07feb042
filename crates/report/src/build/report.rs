//! The one report: reads the chosen copies and puts everything together.

use std::fmt;

use lastwrites_coordinator::pass::{CopyFiles, PassError, Progress};
use lastwrites_coordinator::state::CopyState;
use lastwrites_evidence::{ClusterMetadata, Evidence, PartitionCopy};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC};

use super::expiry;
use super::groups::true_group;
use super::lag;
use super::members::TopicNames;
use super::outdated;
use super::partition_count::{DEFAULT_PARTITIONS, PartitionCount, partition_count};
use super::replayed::Replayed;
use super::transactions;
use crate::applications::{beyond_offsets, is_mirror_maker, is_mirror_maker_group};
use crate::findings::{self, Code, Finding, Severity, copy_findings, replica_findings};
use crate::merge::{Merged, Standing};
use crate::model::{GroupReport, Load, PartitionReport, ReplicaReport, Report};
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

/// Replays the copies of every partition and reports their groups: replicas merged, unless one way of looking at
/// single copies is asked for.
///
/// # Errors
/// When nothing at all can be read. Damage is part of the report.
pub fn report(evidence: &Evidence, options: &Options, progress: &Progress) -> Result<Report, BuildError> {
    let mut read = Replayed::of(evidence, options, progress)?;
    let mut report = read.report(evidence, options);
    report.findings.extend(read.ends.iter().filter_map(|ends| ends.finding.clone()));
    for set in &read.reading.sets {
        let of_set = set.read().filter_map(|at| read.reading.copies.binary_search(&at).ok());
        report.findings.extend(outdated::mark(
            &read.copies,
            &mut read.states,
            &of_set.collect::<Vec<_>>(),
            read.layout.as_ref(),
        ));
    }
    for at in 0..read.reading.sets.len() {
        let keys = read.take_keys(at);
        let Some(set) = read.reading.sets.get(at) else { continue };
        let brokers = read.brokers(at);
        let standings = Standing::of(&brokers);
        let Some(reference) = standings.first() else { continue };
        let context = read.context(set.partition, options);
        let merged = Merged::of(&standings, keys, &context);
        // What was warned of already needs no note.
        let mut of_merge = merged.findings(&standings);
        of_merge.retain(|found| {
            let behind = |told: &Finding| told.code == Code::ReplicaBehind && told.file == found.file;
            found.code != Code::ReplicaBehind || !report.findings.iter().any(behind)
        });
        report.findings.extend(of_merge);
        report.findings.extend(copy_findings(
            reference.copy,
            reference.state,
            &merged.groups,
            &options.profile,
        ));
        for other in standings.iter().skip(1).filter(|standing| standing.is_replica()) {
            report.findings.extend(replica_findings(other.copy, other.state, &options.profile));
        }
        report.partitions.push(PartitionReport {
            partition: set.partition,
            load: load(reference.copy, reference.state),
            replicas: standings.iter().map(replica_report).collect(),
        });
        report.groups.extend(merged.groups);
    }
    report.findings.extend(read.assumed(&report));
    let from =
        transactions::ReadFrom { evidence, copies: &read.copies, metadata: read.metadata(), as_of_ms: None };
    report.findings.extend(transactions::add(&mut report.groups, from, options, progress)?);
    let newest_ms = read.states.iter().filter_map(|state| state.counts.max_timestamp).max();
    report.findings.extend(expiry::add(
        &mut report.groups,
        options.offsets_retention_ms,
        options.release,
        newest_ms,
    ));
    report.findings.extend(mirror_maker(evidence, &report.groups));
    report.findings.extend(beyond_offsets(&report.groups));
    report.findings.extend(lag::add(
        &mut report.groups,
        evidence,
        &read.copies,
        read.metadata(),
        options.read,
    ));
    report.groups.sort_by(|a, b| (&a.group_id, a.found_in).cmp(&(&b.group_id, b.found_in)));
    findings::sort(&mut report.findings);
    Ok(report)
}

pub(crate) fn replica_report(standing: &Standing<'_>) -> ReplicaReport {
    ReplicaReport {
        copy: standing.index,
        role: standing.role,
        leader_epoch: standing.leader_epoch,
        log_end_offset: standing.end,
        agrees_to: standing.agreed_to,
    }
}

/// MirrorMaker can write a group's offsets from another cluster: translated ones, behind the source's.
pub(crate) fn mirror_maker(evidence: &Evidence, groups: &[GroupReport]) -> Option<Finding> {
    let directories = evidence.other_partitions.iter().map(|other| &other.topic);
    // Checkpoints name the topics of a broker also where their directories were not copied.
    let checkpoints = evidence.log_dirs.iter().filter_map(|log_dir| log_dir.high_watermarks.as_ref());
    let entries = checkpoints.flat_map(|checkpoint| checkpoint.entries()).map(|entry| &entry.topic);
    let topic = directories.chain(entries).find(|topic| is_mirror_maker(topic));
    let workers = || groups.iter().find(|group| is_mirror_maker_group(group));
    let sign = topic.map(|topic| format!("topic {topic}"));
    let sign = sign.or_else(|| workers().map(|group| format!("group {}", group.group_id)))?;
    let message = format!(
        "MirrorMaker 2 writes to this cluster ({sign}): offsets of groups it syncs are translated from another \
         cluster, lag behind it, and are written again while it runs"
    );
    Some(Finding::new(Code::MirrorMaker, message))
}

/// An empty file has no bytes to view and is accounted for all the same.
pub(super) fn with_empty_files(copy: &PartitionCopy, state: &mut CopyState) {
    for (index, _) in copy.log_files().filter(|(_, file)| file.size_bytes == 0) {
        state.tallies.entry(u32::try_from(index).unwrap_or(u32::MAX)).or_default();
    }
}

/// Fails when files were named and none could be opened.
pub(crate) fn nothing_opened(files: &CopyFiles) -> Result<(), BuildError> {
    match files.unopened().first() {
        Some(first) if files.all_unopened() => Err(BuildError::NothingOpened(first.error.to_string())),
        _ => Ok(()),
    }
}

pub(crate) fn load(copy: &PartitionCopy, state: &CopyState) -> Load {
    if copy.is_text() {
        return Load::UNKNOWN;
    }
    let failure = state.load.failure.as_ref().filter(|_| !state.load.verdict.is_loaded());
    Load {
        verdict: Some(state.load.verdict.as_str()),
        offset: failure.and_then(|failure| failure.offset),
        error: failure.map(|failure| failure.error.clone()),
    }
}

/// The count of the cluster's own metadata, unless a copy is numbered above it: then it is another cluster's.
pub(crate) fn known_count(
    metadata: Option<&ClusterMetadata>,
    copies: &[&PartitionCopy],
) -> Option<PartitionCount> {
    let (_, topic) = metadata?.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC))?;
    let partitions = i32::try_from(topic.partitions.len()).ok()?;
    let fits = copies.iter().all(|copy| copy.partition.is_none_or(|number| number < partitions));
    (fits && partitions > 0).then_some(PartitionCount { partitions: Some(partitions), assumed: false })
}

pub(super) fn count_of(
    evidence: &Evidence,
    copies: &[&PartitionCopy],
    states: &[CopyState],
    options: &Options,
) -> PartitionCount {
    let redaction = options.redaction.as_deref();
    let of_copy = |(copy, state): (&&PartitionCopy, &'_ CopyState)| -> Vec<(ByteText, i32)> {
        let Some(partition) = copy.partition else { return Vec::new() };
        let ids = state.keys.keys().map(|id| true_group(redaction, id));
        let ids = ids.chain(state.load.groups.iter().map(|(id, _)| true_group(redaction, id)));
        ids.collect::<std::collections::BTreeSet<_>>().into_iter().map(|id| (id, partition)).collect()
    };
    let found: Vec<(ByteText, i32)> = copies.iter().zip(states).flat_map(of_copy).collect();
    let here = evidence.copies.iter().filter_map(|copy| copy.partition).collect();
    partition_count(found.iter().map(|(id, partition)| (id.as_bytes(), *partition)), &here)
}

pub(super) fn assumed_count(count: PartitionCount) -> Finding {
    let Some(partitions) = count.partitions else {
        let message = format!(
            "the number of partitions of __consumer_offsets is not known: it isn't {DEFAULT_PARTITIONS}, Kafka's default, by \
             the groups here, and they settle no other. Whether a group belongs to the partition that it lies in isn't \
             known then, and none is called foreign. __cluster_metadata-0, the capture's capture.json or the other \
             partitions beside this one settle it; partition-for --partitions N answers for a number that you know"
        );
        return Finding { severity: Severity::Warning, ..Finding::new(Code::AssumedPartitions, message) };
    };
    let message = format!(
        "the number of partitions of __consumer_offsets is assumed to be {partitions}: the groups here don't settle it, so \
         where a group id maps to is a guess"
    );
    Finding::new(Code::AssumedPartitions, message)
}

/// Names of topics by id: from the cluster's metadata, `partition.metadata` beside the offsets topic, and commits that
/// carry both.
pub(crate) fn topic_names(
    evidence: &Evidence,
    metadata: Option<&ClusterMetadata>,
    states: &[CopyState],
) -> TopicNames {
    let topics = metadata.into_iter().flat_map(|metadata| &metadata.image.topics);
    let mut names: TopicNames = topics.map(|(id, topic)| (*id, topic.name.clone())).collect();
    for other in &evidence.other_partitions {
        if let Some(id) = other.topic_id {
            names.insert(id, ByteText::from(other.topic.as_str()));
        }
    }
    for key in states.iter().flat_map(|state| state.keys.values().flatten()) {
        let id = key.committed.as_ref().map(|write| write.commit.topic_id).filter(|id| !id.is_zero());
        if let Some(id) = id {
            names.entry(id).or_insert_with(|| ByteText::from(key.topic.clone()));
        }
    }
    names
}
