//! The group objects of one copy as history goes by, and what each group record changes.
//!
//! A record is replayed as the chosen release replays it, and what is different afterwards becomes events.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::group::{
    Change, ClassicGroup, ClassicMember, Current, Group, Groups, Holding, Member, ModernChange, ModernKind,
    Name, Shared,
};
use lastwrites_coordinator::rules::{Profile, Rules, newest_rules};
use lastwrites_types::escaped;

use super::group_event::{Client, GroupEvent};
use super::plan::BatchPlan;
use crate::build::{TopicNames, classic_assignment, modern_assignment};
use crate::rows::{HistoryEvent, Reason};

/// Every group object, and which of them group records made.
pub(super) struct GroupStory<'n> {
    groups: Groups,
    /// Groups with a record of their own; the others only hold offsets.
    recorded: BTreeSet<Name>,
    names: &'n TopicNames,
    plan: BatchPlan,
    /// Groups that become others in this batch: type and members before it, and whether that was told.
    turning: BTreeMap<Name, Turning>,
}

struct Turning {
    from: &'static str,
    members: BTreeSet<Name>,
    told: bool,
}

impl<'n> GroupStory<'n> {
    pub(super) fn new(profile: &Profile, names: &'n TopicNames) -> Self {
        let rules = match profile.rules {
            Rules::New(rules) => rules,
            // The old coordinator's groups are classic, and those are the same everywhere.
            Rules::Old(_) => newest_rules(),
        };
        Self {
            groups: Groups::new(rules),
            recorded: BTreeSet::new(),
            names,
            plan: BatchPlan::default(),
            turning: BTreeMap::new(),
        }
    }

    /// Starts a batch.
    pub(super) fn begin(&mut self, plan: BatchPlan) {
        self.turning.clear();
        for (group_id, to) in &plan.becomes {
            let Some(group) = self.groups.get(group_id) else { continue };
            let turning = Turning { from: group_type(group), members: member_ids(group), told: false };
            if turning.from != *to && self.recorded.contains(group_id) {
                self.turning.insert(group_id.clone(), turning);
            }
        }
        self.plan = plan;
    }

    /// The batch deletes the group.
    pub(super) fn removes(&self, group_id: &[u8]) -> bool {
        self.plan.removes(group_id)
    }

    /// A commit for the group; tells whether the group had members once and has none now.
    pub(super) fn touch(&mut self, group_id: &[u8]) -> bool {
        self.groups.touch(group_id);
        match self.groups.get(group_id) {
            Some(Group::Classic(group)) => group.members.is_empty() && group.protocol_type.is_some(),
            Some(Group::Modern(group)) => group.members().is_empty(),
            None => false,
        }
    }

    /// Since when a classic group has been without members, ms since 1970.
    pub(super) fn empty_since(&self, group_id: &[u8]) -> Option<i64> {
        match self.groups.get(group_id)? {
            Group::Classic(group) if group.members.is_empty() => group.current_state_timestamp,
            _ => None,
        }
    }

    /// Replays a group record and tells what it changed.
    pub(super) fn record(&mut self, group_id: &Name, change: &Change) -> Vec<GroupEvent> {
        match change {
            Change::Classic(None) => self.classic_tombstone(group_id, change),
            Change::Classic(Some(Ok(new))) => self.classic(group_id, change, new),
            Change::Modern(kind, modern) => self.modern(group_id, change, *kind, modern),
            Change::Classic(Some(Err(_))) | Change::Unreplayable(_) => {
                self.refused(group_id, change).into_iter().collect()
            }
            Change::OffsetValue => Vec::new(),
        }
    }

    /// Replays a record; one that the release refuses becomes an event that says so.
    fn refused(&mut self, group_id: &Name, change: &Change) -> Option<GroupEvent> {
        let error = self.groups.replay(group_id, change).err()?;
        Some(GroupEvent {
            detail: Some(error.to_string()),
            member_id: change.member_id().cloned(),
            ..GroupEvent::new(HistoryEvent::GroupChanged).because(Reason::Refused)
        })
    }

