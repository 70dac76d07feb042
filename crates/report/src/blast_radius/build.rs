//! Puts metadata, groups and verdicts together.

use std::collections::BTreeSet;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{ClusterMetadata, Evidence, cluster_layout};
use lastwrites_records::redact::Redaction;
use lastwrites_types::{ByteText, group_to_partition};

use super::model::{BlastRadius, GroupRadius, PartitionRadius, Radius};
use super::{doubts, groups, metadata};
use crate::build::{BuildError, believed, offsets_partitions, path_text, true_group};
use crate::diagnose::{AskedProfiles, PartitionDiagnosis, RaceWindows, diagnose};
use crate::findings::{self, Code, Finding, Severity};
use crate::model::Report;
use crate::moment::{AsOf, Asked, report_asked};
use crate::options::Options;
use crate::terminal::is_stopped;

/// What is asked.
pub struct Question<'a> {
    /// Releases whose verdicts count.
    pub asked: &'a AskedProfiles,
    /// Where to look.
    pub selection: Selection,
    /// The moment of the groups, and where it's a time of the metadata, too; `None` for the newest.
    pub as_of: Option<AsOf>,
    /// Only offsets committed at this time or later, and groups that have some; ms since 1970.
    pub since_ms: Option<i64>,
    /// A pasted description of the cluster, in place of what the copies say.
    pub described: Option<ClusterMetadata>,
}

/// Which part of the cluster is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// All of it.
    Everything,
    /// What one broker coordinates.
    Broker(i32),
    /// One partition of the offsets topic.
    Partition(i32),
    /// One group.
    Group(ByteText),
}

/// Who is hit, as far as the copies tell.
///
/// # Errors
/// When nothing at all can be read. An unknown broker, partition or group gives empty lists.
pub fn blast_radius(
    evidence: &Evidence,
    options: &Options,
    question: &Question<'_>,
    progress: &Progress,
) -> Result<BlastRadius, BuildError> {
    // An offset of one partition says nothing of when.
    let as_of_ms = match question.as_of {
        Some(AsOf::Time(ms)) => Some(ms),
        Some(AsOf::Offset { .. }) | None => None,
    };
    let known = question.described.clone();
    let known = known.or_else(|| cluster_layout(evidence, as_of_ms, options.read));
    let known = known.as_ref();
    let (evidence, strangers) = metadata::of_this_cluster(evidence, known);
    let evidence = evidence.as_ref();
    let believed = believed(evidence, offsets_partitions(known));
    let asked = Asked { as_of: question.as_of, since_ms: question.since_ms, ..Asked::default() };
    // As of a moment the leader's copy answers, and the others know what its cleaner took.
    let answering = if question.as_of.is_some() { evidence } else { &believed };
    let report = report_asked(answering, options, asked, progress)?;
    let diagnosis = diagnose(&believed, options, question.asked, RaceWindows::None, progress)?;
    let mut found = metadata::findings(known, as_of_ms);
    found.extend(metadata::without_beginning(evidence, options.read));
    found.extend(findings::other_metadata(evidence));
    // Before the metadata begins, the copies alone tell what there is.
    let known = known.filter(|known| known.begins_ms.is_none());
    found.extend(strangers);
    // What of that moment isn't known, and what the groups' offsets don't tell.
    let told = |code: Code| code.is_of_moment() || code.is_of_applications();
    found.extend(report.findings.iter().filter(|finding| told(finding.code)).cloned());
    found.extend(doubts::of_copies(&report).cloned());
    let forked = groups::only_on_forks(&report.groups);
    found.extend(doubts::only_on_forks(&forked));
    found.extend(diagnosis.findings.into_iter().filter(Finding::tells_a_failing_load));
    let mut radius = BlastRadius {
        radius: everything(evidence, known, &report, &diagnosis.partitions),
        view: report.view,
        rules: report.rules,
        copies: report.copies,
        findings: found,
    };
    radius.narrow(&question.selection, &forked, options.redaction.as_deref());
    radius.radius.topics = groups::topics(&radius.radius.groups, known);
    findings::sort(&mut radius.findings);
    Ok(radius)
}

/// Who is hit, of a report and a diagnosis that were made already, by the newest metadata in the copies.
#[must_use]
pub fn radius(
    evidence: &Evidence,
    report: &Report,
    diagnosis: &[PartitionDiagnosis],
    options: &Options,
) -> Radius {
    let known = cluster_layout(evidence, None, options.read);
    everything(evidence, known.as_ref(), report, diagnosis)
}

