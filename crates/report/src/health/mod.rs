//! How groups fare, as far as a log tells: rebalance storms, members that come back, timeouts, commits that stop.
//!
//! Follows the rows of `history` in log order and makes findings of them at the end of a copy. Memory is one
//! entry a key and a group, the members that are there, and a bounded number of those that left. Heartbeats,
//! polls and records are not in the log: each finding says what else would look the same.

mod cadence;
mod members;
mod rebalances;
mod told;

use lastwrites_coordinator::fold::{KeyArena, KeyHasher};

use crate::log_events::At;
use crate::model::AssignmentReport;
use crate::offset_keys::{OffsetKey, OffsetKeys};
use crate::rows::{HistoryEvent, HistoryRow, Reason};
use cadence::{Cadence, Gap, Intervals, Spot};
use members::{Members, about};
use rebalances::{Rebalances, rest_ms};
pub(crate) use told::HealthContext;

/// The groups of one copy as its log goes by.
#[derive(Default)]
pub(crate) struct Watch {
    hasher: KeyHasher,
    /// By number of the offset key; `None` before its first commit.
    cadences: Vec<Option<Cadence>>,
    ids: KeyArena,
    groups: Vec<Group>,
    end: Spot,
    unbroken_from: i64,
}

/// What is remembered of one group.
#[derive(Default)]
struct Group {
    members: Members,
    rebalances: Rebalances,
    /// The last change of its generation or members.
    changed: Spot,
    commits: Intervals,
    last_commit: Option<Spot>,
    /// The longest gap between commits of one key, with that key's number.
    gap: Option<(u32, Gap)>,
    gaps: u32,
    /// The longest time that partitions of a member stood still before it was removed.
    unnoticed: Option<Standstill>,
    /// The longest time that all of the group stood still before a rebalance.
    awaited: Option<Standstill>,
}

/// A time without commits that is about as long as a timeout.
#[derive(Clone, Copy)]
struct Standstill {
    since: Spot,
    until: Spot,
    timeout_ms: i32,
}

impl Standstill {
    const fn ms(&self) -> i64 {
        self.until.ms.saturating_sub(self.since.ms)
    }
}

/// Timeouts below this are no longer than Kafka's own defaults come to.
const LONG_SESSION_MS: i32 = 2 * 60 * 1000;
const LONG_REBALANCE_MS: i32 = 60 * 1000;

impl Watch {
    /// Takes what the record at `at` came to; `key` is the number of the offset key that it is about.
    pub(crate) fn row(&mut self, keys: &mut OffsetKeys, at: &At, key: Option<u32>, row: &HistoryRow<'_>) {
        let Some(group_id) = row.group_id else { return };
        let now = Spot::of(at);
        match row.event {
            HistoryEvent::Commit | HistoryEvent::CommitSettled => {
                let superseded = row.reasons.contains(&Reason::Superseded);
                if let (Some(offset), Some(key), false) = (row.committed_offset, key, superseded) {
                    self.commit(at, key, group_id, offset);
                }
            }
            HistoryEvent::OffsetDeleted => {
                if let Some(key) = key {
                    self.cadence(key, group_id).delete();
                }
            }
            HistoryEvent::GroupDeleted => {
                let group = self.group(group_id);
                group.members.clear();
                group.rebalances.end();
                group.changed = now;
            }
            HistoryEvent::GroupCreated | HistoryEvent::GroupChanged | HistoryEvent::TypeChanged => {
                if let Some(epoch) = row.epoch.filter(|_| !row.reasons.contains(&Reason::Refused)) {
                    self.epoch(at, row, group_id, epoch);
                }
            }
            HistoryEvent::MemberJoined | HistoryEvent::MemberReplaced => {
                let group = self.group(group_id);
                group.members.joined(now, row);
                group.changed = now;
                let count = group.members.count();
                group.rebalances.joined(count);
                self.holds(keys, group_id, row);
            }
            HistoryEvent::MemberChanged => {
                self.group(group_id).members.told(now, row);
                self.holds(keys, group_id, row);
            }
            HistoryEvent::AssignmentChanged if !row.reasons.contains(&Reason::TargetAssignment) => {
                self.group(group_id).changed = now;
                self.holds(keys, group_id, row);
            }
            HistoryEvent::MemberLeft => self.left(now, group_id, row),
            _ => {}
        }
    }

    /// Every record, also those without a row.
    pub(crate) fn record(&mut self, at: &At) {
        self.end = Spot::of(at);
        self.unbroken_from = at.unbroken_from;
    }

