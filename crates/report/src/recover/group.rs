//! One group of a document.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::{ClusterMetadata, DirKind, Evidence, is_made_up};
use lastwrites_recovered_offsets::{Alternative, Group, GroupType, RecordPlace, RecoveredOffset};
use lastwrites_types::{ByteText, Flag, Trust, Uuid, group_to_partition};

use super::bound::{bound, overtaken};
use super::missing::{missing, unlisted};
use crate::applications::Application;
use crate::build::DEFAULT_PARTITIONS;
use crate::findings::{Code, Finding};
use crate::model::{AlternativeReport, CutReport, GroupReport, OffsetReport, PendingReport, Report};
use crate::terminal::counted;

/// What a document knows beside the report.
pub(super) struct Around<'a> {
    pub(super) report: &'a Report,
    pub(super) evidence: &'a Evidence,
    /// The cluster, where anything tells.
    pub(super) layout: Option<&'a ClusterMetadata>,
    /// The highest partition of every topic that the logs or the copied disks name.
    pub(super) highest_named: BTreeMap<ByteText, i32>,
    /// Why a partition that nobody names has no offset.
    pub(super) never: &'static str,
    /// Why one has none that the group's log names.
    pub(super) not_in_force: &'static str,
    /// What to say behind the tombstone of one that was deleted; `None` where an earlier moment is asked about.
    pub(super) deleted: Option<&'static str>,
}

impl<'a> Around<'a> {
    /// The cluster's own metadata: it names every topic.
    pub(super) fn metadata(&self) -> Option<&'a ClusterMetadata> {
        self.layout.filter(|layout| layout.names_every_topic())
    }
}

/// What is recovered of a group, and what is missing. Records may be missing before the moment asked about.
pub(super) fn recovered(group: &GroupReport, around: &Around<'_>) -> Group {
    let mut cuts = around.report.as_of.iter().flat_map(|as_of| &as_of.cuts);
    let lost = cuts.find(|cut| cut.partition == group.found_in).and_then(CutReport::lost);
    let recovered = |offset| recovered_offset(offset, around, lost);
    let offsets: Vec<RecoveredOffset> = group.offsets.iter().filter_map(recovered).collect();
    let mut warnings = warnings(group, around.report);
    warnings.extend(unlisted(group, around));
    // A document without the number of partitions is read by Kafka's default; a pseudonym hashes anywhere.
    let by_default = || group_to_partition(group.group_id.as_bytes(), DEFAULT_PARTITIONS);
    let report = around.report;
    let told = group.maps_to.filter(|_| !report.offsets_topic_partitions_assumed || report.names_redacted);
    Group {
        group_id: group.group_id.clone(),
        group_type: group_type(group.group_type),
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol.clone(),
        found_in: group.found_in,
        maps_to: told.or_else(by_default).unwrap_or(-1),
        warnings,
        missing: missing(group, around, lost),
        offsets,
    }
}

fn recovered_offset(
    offset: &OffsetReport,
    around: &Around<'_>,
    lost: Option<&str>,
) -> Option<RecoveredOffset> {
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
        bound: bound(offset, value, lost),
        record: record_place(place),
        alternatives: undecided(offset).chain(offset.alternatives.iter().filter_map(alternative)).collect(),
    })
}

/// Another copy's answer: a value, or that it has none. A negative value, which no consumer can use, is told of in the report
/// alone.
fn alternative(other: &AlternativeReport) -> Option<Alternative> {
    let has_value = other.offset.is_some();
    let record = other.record.as_ref().map(record_place);
    (record.is_some() == has_value && other.offset.is_none_or(|offset| offset >= 0)).then_some(())?;
    Some(Alternative {
        topic_id: other.topic_id,
        offset: other.offset,
        leader_epoch: other.leader_epoch,
        metadata: has_value.then(|| other.metadata.clone().unwrap_or_default()),
        committed_at_ms: has_value.then(|| other.committed_at_ms.unwrap_or(0)),
        trust: other.trust,
        flags: other.flags,
        record,
        why: other.why.clone(),
    })
}

/// What a transaction wrote whose marker isn't here, and that may have counted: nothing tells, or the transaction log says so.
fn undecided(offset: &OffsetReport) -> impl Iterator<Item = Alternative> {
    let may_have_counted = |pending: &&PendingReport| match pending.transaction {
        Some("committed") => pending.in_doubt || !overtaken(offset, pending),
        other => pending.in_doubt && other != Some("aborted"),
    };
    offset.pending.iter().filter(may_have_counted).filter_map(|pending| {
        let place = pending.record.as_ref()?;
        let committed = pending.transaction == Some("committed");
        let flags = [
            Some(Flag::Pending),
            pending.in_doubt.then_some(Flag::InDoubt),
            committed.then_some(Flag::CommittedByTransactionLog),
        ];
        let why = match pending.transaction {
            _ if overtaken(offset, pending) => {
                "written in a transaction whose end isn't known; the offset's own commit followed it, so a coordinator keeps \
                 that one however the transaction ended"
            }
            Some("committed") => "committed, says the transaction log; its marker is not in this log",
            _ => {
                "written in a transaction whose marker isn't here and may be lost: if it was committed, this is the offset"
            }
        };
        Some(Alternative {
            topic_id: None,
            offset: Some((pending.offset >= 0).then_some(pending.offset)?),
            leader_epoch: pending.leader_epoch,
            metadata: Some(pending.metadata.clone()),
            committed_at_ms: Some(pending.committed_at_ms),
            trust: Trust::Salvaged,
            flags: flags.into_iter().flatten().collect(),
            record: Some(record_place(place)),
            why: why.to_owned(),
        })
    })
}

