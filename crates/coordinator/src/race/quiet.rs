//! Records that make no difference to where a loader stood when the cleaner overtook it.
//!
//! Two loaders, one of which read one record more before the swap, see the same unless a newer record of that key
//! lies in the cleaned part. Then the state differs by what this record changed, until the newer one comes. Where
//! that is only what no other record asks about, and what the newer one overwrites whatever it was, both loads end
//! alike. That is so for most records of a streams or share group: a member's epoch moves, its tasks stay.
//! Consumer groups keep epochs with their partitions, so there it takes a record that changes nothing at all.

use std::collections::BTreeSet;
use std::ops::Range;

use super::steps::Steps;
use crate::group::{Group, Journal, Member, ModernGroup, ModernKind, Slot, Undo};

/// Which steps of a raw history are like that.
pub(super) struct Quiet {
    /// Number of steps below each step that are not.
    loud_below: Vec<usize>,
    /// Record types of which the release skips some: one that it skips overwrites nothing.
    skipped: BTreeSet<i16>,
}

impl Quiet {
    pub(super) fn of(steps: &Steps<'_>) -> Self {
        let skipped = steps.steps.iter().filter(|step| step.change.is_none()).map(|step| step.record_type);
        Self { loud_below: vec![0], skipped: skipped.collect() }
    }

    /// The next step was applied: the journal holds what it replaced, and nothing else.
    pub(super) fn push(&mut self, steps: &Steps<'_>, step: usize, slot: &Slot, journal: &Journal) {
        let changed = journal.writes_since(0);
        let overwritten = steps.steps.get(step).is_some_and(|step| !self.skipped.contains(&step.record_type));
        let quiet = changed.is_empty()
            || overwritten
                && modern(slot).is_some_and(|group| {
                    changed.iter().filter_map(|write| journal.entry(write.at)).all(|old| is_quiet(group, old))
                });
        let below = self.loud_below.last().copied().unwrap_or(0);
        self.loud_below.push(below + usize::from(!quiet));
    }

    /// True when all of these steps are quiet; those behind a failure are not.
    pub(super) fn all(&self, steps: Range<usize>) -> bool {
        match (self.loud_below.get(steps.start), self.loud_below.get(steps.end)) {
            (Some(before), Some(behind)) => before == behind,
            _ => false,
        }
    }
}

fn modern(slot: &Slot) -> Option<&ModernGroup> {
    match slot.group() {
        Some(Group::Modern(group)) => Some(group),
        _ => None,
    }
}

/// Whether the change of one place, of which this is the old value, is one that only the next record of the key ends.
fn is_quiet(group: &ModernGroup, old: &Undo) -> bool {
    match old {
        Undo::Group(_) => false,
        Undo::GroupEpoch(_) | Undo::Nothing => true,
        // A group's tombstone asks whether there is a target assignment.
        Undo::AssignmentEpoch(old) => *old != -1 && group.assignment_epoch() != -1,
        Undo::Topology(old) => old.topology == group.topology().topology,
        Undo::Target(id, old) => old.is_some() && group.targets().contains_key(id),
        Undo::Member(id, old) => match (old, group.members().get(id)) {
            (Some(old), Some(new)) if group.kind() == ModernKind::Consumer => old == new,
            (Some(old), Some(new)) => differ_quietly(old, new),
            _ => false,
        },
        Undo::Partition(at, old) => group.partition_epochs().get(at) == old.as_ref(),
        Undo::ActiveTask(at, old) => group.active_tasks().get(at) == old.as_ref(),
        Undo::TaskProcess(role, at, process, claimed) => {
            group.is_claimed(*role, at, process) == claimed.unwrap_or(false)
        }
    }
}

/// Only in epochs, or in metadata of the same process. A member's tombstone asks whether it has left, and the one of
/// its assignment keeps the state.
fn differ_quietly(old: &Member, new: &Member) -> bool {
    let is_in = |member: &Member| member.epoch.is_some_and(|epoch| epoch != Member::LEFT);
    (old.epoch == new.epoch || is_in(old) && is_in(new))
        && old.state == new.state
        && old.metadata.is_some() == new.metadata.is_some()
        && old.process_id() == new.process_id()
        && old.assigned.holds_the_same(&new.assigned)
        && old.pending_revocation.holds_the_same(&new.pending_revocation)
}
