//! The state that consumer, share and streams groups have in common (`ModernGroup`, `StreamsGroup`).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use lastwrites_types::Uuid;

use super::journal::{Journal, Undo};
use super::kind::ModernKind;
use super::member::{Holding, Member};
use super::place::Place;
use super::shared::{Name, Shared, content_hash};
use super::task_processes::Role;
use crate::rules::{ConsumerLookup, NewRules, StreamsReady};

/// A consumer, share or streams group.
#[derive(Clone, Debug)]
pub struct ModernGroup {
    pub(super) kind: ModernKind,
    pub(super) group_epoch: i32,
    pub(super) assignment_epoch: i32,
    pub(super) topology: TopologyEpochs,
    pub(super) members: BTreeMap<Name, Member>,
    pub(super) targets: BTreeMap<Name, Shared<Holding>>,
    /// Consumer: epoch of the member that owns a partition (`currentPartitionEpoch`).
    pub(super) partition_epochs: BTreeMap<(Uuid, i32), i32>,
    /// Streams: process that owns an active task (`currentActiveTaskToProcessId`).
    pub(super) active_tasks: BTreeMap<(Name, i32), Name>,
    /// Streams: processes that have a standby or warm-up task. A set stays when it becomes empty.
    pub(super) replica_tasks: [BTreeMap<(Name, i32), BTreeSet<Name>>; 2],
    /// Hash of which of these sets there are.
    replica_sets: u64,
    /// Sum of the hashes of everything above but that, so that two histories can be compared cheaply.
    hash: u64,
}

/// Which topology a streams group has and which it validated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TopologyEpochs {
    /// Epoch of the topology record; `None` without one.
    pub topology: Option<i32>,
    /// Epoch the group record says was validated; 0 without a record, -1 in one that does not say.
    pub validated: i32,
}

/// State of a group as a broker that just loaded it computes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ModernState {
    /// No member.
    Empty,
    /// Streams: the topology is not usable yet.
    NotReady,
    /// The target assignment is older than the group epoch.
    Assigning,
    /// Some member has not taken up the target assignment.
    Reconciling,
    /// All members have.
    Stable,
}

impl ModernState {
    /// The word of the machine-output contract, which is Kafka's own.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::NotReady => "NotReady",
            Self::Assigning => "Assigning",
            Self::Reconciling => "Reconciling",
            Self::Stable => "Stable",
        }
    }
}

impl ModernGroup {
    pub(super) fn new(kind: ModernKind, rules: &NewRules) -> Self {
        Self {
            kind,
            group_epoch: rules.first_epoch,
            assignment_epoch: rules.first_epoch,
            topology: TopologyEpochs::default(),
            members: BTreeMap::new(),
            targets: BTreeMap::new(),
            partition_epochs: BTreeMap::new(),
            active_tasks: BTreeMap::new(),
            replica_tasks: [BTreeMap::new(), BTreeMap::new()],
            replica_sets: 0,
            hash: 0,
        }
    }

    /// Consumer, share or streams.
    #[must_use]
    pub const fn kind(&self) -> ModernKind {
        self.kind
    }

    /// Group epoch; 0 (from 4.3 on 1) until a group record sets it.
    #[must_use]
    pub const fn group_epoch(&self) -> i32 {
        self.group_epoch
    }

    /// Epoch of the target assignment; -1 after its tombstone.
    #[must_use]
    pub const fn assignment_epoch(&self) -> i32 {
        self.assignment_epoch
    }

    /// Members by member id.
    #[must_use]
    pub const fn members(&self) -> &BTreeMap<Name, Member> {
        &self.members
    }

    /// Target assignment by member id.
    #[must_use]
    pub const fn targets(&self) -> &BTreeMap<Name, Shared<Holding>> {
        &self.targets
    }

    /// Epoch of the owner of each partition (consumer groups).
    #[must_use]
    pub const fn partition_epochs(&self) -> &BTreeMap<(Uuid, i32), i32> {
        &self.partition_epochs
    }

    /// Process that owns each active task (streams groups).
    #[must_use]
    pub const fn active_tasks(&self) -> &BTreeMap<(Name, i32), Name> {
        &self.active_tasks
    }

    /// Topology epochs (streams groups).
    pub(crate) const fn topology(&self) -> TopologyEpochs {
        self.topology
    }

