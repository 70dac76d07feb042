//! Partitions of a group without a recovered offset, as far as anything tells that they are there.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::{ClusterMetadata, DirKind, Evidence};
use lastwrites_recovered_offsets::Missing;
use lastwrites_types::{ByteText, Flag};

use super::group::{Around, is_possible};
use crate::model::{
    AlternativeReport, AssignmentReport, GroupReport, LastTouch, OffsetReport, PendingReport, Report,
};
use crate::terminal::grouped;

/// Partitions that the group worked on but that have no recovered offset: pending ones, assigned ones, those that its log
/// names, and those of its topics that the cluster's metadata names or a capture counts, that lie on the copied disks, or
/// that must be there because one of a higher number is.
///
/// `lost` is what may have become of records before the moment asked about, where some are missing.
pub(super) fn missing(group: &GroupReport, around: &Around<'_>, lost: Option<&str>) -> Vec<Missing> {
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
    let unknown = format!(
        "unknown: what was committed at that moment may have been {}",
        lost.unwrap_or("compacted away since")
    );
    for offset in &group.offsets {
        let left;
        let why = match offset.offset {
            None if offset.flags.contains(Flag::AsOfUnknown) => &unknown,
            None if offset.flags.contains(Flag::Deleted) && offset.flags.contains(Flag::InDoubt) => {
                "deleted by a record whose checksum is wrong: it may be a damaged one; --deleted gives the value before it"
            }
            None if offset.flags.contains(Flag::Deleted) => {
                left = left_of(offset);
                &left
            }
            None if offset.flags.contains(Flag::Contested) => {
                left = format!(
                    "caught-up copies disagree on whether it was deleted (contested): the tombstone is the later record, and {}",
                    others(offset)
                );
                &left
            }
            None if offset.flags.contains(Flag::Unacknowledged) => {
                left = format!(
                    "committed only on a copy whose log forked off, no other copy has it: {}",
                    others(offset)
                );
                &left
            }
            None if !offset.pending.is_empty() => {
                let lost = match offset.flags.contains(Flag::BeforeGap) {
                    true => "; what was committed before it may be lost to damage",
                    false => "",
                };
                left = format!("{}{lost}", waiting(&offset.pending));
                &left
            }
            None => {
                "no value of it is sure: the copy that has one ends early, and what came after is lost to damage"
            }
            Some(_) => "the committed offset is negative, which no consumer can use",
        };
        name(&offset.topic, offset.partition, why);
    }
    for (topic, partition, touch) in named_of(group, around) {
        if let Some(left) = around.deleted.filter(|_| touch.tombstone) {
            let why = format!(
                "deleted by the tombstone at offset {} of the log{left}",
                grouped(touch.record_offset)
            );
            name(&topic, partition, &why);
        }
    }
    let assigned = format!("assigned to a member, {}", around.never);
    for assignment in group.members.iter().flat_map(|member| &member.assignment) {
        let Some(topic) = assigned_topic(assignment, around) else { continue };
        assignment.partitions.iter().for_each(|partition| name(topic, *partition, &assigned));
    }
    for (topic, partition, _) in named_of(group, around) {
        name(&topic, partition, around.not_in_force);
    }
    let topics = topics_of(group, around);
    for topic in &topics {
        if let Some(metadata) = around.metadata() {
            let partitions = metadata.image.topic(topic).map(|(_, topic)| topic.partitions.keys());
            partitions.into_iter().flatten().for_each(|partition| name(topic, *partition, around.never));
        }
        let count = around.counted(topic).unwrap_or(0);
        (0..count.min(MOST_IMPLIED)).for_each(|partition| name(topic, partition, around.never));
    }
    for other in around.evidence.other_partitions.iter().filter(|other| other.kind == DirKind::Normal) {
        let topic = ByteText::from(other.topic.as_str());
        if topics.contains(&topic) {
            name(&topic, other.partition, around.never);
        }
    }
    for (topic, highest) in highest_known(&topics, group, around) {
        let why = format!("{}; the topic has it, as partition {highest} of it is known", around.never);
        (0..highest.min(MOST_IMPLIED)).for_each(|partition| name(&topic, partition, &why));
    }
    missing
}

