//! How to take back what a record did to a group.
//!
//! Every change of a group's state goes through a setter that notes the old value here. A record that turns
//! out to be fatal halfway is undone as a whole, and race simulation steps back and forth in a history.

use lastwrites_types::Uuid;

use super::Group;
use super::Holding;
use super::member::Member;
use super::modern::TopologyEpochs;
use super::shared::{Name, Shared};
use super::task_processes::Role;

/// The old value of one place in a group's state.
#[derive(Debug)]
pub(crate) enum Undo {
    /// The whole group object.
    Group(Option<Box<Group>>),
    /// Group epoch.
    GroupEpoch(i32),
    /// Target assignment epoch.
    AssignmentEpoch(i32),
    /// Streams topology epochs.
    Topology(TopologyEpochs),
    /// One member.
    Member(Name, Option<Member>),
    /// One member's target assignment.
    Target(Name, Option<Shared<Holding>>),
    /// Owner epoch of one partition.
    Partition((Uuid, i32), Option<i32>),
    /// Owner process of one active task.
    ActiveTask((Name, i32), Option<Name>),
    /// A process's claim of one standby or warm-up task; the last field tells whether it was there.
    TaskProcess(Role, (Name, i32), Name, bool),
}

/// Old values, in the order they were replaced.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Undo>);

impl Journal {
    pub(super) fn push(&mut self, undo: Undo) {
        self.0.push(undo);
    }

    /// Takes the newest entry above `mark`.
    pub(super) fn pop_above(&mut self, mark: usize) -> Option<Undo> {
        if self.0.len() > mark { self.0.pop() } else { None }
    }

    /// A place to go back to.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Forgets everything: there is no going back any more.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
