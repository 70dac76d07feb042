//! The ordered stage of one copy: hands what happened, in log order, to a loader per class of releases.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use foldhash::quality::FixedState;

use super::classes::Classes;
use super::event::{Event, OwnedRecord};
use super::removed::Removed;
use super::transactions::Transactions;
use super::unbroken::Unbroken;
use super::visitor::UnitEvents;
use super::{Judged, Judgement, OnDisk};
use crate::group::{Group, Member, ModernKind, Name};
use crate::load::{LoadEvent, LoadOutcome, Loader, key_group};
use crate::pass::Unit;
use crate::state::{Continuity, Counts, Tally};

/// Type of classic group records; above it are those of consumer, share and streams groups.
const GROUP_METADATA: i16 = 2;

/// Types whose tombstone removes a group: classic, consumer, share and streams group metadata.
const GROUP_ITSELF: [i16; 4] = [GROUP_METADATA, 3, 11, 17];

/// What is known of a copy so far.
pub(super) struct Panel<'p> {
    seats: Vec<Seat<'p>>,
    /// Groups with a commit and no group record yet: no loader has to know of them.
    waiting: HashSet<Box<[u8]>, FixedState>,
    /// Groups with a group record.
    known: HashSet<Box<[u8]>, FixedState>,
    modern: BTreeSet<Name>,
    /// Groups with a commit.
    committed: HashSet<Box<[u8]>, FixedState>,
    /// Groups whose object a tombstone took away, with no commit since.
    gone: BTreeSet<Box<[u8]>>,
    removed: Removed,
    transactions: Transactions,
    /// The file whose rest a broker's reader doesn't see.
    ended_file: Option<u32>,
    tallies: BTreeMap<u32, Tally>,
    spans: BTreeMap<u32, Continuity>,
    continuity: Continuity,
    unbroken: Unbroken,
    counts: Counts,
}

/// Where an event lies, and in which unbroken stretch of the log.
#[derive(Clone, Copy)]
struct Met {
    place: OnDisk,
    unbroken_from: Option<i64>,
}

/// One class of releases: loading until something fails.
struct Seat<'p> {
    loading: Option<Loader<'p>>,
    judged: Option<Judged>,
}