    /// Whether a process has a standby or warm-up task (streams groups).
    pub(crate) fn is_claimed(&self, role: Role, at: &(Name, i32), process: &Name) -> bool {
        let [standby, warmup] = &self.replica_tasks;
        let tasks = match role {
            Role::Standby => standby,
            Role::Warmup => warmup,
        };
        tasks.get(at).is_some_and(|processes| processes.contains(process))
    }

    /// The state a broker computes (`maybeUpdateGroupState`).
    #[must_use]
    pub fn state(&self, rules: &NewRules) -> ModernState {
        if self.members.is_empty() {
            ModernState::Empty
        } else if self.kind == ModernKind::Share {
            ModernState::Stable
        } else if self.kind == ModernKind::Streams && !self.has_usable_topology(rules) {
            ModernState::NotReady
        } else if self.group_epoch > self.assignment_epoch {
            ModernState::Assigning
        } else {
            let early_access = rules.consumer_lookup == ConsumerLookup::EarlyAccess;
            let reconciled = self
                .members
                .values()
                .all(|member| member.is_reconciled_to(self.assignment_epoch, early_access));
            if reconciled { ModernState::Stable } else { ModernState::Reconciling }
        }
    }

    fn has_usable_topology(&self, rules: &NewRules) -> bool {
        rules.streams_ready == StreamsReady::ValidatedTopology
            && self.topology.topology == Some(self.topology.validated)
    }

    /// Hash of the whole content; equal contents have equal hashes.
    #[must_use]
    pub(crate) fn content_hash(&self) -> u64 {
        content_hash(&(self.kind, self.group_epoch, self.assignment_epoch, self.topology, self.hash))
    }

    /// Hash of which standby and warm-up tasks have a set of processes, empty ones too: no content, but the strict
    /// releases' exceptions tell by it.
    pub(crate) const fn replica_sets(&self) -> u64 {
        self.replica_sets
    }

    /// A member, for a record whose outcome depends on it.
    pub(super) fn member(&self, id: &Name, journal: &mut Journal) -> Option<&Member> {
        journal.read(|| Place::member(id));
        self.members.get(id)
    }

    pub(super) fn set_group_epoch(&mut self, journal: &mut Journal, epoch: i32) {
        journal.push(Undo::GroupEpoch(std::mem::replace(&mut self.group_epoch, epoch)));
    }

    pub(super) fn set_assignment_epoch(&mut self, journal: &mut Journal, epoch: i32) {
        journal.push(Undo::AssignmentEpoch(std::mem::replace(&mut self.assignment_epoch, epoch)));
    }

    pub(super) fn set_topology(&mut self, journal: &mut Journal, topology: TopologyEpochs) {
        journal.push(Undo::Topology(std::mem::replace(&mut self.topology, topology)));
    }

    /// Sets or removes a member; gives the old one.
    pub(super) fn set_member(
        &mut self,
        journal: &mut Journal,
        id: &Name,
        member: Option<Member>,
    ) -> Option<Member> {
        let old = self.put_member(id, member);
        journal.push(Undo::Member(id.clone(), old.clone()));
        old
    }

    pub(super) fn set_target(&mut self, journal: &mut Journal, id: &Name, target: Option<Shared<Holding>>) {
        let old = self.put_target(id, target);
        journal.push(Undo::Target(id.clone(), old));
    }

    /// Sets or removes a partition's owner epoch; gives the old one.
    pub(super) fn set_partition(
        &mut self,
        journal: &mut Journal,
        at: (Uuid, i32),
        epoch: Option<i32>,
    ) -> Option<i32> {
        let old = self.put_partition(at, epoch);
        journal.push(Undo::Partition(at, old));
        old
    }

    /// Sets or removes an active task's owner; gives the old one.
    pub(super) fn set_active_task(
        &mut self,
        journal: &mut Journal,
        at: &(Name, i32),
        process: Option<Name>,
    ) -> Option<Name> {
        let old = self.put_active_task(at, process);
        journal.push(Undo::ActiveTask(at.clone(), old.clone()));
        old
    }

    /// Adds or removes a process's claim of a standby or warm-up task.
    pub(super) fn set_task_process(
        &mut self,
        journal: &mut Journal,
        role: Role,
        at: &(Name, i32),
        process: &Name,
        claimed: bool,
    ) {
        let old = self.put_task_process(role, at, process, Some(claimed));
        journal.push(Undo::TaskProcess(role, at.clone(), process.clone(), old));
    }