    fn classic_tombstone(&mut self, group_id: &Name, change: &Change) -> Vec<GroupEvent> {
        let from = self.groups.get(group_id).map(group_type);
        if let Some(refused) = self.refused(group_id, change) {
            return vec![refused];
        }
        self.recorded.remove(group_id);
        self.deleted(group_id, from).into_iter().collect()
    }

    /// The event of a group's tombstone; none where the group goes on as another type.
    fn deleted(&self, group_id: &Name, from: Option<&'static str>) -> Option<GroupEvent> {
        if self.turning.contains_key(group_id) {
            return None;
        }
        let event = GroupEvent { group_type: from, ..GroupEvent::new(HistoryEvent::GroupDeleted) };
        Some(if from.is_none() { event.because(Reason::NothingThere) } else { event })
    }

    /// A value for a group: is it new, or one of another type now?
    fn arrived(&mut self, group_id: &Name, group_type: &'static str) -> Option<GroupEvent> {
        if !self.recorded.insert(group_id.clone()) {
            return None;
        }
        let event = |event| GroupEvent { group_type: Some(group_type), ..GroupEvent::new(event) };
        match self.turning.get_mut(group_id) {
            Some(turning) if !turning.told => {
                turning.told = true;
                let detail = Some(format!("{} to {group_type}", turning.from));
                Some(GroupEvent { detail, ..event(HistoryEvent::TypeChanged) })
            }
            _ => Some(event(HistoryEvent::GroupCreated)),
        }
    }

    /// The member was in the group before the batch that turns it into another type.
    fn came_along(&self, group_id: &Name, member_id: &Name) -> bool {
        self.turning.get(group_id).is_some_and(|turning| turning.members.contains(member_id))
    }

    fn classic(&mut self, group_id: &Name, change: &Change, new: &Shared<ClassicGroup>) -> Vec<GroupEvent> {
        let before = match self.groups.get(group_id) {
            Some(Group::Classic(group)) => Some(group.clone()),
            _ => None,
        };
        if let Some(refused) = self.refused(group_id, change) {
            return vec![refused];
        }
        let mut events = Vec::new();
        let about = |event: GroupEvent| GroupEvent {
            group_type: Some("classic"),
            epoch: Some(new.generation),
            detail: event.detail.or_else(|| new.protocol.as_deref().map(escaped)),
            ..event
        };
        let empty = ClassicGroup::default();
        let old = before.as_deref().unwrap_or(&empty);
        match self.arrived(group_id, "classic") {
            Some(event) => events.push(about(event)),
            None if has_changed(old, new) => {
                events.push(about(GroupEvent::new(HistoryEvent::GroupChanged)));
            }
            None => {}
        }
        self.classic_members(group_id, old, new, &mut events);
        events
    }