impl Around<'_> {
    /// How many partitions a topic has by a capture of the cluster, at least 0; `None` where the cluster's own metadata
    /// tells, and where captures of several clusters are there.
    fn counted(&self, topic: &ByteText) -> Option<i32> {
        let of_one =
            |layout: &&ClusterMetadata| !layout.names_every_topic() && layout.other_clusters.is_empty();
        self.layout.filter(of_one)?.image.topic(topic)?.1.partition_count
    }
}

/// What each of the other copies has of an offset that has no value of its own.
fn others(offset: &OffsetReport) -> String {
    let told = offset.rivals().filter_map(|other| Some(format!("{} ({})", other.offset?, other.why)));
    told.collect::<Vec<_>>().join("; ")
}

/// Why there is no offset where only transactions wrote one whose markers aren't here.
fn waiting(pending: &[PendingReport]) -> String {
    let last = |is: &dyn Fn(&PendingReport) -> bool| {
        pending.iter().filter(|one| is(one)).max_by_key(|one| one.record_offset)
    };
    let decided = |one: &PendingReport| one.transaction.is_some();
    let aborted = |one: &PendingReport| one.transaction == Some("aborted");
    let wrote = |one: &PendingReport| format!("{} (producer {})", one.offset, one.producer_id);
    if let Some(one) = last(&|one| one.transaction == Some("committed")) {
        format!(
            "{} was committed in a transaction, says the transaction log; its marker is not in this log, so no broker serves \
             it from it",
            wrote(one)
        )
    } else if let Some(one) = last(&|one| one.in_doubt && !aborted(one)) {
        format!("{} if its transaction was committed: its marker isn't here and may be lost", wrote(one))
    } else if let Some(one) = last(&|one| !decided(one)) {
        format!("committed only in a transaction that the log never closes: {}", wrote(one))
    } else if let Some(one) = last(&|one| !aborted(one)) {
        format!(
            "committed only in a transaction that was still open where the copies of the transaction log end: {}",
            wrote(one)
        )
    } else {
        "committed only in a transaction that was aborted, says the transaction log".to_owned()
    }
}

/// The last value that is left of a deleted offset; no answer, as a later one may be gone.
fn left_of(offset: &OffsetReport) -> String {
    let place =
        |other: &AlternativeReport| other.record.as_ref().map(|record| (record.offset, record.file.clone()));
    let left = offset.alternatives.iter().filter_map(|other| Some((place(other)?, other.offset?)));
    let Some(((at, file), value)) = left.max_by(|one, other| one.0.cmp(&other.0)) else {
        return "deleted; an older value is left, but the last one before the tombstone may have been cleaned away"
            .to_owned();
    };
    format!(
        "deleted; perhaps {value}, the last value that is left before the tombstone (at offset {} of the log, in {file}): a \
         later one may have been cleaned away",
        grouped(at)
    )
}

/// Partitions of one topic that are listed because one of a higher number is known, or so many are counted.
const MOST_IMPLIED: i32 = 10_000;

/// The topics that the group has to do with.
fn topics_of(group: &GroupReport, around: &Around<'_>) -> BTreeSet<ByteText> {
    let committed = group.offsets.iter().map(|offset| offset.topic.clone());
    let assigned = group.members.iter().flat_map(|member| &member.assignment);
    let assigned = assigned.filter_map(|assignment| assigned_topic(assignment, around).cloned());
    let named = named_of(group, around).map(|(topic, ..)| topic);
    committed.chain(assigned).chain(named).chain(group.subscribed.iter().cloned()).collect()
}

