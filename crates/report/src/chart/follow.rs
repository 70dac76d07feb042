//! Takes the rows of `history` and keeps what the plan has room for.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_types::ByteText;

use super::holes::Holes;
use super::plan::{GroupKey, Plan};
use super::thinned::Thinned;
use super::{GroupHistory, GroupMoment, Histories, IncidentMoment, OffsetHistory, OffsetMoment};
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// Changes kept of one group.
const MOST_CHANGES: usize = 120;

/// The histories as the logs go by.
pub(crate) struct Follower {
    plan: Plan,
    /// By partition, then by group id.
    groups: BTreeMap<Option<i32>, BTreeMap<Box<[u8]>, Following>>,
    /// Groups not in the report that there was no room for.
    left_out: BTreeSet<GroupKey>,
    /// Groups not in the report that are followed.
    deleted: BTreeSet<GroupKey>,
    incidents: Incidents,
    holes: Holes,
}

/// One group.
struct Following {
    path: String,
    deleted: bool,
    /// When it was last heard of, ms since 1970.
    last_ms: i64,
    most_offsets: usize,
    offsets: BTreeMap<Box<[u8]>, BTreeMap<i32, Line>>,
    lines: usize,
    offsets_left_out: BTreeSet<(Box<[u8]>, i32)>,
    changes: Thinned<GroupMoment>,
    epoch: Option<i32>,
}

/// One partition: what stands out is kept apart, so that regular commits can't crowd it out.
struct Line {
    regular: Thinned<OffsetMoment>,
    marked: Thinned<OffsetMoment>,
}

impl Follower {
    pub(crate) fn new(mut plan: Plan) -> Self {
        let incidents = Incidents::of(std::mem::take(&mut plan.incidents));
        Self {
            plan,
            groups: BTreeMap::new(),
            left_out: BTreeSet::new(),
            deleted: BTreeSet::new(),
            incidents,
            holes: Holes::default(),
        }
    }

    /// Takes the next row of a copy.
    pub(crate) fn row(&mut self, row: &HistoryRow<'_>) {
        self.incidents.row(row);
        self.holes.row(row);
        let events = self.plan.events;
        let Some(group) = row.group_id.and_then(|id| self.group(row, id)) else { return };
        match row.event {
            HistoryEvent::Commit
            | HistoryEvent::CommitSettled
            | HistoryEvent::CommitAborted
            | HistoryEvent::OffsetDeleted => group.offset(row, events),
            HistoryEvent::GroupCreated
            | HistoryEvent::GroupChanged
            | HistoryEvent::GroupDeleted
            | HistoryEvent::TypeChanged => group.change(row),
            _ => {}
        }
    }

    /// The group of a row, if its history is kept.
    fn group(&mut self, row: &HistoryRow<'_>, id: &[u8]) -> Option<&mut Following> {
        let known = self.groups.get(&row.partition).is_some_and(|here| here.contains_key(id));
        if !known {
            let key: GroupKey = (row.partition, id.into());
            if self.plan.others.contains(&key) || self.left_out.contains(&key) {
                return None;
            }
            let chosen = self.plan.chosen.get(&key).copied();
            if chosen.is_none() {
                // Of most deleted groups a log has only the tombstone.
                if !matches!(row.event, HistoryEvent::Commit | HistoryEvent::CommitSettled) {
                    return None;
                }
                if self.deleted.len() >= self.plan.deleted_groups && !self.make_room(row.timestamp_ms) {
                    self.left_out.insert(key);
                    return None;
                }
                self.deleted.insert(key.clone());
            }
            let following = Following::new(row.copy, chosen, self.plan.offsets_of_deleted);
            self.groups.entry(row.partition).or_default().insert(key.1, following);
        }
        let group = self.groups.get_mut(&row.partition)?.get_mut(id)?;
        group.last_ms = group.last_ms.max(row.timestamp_ms);
        Some(group)
    }

    /// Leaves out the deleted group that was not heard of for the longest time, if that is before this moment: somebody asks
    /// for the newest. One that was left out stays so, because only half of its history could be told.
    fn make_room(&mut self, before_ms: i64) -> bool {
        let deleted = self.deleted.iter().filter_map(|key| {
            let group = self.groups.get(&key.0)?.get(&key.1)?;
            Some((group.last_ms, key.clone()))
        });
        let Some((_, key)) = deleted.min().filter(|(last_ms, _)| *last_ms < before_ms) else {
            return false;
        };
        self.groups.entry(key.0).or_default().remove(&key.1);
        self.deleted.remove(&key);
        self.left_out.insert(key);
        true
    }

    /// All that was kept.
    pub(crate) fn finish(self) -> Histories {
        let mut groups: Vec<GroupHistory> = Vec::new();
        for (found_in, here) in self.groups {
            groups.extend(here.into_iter().map(|(id, group)| group.finish(found_in, &id)));
        }
        groups
            .sort_by(|a, b| (a.deleted, &a.group_id, a.found_in).cmp(&(b.deleted, &b.group_id, b.found_in)));
        let (holes, holes_left_out) = self.holes.finish();
        Histories {
            groups,
            groups_left_out: self.plan.others.len(),
            deleted_left_out: self.left_out.len(),
            incidents: self.incidents.finish(),
            holes,
            holes_left_out,
        }
    }
}

