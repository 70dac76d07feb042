//! Offsets that were deleted, with the last value before: from the log itself, or from the originals that the cleaner
//! left behind.
//!
//! In one consistent log a value that survives below its tombstone was the last before it (`super::unknown` says why).
//! Originals are of another time than the files beside them: where offsets are absent behind a value of theirs, a later
//! one may have been among them. Such a value is shown as an alternative, not as the answer.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::fold::Committed;
use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::state::{CopyState, replay};
use lastwrites_evidence::{Evidence, PartitionCopy, ViewKind, cluster_layout};
use lastwrites_types::{ByteText, Flag, Flags};

use super::AsOf;
use super::follow::follow_writes;
use crate::build::{
    BuildError, Surroundings, Views, add_lag, found_copy, in_files, know_lost_files, true_group,
};
use crate::findings::{self, Code, FilesRead, Finding};
use crate::merge::Role;
use crate::model::{AlternativeReport, CopyReport, CutReport, GroupReport, OffsetReport, Report};
use crate::options::Options;

/// Group, topic and partition.
type Key = (Box<[u8]>, Box<[u8]>, i32);

/// Adds deleted offsets to their groups, and the groups that are gone with them.
pub(super) fn add(
    report: &mut Report,
    evidence: &Evidence,
    options: &Options,
    as_of: Option<AsOf>,
    progress: &Progress,
) -> Result<(), BuildError> {
    let copies = replicas(report, evidence);
    for kind in [ViewKind::AsFound, ViewKind::BeforeCompaction] {
        add_of_view(report, &copies, kind, options, as_of, progress)?;
    }
    hold_against_topics(report, evidence, options);
    report.groups.sort_by(|a, b| (&a.group_id, a.found_in).cmp(&(&b.group_id, b.found_in)));
    findings::sort(&mut report.findings);
    Ok(())
}

/// Says of the deleted offsets, too, what the disk and the cluster's metadata tell of their topics.
fn hold_against_topics(report: &mut Report, evidence: &Evidence, options: &Options) {
    let layout = cluster_layout(evidence, None, options.read);
    let metadata = layout.as_ref().filter(|layout| layout.names_every_topic());
    let found = |copy: &CopyReport| found_copy(evidence, copy);
    let copies: Vec<&PartitionCopy> = report.copies.iter().filter_map(found).collect();
    let deleted = |offset: &OffsetReport| offset.flags.contains(Flag::Deleted);
    let take = |group: &mut GroupReport| {
        let (offsets, rest) = std::mem::take(&mut group.offsets).into_iter().partition(deleted);
        group.offsets = rest;
        GroupReport { offsets, ..GroupReport::nameless(group.group_id.clone()) }
    };
    let mut apart: Vec<GroupReport> = report.groups.iter_mut().map(take).collect();
    report.findings.extend(add_lag(&mut apart, evidence, &copies, metadata, options.read));
    for (group, apart) in report.groups.iter_mut().zip(apart) {
        group.offsets.extend(apart.offsets);
        group.offsets.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    }
}

/// A copy whose history is the cluster's.
struct Replica<'e> {
    /// Its index in the report.
    index: usize,
    copy: &'e PartitionCopy,
    /// It ends before others do.
    behind: bool,
}

/// The copies of the report whose history is the cluster's.
fn replicas<'e>(report: &Report, evidence: &'e Evidence) -> Vec<Replica<'e>> {
    let roles: BTreeMap<usize, Role> = report
        .partitions
        .iter()
        .flat_map(|partition| &partition.replicas)
        .map(|replica| (replica.copy, replica.role))
        .collect();
    let stands = |index: &usize| {
        let role = roles.get(index);
        role.is_none_or(|role| matches!(role, Role::Reference | Role::InSync | Role::Behind))
    };
    let copies = report.copies.iter().enumerate().filter(|(index, _)| stands(index));
    let found = copies.filter_map(|(index, copy)| {
        let found = found_copy(evidence, copy)?;
        Some(Replica { index, copy: found, behind: roles.get(&index) == Some(&Role::Behind) })
    });
    found.collect()
}

