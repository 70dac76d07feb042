//! One group of a document.

use std::collections::BTreeSet;

use lastwrites_evidence::{ClusterMetadata, DirKind, Evidence, is_made_up};
use lastwrites_recovered_offsets::{Alternative, Group, GroupType, Missing, RecordPlace, RecoveredOffset};
use lastwrites_types::{ByteText, Flag, Uuid};

use super::bound::bound;
use crate::applications::Application;
use crate::findings::{Code, Finding};
use crate::model::{AlternativeReport, GroupReport, OffsetReport, Report};

/// What a document knows beside the report.
pub(super) struct Around<'a> {
    pub(super) report: &'a Report,
    pub(super) evidence: &'a Evidence,
    /// The cluster, where anything tells.
    pub(super) layout: Option<&'a ClusterMetadata>,
    /// Why a partition that nobody names has no offset.
    pub(super) never: &'static str,
}

impl<'a> Around<'a> {
    /// The cluster's own metadata: it names every topic.
    fn metadata(&self) -> Option<&'a ClusterMetadata> {
        self.layout.filter(|layout| layout.names_every_topic())
    }
}

/// What is recovered of a group, and what is missing.
pub(super) fn recovered(group: &GroupReport, around: &Around<'_>) -> Group {
    let offsets: Vec<RecoveredOffset> =
        group.offsets.iter().filter_map(|offset| recovered_offset(offset, around)).collect();
    Group {
        group_id: group.group_id.clone(),
        group_type: group_type(group.group_type),
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol.clone(),
        found_in: group.found_in,
        maps_to: group.maps_to.unwrap_or(-1),
        warnings: warnings(group, around.report),
        missing: missing(group, around),
        offsets,
    }
}

fn recovered_offset(offset: &OffsetReport, around: &Around<'_>) -> Option<RecoveredOffset> {
    let place = offset.record.as_ref()?;
    let value = offset.offset.filter(|offset| *offset >= 0)?;
    is_possible(offset.partition).then_some(())?;
    Some(RecoveredOffset {
        topic: offset.topic.clone(),
        topic_id: offset.topic_id,
        topic_id_at_copy: topic_id_at_copy(&offset.topic, around),
        partition: offset.partition,
        offset: value,
        leader_epoch: offset.leader_epoch,
        metadata: offset.metadata.clone().unwrap_or_default(),
        committed_at_ms: offset.committed_at_ms.unwrap_or(0),
        trust: offset.trust,
        flags: offset.flags,
        bound: bound(offset, value),
        record: record_place(place),
        alternatives: offset.alternatives.iter().filter_map(alternative).collect(),
    })
}

/// Another copy's value; what has no usable offset is told of in the report alone.
fn alternative(other: &AlternativeReport) -> Option<Alternative> {
    let place = other.record.as_ref()?;
    Some(Alternative {
        topic_id: other.topic_id,
        offset: other.offset.filter(|offset| *offset >= 0)?,
        leader_epoch: other.leader_epoch,
        metadata: other.metadata.clone().unwrap_or_default(),
        committed_at_ms: other.committed_at_ms.unwrap_or(0),
        trust: other.trust,
        flags: other.flags,
        record: record_place(place),
        why: other.why.clone(),
    })
}

fn record_place(place: &crate::model::RecordPlace) -> RecordPlace {
    RecordPlace {
        copy: place.copy,
        file: ByteText::from(place.file.as_str()),
        offset: place.offset,
        position: place.position,
    }
}

/// No topic has a partition with a negative number: such a key was never written by a client.
const fn is_possible(partition: i32) -> bool {
    partition >= 0
}

fn warnings(group: &GroupReport, report: &Report) -> Vec<String> {
    let of_partition = |finding: &&Finding| {
        finding.partition == group.found_in
            && matches!(finding.code, Code::TornCopy | Code::DamagedBytes | Code::NothingDecoded)
    };
    let doubts = report.findings.iter().filter(of_partition);
    let mut warnings: Vec<String> =
        doubts.map(|finding| format!("{}: {}", finding.code, finding.message)).collect();
    if group.group_type == "none" {
        let gone = "the group itself is gone and only its offsets are left: a 4.x broker would answer -1";
        warnings.push(gone.to_owned());
    }
    if group.group_type == "unknown" {
        let unknown = "unknown: what the group was at that moment (type, state, members) may have been compacted away; its \
                       type here is `none` for that reason alone";
        warnings.push(unknown.to_owned());
    }
    warnings.extend(Application::of(group).map(|application| application.limits().to_owned()));
    warnings.extend(of_text(group, report));
    if group.found_in.is_none() {
        let count = match (report.offsets_topic_partitions, report.offsets_topic_partitions_assumed) {
            (Some(count), true) => format!(" of {count}, a number that is assumed"),
            (Some(count), false) => format!(" of {count}"),
            (None, _) => String::new(),
        };
        warnings.push(format!(
            "which partition the records were in is not known; the id hashes to {}{count}",
            group.maps_to.map_or_else(|| "?".to_owned(), |partition| partition.to_string())
        ));
    } else if group.maps_to != group.found_in {
        warnings.push("found in a partition that the group id does not hash to".to_owned());
    }
    let is_disguised = |offset: &OffsetReport| offset.metadata.as_ref().is_some_and(|text| !text.is_empty());
    if report.redacted && group.offsets.iter().any(is_disguised) {
        warnings.push(
            "metadata texts are pseudonyms (--redact): this is for reading, not for a cluster".to_owned(),
        );
    }
    if report.names_redacted {
        warnings.push(
            "group and topic are pseudonyms (--redact-names): no cluster knows them, and lastwrites-seek refuses the \
             document"
                .to_owned(),
        );
    }
    let impossible = group.offsets.iter().filter(|offset| !is_possible(offset.partition)).count();
    if impossible > 0 {
        warnings
            .push(format!("{impossible} offsets of topic partitions with a negative number were left out"));
    }
    let is_settled = |offset: &&OffsetReport| {
        offset.pending.iter().any(|pending| pending.transaction == Some("committed"))
    };
    let settled = group.offsets.iter().filter(is_settled).count();
    if settled > 0 {
        warnings.push(format!(
            "{} commits that the transaction log says were committed and whose marker is not in this log: they were \
             left out, each bound names them",
            if settled == 1 { "1 partition has".to_owned() } else { format!("{settled} partitions have") }
        ));
    }
    let pending = group.offsets.iter().filter(|offset| !offset.pending.is_empty()).count() - settled;
    if pending > 0 {
        warnings.push(format!("{pending} partitions have commits in open transactions, which were left out"));
    }
    warnings
}