    fn classic_members(
        &self,
        group_id: &Name,
        old: &ClassicGroup,
        new: &ClassicGroup,
        events: &mut Vec<GroupEvent>,
    ) {
        let blob = |group: &ClassicGroup, bytes: &[u8]| {
            if group.uses_consumer_protocol() { classic_assignment(bytes) } else { Vec::new() }
        };
        let successor = |instance: Option<&Name>| {
            let instance = instance?;
            new.members.iter().find(|(_, member)| member.instance_id.as_ref() == Some(instance))
        };
        for (id, member) in &old.members {
            let replaced = || successor(member.instance_id.as_ref()).is_some();
            if !new.members.contains_key(id) && !replaced() {
                events.push(GroupEvent::new(HistoryEvent::MemberLeft).of(id, member.instance_id.as_ref()));
            }
        }
        for (id, member) in &new.members {
            let event = |event| GroupEvent {
                client: Some(Client::classic(member)),
                ..GroupEvent::new(event).of(id, member.instance_id.as_ref())
            };
            let assigned = blob(new, &member.assignment);
            match old.members.get(id) {
                Some(before) => {
                    let host = |member: &ClassicMember| {
                        let timeouts = (member.rebalance_timeout_ms, member.session_timeout_ms);
                        let client = (member.client_id.clone(), member.client_host.clone());
                        (client, timeouts, member.subscription.clone())
                    };
                    if host(before) != host(member) {
                        events.push(event(HistoryEvent::MemberChanged));
                    }
                    if before.assignment != member.assignment {
                        let event = GroupEvent { client: None, ..event(HistoryEvent::AssignmentChanged) };
                        events.push(GroupEvent { assignment: Some(assigned), ..event });
                    }
                }
                None => {
                    let predecessor = old.members.iter().find(|(old_id, before)| {
                        before.instance_id.is_some()
                            && before.instance_id == member.instance_id
                            && !new.members.contains_key(*old_id)
                    });
                    let arrived = match predecessor {
                        Some((old_id, _)) => GroupEvent {
                            replaced: Some(old_id.clone()),
                            ..event(HistoryEvent::MemberReplaced)
                        },
                        None if self.came_along(group_id, id) => continue,
                        None => event(HistoryEvent::MemberJoined),
                    };
                    events.push(GroupEvent { assignment: Some(assigned), ..arrived });
                }
            }
        }
    }

    fn modern(
        &mut self,
        group_id: &Name,
        change: &Change,
        kind: ModernKind,
        modern: &ModernChange,
    ) -> Vec<GroupEvent> {
        let before = Seen::of(self.groups.get(group_id), change.member_id());
        if let Some(refused) = self.refused(group_id, change) {
            return vec![refused];
        }
        let mut events = Vec::new();
        if let (ModernChange::Epoch(None), had) = (modern, before.group_type) {
            self.recorded.remove(group_id);
            events.extend(self.deleted(group_id, had));
            return events;
        }
        let after = Seen::of(self.groups.get(group_id), change.member_id());
        // Without a group this is a tombstone that its release ignores.
        let Some(epoch) = after.epoch else { return events };
        if is_value(modern)
            && let Some(event) = self.arrived(group_id, kind.as_str())
        {
            events.push(event);
        }
        let group_event = |event| GroupEvent {
            group_type: Some(kind.as_str()),
            epoch: Some(epoch),
            ..GroupEvent::new(event)
        };
        let changed = |reason| group_event(HistoryEvent::GroupChanged).because(reason);
        let leaving = self.plan.removes(group_id);
        match modern {
            ModernChange::Epoch(_) => events.push(group_event(HistoryEvent::GroupChanged)),
            ModernChange::TargetEpoch(Some(target)) => events.push(GroupEvent {
                detail: Some(format!("target assignment of epoch {target}")),
                ..changed(Reason::TargetAssignment)
            }),
            ModernChange::PartitionMetadata(Some(())) => events.push(changed(Reason::SubscriptionMetadata)),
            ModernChange::RegularExpression(_) if !leaving => events.push(changed(Reason::RegularExpression)),
            ModernChange::StatePartitions(_) if !leaving => events.push(changed(Reason::SharePartitions)),
            ModernChange::Topology(_) if !leaving => {
                events.push(group_event(HistoryEvent::TopologyChanged));
            }
            ModernChange::Member(id, Some(_)) => {
                events.extend(self.member_metadata(group_id, id, &before, &after));
            }
            ModernChange::Member(id, None) => events.extend(self.member_tombstone(group_id, id, &before)),
            ModernChange::Target(id, _) if !self.plan_takes(group_id, id, modern) => {
                events.extend(self.target(id, &before, &after));
            }
            ModernChange::Current(id, Some(Ok(current))) => {
                events.extend(self.current(group_id, id, current, &before));
            }
            ModernChange::Current(id, None) if !self.plan.keeps(group_id, id) => {
                let held = before.member.as_ref().is_some_and(|member| holds(&member.assigned));
                if held {
                    let event = GroupEvent::new(HistoryEvent::AssignmentChanged).of(id, before.instance_id());
                    events.push(GroupEvent { assignment: Some(Vec::new()), ..event });
                }
            }
            _ => {}
        }
        events
    }

