//! What several copies together know of a moment.
//!
//! Each copy's log is cut where the same batch begins, and each knows for sure what [`Prefix`] proves of it: a value, a
//! tombstone, or nothing where its log is whole. What one of them has lost to its cleaner another may still hold; a lack of
//! a record proves nothing here, as the cleaner took it for one that came after the moment.

use lastwrites_coordinator::fold::{Committed, Place};
use lastwrites_coordinator::state::KeyName;
use lastwrites_types::{ByteText, Flag, Flags, Trust};

use super::keys::put as put_key;
use super::unknown::Prefix;
use crate::build::{GroupContext, Surroundings, leader_epoch, topic_id};
use crate::model::{AlternativeReport, GroupReport, KeysOfLog, OffsetReport};

/// The part of one copy before the moment, and what is around it.
pub(super) struct Member<'a> {
    pub(super) prefix: Prefix<'a>,
    pub(super) around: Surroundings<'a>,
}

/// The last of a key before the moment.
#[derive(Clone, Copy)]
enum Last<'a> {
    Value(&'a Committed),
    Tombstone(&'a Place),
}

impl<'a> Last<'a> {
    const fn offset(self) -> i64 {
        match self {
            Self::Value(committed) => committed.place.record_offset,
            Self::Tombstone(place) => place.record_offset,
        }
    }

    const fn value(self) -> Option<&'a Committed> {
        match self {
            Self::Value(committed) => Some(committed),
            Self::Tombstone(_) => None,
        }
    }
}

