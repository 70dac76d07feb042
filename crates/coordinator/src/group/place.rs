//! Names for the places of a group's state that records read and write.
//!
//! Race simulation asks whether a record's effect was noticed by any later one. Places are told apart by hash: two
//! that collide are taken for one, and then a record only counts as noticed that wasn't.

use std::hash::{BuildHasher as _, Hash, Hasher as _};

use foldhash::fast::FixedState;
use lastwrites_types::Uuid;

use super::journal::Undo;
use super::shared::Name;
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place(u64);

impl Place {
    /// The group object itself.
    pub(crate) fn object() -> Self {
        Self::of(0u8, ())
    }

    pub(super) fn group_epoch() -> Self {
        Self::of(1u8, ())
    }

    pub(super) fn assignment_epoch() -> Self {
        Self::of(2u8, ())
    }

    pub(super) fn topology() -> Self {
        Self::of(3u8, ())
    }

    pub(super) fn member(id: &Name) -> Self {
        Self::of(4u8, id)
    }

    /// All members: which there are.
    pub(super) fn members() -> Self {
        Self::of(5u8, ())
    }

    pub(super) fn target(id: &Name) -> Self {
        Self::of(6u8, id)
    }

    /// All target assignments: which there are.
    pub(super) fn targets() -> Self {
        Self::of(7u8, ())
    }

    pub(super) fn partition(at: &(Uuid, i32)) -> Self {
        Self::of(8u8, at)
    }

    /// All owned partitions of a topic.
    pub(super) fn topic(id: &Uuid) -> Self {
        Self::of(9u8, id)
    }

    pub(super) fn active_task(at: &(Name, i32)) -> Self {
        Self::of(10u8, at)
    }

    /// All owned active tasks of a subtopology.
    pub(super) fn subtopology(id: &Name) -> Self {
        Self::of(11u8, id)
    }

    /// A process's claim of a standby or warm-up task.
    pub(super) fn replica_task(role: Role, at: &(Name, i32), process: &Name) -> Self {
        Self::of((12u8, role), (at, process))
    }

    /// All standby or warm-up tasks of a subtopology.
    pub(super) fn replicas(role: Role, subtopology: &Name) -> Self {
        Self::of((13u8, role), subtopology)
    }

    fn of(what: impl Hash, which: impl Hash) -> Self {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        what.hash(&mut hasher);
        which.hash(&mut hasher);
        Self(hasher.finish())
    }
}