    /// A target's tombstone in a batch that keeps the member says nothing: the group turns into another type.
    fn plan_takes(&self, group_id: &Name, member_id: &Name, modern: &ModernChange) -> bool {
        matches!(modern, ModernChange::Target(_, None)) && self.plan.keeps(group_id, member_id)
    }

    fn member_metadata(&self, group_id: &Name, id: &Name, before: &Seen, after: &Seen) -> Option<GroupEvent> {
        let member = after.member.as_ref()?;
        let metadata = member.metadata.as_ref()?;
        let event = |event| GroupEvent {
            client: Some(Client::modern(metadata)),
            member_epoch: member.epoch,
            ..GroupEvent::new(event).of(id, metadata.instance_id.as_ref())
        };
        if let Some(old) = &before.member {
            return (old.metadata.as_ref() != Some(metadata)).then(|| event(HistoryEvent::MemberChanged));
        }
        let instance = metadata.instance_id.as_ref();
        if let Some(replaced) = instance.and_then(|instance| self.plan.leaver(group_id, instance)) {
            let replaced = Some(replaced.clone());
            return Some(GroupEvent { replaced, ..event(HistoryEvent::MemberReplaced) });
        }
        (!self.came_along(group_id, id)).then(|| event(HistoryEvent::MemberJoined))
    }

    fn member_tombstone(&mut self, group_id: &Name, id: &Name, before: &Seen) -> Option<GroupEvent> {
        let member = before.member.as_ref()?;
        if self.plan.keeps(group_id, id) {
            return None;
        }
        let instance = before.instance_id();
        if instance.is_some_and(|instance| self.plan.hands_over(group_id, instance, id)) {
            return None;
        }
        Some(GroupEvent {
            member_epoch: member.epoch,
            ..GroupEvent::new(HistoryEvent::MemberLeft).of(id, instance)
        })
    }

    fn target(&self, id: &Name, before: &Seen, after: &Seen) -> Option<GroupEvent> {
        let target = after.target.as_deref();
        if same(before.target.as_deref(), target) {
            return None;
        }
        let event = GroupEvent::new(HistoryEvent::AssignmentChanged).of(id, before.instance_id());
        let assignment = target.map_or_else(Vec::new, |target| modern_assignment(target, self.names));
        let detail = target.and_then(tasks);
        Some(GroupEvent { assignment: Some(assignment), detail, ..event.because(Reason::TargetAssignment) })
    }

    fn current(&self, group_id: &Name, id: &Name, current: &Current, before: &Seen) -> Option<GroupEvent> {
        let held = before.member.as_ref().map(|member| &*member.assigned);
        let event = match &before.member {
            None if self.came_along(group_id, id) => HistoryEvent::AssignmentChanged,
            // In a compacted log the metadata may stand behind it.
            None => HistoryEvent::MemberJoined,
            Some(_) if !same(held, Some(&current.assigned)) => HistoryEvent::AssignmentChanged,
            Some(member) if member.epoch != Some(current.epoch) || member.state != Some(current.state) => {
                HistoryEvent::MemberChanged
            }
            Some(_) => return None,
        };
        let event = GroupEvent {
            member_epoch: Some(current.epoch),
            assignment: Some(modern_assignment(&current.assigned, self.names)),
            detail: tasks(&current.assigned),
            ..GroupEvent::new(event).of(id, before.instance_id())
        };
        Some(if current.epoch == AWAY { event.because(Reason::StaticMemberAway) } else { event })
    }
}

