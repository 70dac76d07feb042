//! Builds group histories from records in log order.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::quality::FixedState;

use super::key_history::{KeyHistory, Succession, Written};
use super::trace::{CommitRun, GroupTrace, Kept, TraceEvent, TraceRecord};
use crate::group::Name;
use crate::load::{LoadRecord, RecordPlace, key_group};

/// Highest type of the records that hold committed offsets (0 and 1).
const OFFSET_COMMIT: i16 = 1;
/// Type of classic group records.
const GROUP_METADATA: i16 = 2;

/// Collects the histories of groups that races can hurt: those with consumer, share or streams records.
///
/// Feed it every data record and every end of a transaction, in log order. Memory grows with the group records
/// and with the distinct offset keys of the groups, not with their commits.
#[derive(Debug)]
pub struct TraceBuilder {
    wanted: Option<HashSet<Name, FixedState>>,
    most_events: usize,
    groups: BTreeMap<Name, Building>,
    /// Open transactions by producer id.
    open: BTreeMap<i64, OpenTransaction>,
}

/// What a transaction wrote so far.
#[derive(Debug)]
struct OpenTransaction {
    first_batch_base: i64,
    /// Group id and key of each of its records.
    written: Vec<(Name, Box<[u8]>)>,
}

/// A history under construction.
#[derive(Debug, Default)]
struct Building {
    events: Vec<Event>,
    keys: HashMap<Box<[u8]>, KeyHistory, FixedState>,
    modern: bool,
    cut_at: Option<i64>,
}

#[derive(Debug)]
enum Event {
    Record(TraceRecord),
    Commits(Commits),
}

/// A run of commits under construction.
#[derive(Debug)]
struct Commits {
    first: i64,
    first_batch_base: i64,
    first_batch_end: i64,
    last: i64,
    /// Commits that are the latest of their keys so far.
    latest: u64,
    /// The batch that superseded the longest-lived of the others: its base offset and where it ends.
    superseded_at: Option<(i64, i64)>,
}

impl TraceBuilder {
    /// Histories of `wanted` groups (of all when `None`), each cut off after `most_events` events.
    #[must_use]
    pub fn new(wanted: Option<HashSet<Name, FixedState>>, most_events: usize) -> Self {
        Self { wanted, most_events, groups: BTreeMap::new(), open: BTreeMap::new() }
    }

    /// The next data record, and where its batch ends: the offset behind the batch's last. Records without a readable
    /// group id are passed over.
    pub fn record(&mut self, record: &LoadRecord<'_>, batch_end: i64) {
        let Some(key) = record.key else { return };
        let Some((record_type, group_id)) = key_group(key) else { return };
        if self.wanted.as_ref().is_some_and(|wanted| !wanted.contains(group_id)) {
            return;
        }
        if !self.groups.contains_key(group_id) {
            self.groups.insert(Name::from(group_id), Building::default());
        }
        let Some(group) = self.groups.get_mut(group_id) else { return };
        if group.cut_at.is_some() {
            return;
        }
        if group.events.len() >= self.most_events {
            group.cut_at = Some(record.place.batch_base_offset);
            return;
        }
        let transaction = (record.transactional && record.producer_id >= 0).then_some(record.producer_id);
        if let Some(producer) = transaction {
            let base = record.place.batch_base_offset;
            let open = OpenTransaction { first_batch_base: base, written: Vec::new() };
            self.open.entry(producer).or_insert(open).written.push((Name::from(group_id), key.into()));
        }
        let event = group.add_event(record, batch_end, key, record_type);
        let RecordPlace { offset, batch_base_offset } = record.place;
        let written = Written { offset, batch_base_offset, batch_end, event, transaction };
        let successions = match group.keys.get_mut(key) {
            Some(history) => history.push(written),
            None => group.keys.entry(key.into()).or_default().push(written),
        };
        group.succeed(&successions);
    }