/// What the texts that its offsets come from leave out.
fn of_text(group: &GroupReport, report: &Report) -> Vec<String> {
    let records = group.offsets.iter().filter_map(|offset| offset.record.as_ref());
    let copies: BTreeSet<usize> = records.map(|record| record.copy).collect();
    let paths: BTreeSet<&String> =
        copies.iter().filter_map(|copy| report.copies.get(*copy)).map(|copy| &copy.path).collect();
    let texts = report.findings.iter().filter(|finding| {
        finding.code == Code::TextEvidence && finding.file.as_ref().is_some_and(|file| paths.contains(file))
    });
    texts.map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
}

/// Partitions that the group worked on but that have no recovered offset: pending ones, assigned ones, and those of its
/// topics that the cluster's metadata names or that lie on the copied disks.
fn missing(group: &GroupReport, around: &Around<'_>) -> Vec<Missing> {
    let usable = |offset: &&OffsetReport| offset.offset.is_some_and(|offset| offset >= 0);
    let known: BTreeSet<(&ByteText, i32)> =
        group.offsets.iter().filter(usable).map(|offset| (&offset.topic, offset.partition)).collect();
    let mut missing: Vec<Missing> = Vec::new();
    let mut named: BTreeSet<(ByteText, i32)> = BTreeSet::new();
    let mut name = |topic: &ByteText, partition: i32, why: &str| {
        if is_possible(partition)
            && !known.contains(&(topic, partition))
            && named.insert((topic.clone(), partition))
        {
            missing.push(Missing { topic: topic.clone(), partition, why: why.to_owned() });
        }
    };
    for offset in &group.offsets {
        let why = match offset.offset {
            None if offset.flags.contains(Flag::AsOfUnknown) => {
                "unknown: what was committed at that moment may have been compacted away"
            }
            None if offset.flags.contains(Flag::Deleted) => {
                "deleted; an older value is left, but the last one before the tombstone may have been cleaned away"
            }
            None if offset.flags.contains(Flag::Contested) => {
                "caught-up copies disagree on whether it was deleted: `groups` shows both"
            }
            None if offset.flags.contains(Flag::Unacknowledged) => {
                "committed only on a copy whose log forked off: no other copy has it"
            }
            None => "committed only in a transaction that the log never closes",
            Some(_) => "the committed offset is negative, which no consumer can use",
        };
        name(&offset.topic, offset.partition, why);
    }
    let assigned = format!("assigned to a member, {}", around.never);
    let mut topics: BTreeSet<ByteText> = group.offsets.iter().map(|offset| offset.topic.clone()).collect();
    for assignment in group.members.iter().flat_map(|member| &member.assignment) {
        let named = assignment.topic_id.and_then(|id| around.layout?.image.topics.get(&id));
        let Some(topic) = assignment.topic.as_ref().or(named.map(|topic| &topic.name)) else { continue };
        for partition in &assignment.partitions {
            name(topic, *partition, &assigned);
        }
        topics.insert(topic.clone());
    }
    if let Some(metadata) = around.metadata() {
        for topic in &topics {
            let partitions = metadata.image.topic(topic).map(|(_, topic)| topic.partitions.keys());
            partitions.into_iter().flatten().for_each(|partition| name(topic, *partition, around.never));
        }
    }
    for other in around.evidence.other_partitions.iter().filter(|other| other.kind == DirKind::Normal) {
        let topic = ByteText::from(other.topic.as_str());
        if topics.contains(&topic) {
            name(&topic, other.partition, around.never);
        }
    }
    missing
}

/// The id that the disk gives a topic, else the cluster's metadata or a capture; none when copies disagree, or are of
/// several clusters.
fn topic_id_at_copy(topic: &ByteText, around: &Around<'_>) -> Option<Uuid> {
    let same =
        around.evidence.other_partitions.iter().filter(|other| other.topic.as_bytes() == topic.as_bytes());
    let in_use = same.filter(|other| other.kind == DirKind::Normal);
    let ids: BTreeSet<Uuid> = in_use.filter_map(|other| other.topic_id).collect();
    let told = || {
        let layout = around.layout.filter(|layout| layout.other_clusters.is_empty())?;
        layout.image.topic(topic).map(|(id, _)| id).filter(|id| !is_made_up(*id))
    };
    match ids.len() {
        0 => told(),
        1 => ids.into_iter().next(),
        _ => None,
    }
}

fn group_type(word: &str) -> GroupType {
    match word {
        "classic" => GroupType::Classic,
        "consumer" => GroupType::Consumer,
        "share" => GroupType::Share,
        "streams" => GroupType::Streams,
        _ => GroupType::None,
    }
}
