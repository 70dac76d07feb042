//! One group id: which object stands for it, and how a record finds the object it needs.

use super::Group;
use super::change::{Change, ModernChange};
use super::classic::ClassicGroup;
use super::error::{ReplayError, Standing};
use super::journal::{Journal, Undo};
use super::kind::ModernKind;
use super::modern::ModernGroup;
use super::shared::{Name, Shared, content_hash};
use crate::rules::{ConsumerLookup, NewRules, ShareLookup, StreamsOverOffsets};

/// The place of one group id in the coordinator's `groups` map.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    group: Option<Box<Group>>,
}

impl Slot {
    /// The group object; `None` when there is none.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.group.as_deref()
    }

    /// Replays one record; on error nothing has changed.
    pub(crate) fn apply(
        &mut self,
        id: &Name,
        rules: &NewRules,
        change: &Change,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        let mark = journal.mark();
        let result = self.try_apply(id, rules, change, journal);
        if result.is_err() {
            self.roll_back(journal, mark);
        }
        result
    }

    /// Takes back everything done since `mark`.
    pub(crate) fn roll_back(&mut self, journal: &mut Journal, mark: usize) {
        while let Some(undo) = journal.pop_above(mark) {
            match (undo, self.group.as_deref_mut()) {
                (Undo::Group(group), _) => self.group = group,
                (undo, Some(Group::Modern(group))) => group.undo(undo),
                (_, _) => {}
            }
        }
    }

    /// What the place of an entry holds now, as the undo of a write of it; only of places that more than one kind of
    /// question is asked about.
    pub(crate) fn now_at(&self, place: &Undo) -> Option<Undo> {
        match self.group.as_deref() {
            Some(Group::Modern(group)) => group.now_at(place),
            _ => None,
        }
    }

    /// Puts one value in its place, without a trace in any journal.
    pub(crate) fn put(&mut self, value: Undo) {
        if let Some(Group::Modern(group)) = self.group.as_deref_mut() {
            group.undo(value);
        }
    }

    /// Hash of the whole content, equal for equal contents.
    pub(crate) fn content_hash(&self) -> u64 {
        match self.group.as_deref() {
            None => 0,
            Some(Group::Classic(group)) => content_hash(group),
            Some(Group::Modern(group)) => group.content_hash(),
        }
    }

    /// Equal for equal contents that any record ends alike on.
    pub(crate) fn replay_hash(&self) -> (u64, u64) {
        let sets = match self.group.as_deref() {
            Some(Group::Modern(group)) => group.replica_sets(),
            _ => 0,
        };
        (self.content_hash(), sets)
    }

    fn try_apply(
        &mut self,
        id: &Name,
        rules: &NewRules,
        change: &Change,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        match change {
            Change::OffsetValue => {
                if self.group.is_none() {
                    self.replace(journal, Some(Group::Classic(Shared::new(ClassicGroup::default()))));
                }
                Ok(())
            }
            Change::Classic(None) => {
                self.replace(journal, None);
                Ok(())
            }
            Change::Classic(Some(group)) => {
                self.replace(journal, Some(Group::Classic(group.clone()?)));
                Ok(())
            }
            Change::Unreplayable(error) => Err(error.clone()),
            Change::Modern(kind, change) => {
                let creates = creates_group(*kind, change, rules);
                let Some(group) = self.find(id, *kind, creates, rules, journal)? else { return Ok(()) };
                match kind {
                    ModernKind::Consumer => group.apply_consumer(id, rules, change, journal)?,
                    ModernKind::Share => group.apply_share(id, rules, change, journal)?,
                    ModernKind::Streams => group.apply_streams(id, rules, change, journal)?,
                }
                if matches!(change, ModernChange::Epoch(None)) {
                    self.replace(journal, None);
                }
                Ok(())
            }
        }
    }

    fn replace(&mut self, journal: &mut Journal, group: Option<Group>) {
        let old = std::mem::replace(&mut self.group, group.map(Box::new));
        journal.push(Undo::Group(old));
    }

    /// Looks the group up as `getOrMaybeCreatePersisted...Group` does: the object, or `None` where a release
    /// ignores a tombstone for a missing group.
    fn find(
        &mut self,
        id: &Name,
        kind: ModernKind,
        creates: bool,
        rules: &NewRules,
        journal: &mut Journal,
    ) -> Result<Option<&mut ModernGroup>, ReplayError> {
        let makes_new = match self.group.as_deref() {
            None if creates => true,
            None if ignores_missing(kind, rules) => return Ok(None),
            None => return Err(ReplayError::GroupNotFound { group: id.clone(), kind }),
            Some(Group::Modern(group)) if group.kind == kind => false,
            // The simple group was only made to hold offsets: no record backs it.
            Some(Group::Classic(group)) if group.is_simple() && replaces_simple(kind, rules) => true,
            Some(standing) => {
                let found = match standing {
                    Group::Modern(group) => Standing::Modern(group.kind),
                    Group::Classic(group) if group.is_simple() => Standing::Offsets,
                    Group::Classic(_) => Standing::Classic,
                };
                let full_stop = kind != ModernKind::Consumer || rules.consumer_lookup.wants_creation_order();
                return Err(ReplayError::WrongType { group: id.clone(), kind, found, full_stop });
            }
        };
        if makes_new {
            self.replace(journal, Some(Group::Modern(ModernGroup::new(kind, rules))));
        }
        Ok(match self.group.as_deref_mut() {
            Some(Group::Modern(group)) => Some(group),
            _ => None,
        })
    }
}

/// True when the record makes its group where there is none.
fn creates_group(kind: ModernKind, change: &ModernChange, rules: &NewRules) -> bool {
    let any_record = match kind {
        ModernKind::Consumer => !rules.consumer_lookup.wants_creation_order(),
        ModernKind::Share => rules.share_lookup == ShareLookup::AnyOrder,
        ModernKind::Streams => true,
    };
    match change {
        ModernChange::Epoch(value) => value.is_some(),
        ModernChange::Member(_, value) => value.is_some(),
        ModernChange::RegularExpression(value) => value.is_some(),
        ModernChange::StatePartitions(value) => value.is_some(),
        ModernChange::Topology(value) => value.is_some(),
        ModernChange::PartitionMetadata(value) => any_record && value.is_some(),
        ModernChange::TargetEpoch(value) => any_record && value.is_some(),
        ModernChange::Target(_, value) => any_record && value.is_some(),
        ModernChange::Current(_, value) => any_record && value.is_some(),
    }
}

fn ignores_missing(kind: ModernKind, rules: &NewRules) -> bool {
    match kind {
        ModernKind::Consumer => rules.consumer_lookup == ConsumerLookup::AnyOrder,
        ModernKind::Share => rules.share_lookup == ShareLookup::AnyOrder,
        ModernKind::Streams => true,
    }
}

fn replaces_simple(kind: ModernKind, rules: &NewRules) -> bool {
    match kind {
        ModernKind::Consumer => rules.consumer_lookup == ConsumerLookup::AnyOrder,
        ModernKind::Share => false,
        ModernKind::Streams => rules.streams_over_offsets == StreamsOverOffsets::Replaces,
    }
}
