//! Records of a history that no other record asks about.
//!
//! Once a group is there for good, its epoch, the epoch of its target assignment, a member's target assignment and
//! its committed offsets decide nothing any more: no record looks at them, and the next of the same key, which every
//! window shows, replaces them. Loads end alike with them and without. They are half of most histories and more, and
//! the windows of a history grow with its square: so from there on it is searched without them.

use std::collections::BTreeSet;

use super::steps::{Step, Steps};
use crate::group::{Change, Group, Journal, ModernChange, ModernKind, Name, Slot};

impl<'t> Steps<'t> {
    /// The history without the records that nothing asks about, and how many steps at its start are whole: a loader
    /// that has read those ends as it does in the whole history. `None` where the group never is there for good.
    pub(super) fn heard(&self) -> Option<(usize, Self)> {
        let kind = self.steps.iter().rev().find_map(kind_of)?;
        let goes_on_from = self.steps.iter().rposition(|step| !goes_on(step, kind)).map_or(0, |at| at + 1);
        let whole = self.there_from(goes_on_from, kind)?;
        let rest = self.steps.get(whole..)?;
        let questions = Questions::of(rest);
        let heard = rest.iter().filter(|step| questions.hear(step));
        let kept: Vec<Step<'t>> = self.steps.iter().take(whole).chain(heard).cloned().collect();
        Some((whole, self.with_steps(kept)))
    }

    /// The first number of steps, not below `at_least`, behind which the group is one of this kind.
    fn there_from(&self, at_least: usize, kind: ModernKind) -> Option<usize> {
        let (mut slot, mut journal) = (Slot::default(), Journal::default());
        for (index, step) in self.steps.iter().enumerate() {
            if let Some(change) = &step.change {
                slot.apply(self.group_id, self.rules, change, &mut journal).ok()?;
                journal.clear();
            }
            let is_there = matches!(slot.group(), Some(Group::Modern(group)) if group.kind() == kind);
            if is_there && index + 1 >= at_least {
                return Some(index + 1);
            }
        }
        None
    }
}

fn kind_of(step: &Step<'_>) -> Option<ModernKind> {
    match &step.change {
        Some(Change::Modern(kind, _)) => Some(*kind),
        _ => None,
    }
}

/// True for a record that leaves a group of this kind in its place.
fn goes_on(step: &Step<'_>, kind: ModernKind) -> bool {
    match &step.change {
        None | Some(Change::OffsetValue) => true,
        Some(Change::Modern(_, ModernChange::Epoch(None | Some(Err(_))))) => false,
        Some(Change::Modern(of, _)) => *of == kind,
        Some(Change::Classic(_) | Change::Unreplayable(_)) => false,
    }
}

/// What tombstones ask about target assignments.
struct Questions<'s> {
    /// One asks whether there is any target assignment.
    any_target: bool,
    /// Members whose tombstones ask whether there is one of theirs, or take it away.
    targets_of: BTreeSet<&'s Name>,
}

impl<'s> Questions<'s> {
    fn of(steps: &'s [Step<'_>]) -> Self {
        let changes = || {
            steps.iter().filter_map(|step| match &step.change {
                Some(Change::Modern(_, change)) => Some(change),
                _ => None,
            })
        };
        Self {
            any_target: changes().any(|change| matches!(change, ModernChange::TargetEpoch(None))),
            targets_of: changes()
                .filter_map(|change| match change {
                    ModernChange::Member(id, None) | ModernChange::Target(id, None) => Some(id),
                    _ => None,
                })
                .collect(),
        }
    }

    fn hear(&self, step: &Step<'_>) -> bool {
        match &step.change {
            Some(Change::OffsetValue) | None => false,
            Some(Change::Modern(_, change)) => match change {
                ModernChange::Epoch(_)
                | ModernChange::PartitionMetadata(_)
                | ModernChange::RegularExpression(_) => false,
                ModernChange::TargetEpoch(_) => self.any_target,
                ModernChange::Target(id, target) => {
                    self.any_target || self.targets_of.contains(id) || !matches!(target, Some(Ok(_)))
                }
                ModernChange::Member(..)
                | ModernChange::Current(..)
                | ModernChange::StatePartitions(_)
                | ModernChange::Topology(_) => true,
            },
            Some(_) => true,
        }
    }
}
