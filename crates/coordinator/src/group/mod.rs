//! Group objects of one coordinator, replayed record by record under one release's rules.
//!
//! [`Groups`] mirrors the `groups` map of Kafka's `GroupMetadataManager`: every record is looked up, checked and
//! applied in the order that release does it, and a refused record carries the exact exception text. Offsets
//! are not kept here; a commit only makes sure that its group exists.

mod assignment;
mod build;
mod change;
mod checks;
mod classic;
mod consumer;
mod error;
mod java_order;
mod journal;
mod kind;
mod member;
mod modern;
mod partition_epochs;
mod place;
mod share;
mod shared;
mod slot;
mod streams;
mod subscription;
mod task_processes;

pub(crate) use assignment::refuse_repeated;
pub(crate) use build::{
    ClassicParts, Entry, classic_group, current_partitions, current_tasks, partitions_state,
    plain_partitions, target_tasks, tasks_state,
};
pub use change::{Change, Current, Epoch, ModernChange, Prepared};
pub use classic::{ClassicGroup, ClassicMember};
pub use error::{ReplayError, Standing};
pub(crate) use journal::{Journal, Undo, Write};
pub use kind::ModernKind;
pub use member::{Held, HeldPartition, Holding, Member, MemberMetadata, MemberState, Tasks};
pub use modern::{ModernGroup, ModernState, TopologyEpochs};
pub(crate) use place::{Place, Question, Reply};
pub use shared::{Name, Shared};
pub(crate) use slot::Slot;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::rules::NewRules;

/// One group object.
#[derive(Clone, Debug)]
pub enum Group {
    /// A classic group, or one that only holds offsets.
    Classic(Shared<ClassicGroup>),
    /// A consumer, share or streams group.
    Modern(ModernGroup),
}

/// All group objects of one coordinator under one release's rules.
#[derive(Debug)]
pub struct Groups {
    rules: NewRules,
    slots: HashMap<Name, Slot, RandomState>,
    journal: Journal,
}

impl Groups {
    /// No group yet.
    #[must_use]
    pub fn new(rules: NewRules) -> Self {
        Self { rules, slots: HashMap::default(), journal: Journal::default() }
    }

    /// The rules these groups follow.
    #[must_use]
    pub const fn rules(&self) -> &NewRules {
        &self.rules
    }

    /// Replays what one record does to its group.
    ///
    /// # Errors
    /// The exception the release throws; then nothing has changed.
    pub fn replay(&mut self, group_id: &Name, change: &Change) -> Result<(), ReplayError> {
        self.journal.clear();
        let slot = self.slots.entry(group_id.clone()).or_default();
        let result = slot.apply(group_id, &self.rules, change, &mut self.journal);
        if slot.group().is_none() {
            self.slots.remove(group_id);
        }
        result
    }

    /// An offset commit for a group: makes a simple classic group where there is none.
    pub fn touch(&mut self, group_id: &[u8]) {
        if !self.slots.contains_key(group_id) {
            // Nothing stands there, so making the simple group can't fail.
            let _ = self.replay(&Name::from(group_id), &Change::OffsetValue);
        }
    }

    /// The group of one id.
    #[must_use]
    pub fn get(&self, group_id: &[u8]) -> Option<&Group> {
        self.slots.get(group_id).and_then(Slot::group)
    }

    /// All groups, ordered by the bytes of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Group)> {
        let mut groups: Vec<_> =
            self.slots.iter().filter_map(|(id, slot)| Some((id, slot.group()?))).collect();
        groups.sort_unstable_by_key(|(id, _)| *id);
        groups.into_iter()
    }

    /// What `onLoaded` throws once every record has been replayed; `None` when it passes.
    #[must_use]
    pub fn on_loaded_failure(&self) -> Option<(&Name, ReplayError)> {
        self.iter().find_map(|(id, group)| match group {
            Group::Modern(group) if group.kind() == ModernKind::Streams => group
                .member_without_rebalance_timeout()
                .map(|_| (id, ReplayError::Other(NO_REBALANCE_TIMEOUT.to_owned()))),
            _ => None,
        })
    }
}

/// What unboxing the missing rebalance timeout says.
const NO_REBALANCE_TIMEOUT: &str = "Cannot invoke \"java.lang.Integer.intValue()\" because the return value of \
    \"org.apache.kafka.coordinator.group.streams.StreamsGroupMember.rebalanceTimeoutMs()\" is null";
