//! Names for the places of a group's state that records read and write.
//!
//! Race simulation asks whether a record's effect was noticed by any later one. Places are told apart by hash: two
//! that collide are taken for one, and then a record only counts as noticed that wasn't.

use std::hash::Hash;

use lastwrites_types::Uuid;

use super::journal::Undo;
use super::shared::{Name, content_hash};
use super::task_processes::Role;

/// What a record wants to know of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// Everything.
    All,
    /// Whether a partition's owner has this epoch.
    EpochIs(i32),
    /// Whether a partition has an owner with this epoch or a later one.
    EpochAtLeast(i32),
    /// Whether an active task's owner is this process.
    ProcessIs(Option<Name>),
}

/// What a record does to a place that holds a value, as far as its question tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reply {
    /// Nothing; or it goes on to write there, whatever it holds.
    GoesOn,
    /// It takes the value away.
    Removes,
    /// It fails.
    Fails,
    /// The question doesn't tell.
    Unknown,
}

impl Question {
    /// What the record that asked does if the place holds `value`.
    pub(crate) fn reply(&self, value: &Undo) -> Reply {
        match (self, value) {
            // A lenient release takes its own claim away and leaves any other.
            (Self::EpochIs(epoch), Undo::Partition(_, owner)) if *owner == Some(*epoch) => Reply::Removes,
            (Self::ProcessIs(process), Undo::ActiveTask(_, owner)) if owner.is_some() && owner == process => {
                Reply::Removes
            }
            (Self::EpochAtLeast(epoch), Undo::Partition(_, Some(owner))) if owner >= epoch => Reply::Fails,
            (Self::EpochIs(_) | Self::EpochAtLeast(_), Undo::Partition(..))
            | (Self::ProcessIs(_), Undo::ActiveTask(..)) => Reply::GoesOn,
            _ => Reply::Unknown,
        }
    }
}

/// One place, or a set of places that is looked at as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place(u64);

impl Place {
    /// The group object itself.
    pub(crate) fn object() -> Self {
        Self::of("object", ())
    }

    pub(super) fn group_epoch() -> Self {
        Self::of("group epoch", ())
    }

    pub(super) fn assignment_epoch() -> Self {
        Self::of("assignment epoch", ())
    }

    pub(super) fn topology() -> Self {
        Self::of("topology", ())
    }

    pub(super) fn member(id: &Name) -> Self {
        Self::of("member", id)
    }

    /// All members: which there are.
    pub(super) fn members() -> Self {
        Self::of("members", ())
    }

    pub(super) fn target(id: &Name) -> Self {
        Self::of("target", id)
    }

    /// All target assignments: which there are.
    pub(super) fn targets() -> Self {
        Self::of("targets", ())
    }

    pub(super) fn partition(at: &(Uuid, i32)) -> Self {
        Self::of("partition", at)
    }

    /// All owned partitions of a topic.
    pub(super) fn topic(id: &Uuid) -> Self {
        Self::of("topic", id)
    }

    pub(super) fn active_task(at: &(Name, i32)) -> Self {
        Self::of("active", at)
    }

    /// All owned active tasks of a subtopology.
    pub(super) fn subtopology(id: &Name) -> Self {
        Self::of("subtopology", id)
    }

    /// A process's claim of a standby or warm-up task.
    pub(super) fn replica_task(role: Role, at: &(Name, i32), process: &Name) -> Self {
        Self::of(role, (at, process))
    }

    /// All standby or warm-up tasks of a subtopology.
    pub(super) fn replicas(role: Role, subtopology: &Name) -> Self {
        Self::of("replicas", (role, subtopology))
    }

    fn of(what: impl Hash, which: impl Hash) -> Self {
        Self(content_hash(&(what, which)))
    }
}