    /// The end of a producer's transaction (a COMMIT or ABORT marker).
    pub fn end_transaction(&mut self, producer: i64, committed: bool) {
        let Some(ended) = self.open.remove(&producer) else { return };
        for (group_id, key) in ended.written {
            if let Some(group) = self.groups.get_mut(&group_id)
                && let Some(history) = group.keys.get_mut(&key)
            {
                let successions = history.end_transaction(producer, committed);
                group.succeed(&successions);
            }
        }
    }

    /// The end of the log, or of what a cleaner could reach: `cleanable_to`, unless a transaction of these groups is
    /// open before (the caller knows those of other groups).
    ///
    /// Groups without consumer, share or streams records are left out: no check of theirs depends on history.
    #[must_use]
    pub fn finish(self, cleanable_to: i64) -> Vec<GroupTrace> {
        let first_open = self.open.values().map(|open| open.first_batch_base).min();
        let cleanable_to = first_open.map_or(cleanable_to, |open| open.min(cleanable_to));
        self.groups
            .into_iter()
            .filter(|(_, group)| group.modern)
            .map(|(group_id, group)| group.finish(group_id, cleanable_to))
            .collect()
    }
}

impl Building {
    /// Adds what a record is to the history; `None` when it is nothing but the end of another's life.
    fn add_event(
        &mut self,
        record: &LoadRecord<'_>,
        batch_end: i64,
        key: &[u8],
        record_type: i16,
    ) -> Option<usize> {
        let offset = record.place.offset;
        if (0..=OFFSET_COMMIT).contains(&record_type) {
            record.value?;
            match self.events.last_mut() {
                Some(Event::Commits(run)) => run.last = offset,
                _ => self.events.push(Event::Commits(Commits {
                    first: offset,
                    first_batch_base: record.place.batch_base_offset,
                    first_batch_end: batch_end,
                    last: offset,
                    latest: 0,
                    superseded_at: None,
                })),
            }
        } else {
            self.modern |= record_type > GROUP_METADATA;
            self.events.push(Event::Record(TraceRecord {
                offset,
                batch_base_offset: record.place.batch_base_offset,
                batch_end,
                next_same_key: None,
                key: key.into(),
                value: record.value.map(Into::into),
            }));
        }
        self.events.len().checked_sub(1)
    }

    fn succeed(&mut self, successions: &[Succession]) {
        for Succession { old, new } in successions {
            if let Some(Event::Commits(run)) = new.event.and_then(|event| self.events.get_mut(event)) {
                run.latest += 1;
            }
            match old.and_then(|old| old.event).and_then(|event| self.events.get_mut(event)) {
                Some(Event::Record(record)) => record.next_same_key = Some(new.offset),
                Some(Event::Commits(run)) => {
                    run.latest = run.latest.saturating_sub(1);
                    run.superseded_at = run.superseded_at.max(Some((new.batch_base_offset, new.batch_end)));
                }
                None => {}
            }
        }
    }

    fn finish(mut self, group_id: Name, cleanable_to: i64) -> GroupTrace {
        let mut keys = std::mem::take(&mut self.keys);
        for history in keys.values_mut() {
            let successions = history.end();
            self.succeed(&successions);
        }
        let events = self.events.into_iter().map(|event| match event {
            Event::Record(record) => TraceEvent::Record(record),
            Event::Commits(run) => TraceEvent::Commits(CommitRun {
                first: run.first,
                first_batch_base: run.first_batch_base,
                first_batch_end: run.first_batch_end,
                last: run.last,
                kept: match run.superseded_at {
                    _ if run.latest > 0 => Kept::Forever,
                    Some((base, end)) => Kept::Until(base, end),
                    None => Kept::Never,
                },
            }),
        });
        let cleanable_to = self.cut_at.map_or(cleanable_to, |cut| cut.min(cleanable_to));
        GroupTrace { group_id, events: events.collect(), cleanable_to, cut: self.cut_at.is_some() }
    }
}