    fn commit(&mut self, at: &At, key: u32, group_id: &[u8], offset: i64) {
        let cadence = self.cadence(key, group_id);
        let gap = cadence.commit(at, offset);
        let number = cadence.group;
        let now = Spot::of(at);
        let Some(group) = self.groups.get_mut(number as usize) else { return };
        let before = group.last_commit.replace(now).filter(|before| before.offset >= at.unbroken_from);
        let interval = before.map_or(0, |before| now.ms.saturating_sub(before.ms));
        if interval > 0 {
            group.commits.add(interval);
        }
        if let Some(gap) = gap.filter(|gap| group.was_stable_since(gap.from)) {
            group.gaps = group.gaps.saturating_add(1);
            if group.gap.is_none_or(|(_, longest)| longest.ms() < gap.ms()) {
                group.gap = Some((key, gap));
            }
        }
    }

    /// Another generation or group epoch, before its members are told.
    fn epoch(&mut self, at: &At, row: &HistoryRow<'_>, group_id: &[u8], epoch: i32) {
        let now = Spot::of(at);
        let group = self.group(group_id);
        let timeout_ms = group.members.rebalance_ms();
        let members = group.members.count();
        if !group.rebalances.epoch(now, epoch, members, rest_ms(timeout_ms)) {
            return;
        }
        group.changed = now;
        // Members of the eager protocol stop committing until the last of them has joined again. A single one that
        // leaves when its timeout is over looks the same.
        let timeout_ms = timeout_ms.and_then(|ms| i32::try_from(ms).ok()).unwrap_or(0);
        if row.group_type == Some("classic")
            && members > 1
            && timeout_ms >= LONG_REBALANCE_MS
            && let Some(since) = group.last_commit.filter(|commit| commit.offset >= at.unbroken_from)
        {
            let standstill = Standstill { since, until: now, timeout_ms };
            let ms = standstill.ms();
            if about(ms, timeout_ms.into()) && group.commits.makes_long(ms, 0) {
                longest(&mut group.awaited, standstill);
            }
        }
    }

    fn left(&mut self, now: Spot, group_id: &[u8], row: &HistoryRow<'_>) {
        let unbroken_from = self.unbroken_from;
        let group = self.group(group_id);
        group.changed = now;
        group.rebalances.left();
        let Some(member) = row.member_id.and_then(|id| group.members.left(now, id)) else { return };
        let Some(timeout_ms) = member.timeouts.session_ms.filter(|ms| *ms >= LONG_SESSION_MS) else { return };
        let cadences = member.keys.iter().filter_map(|key| self.cadences.get(*key as usize)?.as_ref());
        let newest =
            cadences.filter_map(|cadence| Some((cadence.last?, cadence))).max_by_key(|(last, _)| last.ms);
        let Some((since, cadence)) = newest.filter(|(last, _)| last.offset >= unbroken_from) else { return };
        let standstill = Standstill { since, until: now, timeout_ms };
        let ms = standstill.ms();
        if about(ms, timeout_ms.into()) && cadence.commits.makes_long(ms, 0) {
            longest(&mut self.group(group_id).unnoticed, standstill);
        }
    }

    /// Which partitions a member holds from here on.
    fn holds(&mut self, numbers: &mut OffsetKeys, group_id: &[u8], row: &HistoryRow<'_>) {
        let (Some(member_id), Some(assignment)) = (row.member_id, row.assignment) else { return };
        let named = |topic: &AssignmentReport| {
            Some((topic.topic.as_ref()?.as_bytes().to_vec(), topic.partitions.clone()))
        };
        let mut keys = Vec::new();
        for (topic, partitions) in assignment.iter().filter_map(named) {
            let number = |partition: &i32| numbers.number(&OffsetKey::new(group_id, &topic, *partition));
            keys.extend(partitions.iter().map(number));
        }
        if let Some(member) = self.group(group_id).members.of(member_id) {
            member.keys = keys;
        }
    }

    /// The cadence of a key, which is this group's.
    #[expect(clippy::indexing_slicing, reason = "made just before, where it wasn't there")]
    fn cadence(&mut self, key: u32, group_id: &[u8]) -> &mut Cadence {
        let at = key as usize;
        if self.cadences.len() <= at {
            self.cadences.resize(at + 1, None);
        }
        if self.cadences[at].is_none() {
            let group = self.number(group_id);
            self.cadences[at] = Some(Cadence::new(group));
        }
        self.cadences[at].get_or_insert_default()
    }

    fn number(&mut self, group_id: &[u8]) -> u32 {
        let number = self.ids.intern(&self.hasher, group_id);
        if self.groups.len() < self.ids.len() {
            self.groups.resize_with(self.ids.len(), Group::default);
        }
        number
    }

    #[expect(clippy::indexing_slicing, reason = "`number` made an entry for every number it gave")]
    fn group(&mut self, group_id: &[u8]) -> &mut Group {
        let number = self.number(group_id);
        &mut self.groups[number as usize]
    }
}

impl Group {
    /// Whether it has members, and neither they nor its generation are others than at `then`.
    fn was_stable_since(&self, then: Spot) -> bool {
        !self.members.is_empty() && self.changed.offset <= then.offset
    }
}

fn longest(known: &mut Option<Standstill>, other: Standstill) {
    if known.is_none_or(|known| known.ms() < other.ms()) {
        *known = Some(other);
    }
}