fn add_of_view(
    report: &mut Report,
    replicas: &[Replica<'_>],
    kind: ViewKind,
    options: &Options,
    as_of: Option<AsOf>,
    progress: &Progress,
) -> Result<(), BuildError> {
    let copies: Vec<&PartitionCopy> = replicas.iter().map(|replica| replica.copy).collect();
    let mut opened = Views::open(&copies, kind, options);
    opened.leave_out_not_built();
    if let Some(as_of) = as_of {
        opened.cut(&copies, as_of, options);
    }
    if opened.ranges.iter().all(|view| view.ranges.is_empty()) {
        return Ok(());
    }
    know_lost_files(&copies, &mut opened.files, options)?;
    let mut states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
    // Originals lie beside what the cleaner made of them, so only the log itself has an order.
    let read: Vec<FilesRead<'_>> = states.iter().map(FilesRead::from).collect();
    if kind == ViewKind::AsFound && in_files(&copies, &mut opened.files, &read) {
        states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
    }
    let live = live(report);
    let mut values: Vec<BTreeMap<Key, Committed>> = vec![BTreeMap::new(); copies.len()];
    follow_writes(&copies, &opened, options, progress, |at, write| {
        let (Some(copy), Some(values)) = (copies.get(at), values.get_mut(at)) else { return };
        let key = (copy.partition, write.key.into_parts());
        if let (false, Some(commit)) = (live.contains(&key), write.commit) {
            let producer_id = if write.waits { write.at.producer_id } else { -1 };
            values.insert(key.1, Committed { commit, place: write.at.place, producer_id });
        }
    })?;
    let mut from_leftovers = BTreeSet::new();
    let groups = report.groups.iter().enumerate();
    let mut places = groups.map(|(at, group)| ((group.group_id.clone(), group.found_in), at)).collect();
    // Of several copies the one that saw most before the tombstone; of equals the first.
    let mut best: BTreeMap<(Option<i32>, Key), (usize, Committed)> = BTreeMap::new();
    for (at, values) in values.into_iter().enumerate() {
        let partition = copies.get(at).and_then(|copy| copy.partition);
        for (key, value) in values {
            let offset = value.place.record_offset;
            let known = best.get(&(partition, key.clone()));
            if known.is_none_or(|(_, known)| known.place.record_offset < offset) {
                best.insert((partition, key), (at, value));
            }
        }
    }
    for ((partition, (group_id, topic, topic_partition)), (at, value)) in best {
        let (Some(replica), Some(state)) = (replicas.get(at), states.get(at)) else { continue };
        let around = Surroundings::of(replica.copy, replica.index, state.continuity);
        // Ends before the tombstone: a later commit may have stood in between, which the others' cleaners took.
        let key = (&*group_id, &*topic, topic_partition);
        let short =
            replica.behind && state.deleted.binary_search_by(|deleted| deleted.key().cmp(&key)).is_err();
        let last = LastOf { kind, short };
        let offset = deleted_offset(&around, state, last, (&topic, topic_partition), &value);
        let group = ByteText::from(&*group_id);
        let home = true_group(options.redaction.as_deref(), group.as_bytes());
        if insert(report, &mut places, (&group, &home), partition, offset)
            && kind == ViewKind::BeforeCompaction
        {
            from_leftovers.insert((partition, group));
        }
    }
    for (partition, group) in from_leftovers {
        let message = format!(
            "group {group} is known only from leftovers of the cleaner (.deleted files): it was deleted, and its records \
             are cleaned away"
        );
        let finding = Finding::new(Code::KnownFromLeftovers, message).in_partition(partition);
        report.findings.push(finding.of_group(group));
    }
    Ok(())
}

/// Keys of the report that have a value, or a deleted one by now, or one that isn't known.
fn live(report: &Report) -> BTreeSet<(Option<i32>, Key)> {
    let mut live = BTreeSet::new();
    for group in &report.groups {
        for offset in &group.offsets {
            let deleted = offset.flags.contains(Flag::Deleted) || offset.flags.contains(Flag::AsOfUnknown);
            if offset.offset.is_some() || deleted || !offset.alternatives.is_empty() {
                let key =
                    (group.group_id.as_bytes().into(), offset.topic.as_bytes().into(), offset.partition);
                live.insert((group.found_in, key));
            }
        }
    }
    live
}

/// How a last value was found.
struct LastOf {
    kind: ViewKind,
    /// Its copy ends before the tombstone.
    short: bool,
}

/// The value as the answer, or as an alternative where a later one may be gone.
fn deleted_offset(
    around: &Surroundings<'_>,
    state: &CopyState,
    last: LastOf,
    (topic, partition): (&[u8], i32),
    value: &Committed,
) -> OffsetReport {
    let mut flags = Flags::NONE;
    flags.insert(Flag::Deleted);
    let report = around.report((ByteText::from(topic), partition), Some(value), &[], flags);
    let absent = state.continuity.absent_below.is_some_and(|below| value.place.record_offset < below);
    if !last.short && (last.kind == ViewKind::AsFound || !absent) {
        return report;
    }
    let why =
        "the last value that is left before the tombstone; a later one may have been cleaned away".to_owned();
    let alternative = AlternativeReport {
        copy: around.index,
        offset: report.offset,
        topic_id: report.topic_id,
        leader_epoch: report.leader_epoch,
        metadata: report.metadata,
        committed_at_ms: report.committed_at_ms,
        trust: report.trust,
        flags,
        record: report.record,
        why,
    };
    OffsetReport {
        flags,
        alternatives: vec![alternative],
        ..OffsetReport::nothing(ByteText::from(topic), partition)
    }
}

/// Puts an offset into its group, named as shown and by its own id; true where the group was not there.
fn insert(
    report: &mut Report,
    places: &mut BTreeMap<(ByteText, Option<i32>), usize>,
    (group_id, true_id): (&ByteText, &ByteText),
    found_in: Option<i32>,
    offset: OffsetReport,
) -> bool {
    let place = *places.entry((group_id.clone(), found_in)).or_insert(report.groups.len());
    let is_new = place == report.groups.len();
    let maps_to = report
        .offsets_topic_partitions
        .and_then(|count| lastwrites_types::group_to_partition(true_id.as_bytes(), count));
    if is_new {
        // Below a moment in a compacted part no more is known of it than of the others.
        let of_cut = |cut: &CutReport| cut.partition == found_in && cut.offset.is_some() && !cut.complete;
        let unknown = report.as_of.as_ref().is_some_and(|told| told.cuts.iter().any(of_cut));
        let nameless = GroupReport::nameless(group_id.clone());
        let group_type = if unknown { "unknown" } else { nameless.group_type };
        report.groups.push(GroupReport { group_type, found_in, maps_to, ..nameless });
    }
    let Some(group) = report.groups.get_mut(place) else { return false };
    let key = |offset: &OffsetReport| (offset.topic.clone(), offset.partition);
    match group.offsets.binary_search_by_key(&key(&offset), key) {
        // Only commits of open transactions stand there.
        Ok(at) => {
            if let Some(known) = group.offsets.get_mut(at) {
                let pending = std::mem::take(&mut known.pending);
                *known = OffsetReport { pending, ..offset };
            }
        }
        Err(at) => group.offsets.insert(at, offset),
    }
    is_new
}