impl<'p> Panel<'p> {
    pub(super) fn new(classes: &Classes<'p>, partition: i32) -> Self {
        let seats = classes.representatives.iter();
        Self {
            seats: seats.map(|profile| Seat::of(Loader::new(profile, partition))).collect(),
            waiting: HashSet::default(),
            known: HashSet::default(),
            modern: BTreeSet::new(),
            committed: HashSet::default(),
            gone: BTreeSet::new(),
            removed: Removed::default(),
            transactions: Transactions::default(),
            ended_file: None,
            tallies: BTreeMap::new(),
            spans: BTreeMap::new(),
            continuity: Continuity::default(),
            unbroken: Unbroken::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn unit(&mut self, unit: &Unit, read: UnitEvents) {
        if self.ended_file.is_some_and(|file| file != unit.file) {
            self.ended_file = None;
        }
        if self.ended_file.is_none() {
            for event in &read.events {
                self.event(unit.file, event, &read.unbroken);
            }
            self.transactions.then(read.transactions);
        }
        self.tallies.entry(unit.file).or_default().add(read.account.tally);
        self.spans.entry(unit.file).or_default().then(read.account.continuity);
        self.continuity.then(read.account.continuity);
        self.unbroken.then(read.unbroken);
        self.counts.add(&read.counts);
    }

    fn event(&mut self, file: u32, event: &Event, unit: &Unbroken) {
        match event {
            Event::EndOfFile => self.ended_file = Some(file),
            Event::OffsetTouch { group_id, .. } => {
                self.gone.remove(group_id);
                if !self.committed.contains(group_id) {
                    self.committed.insert(group_id.clone());
                }
                if !self.known.contains(group_id) {
                    self.waiting.insert(group_id.clone());
                    return;
                }
            }
            Event::Record { record, .. } => self.before_record(record),
            _ => {}
        }
        let log_end = self.continuity.next.unwrap_or(0);
        let unbroken_from = match event {
            Event::Record { unbroken_from, .. } => self.unbroken.before(unit, *unbroken_from),
            _ => None,
        };
        let met = event.position().map(|position| Met { place: OnDisk { file, position }, unbroken_from });
        if let Some(event) = event.as_load_event(log_end) {
            self.show(&event, met);
        }
        if let Event::Record { record, .. } = event {
            self.after_commit(record);
        }
    }

    /// Markers are not shown, so a commit that was shown must not look as if its transaction were open: which
    /// offsets are is settled by a look of its own ([`Panel::doubtful_removals`]).
    fn after_commit(&mut self, record: &OwnedRecord) {
        if let Some((0..GROUP_METADATA, group)) = record.key.as_deref().and_then(key_group)
            && record.value.is_some()
        {
            self.gone.remove(group);
            self.committed.insert(group.into());
            self.show(&LoadEvent::OffsetTouch { place: record.place, group }, None);
        }
    }

    /// Tells the loaders of a commit they were spared when the group's first record comes after it.
    fn before_record(&mut self, record: &OwnedRecord) {
        let Some((record_type, group_id)) = record.key.as_deref().and_then(key_group) else { return };
        if record_type < GROUP_METADATA {
            return;
        }
        if self.waiting.remove(group_id) {
            self.show(&LoadEvent::OffsetTouch { place: record.place, group: group_id }, None);
        }
        if !self.known.contains(group_id) {
            self.known.insert(group_id.into());
        }
        if GROUP_ITSELF.contains(&record_type) {
            if record.value.is_none() {
                self.gone.insert(group_id.into());
            } else {
                self.gone.remove(group_id);
            }
        }
        if record_type == GROUP_METADATA {
            self.removed.group_record(group_id, record.value.is_none());
        } else {
            self.modern.insert(group_id.into());
        }
    }

    fn show(&mut self, event: &LoadEvent<'_>, met: Option<Met>) {
        for seat in &mut self.seats {
            seat.event(event, met);
        }
    }

    /// Groups that the old coordinators might refuse to unload: they take a look of their own.
    pub(super) fn doubtful_removals(&self) -> BTreeSet<Box<[u8]>> {
        if self.transactions.open().is_empty() { BTreeSet::new() } else { self.removed.groups().clone() }
    }

    pub(super) fn finish(self, classes: &Classes<'p>) -> Judgement {
        let by_class: Vec<Judged> = self.seats.into_iter().filter_map(Seat::judged).collect();
        let verdicts = classes.class_of.iter().filter_map(|class| by_class.get(*class).cloned()).collect();
        let open_transactions = self.transactions.open();
        let log_end = self.continuity.next.unwrap_or(0);
        let mut groups: BTreeSet<Name> = self.known.iter().map(|id| id.as_ref().into()).collect();
        groups.extend(self.committed.iter().map(|id| Name::from(id.as_ref())));
        let orphaning = self.gone.iter().filter(|id| self.committed.contains(*id));
        Judgement {
            verdicts,
            removed_groups: orphaning.map(|id| id.as_ref().into()).collect(),
            groups: groups.into_iter().collect(),
            tallies: self.tallies,
            spans: self.spans,
            continuity: self.continuity.finish(),
            cleanable_to: open_transactions.values().copied().min().unwrap_or(log_end),
            open_transactions,
            modern_groups: self.modern.into_iter().collect(),
            counts: self.counts,
        }
    }
}

impl<'p> Seat<'p> {
    const fn of(loader: Loader<'p>) -> Self {
        Self { loading: Some(loader), judged: None }
    }

    fn event(&mut self, event: &LoadEvent<'_>, met: Option<Met>) {
        let Some(loader) = &mut self.loading else { return };
        loader.event(event);
        if loader.failure().is_some() {
            let judged = self.loading.take().map(|loader| Judged::from(loader.finish()));
            self.judged = judged.map(|judged| Judged {
                place: met.map(|met| met.place),
                unbroken_from: met.and_then(|met| met.unbroken_from),
                ..judged
            });
        }
    }

    fn judged(self) -> Option<Judged> {
        self.judged.or_else(|| self.loading.map(|loader| loader.finish().into()))
    }
}

impl From<LoadOutcome> for Judged {
    fn from(outcome: LoadOutcome) -> Self {
        let ghosts = if outcome.verdict.is_loaded() { ghosts(&outcome) } else { Vec::new() };
        Self {
            ghosts,
            verdict: outcome.verdict,
            failure: outcome.failure,
            first_unknown: outcome.warnings.first().copied(),
            groups_served: outcome.groups_served,
            place: None,
            unbroken_from: None,
        }
    }
}

/// Consumer members whose epoch is still that of a new object: every broker writes an assignment with the metadata.
fn ghosts(outcome: &LoadOutcome) -> Vec<(Name, Name)> {
    let of_group = |(id, group): &(Name, Group)| -> Vec<(Name, Name)> {
        let Group::Modern(group) = group else { return Vec::new() };
        if group.kind() != ModernKind::Consumer {
            return Vec::new();
        }
        let unborn = |member: &Member| member.epoch == Some(0) && member.metadata.is_some();
        let members = group.members().iter().filter(|(_, member)| unborn(member));
        members.map(|(member, _)| (id.clone(), member.clone())).collect()
    };
    outcome.groups.iter().flat_map(of_group).take(Judged::MOST_GHOSTS).collect()
}