    /// See [`Slot::now_at`](super::Slot::now_at).
    pub(super) fn now_at(&self, place: &Undo) -> Option<Undo> {
        match place {
            Undo::Partition(at, _) => Some(Undo::Partition(*at, self.partition_epochs.get(at).copied())),
            Undo::ActiveTask(at, _) => Some(Undo::ActiveTask(at.clone(), self.active_tasks.get(at).cloned())),
            _ => None,
        }
    }

    /// Puts one old value back.
    pub(super) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Group(_) | Undo::Nothing => {}
            Undo::GroupEpoch(epoch) => self.group_epoch = epoch,
            Undo::AssignmentEpoch(epoch) => self.assignment_epoch = epoch,
            Undo::Topology(topology) => self.topology = topology,
            Undo::Member(id, old) => drop(self.put_member(&id, old)),
            Undo::Target(id, old) => drop(self.put_target(&id, old)),
            Undo::Partition(at, old) => drop(self.put_partition(at, old)),
            Undo::ActiveTask(at, old) => drop(self.put_active_task(&at, old)),
            Undo::TaskProcess(role, at, process, claimed) => {
                self.put_task_process(role, &at, &process, claimed);
            }
        }
    }

    fn put_member(&mut self, id: &Name, member: Option<Member>) -> Option<Member> {
        let new = member.as_ref().map(|member| place_hash("member", id, member));
        let old = put(&mut self.members, id, member);
        self.rehash(old.as_ref().map(|member| place_hash("member", id, member)), new);
        old
    }

    fn put_target(&mut self, id: &Name, target: Option<Shared<Holding>>) -> Option<Shared<Holding>> {
        let new = target.as_ref().map(|target| place_hash("target", id, target));
        let old = put(&mut self.targets, id, target);
        self.rehash(old.as_ref().map(|target| place_hash("target", id, target)), new);
        old
    }

    fn put_partition(&mut self, at: (Uuid, i32), epoch: Option<i32>) -> Option<i32> {
        let old = put(&mut self.partition_epochs, &at, epoch);
        self.rehash(
            old.map(|epoch| place_hash("partition", &at, &epoch)),
            epoch.map(|epoch| place_hash("partition", &at, &epoch)),
        );
        old
    }

    fn put_active_task(&mut self, at: &(Name, i32), process: Option<Name>) -> Option<Name> {
        let new = process.as_ref().map(|process| place_hash("active", at, process));
        let old = put(&mut self.active_tasks, at, process);
        self.rehash(old.as_ref().map(|process| place_hash("active", at, process)), new);
        old
    }

    /// A set of processes stays when it becomes empty: only putting back that there was none takes it away.
    fn put_task_process(
        &mut self,
        role: Role,
        at: &(Name, i32),
        process: &Name,
        claimed: Option<bool>,
    ) -> Option<bool> {
        let [standby, warmup] = &mut self.replica_tasks;
        let tasks = match role {
            Role::Standby => standby,
            Role::Warmup => warmup,
        };
        let had_set = tasks.contains_key(at);
        let is_claimed = claimed == Some(true);
        let was_claimed = if is_claimed {
            !tasks.entry(at.clone()).or_default().insert(process.clone())
        } else {
            tasks.get_mut(at).is_some_and(|processes| processes.remove(process))
        };
        if claimed.is_none() && tasks.get(at).is_some_and(BTreeSet::is_empty) {
            tasks.remove(at);
        }
        if had_set != tasks.contains_key(at) {
            self.replica_sets ^= place_hash("set", &role, at);
        }
        if was_claimed != is_claimed {
            let hash = Some(place_hash(role, at, process));
            if is_claimed { self.rehash(None, hash) } else { self.rehash(hash, None) }
        }
        had_set.then_some(was_claimed)
    }

    fn rehash(&mut self, old: Option<u64>, new: Option<u64>) {
        self.hash = self.hash.wrapping_sub(old.unwrap_or(0)).wrapping_add(new.unwrap_or(0));
    }
}

fn put<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    }
}

/// Hash of one value at one place.
fn place_hash(table: impl Hash, key: &impl Hash, value: &impl Hash) -> u64 {
    content_hash(&(table, key, value))
}