fn everything(
    evidence: &Evidence,
    known: Option<&ClusterMetadata>,
    report: &Report,
    diagnosis: &[PartitionDiagnosis],
) -> Radius {
    // A description may name some partitions only, such as those under-replicated.
    let settled = offsets_partitions(known).and_then(|partitions| {
        let count = i32::try_from(partitions.len()).ok()?;
        let copied = evidence.copies.iter().filter_map(|copy| copy.partition).max();
        let whole = partitions.keys().copied().eq(0..count) && copied.is_none_or(|highest| highest < count);
        whole.then_some(count)
    });
    let mut partitions = metadata::partitions(evidence, known);
    for partition in &mut partitions {
        partition.fails = fails(diagnosis, partition);
        let cuts = report.as_of.iter().flat_map(|as_of| &as_of.cuts);
        let mut cuts = cuts.filter(|cut| cut.partition == Some(partition.partition)).peekable();
        let number = partition.partition;
        partition.groups_complete = match cuts.peek() {
            Some(_) => Some(cuts.all(|cut| cut.complete) && !doubts::is_out_of_date(report, number)),
            None => doubts::may_lack_groups(report, number).then_some(false),
        };
    }
    let groups = groups::groups(&report.groups, &partitions, known);
    Radius {
        cluster_id: known.and_then(|known| known.cluster_id.clone()).or_else(|| only_cluster(evidence)),
        as_of_metadata_offset: known.and_then(|known| known.as_of_offset),
        as_of_metadata_uncommitted_from: known
            .and_then(|known| known.uncommitted.as_ref())
            .map(|tail| tail.from_offset),
        as_of_metadata_ms: known.and_then(|known| known.as_of_ms),
        metadata_path: known.map(|known| path_text(&known.path)),
        offsets_topic_partitions: settled.or(report.offsets_topic_partitions),
        offsets_topic_partitions_assumed: settled.is_none() && report.offsets_topic_partitions_assumed,
        brokers: metadata::brokers(evidence, known),
        partitions,
        topics: groups::topics(&groups, known),
        groups,
    }
}

impl BlastRadius {
    /// `forked` are the groups that only a forked copy knows.
    fn narrow(
        &mut self,
        selection: &Selection,
        forked: &[(ByteText, Option<i32>)],
        redaction: Option<&Redaction>,
    ) {
        match selection {
            Selection::Everything => {}
            Selection::Broker(id) => {
                self.radius.brokers.retain(|broker| broker.broker_id == *id);
                // Without metadata nothing says which of its partitions it leads: all it holds may be hit.
                let hit = |broker: &super::BrokerRadius| {
                    broker.leads.clone().unwrap_or_else(|| broker.replica_of.clone())
                };
                let hit: BTreeSet<i32> = self.radius.brokers.iter().flat_map(hit).collect();
                self.keep_partitions(|partition| hit.contains(&partition.partition));
                self.keep_groups_of_partitions();
            }
            Selection::Partition(number) => {
                self.keep_partitions(|partition| partition.partition == *number);
                self.keep_groups_of_partitions();
                self.keep_brokers_of_partitions();
            }
            Selection::Group(id) => {
                self.radius.groups.retain(|group| group.group_id == *id);
                let home = self.radius.offsets_topic_partitions.and_then(|count| {
                    group_to_partition(true_group(redaction, id.as_bytes()).as_bytes(), count)
                });
                if self.radius.groups.is_empty() && home.is_some() {
                    let on_a_fork = forked.iter().any(|(forked, _)| forked == id);
                    let group = groups::placed(id.clone(), home, on_a_fork, &self.radius.partitions);
                    self.radius.groups.push(GroupRadius { unknown: on_a_fork, ..group });
                }
                let homes: BTreeSet<i32> =
                    self.radius.groups.iter().filter_map(|group| group.offsets_partition).collect();
                self.keep_partitions(|partition| homes.contains(&partition.partition));
                self.keep_brokers_of_partitions();
            }
        }
    }

    fn keep_partitions(&mut self, keep: impl Fn(&PartitionRadius) -> bool) {
        self.radius.partitions.retain(keep);
        let kept: BTreeSet<i32> =
            self.radius.partitions.iter().map(|partition| partition.partition).collect();
        let stays = |number: Option<i32>| number.is_none_or(|number| kept.contains(&number));
        self.findings.retain(|finding| stays(finding.partition));
        self.copies.retain(|copy| stays(copy.partition));
    }

    fn keep_groups_of_partitions(&mut self) {
        let kept: BTreeSet<i32> =
            self.radius.partitions.iter().map(|partition| partition.partition).collect();
        self.radius
            .groups
            .retain(|group| group.offsets_partition.is_some_and(|number| kept.contains(&number)));
    }

    fn keep_brokers_of_partitions(&mut self) {
        let kept: BTreeSet<i32> =
            self.radius.partitions.iter().map(|partition| partition.partition).collect();
        self.radius.brokers.retain(|broker| broker.replica_of.iter().any(|number| kept.contains(number)));
    }
}

impl Finding {
    /// True when it says that an offsets partition does not load, be it only where no start has cut its damage off.
    fn tells_a_failing_load(&self) -> bool {
        matches!(self.severity, Severity::Error | Severity::Warning) && self.code.is_load_failure()
    }
}

/// Whether the leader's copy fails to load, else any copy that was judged; `None` when there is none, or when one
/// that loads lacks records, which may be those that kill.
fn fails(diagnosis: &[PartitionDiagnosis], partition: &PartitionRadius) -> Option<bool> {
    let copies = || diagnosis.iter().filter(|copy| copy.partition == Some(partition.partition));
    let leads = |copy: &&PartitionDiagnosis| copy.broker_id.is_some() && copy.broker_id == partition.leader;
    let judged: Vec<&PartitionDiagnosis> = match copies().any(|copy| leads(&copy)) {
        true => copies().filter(leads).collect(),
        false => copies().collect(),
    };
    let stopped = judged.iter().any(|copy| is_stopped(copy));
    let known = !judged.is_empty() && judged.iter().all(|copy| copy.incomplete(copies()).is_none());
    (stopped || known).then_some(stopped)
}

/// The id of the cluster when all log dirs agree on one.
fn only_cluster(evidence: &Evidence) -> Option<String> {
    let ids: BTreeSet<&String> =
        evidence.log_dirs.iter().filter_map(|log_dir| log_dir.cluster_id.as_ref()).collect();
    ids.first().filter(|_| ids.len() == 1).map(|id| (*id).clone())
}