impl Following {
    fn new(path: &str, chosen: Option<usize>, offsets_of_deleted: usize) -> Self {
        Self {
            path: path.to_owned(),
            deleted: chosen.is_none(),
            last_ms: i64::MIN,
            most_offsets: chosen.unwrap_or(offsets_of_deleted),
            offsets: BTreeMap::new(),
            lines: 0,
            offsets_left_out: BTreeSet::new(),
            changes: Thinned::new(MOST_CHANGES),
            epoch: None,
        }
    }

    fn offset(&mut self, row: &HistoryRow<'_>, events: usize) {
        let (Some(topic), Some(partition)) = (row.topic, row.topic_partition) else { return };
        // Neither changes anything that a chart could show.
        if row.reasons.contains(&Reason::Superseded) || row.reasons.contains(&Reason::NothingThere) {
            return;
        }
        let known = self.offsets.get_mut(topic).and_then(|partitions| partitions.get_mut(&partition));
        if let Some(line) = known {
            line.take(row);
        } else if self.lines < self.most_offsets {
            self.lines += 1;
            let partitions = self.offsets.entry(topic.into()).or_default();
            partitions.entry(partition).or_insert_with(|| Line::new(events)).take(row);
        } else {
            self.offsets_left_out.insert((topic.into(), partition));
        }
    }

    fn change(&mut self, row: &HistoryRow<'_>) {
        let is_new = row.epoch.is_some() && row.epoch != self.epoch;
        let is_told = row.event != HistoryEvent::GroupChanged || is_new;
        if !is_told || row.reasons.contains(&Reason::Refused) {
            return;
        }
        self.epoch = row.epoch;
        self.changes.push(GroupMoment {
            ms: row.timestamp_ms,
            record_offset: row.offset,
            event: row.event,
            group_type: row.group_type,
            epoch: row.epoch,
        });
    }

    fn finish(self, found_in: Option<i32>, id: &[u8]) -> GroupHistory {
        let (changes, changes_left_out) = self.changes.finish();
        let lines = self.offsets.into_iter().flat_map(|(topic, partitions)| {
            partitions.into_iter().map(move |(partition, line)| line.finish(&topic, partition))
        });
        GroupHistory {
            group_id: ByteText::from(id),
            found_in,
            path: self.path,
            deleted: self.deleted,
            offsets: lines.collect(),
            offsets_left_out: self.offsets_left_out.len(),
            changes,
            changes_left_out,
        }
    }
}

impl Line {
    /// Room for so many events, half of it for what stands out.
    const fn new(events: usize) -> Self {
        Self { regular: Thinned::new(events / 2), marked: Thinned::new(events / 2) }
    }

    fn take(&mut self, row: &HistoryRow<'_>) {
        let stands_out = matches!(row.event, HistoryEvent::CommitAborted | HistoryEvent::OffsetDeleted)
            || row
                .reasons
                .iter()
                .any(|reason| matches!(reason, Reason::Rewind | Reason::Jump | Reason::Reset));
        let moment = OffsetMoment {
            ms: row.timestamp_ms,
            record_offset: row.offset,
            event: row.event,
            offset: row.committed_offset,
            previous_offset: row.previous_offset.filter(|_| stands_out),
            reasons: row.reasons.to_vec(),
        };
        if stands_out { self.marked.push(moment) } else { self.regular.push(moment) }
    }

    fn finish(self, topic: &[u8], partition: i32) -> OffsetHistory {
        let (mut events, commits_left_out) = self.regular.finish();
        let (marked, marked_left_out) = self.marked.finish();
        events.extend(marked);
        events.sort_by_key(|event| event.record_offset);
        OffsetHistory { topic: ByteText::from(topic), partition, events, commits_left_out, marked_left_out }
    }
}

/// Records whose moment is looked for, by copy.
struct Incidents {
    /// Those not met yet, the nearest last.
    ahead: BTreeMap<String, Vec<IncidentMoment>>,
    met: Vec<IncidentMoment>,
}

impl Incidents {
    fn of(wanted: BTreeSet<IncidentMoment>) -> Self {
        let mut ahead: BTreeMap<String, Vec<IncidentMoment>> = BTreeMap::new();
        for moment in wanted.into_iter().rev() {
            ahead.entry(moment.path.clone()).or_default().push(moment);
        }
        Self { ahead, met: Vec::new() }
    }

    fn row(&mut self, row: &HistoryRow<'_>) {
        let Some(ahead) = self.ahead.get_mut(row.copy) else { return };
        while let Some(next) = ahead.pop_if(|next| next.offset <= row.offset) {
            let ms = Some(row.timestamp_ms).filter(|ms| *ms >= 0);
            self.met.push(IncidentMoment { ms, ..next });
        }
    }

    fn finish(self) -> Vec<IncidentMoment> {
        let mut all = self.met;
        all.extend(self.ahead.into_values().flatten());
        all.sort();
        all
    }
}
