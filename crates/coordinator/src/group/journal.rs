//! How to take back what a record did to a group.
//!
//! Every change of a group's state goes through a setter that notes the old value here. A record that turns
//! out to be fatal halfway is undone as a whole, and race simulation steps back and forth in a history. For the
//! latter it can also note which places were looked at.

use lastwrites_types::Uuid;

use super::Group;
use super::Holding;
use super::member::Member;
use super::modern::TopologyEpochs;
use super::place::{Place, Question};
use super::shared::{Name, Shared};
use super::task_processes::Role;

/// The old value of one place in a group's state.
#[derive(Clone, Debug)]
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
    /// A process's claim of one standby or warm-up task; the last field tells whether it was there, and is `None`
    /// where the task had no set of processes yet.
    TaskProcess(Role, (Name, i32), Name, Option<bool>),
    /// Was taken back already.
    Nothing,
}

impl Undo {
    /// The same with nothing in the place, for a place that values can be taken away from.
    pub(crate) fn emptied(&self) -> Self {
        match self {
            Self::Partition(at, _) => Self::Partition(*at, None),
            Self::ActiveTask(at, _) => Self::ActiveTask(at.clone(), None),
            other => other.clone(),
        }
    }

    /// True for a value that was not taken away.
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::Partition(_, None) | Self::ActiveTask(_, None))
    }

    /// The place that was written, and the set of places it belongs to, if anyone looks at that as a whole.
    fn places(&self) -> Option<(Place, Option<Place>)> {
        Some(match self {
            Self::Group(_) => (Place::object(), None),
            Self::GroupEpoch(_) => (Place::group_epoch(), None),
            Self::AssignmentEpoch(_) => (Place::assignment_epoch(), None),
            Self::Topology(_) => (Place::topology(), None),
            Self::Member(id, _) => (Place::member(id), Some(Place::members())),
            Self::Target(id, _) => (Place::target(id), Some(Place::targets())),
            Self::Partition(at, _) => (Place::partition(at), Some(Place::topic(&at.0))),
            Self::ActiveTask(at, _) => (Place::active_task(at), Some(Place::subtopology(&at.0))),
            Self::TaskProcess(role, at, process, _) => {
                (Place::replica_task(*role, at, process), Some(Place::replicas(*role, &at.0)))
            }
            Self::Nothing => return None,
        })
    }
}

/// The first time that a record wrote a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    /// Which entry of the journal has the value of before.
    pub(crate) at: usize,
    /// The place.
    pub(crate) place: Place,
    /// The set of places it belongs to.
    pub(crate) set: Option<Place>,
}

/// Old values, in the order they were replaced.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    undos: Vec<Undo>,
    /// What was asked of which place since this was last taken; `None` unless wanted.
    reads: Option<Vec<(Place, Question)>>,
}

impl Journal {
    /// A journal that also notes reads.
    pub(crate) fn with_reads() -> Self {
        Self { undos: Vec::new(), reads: Some(Vec::new()) }
    }

    pub(super) fn push(&mut self, undo: Undo) {
        self.undos.push(undo);
    }

    /// Notes that the outcome of a record depends on a place.
    pub(super) fn read(&mut self, place: impl FnOnce() -> Place) {
        self.ask(|| (place(), Question::All));
    }

    /// Notes that the outcome of a record depends on the answer to a question about a place.
    pub(super) fn ask(&mut self, question: impl FnOnce() -> (Place, Question)) {
        if let Some(reads) = &mut self.reads {
            reads.push(question());
        }
    }

    /// The questions asked since this was last called.
    pub(crate) fn take_reads(&mut self) -> Vec<(Place, Question)> {
        self.reads.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The places written since `mark`, ascending, each with the set it belongs to.
    pub(crate) fn writes_since(&self, mark: usize) -> Vec<Write> {
        let since = self.undos.iter().enumerate().skip(mark);
        let places =
            since.filter_map(|(at, undo)| undo.places().map(|(place, set)| Write { at, place, set }));
        let mut writes: Vec<Write> = places.collect();
        writes.sort_unstable_by_key(|write| (write.place, write.at));
        writes.dedup_by_key(|write| write.place);
        writes
    }

    /// An entry.
    pub(crate) fn entry(&self, at: usize) -> Option<&Undo> {
        self.undos.get(at)
    }

    /// Replaces an entry.
    pub(crate) fn set(&mut self, at: usize, undo: Undo) {
        if let Some(entry) = self.undos.get_mut(at) {
            *entry = undo;
        }
    }

    /// Inserts an entry; those from there on move one further.
    pub(crate) fn insert(&mut self, at: usize, undo: Undo) {
        if at <= self.undos.len() {
            self.undos.insert(at, undo);
        }
    }

    /// Forgets the entries from one mark to another.
    pub(crate) fn forget(&mut self, from: usize, to: usize) {
        self.undos.get_mut(from..to).unwrap_or_default().fill_with(|| Undo::Nothing);
    }

    /// Takes the newest entry above `mark`.
    pub(super) fn pop_above(&mut self, mark: usize) -> Option<Undo> {
        if self.undos.len() > mark { self.undos.pop() } else { None }
    }

    /// Takes out what was forgotten behind `mark`; gives, for each entry from there on, how many entries remain
    /// before it.
    pub(crate) fn compact(&mut self, mark: usize) -> Vec<usize> {
        let mut kept = mark;
        let positions = self
            .undos
            .get(mark..)
            .unwrap_or_default()
            .iter()
            .map(|undo| {
                let before = kept;
                kept += usize::from(!matches!(undo, Undo::Nothing));
                before
            })
            .collect();
        let mut at = 0;
        self.undos.retain(|undo| {
            at += 1;
            at <= mark || !matches!(undo, Undo::Nothing)
        });
        positions
    }

    /// A place to go back to.
    pub(crate) fn mark(&self) -> usize {
        self.undos.len()
    }

    /// Forgets everything: there is no going back any more.
    pub(crate) fn clear(&mut self) {
        self.undos.clear();
        if let Some(reads) = &mut self.reads {
            reads.clear();
        }
    }
}
