//! What two members contest: a partition of a topic, or a task of a streams application.

use lastwrites_coordinator::group::{Holding, Name, ReplayError};
use lastwrites_types::{Uuid, escaped};

/// The bone of contention behind a refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contested {
    of: Of,
    /// Number of the partition or task.
    pub(super) partition: i32,
    /// Epoch of the claim that was refused, where the refusal tells.
    pub(super) claimed_epoch: Option<i32>,
    /// Epoch of the claim that stood in its way, where the refusal tells.
    pub(super) held_epoch: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Of {
    Topic(Uuid),
    Subtopology(Name),
}

impl Contested {
    /// What this refusal is about; `None` where nothing is contested.
    pub(super) fn by(refused: &ReplayError) -> Option<Self> {
        match refused {
            ReplayError::PartitionOwned { topic_id, partition, epoch, owner_epoch }
            | ReplayError::PartitionOwnedByAnother { topic_id, partition, epoch, owner_epoch } => {
                Some(Self {
                    of: Of::Topic(*topic_id),
                    partition: *partition,
                    claimed_epoch: Some(*epoch),
                    held_epoch: Some(*owner_epoch),
                })
            }
            ReplayError::TaskOwned { subtopology, partition, .. } => Some(Self {
                of: Of::Subtopology(subtopology.clone()),
                partition: *partition,
                claimed_epoch: None,
                held_epoch: None,
            }),
            _ => None,
        }
    }

    /// Topic id, for a topic's partition.
    pub(super) const fn topic_id(&self) -> Option<Uuid> {
        match self.of {
            Of::Topic(id) => Some(id),
            Of::Subtopology(_) => None,
        }
    }

    /// `TOPIC_ID-0`, or `task SUBTOPOLOGY_0`.
    pub(super) fn name(&self) -> String {
        match &self.of {
            Of::Topic(id) => format!("{id}-{}", self.partition),
            Of::Subtopology(subtopology) => format!("task {}_{}", escaped(subtopology), self.partition),
        }
    }

    /// True when an assignment with these holdings has it.
    pub(super) fn is_in(&self, holdings: &[Holding]) -> bool {
        match &self.of {
            Of::Topic(id) => holdings.iter().any(|holding| {
                holding.partitions().any(|(topic, held)| topic == *id && held.partition == self.partition)
            }),
            Of::Subtopology(subtopology) => holdings.iter().filter_map(Holding::tasks).any(|tasks| {
                let active = tasks.active.iter().filter(|held| held.key == *subtopology);
                active.flat_map(|held| &held.partitions).any(|held| held.partition == self.partition)
            }),
        }
    }
}