fn assigned_topic<'a>(assignment: &'a AssignmentReport, around: &Around<'a>) -> Option<&'a ByteText> {
    let by_id = || Some(&around.layout?.image.topics.get(&assignment.topic_id?)?.name);
    assignment.topic.as_ref().or_else(by_id)
}

/// What the log names of the group, whatever became of it.
fn named_of(group: &GroupReport, around: &Around<'_>) -> impl Iterator<Item = (ByteText, i32, LastTouch)> {
    let id = group.group_id.as_bytes();
    let from: (Box<[u8]>, Box<[u8]>, i32) = (id.into(), Box::default(), i32::MIN);
    let of_group = around.report.named.range(from..).take_while(move |((group_id, ..), _)| **group_id == *id);
    of_group.map(|((_, topic, partition), touch)| (ByteText::from(&**topic), *partition, *touch))
}

/// The highest partition of every topic that the logs or the copied disks name: numbers start at 0 and leave none out.
pub(super) fn highest_named(report: &Report, evidence: &Evidence) -> BTreeMap<ByteText, i32> {
    let mut highest: BTreeMap<ByteText, i32> = BTreeMap::new();
    for (_, topic, partition) in report.named.keys() {
        raise(&mut highest, &ByteText::from(&**topic), *partition);
    }
    for other in &evidence.other_partitions {
        raise(&mut highest, &ByteText::from(other.topic.as_str()), other.partition);
    }
    highest
}

/// The highest partition of each of a group's topics that anything names, where the cluster's metadata doesn't tell all of
/// them.
fn highest_known(
    topics: &BTreeSet<ByteText>,
    group: &GroupReport,
    around: &Around<'_>,
) -> BTreeMap<ByteText, i32> {
    let in_metadata =
        |topic: &ByteText| around.metadata().is_some_and(|known| known.image.topic(topic).is_some());
    let named = topics.iter().filter_map(|topic| Some((topic.clone(), *around.highest_named.get(topic)?)));
    let mut highest: BTreeMap<ByteText, i32> = named.collect();
    for assignment in group.members.iter().flat_map(|member| &member.assignment) {
        let Some(topic) = assigned_topic(assignment, around) else { continue };
        assignment.partitions.iter().for_each(|partition| raise(&mut highest, topic, *partition));
    }
    highest.retain(|topic, _| !in_metadata(topic) && around.counted(topic).is_none());
    highest
}

fn raise(highest: &mut BTreeMap<ByteText, i32>, topic: &ByteText, partition: i32) {
    match highest.get_mut(topic) {
        Some(known) => *known = partition.max(*known),
        None => {
            highest.insert(topic.clone(), partition);
        }
    }
}

/// Topics whose partitions can't all be listed.
pub(super) fn unlisted(group: &GroupReport, around: &Around<'_>) -> Option<String> {
    let topics = topics_of(group, around);
    let unknown =
        |topic: &&ByteText| around.metadata().is_none_or(|known| known.image.topic(topic).is_none());
    let uncounted = |topic: &&ByteText| around.counted(topic).is_none();
    let unknown: Vec<&ByteText> = topics.iter().filter(unknown).filter(uncounted).collect();
    // A topic that the metadata lacks is gone; then there is nothing to list.
    if around.metadata().is_some() || unknown.is_empty() {
        return None;
    }
    let highest = highest_known(&topics, group, around);
    let told = |topic: &&ByteText| match highest.get(*topic) {
        Some(highest) => format!("{topic} up to {highest}"),
        None => format!("{topic} not at all"),
    };
    let mut named: Vec<String> = unknown.iter().take(MOST_NAMED).map(told).collect();
    if unknown.len() > MOST_NAMED {
        named.push(format!("{} more topics", unknown.len() - MOST_NAMED));
    }
    Some(format!(
        "without the cluster's metadata partitions are known only as far as these copies name them ({}): higher ones \
         without a commit can't be listed as missing",
        named.join(", ")
    ))
}

/// Topics that a warning names.
const MOST_NAMED: usize = 3;
