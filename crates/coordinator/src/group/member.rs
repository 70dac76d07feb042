//! Members of consumer, share and streams groups, and what they hold.

use lastwrites_types::Uuid;

use super::shared::{Name, Shared};

/// One member's state (`ConsumerGroupMember`, `ShareGroupMember`, `StreamsGroupMember`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// Current epoch; `None` only for a streams member whose assignment record was never seen.
    pub epoch: Option<i32>,
    /// Epoch before the current one; `None` as for `epoch`.
    pub previous_epoch: Option<i32>,
    /// 3.7 only: the target epoch of the early-access current-assignment record.
    pub target_epoch: Option<i32>,
    /// State of the last current-assignment record; `None` as for `epoch`.
    pub state: Option<MemberState>,
    /// What the member's metadata record says; `None` when none was seen.
    pub metadata: Option<Shared<MemberMetadata>>,
    /// Partitions or tasks it owns.
    pub assigned: Shared<Holding>,
    /// Partitions or tasks it still has to give up.
    pub pending_revocation: Shared<Holding>,
}

/// State of a member as its current-assignment record says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MemberState {
    /// Reconciled.
    Stable,
    /// Still has partitions to revoke (consumer).
    UnrevokedPartitions,
    /// Waits for partitions others own (consumer).
    UnreleasedPartitions,
    /// Still has tasks to revoke (streams).
    UnrevokedTasks,
    /// Waits for tasks others own (streams).
    UnreleasedTasks,
    /// 3.7: has partitions pending revocation.
    Revoking,
    /// 3.7: has partitions pending assignment.
    Assigning,
    /// A number no release wrote so far.
    Unknown,
}

/// What a member's metadata record says about it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MemberMetadata {
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Name>,
    /// `client.rack`.
    pub rack_id: Option<Name>,
    /// `client.id`.
    pub client_id: Name,
    /// Address the member connected from.
    pub client_host: Name,
    /// Rebalance timeout, ms (`max.poll.interval.ms` of a Java consumer); `None` in share groups.
    pub rebalance_timeout_ms: Option<i32>,
    /// `session.timeout.ms` of a classic-protocol member; others follow a setting of the group's, which no record
    /// holds.
    pub session_timeout_ms: Option<i32>,
    /// Topics subscribed by name (consumer, share).
    pub subscribed_topics: Vec<Name>,
    /// Topics subscribed by pattern (consumer).
    pub subscribed_regex: Option<Name>,
    /// Process the member runs in (streams).
    pub process_id: Option<Name>,
}

/// Partitions or tasks, in the order a JVM iterates them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Holding {
    /// Topic partitions (consumer, share).
    Partitions(Vec<Held<Uuid>>),
    /// Tasks (streams).
    Tasks(Tasks),
}

/// Tasks of a streams member by role.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tasks {
    /// Active tasks.
    pub active: Vec<Held<Name>>,
    /// Standby tasks.
    pub standby: Vec<Held<Name>>,
    /// Warm-up tasks.
    pub warmup: Vec<Held<Name>>,
}

/// Partitions of one topic, or tasks of one subtopology.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Held<K> {
    /// Topic id or subtopology id.
    pub key: K,
    /// Its partitions.
    pub partitions: Vec<HeldPartition>,
}

/// One partition of an assignment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HeldPartition {
    /// Partition number.
    pub partition: i32,
    /// Epoch at which it was assigned, where the release keeps one (streams from 4.2, consumer from 4.3).
    pub assignment_epoch: Option<i32>,
}

impl Holding {
    /// No partition, as a consumer or share member starts.
    pub(crate) const NO_PARTITIONS: Self = Self::Partitions(Vec::new());
    /// No task.
    pub(crate) const NO_TASKS: Self =
        Self::Tasks(Tasks { active: Vec::new(), standby: Vec::new(), warmup: Vec::new() });

    /// Topic partitions, in iteration order; empty for tasks.
    pub fn partitions(&self) -> impl Iterator<Item = (Uuid, HeldPartition)> + '_ {
        let topics = match self {
            Self::Partitions(topics) => topics.as_slice(),
            Self::Tasks(_) => &[],
        };
        topics.iter().flat_map(|held| held.partitions.iter().map(|p| (held.key, *p)))
    }

    /// True when both hold the same in the same order, whenever it was assigned.
    pub(crate) fn holds_the_same(&self, other: &Self) -> bool {
        fn partitions<K>(held: &Held<K>) -> impl Iterator<Item = i32> {
            held.partitions.iter().map(|p| p.partition)
        }
        fn same<K: PartialEq>(one: &[Held<K>], other: &[Held<K>]) -> bool {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.key == other.key && partitions(one).eq(partitions(other)))
        }
        match (self, other) {
            (Self::Partitions(one), Self::Partitions(other)) => same(one, other),
            (Self::Tasks(one), Self::Tasks(other)) => {
                same(&one.active, &other.active)
                    && same(&one.standby, &other.standby)
                    && same(&one.warmup, &other.warmup)
            }
            _ => false,
        }
    }

    /// The tasks; `None` for partitions.
    #[must_use]
    pub const fn tasks(&self) -> Option<&Tasks> {
        match self {
            Self::Tasks(tasks) => Some(tasks),
            Self::Partitions(_) => None,
        }
    }
}

impl Member {
    /// Epoch of a member that left for good (`LEAVE_GROUP_MEMBER_EPOCH`).
    pub const LEFT: i32 = -1;

    /// A member as `Builder(memberId)` makes it for consumer and share groups.
    pub(crate) fn new_with_partitions() -> Self {
        let nothing = Shared::new(Holding::NO_PARTITIONS);
        Self {
            epoch: Some(0),
            previous_epoch: Some(-1),
            target_epoch: Some(0),
            state: Some(MemberState::Stable),
            metadata: None,
            assigned: nothing.clone(),
            pending_revocation: nothing,
        }
    }

    /// A member as `getOrCreateUninitializedMember` makes it for streams groups: nothing is set.
    pub(crate) fn new_with_tasks() -> Self {
        let nothing = Shared::new(Holding::NO_TASKS);
        Self {
            epoch: None,
            previous_epoch: None,
            target_epoch: None,
            state: None,
            metadata: None,
            assigned: nothing.clone(),
            pending_revocation: nothing,
        }
    }

    /// The member after a current-assignment tombstone: epochs -1, nothing held, the rest kept.
    pub(crate) fn left(&self) -> Self {
        let nothing = Shared::new(match *self.assigned {
            Holding::Partitions(_) => Holding::NO_PARTITIONS,
            Holding::Tasks(_) => Holding::NO_TASKS,
        });
        Self {
            epoch: Some(Self::LEFT),
            previous_epoch: Some(Self::LEFT),
            target_epoch: Some(Self::LEFT),
            assigned: nothing.clone(),
            pending_revocation: nothing,
            ..self.clone()
        }
    }

    /// Process id of a streams member (`null` without a metadata record).
    #[must_use]
    pub fn process_id(&self) -> Option<&Name> {
        self.metadata.as_ref().and_then(|metadata| metadata.process_id.as_ref())
    }

    /// True when the member has taken up the target assignment of `epoch`.
    #[must_use]
    pub(crate) fn is_reconciled_to(&self, epoch: i32, early_access: bool) -> bool {
        let reached = if early_access { self.target_epoch } else { self.epoch };
        self.state == Some(MemberState::Stable) && reached == Some(epoch)
    }
}
