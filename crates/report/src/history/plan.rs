//! What one batch is about as a whole: a coordinator writes the records of one operation into one batch.
//!
//! So tombstones and values of one group that stand in one batch belong together: offsets deleted with their group, a
//! group that becomes one of another type, a static member that takes over from its old id.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::group::{Change, ModernChange, Name};

use crate::log_events::LogEvent;

/// One batch's group records at a glance.
#[derive(Default)]
pub(super) struct BatchPlan {
    /// Groups whose own tombstone stands here.
    removed: BTreeSet<Name>,
    /// Groups with a tombstone of their own and values after it, by the type of the last value.
    pub(super) becomes: BTreeMap<Name, &'static str>,
    /// Members with a metadata value (group, member).
    present: BTreeSet<(Name, Name)>,
    /// New ids of static members (group, instance id).
    instances: BTreeMap<(Name, Name), Name>,
    /// Old ids of static members, as their tombstones are met (group, instance id).
    leavers: BTreeMap<(Name, Name), Name>,
}

impl BatchPlan {
    /// Of the events of one batch.
    pub(super) fn of(events: &[LogEvent]) -> Self {
        let mut plan = Self::default();
        for event in events {
            let LogEvent::Group { group_id, change, .. } = event else { continue };
            match change {
                Change::Classic(None) | Change::Modern(_, ModernChange::Epoch(None)) => {
                    plan.removed.insert(group_id.clone());
                }
                Change::Classic(Some(Ok(group))) => {
                    plan.value(group_id, "classic");
                    for (id, member) in &group.members {
                        plan.member(group_id, id, member.instance_id.as_ref());
                    }
                }
                Change::Modern(kind, ModernChange::Member(id, Some(Ok(metadata)))) => {
                    plan.value(group_id, kind.as_str());
                    plan.member(group_id, id, metadata.instance_id.as_ref());
                }
                Change::Modern(kind, ModernChange::Epoch(Some(_))) => plan.value(group_id, kind.as_str()),
                _ => {}
            }
        }
        plan
    }

    fn value(&mut self, group_id: &Name, group_type: &'static str) {
        if self.removed.contains(group_id) {
            self.becomes.insert(group_id.clone(), group_type);
        }
    }

    fn member(&mut self, group_id: &Name, member_id: &Name, instance_id: Option<&Name>) {
        self.present.insert((group_id.clone(), member_id.clone()));
        if let Some(instance_id) = instance_id {
            self.instances.insert((group_id.clone(), instance_id.clone()), member_id.clone());
        }
    }

    /// The group's own tombstone stands in this batch and nothing brings it back.
    pub(super) fn removes(&self, group_id: &[u8]) -> bool {
        self.removed.contains(group_id) && !self.becomes.contains_key(group_id)
    }

    /// The member has a metadata value in this batch: its tombstone here is no farewell.
    pub(super) fn keeps(&self, group_id: &Name, member_id: &Name) -> bool {
        self.present.contains(&(group_id.clone(), member_id.clone()))
    }

    /// A static member's tombstone; true when it comes back under another id in this batch.
    pub(super) fn hands_over(&mut self, group_id: &Name, instance_id: &Name, member_id: &Name) -> bool {
        let place = (group_id.clone(), instance_id.clone());
        let replaced = self.instances.get(&place).is_some_and(|successor| successor != member_id);
        if replaced {
            self.leavers.insert(place, member_id.clone());
        }
        replaced
    }

    /// The old id of a static member whose tombstone stood earlier in this batch.
    pub(super) fn leaver(&self, group_id: &Name, instance_id: &Name) -> Option<&Name> {
        self.leavers.get(&(group_id.clone(), instance_id.clone()))
    }
}