/// Member epoch of a static member that is away for now (`LEAVE_GROUP_STATIC_MEMBER_EPOCH`).
const AWAY: i32 = -2;

/// What a modern record may change, as it is before it or after.
struct Seen {
    group_type: Option<&'static str>,
    /// Group epoch.
    epoch: Option<i32>,
    member: Option<Member>,
    target: Option<Shared<Holding>>,
}

impl Seen {
    fn of(group: Option<&Group>, member_id: Option<&Name>) -> Self {
        let modern = match group {
            Some(Group::Modern(group)) => Some(group),
            _ => None,
        };
        Self {
            group_type: group.map(group_type),
            epoch: modern.map(|group| group.group_epoch()),
            member: modern.zip(member_id).and_then(|(group, id)| group.members().get(id).cloned()),
            target: modern.zip(member_id).and_then(|(group, id)| group.targets().get(id).cloned()),
        }
    }

    fn instance_id(&self) -> Option<&Name> {
        self.member.as_ref()?.metadata.as_ref()?.instance_id.as_ref()
    }
}

const fn group_type(group: &Group) -> &'static str {
    match group {
        Group::Classic(_) => "classic",
        Group::Modern(group) => group.kind().as_str(),
    }
}

fn member_ids(group: &Group) -> BTreeSet<Name> {
    match group {
        Group::Classic(group) => group.members.keys().cloned().collect(),
        Group::Modern(group) => group.members().keys().cloned().collect(),
    }
}

fn has_changed(old: &ClassicGroup, new: &ClassicGroup) -> bool {
    let about = |group: &ClassicGroup| {
        (group.generation, group.protocol_type.clone(), group.protocol.clone(), group.leader.clone())
    };
    about(old) != about(new) || old.members.is_empty() != new.members.is_empty()
}

/// False for a tombstone.
const fn is_value(change: &ModernChange) -> bool {
    match change {
        ModernChange::Epoch(value) => value.is_some(),
        ModernChange::PartitionMetadata(value) => value.is_some(),
        ModernChange::Member(_, value) => value.is_some(),
        ModernChange::TargetEpoch(value) => value.is_some(),
        ModernChange::Target(_, value) => value.is_some(),
        ModernChange::Current(_, value) => value.is_some(),
        ModernChange::RegularExpression(value) => value.is_some(),
        ModernChange::StatePartitions(value) => value.is_some(),
        ModernChange::Topology(value) => value.is_some(),
    }
}

fn holds(holding: &Holding) -> bool {
    holding.partitions().next().is_some()
        || holding.tasks().is_some_and(|tasks| {
            [&tasks.active, &tasks.standby, &tasks.warmup].into_iter().any(|tasks| !tasks.is_empty())
        })
}

/// The same partitions or tasks, whatever their assignment epochs.
fn same(a: Option<&Holding>, b: Option<&Holding>) -> bool {
    let partitions = |holding: Option<&Holding>| -> BTreeSet<_> {
        holding.into_iter().flat_map(Holding::partitions).map(|(id, held)| (id, held.partition)).collect()
    };
    a == b || (partitions(a) == partitions(b) && a.and_then(tasks) == b.and_then(tasks))
}

/// Tasks in words; `None` where there are none.
fn tasks(holding: &Holding) -> Option<String> {
    let tasks = holding.tasks()?;
    let mut words = Vec::new();
    for (role, tasks) in [("active", &tasks.active), ("standby", &tasks.standby), ("warm-up", &tasks.warmup)]
    {
        let all: BTreeSet<String> = tasks
            .iter()
            .flat_map(|held| {
                let id = escaped(&held.key);
                held.partitions.iter().map(move |partition| format!("{id}_{}", partition.partition))
            })
            .collect();
        if !all.is_empty() {
            words.push(format!("{role} {}", all.into_iter().collect::<Vec<_>>().join(" ")));
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}