fn record_place(place: &crate::model::RecordPlace) -> RecordPlace {
    RecordPlace {
        copy: place.copy,
        file: ByteText::from(&*place.file),
        offset: place.offset,
        position: place.position,
    }
}

/// No topic has a partition with a negative number: such a key was never written by a client.
pub(super) const fn is_possible(partition: i32) -> bool {
    partition >= 0
}

fn warnings(group: &GroupReport, report: &Report) -> Vec<String> {
    let of_partition = |finding: &&Finding| {
        finding.partition == group.found_in
            && matches!(
                finding.code,
                Code::TornCopy | Code::DamagedBytes | Code::WrongChecksum | Code::NothingDecoded
            )
    };
    let doubts = report.findings.iter().filter(of_partition);
    let mut warnings: Vec<String> =
        doubts.map(|finding| format!("{}: {}", finding.code, finding.message)).collect();
    if group.group_type == "none" {
        let gone = "the group itself is gone and only its offsets are left: a 4.x broker would answer -1";
        warnings.push(gone.to_owned());
    }
    if group.group_type == "unknown" {
        let unknown = if report.as_of.is_some() {
            "unknown: what the group was at that moment (type, state, members) may have been compacted away, or lost to damage; \
             its type here is `none` for that reason alone"
        } else {
            "unknown: the text lacks the records that tell what the group is (type, state, members); its type here is `none` \
             for that reason alone"
        };
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
    } else if group.maps_to.is_none() {
        warnings.push(
            "the number of partitions of __consumer_offsets isn't known, nor then whether the group belongs to the \
             partition that it was found in; maps_to is as for Kafka's default, which the groups here contradict"
                .to_owned(),
        );
    } else if group.is_foreign() {
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
    if let Some(releases) = group.offsets.iter().find_map(|offset| offset.served_empty.as_deref()) {
        warnings.push(format!(
            "LW111: brokers of {releases} (old coordinator) load this partition without its groups, in silence: if one did, \
             consumers began anew, and what they committed since stands behind what was committed before; `--as-of` a moment \
             before that load (the time of the broker log's `Error loading offsets`) leaves it out, `--kafka` says which \
             release it was"
        ));
    }
    let impossible = group.offsets.iter().filter(|offset| !is_possible(offset.partition)).count();
    if impossible > 0 {
        warnings
            .push(format!("{impossible} offsets of topic partitions with a negative number were left out"));
    }
    let contested = group.offsets.iter().filter(|offset| offset.flags.contains(Flag::Contested)).count();
    if contested > 0 {
        warnings.push(format!(
            "caught-up copies disagree on {} (contested), and no file says which of them is right: the other side stands among \
             the alternatives, or under `missing`",
            counted(contested, "partition", "partitions")
        ));
    }
    let live = |offset: &OffsetReport, is: fn(&PendingReport) -> bool| {
        offset.pending.iter().any(|pending| is(pending) && !overtaken(offset, pending))
    };
    let is_settled =
        |offset: &&OffsetReport| live(offset, |pending| pending.transaction == Some("committed"));
    let settled = group.offsets.iter().filter(is_settled).count();
    if settled > 0 {
        warnings.push(format!(
            "{} commits that the transaction log says were committed and whose marker is not in this log: no broker \
             serves them from it, and they were left out; they stand among the alternatives of the offset before them, or \
             under `missing`",
            counted(settled, "partition has", "partitions have")
        ));
    }
    let wrong = |offset: &&OffsetReport| {
        offset.offset.is_some()
            && offset.flags.contains(Flag::InDoubt)
            && !offset.pending.iter().any(|pending| pending.in_doubt)
    };
    let wrong = group.offsets.iter().filter(wrong).count();
    if wrong > 0 {
        warnings.push(format!(
            "{} from a batch whose checksum is wrong, flagged in-doubt: the number itself may not be what was committed",
            if wrong == 1 { "1 offset is".to_owned() } else { format!("{wrong} offsets are") }
        ));
    }
    let in_doubt =
        |offset: &&OffsetReport| live(offset, |pending| pending.in_doubt && pending.transaction.is_none());
    let in_doubt = group.offsets.iter().filter(in_doubt).count();
    if in_doubt > 0 {
        warnings.push(format!(
            "{} written in transactions whose marker may be lost, flagged in-doubt: they were left out and are listed \
             among the alternatives of the offset before them, or under `missing`",
            counted(in_doubt, "partition has commits", "partitions have commits")
        ));
    }
    let undecided = |pending: &PendingReport| !pending.in_doubt && pending.transaction != Some("aborted");
    let open = |offset: &&OffsetReport| live(offset, undecided) && !is_settled(offset);
    let pending = group.offsets.iter().filter(open).count();
    if pending > 0 {
        warnings.push(format!(
            "{} in transactions that nothing here shows to have ended, which were left out",
            counted(pending, "partition has commits", "partitions have commits")
        ));
    }
    let followed = |offset: &&OffsetReport| offset.pending.iter().any(|pending| overtaken(offset, pending));
    let followed = group.offsets.iter().filter(followed).count();
    if followed > 0 {
        warnings.push(format!(
            "{} in transactions without a marker that a later commit followed: a coordinator keeps the later one however those \
             end, and it is the one given",
            if followed == 1 { "1 partition has commits".to_owned() } else { format!("{followed} partitions have commits") }
        ));
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
