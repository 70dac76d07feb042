//! One group of a document.

use std::collections::BTreeSet;

use lastwrites_evidence::{DirKind, Evidence};
use lastwrites_recovered_offsets::{
    Alternative, Bound, Group, GroupType, Missing, RecordPlace, RecoveredOffset,
};
use lastwrites_types::{ByteText, Flag, Uuid};

use crate::applications::Application;
use crate::model::{AlternativeReport, GroupReport, OffsetReport};

/// What is recovered of a group, and what is missing.
pub(super) fn recovered(group: &GroupReport, evidence: &Evidence) -> Group {
    let offsets: Vec<RecoveredOffset> =
        group.offsets.iter().filter_map(|offset| recovered_offset(offset, evidence)).collect();
    Group {
        group_id: group.group_id.clone(),
        group_type: group_type(group.group_type),
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol.clone(),
        found_in: group.found_in.unwrap_or(-1),
        maps_to: group.maps_to.unwrap_or(-1),
        warnings: warnings(group),
        missing: missing(group, evidence),
        offsets,
    }
}

fn recovered_offset(offset: &OffsetReport, evidence: &Evidence) -> Option<RecoveredOffset> {
    let place = offset.record.as_ref()?;
    Some(RecoveredOffset {
        topic: offset.topic.clone(),
        topic_id: offset.topic_id,
        topic_id_at_copy: topic_id_at_copy(&offset.topic, evidence),
        partition: offset.partition,
        offset: offset.offset.filter(|offset| *offset >= 0)?,
        leader_epoch: offset.leader_epoch,
        metadata: offset.metadata.clone().unwrap_or_default(),
        committed_at_ms: offset.committed_at_ms.unwrap_or(0),
        trust: offset.trust,
        flags: offset.flags,
        bound: bound(offset),
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

/// What can be proved about how wrong an offset is. How far a consumer read past its last commit is in no log.
fn bound(offset: &OffsetReport) -> Bound {
    if offset.flags.contains(Flag::BeforeGap) {
        return Bound {
            repeated_at_most: None,
            skipped_at_most: None,
            why: "the log is damaged after this record: a later commit, forward or back, may be lost"
                .to_owned(),
        };
    }
    if !offset.pending.is_empty() {
        return Bound {
            repeated_at_most: None,
            skipped_at_most: Some(0),
            why: "a transaction over this partition is still open; if its producer meant to commit, its records \
                  are read again"
                .to_owned(),
        };
    }
    Bound {
        repeated_at_most: None,
        skipped_at_most: Some(0),
        why: "the last commit in the log; what was read after it and not committed is read again, and how much \
              that is no log tells"
            .to_owned(),
    }
}

fn warnings(group: &GroupReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if group.group_type == "none" {
        let gone = "the group itself is gone and only its offsets are left: a 4.x broker would answer -1";
        warnings.push(gone.to_owned());
    }
    warnings.extend(Application::of(group).map(|application| application.limits().to_owned()));
    if group.maps_to != group.found_in {
        warnings.push("found in a partition that the group id does not hash to".to_owned());
    }
    let pending = group.offsets.iter().filter(|offset| !offset.pending.is_empty()).count();
    if pending > 0 {
        warnings.push(format!("{pending} partitions have commits in open transactions, which were left out"));
    }
    warnings
}

/// Partitions that the group worked on but that have no recovered offset: pending ones, assigned ones, and
/// those of its topics that lie on the copied disks.
fn missing(group: &GroupReport, evidence: &Evidence) -> Vec<Missing> {
    let usable = |offset: &&OffsetReport| offset.offset.is_some_and(|offset| offset >= 0);
    let known: BTreeSet<(&ByteText, i32)> =
        group.offsets.iter().filter(usable).map(|offset| (&offset.topic, offset.partition)).collect();
    let mut missing: Vec<Missing> = Vec::new();
    let mut named: BTreeSet<(ByteText, i32)> = BTreeSet::new();
    let mut name = |topic: &ByteText, partition: i32, why: &str| {
        if !known.contains(&(topic, partition)) && named.insert((topic.clone(), partition)) {
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
    for assignment in group.members.iter().flat_map(|member| &member.assignment) {
        for partition in &assignment.partitions {
            if let Some(topic) = &assignment.topic {
                name(topic, *partition, "assigned to a member, never committed in the log that was copied");
            }
        }
    }
    let topics: BTreeSet<&ByteText> = known.iter().map(|(topic, _)| *topic).collect();
    for other in evidence.other_partitions.iter().filter(|other| other.kind == DirKind::Normal) {
        let topic = ByteText::from(other.topic.as_str());
        if topics.contains(&topic) {
            name(&topic, other.partition, "never committed in the log that was copied");
        }
    }
    missing
}

/// The id that the disk gives a topic; none when copies disagree.
fn topic_id_at_copy(topic: &ByteText, evidence: &Evidence) -> Option<Uuid> {
    let same = evidence.other_partitions.iter().filter(|other| other.topic.as_bytes() == topic.as_bytes());
    let in_use = same.filter(|other| other.kind == DirKind::Normal);
    let ids: BTreeSet<Uuid> = in_use.filter_map(|other| other.topic_id).collect();
    if ids.len() == 1 { ids.into_iter().next() } else { None }
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