impl<'a> Member<'a> {
    /// What it knows for sure; `None` is both nothing and not known.
    fn last(&self, key: KeyName<'_>) -> Option<Last<'a>> {
        let state = self.prefix.state;
        let value = state.key(key).and_then(|known| Some(Last::Value(known.committed.as_ref()?)));
        let tombstone = || {
            let at = state.deleted.binary_search_by(|known| known.key().cmp(&key)).ok()?;
            Some(Last::Tombstone(&state.deleted.get(at)?.tombstone))
        };
        let last = value.or_else(tombstone)?;
        (self.prefix.is_complete() || self.prefix.is_last(last.offset())).then_some(last)
    }
}

/// Puts into the groups of the first member what the others know better, and says what none of them knows.
///
/// Answers how many offsets are unknown and on how many the copies contradict each other.
pub(super) fn put_together(
    groups: &mut Vec<GroupReport>,
    members: &[Member<'_>],
    keys: &KeysOfLog,
    context: &GroupContext<'_>,
) -> (usize, usize) {
    let (mut unknown, mut contested) = (0, 0);
    for (group_id, topic, partition) in keys.keys() {
        let key: KeyName<'_> = (group_id, topic, *partition);
        let known: Vec<(usize, Last<'_>)> =
            members.iter().enumerate().filter_map(|(at, member)| Some((at, member.last(key)?))).collect();
        // Of equals the first: the copy that the groups are from.
        let best = known
            .iter()
            .copied()
            .reduce(|best, next| if next.1.offset() > best.1.offset() { next } else { best });
        let Some((at, last)) = best else {
            if !members.iter().any(|member| member.prefix.is_complete()) {
                unknown += 1;
                put(groups, context, key, unknown_offset(topic, *partition));
            }
            continue;
        };
        let others: Vec<AlternativeReport> = known
            .iter()
            .filter(|(_, other)| other.offset() != last.offset())
            .filter_map(|(at, other)| Some(alternative(members.get(*at)?, *other)))
            .collect();
        if at == 0 && others.is_empty() && is_shown(groups, key, last) {
            continue;
        }
        let Some(member) = members.get(at) else { continue };
        let mut flags = Flags::NONE;
        if !others.is_empty() {
            contested += 1;
            flags.insert(Flag::Contested);
        }
        match last.value() {
            None if others.is_empty() => take_out(groups, key),
            value => {
                let mut report =
                    member.around.report((ByteText::from(&**topic), *partition), value, &[], flags);
                if at > 0 {
                    report.trust = report.trust.min(Trust::Replica);
                }
                report.alternatives = others;
                put(groups, context, key, report);
            }
        }
    }
    (unknown, contested)
}

/// Adds what a copy that went another way holds behind the point where it did: never the answer. Answers how many.
pub(super) fn add_forked(
    groups: &mut Vec<GroupReport>,
    apart: &Member<'_>,
    parted_at: i64,
    context: &GroupContext<'_>,
) -> usize {
    let mut added = 0;
    for ((group_id, ..), known) in apart.prefix.state.named_keys() {
        let Some(committed) = &known.committed else { continue };
        if committed.place.record_offset < parted_at {
            continue;
        }
        added += 1;
        let acknowledged =
            apart.around.high_watermark.is_some_and(|mark| committed.place.record_offset < mark);
        let why = format!(
            "written behind offset {parted_at}, where that log parts from the others'{}",
            if acknowledged { ", and acknowledged there: below its own high watermark" } else { "" }
        );
        let other = AlternativeReport { why, ..alternative(apart, Last::Value(committed)) };
        let group = group_mut(groups, context, group_id);
        let place = (ByteText::from(known.topic.clone()), known.partition);
        let at = match group.offsets.binary_search_by_key(&place, offset_key) {
            Ok(at) => at,
            Err(at) => {
                group.offsets.insert(at, OffsetReport::nothing(place.0, known.partition));
                at
            }
        };
        if let Some(offset) = group.offsets.get_mut(at) {
            offset.flags.insert(Flag::Unacknowledged);
            offset.alternatives.push(other);
        }
    }
    added
}

fn alternative(member: &Member<'_>, last: Last<'_>) -> AlternativeReport {
    let write = last.value();
    AlternativeReport {
        copy: member.around.index,
        offset: write.map(|write| write.commit.offset),
        topic_id: write.and_then(topic_id),
        leader_epoch: write.and_then(leader_epoch),
        metadata: write.map(|write| ByteText::from(&*write.commit.metadata)),
        committed_at_ms: write.map(|write| write.commit.commit_timestamp),
        trust: write.map_or(Trust::Replica, |write| member.around.trust(write.place)),
        flags: Flags::NONE,
        record: write.and_then(|write| member.around.place(write.place)),
        why: "the last before the moment in this copy, and another copy holds a later one that this copy should have \
              taken it for"
            .to_owned(),
    }
}

fn offset_key(offset: &OffsetReport) -> (ByteText, i32) {
    (offset.topic.clone(), offset.partition)
}

/// The answer is what the groups show already.
fn is_shown(groups: &[GroupReport], (group_id, topic, partition): KeyName<'_>, last: Last<'_>) -> bool {
    let group = groups.binary_search_by(|group| group.group_id.as_bytes().cmp(group_id)).ok();
    let offset = group.and_then(|at| groups.get(at)).and_then(|group| {
        let at = group.offsets.binary_search_by_key(&(ByteText::from(topic), partition), offset_key).ok()?;
        group.offsets.get(at)
    });
    let shown = offset.and_then(|offset| offset.record.as_ref()).map(|record| record.offset);
    shown == last.value().map(|committed| committed.place.record_offset)
}

/// The group of an id, which may be unknown so far.
pub(super) fn group_mut<'g>(
    groups: &'g mut Vec<GroupReport>,
    context: &GroupContext<'_>,
    group_id: &[u8],
) -> &'g mut GroupReport {
    let at = match groups.binary_search_by(|group| group.group_id.as_bytes().cmp(group_id)) {
        Ok(at) => at,
        Err(at) => {
            groups.insert(at, context.report(group_id, None, |_| Vec::new()));
            at
        }
    };
    #[expect(clippy::indexing_slicing, reason = "it was found or inserted there")]
    &mut groups[at]
}

/// Puts an offset in its group; what is pending there stays.
fn put(
    groups: &mut Vec<GroupReport>,
    context: &GroupContext<'_>,
    (group_id, ..): KeyName<'_>,
    offset: OffsetReport,
) {
    let group = group_mut(groups, context, group_id);
    match group.offsets.binary_search_by_key(&offset_key(&offset), offset_key) {
        Ok(known) => {
            if let Some(known) = group.offsets.get_mut(known) {
                let pending = std::mem::take(&mut known.pending);
                *known = OffsetReport { pending, ..offset };
            }
        }
        Err(place) => group.offsets.insert(place, offset),
    }
}

/// There was no value: what the first copy shows is older.
fn take_out(groups: &mut [GroupReport], (group_id, topic, partition): KeyName<'_>) {
    let Ok(at) = groups.binary_search_by(|group| group.group_id.as_bytes().cmp(group_id)) else { return };
    let Some(group) = groups.get_mut(at) else { return };
    let key = (ByteText::from(topic), partition);
    if let Ok(at) = group.offsets.binary_search_by_key(&key, offset_key) {
        let known = group.offsets.remove(at);
        if !known.pending.is_empty() {
            let mut flags = Flags::NONE;
            flags.insert(Flag::Pending);
            let left =
                OffsetReport { pending: known.pending, flags, ..OffsetReport::nothing(key.0, partition) };
            group.offsets.insert(at, left);
        }
    }
}

fn unknown_offset(topic: &[u8], partition: i32) -> OffsetReport {
    let mut flags = Flags::NONE;
    flags.insert(Flag::AsOfUnknown);
    OffsetReport { flags, ..OffsetReport::nothing(ByteText::from(topic), partition) }
}

/// The keys that any of these logs names.
pub(super) fn all_keys<'k>(logs: impl Iterator<Item = &'k KeysOfLog>) -> KeysOfLog {
    let mut all = KeysOfLog::new();
    for (key, touch) in logs.flatten() {
        put_key(&mut all, key.clone(), *touch);
    }
    all
}
