//! Groups as a coordinator that just loaded one copy would have them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::group::Group;
use lastwrites_coordinator::rules::{Profile, Rules};
use lastwrites_coordinator::state::{CopyState, DeletedKey, KeyState, KeysByGroup};
use lastwrites_records::redact::Redaction;
use lastwrites_types::{ByteText, Flag, Flags, group_to_partition};

use super::members::{
    TopicNames, classic_members, classic_subscriptions, modern_members, modern_subscriptions,
};
use super::offsets::Surroundings;
use super::partition_count::PartitionCount;
use crate::applications::Application;
use crate::model::{GroupReport, OffsetReport};

/// What every group of a partition shares.
pub(crate) struct GroupContext<'a> {
    /// Partition the groups were found in.
    pub(crate) found_in: Option<i32>,
    /// Whose rules the state follows.
    pub(crate) profile: &'a Profile,
    /// What group ids are mapped by.
    pub(crate) count: PartitionCount,
    /// Names of topics by id.
    pub(crate) names: &'a TopicNames,
    /// Pseudonyms that groups may have; where a group lives hangs on its true id.
    pub(crate) redaction: Option<&'a Redaction>,
}

impl GroupContext<'_> {
    /// One group; `offsets` is given the flags that hold for all of its offsets.
    pub(crate) fn report(
        &self,
        id: &[u8],
        group: Option<&Group>,
        offsets: impl FnOnce(Flags) -> Vec<OffsetReport>,
    ) -> GroupReport {
        let maps_to = self
            .count
            .partitions
            .and_then(|count| group_to_partition(true_group(self.redaction, id).as_bytes(), count));
        let mut report = match group {
            Some(Group::Classic(group)) => GroupReport {
                group_type: "classic",
                state: Some(group.state()),
                protocol_type: group.protocol_type.as_deref().map(ByteText::from),
                protocol: group.protocol.as_deref().map(ByteText::from),
                generation: Some(group.generation),
                state_since_ms: group.current_state_timestamp.filter(|since| *since >= 0),
                members: classic_members(group),
                subscribed: classic_subscriptions(group),
                ..GroupReport::nameless(ByteText::default())
            },
            Some(Group::Modern(group)) => GroupReport {
                group_type: group.kind().as_str(),
                state: match self.profile.rules {
                    Rules::New(rules) => Some(group.state(&rules).as_str()),
                    Rules::Old(_) => None,
                },
                group_epoch: Some(group.group_epoch()),
                assignment_epoch: Some(group.assignment_epoch()),
                members: modern_members(group, self.names),
                subscribed: modern_subscriptions(group),
                ..GroupReport::nameless(ByteText::default())
            },
            None => GroupReport::nameless(ByteText::default()),
        };
        let mut flags = Flags::NONE;
        if report.group_type == "none" {
            flags.insert(Flag::Orphan);
        }
        report.group_id = ByteText::from(id);
        report.found_in = self.found_in;
        report.maps_to = maps_to;
        if report.is_foreign() {
            flags.insert(Flag::ForeignPartition);
        }
        report.offsets = offsets(flags);
        report.application = Application::of(&report).map(Application::as_str);
        report
    }

    /// One group of which nothing but its offsets is known: what it is, is not.
    pub(crate) fn unknown(&self, id: &[u8], offsets: impl FnOnce(Flags) -> Vec<OffsetReport>) -> GroupReport {
        let mut report = GroupReport { group_type: "unknown", ..self.report(id, None, offsets) };
        // Known by its offsets as well, as a name is.
        report.application = Application::of(&report).map(Application::as_str);
        report.offsets.iter_mut().for_each(|offset| offset.flags.remove(Flag::Orphan));
        report
    }
}

/// The group's own id where a pseudonym is shown.
pub(crate) fn true_group(redaction: Option<&Redaction>, shown: &[u8]) -> ByteText {
    redaction.map_or_else(|| ByteText::from(shown), |redaction| redaction.true_group(shown))
}

/// False for a group that may have been made for its offsets alone, without a record of its own.
pub(crate) fn has_record(group: Option<&Group>) -> bool {
    match group {
        Some(Group::Classic(group)) => group.protocol_type.is_some() || group.generation > 0,
        Some(Group::Modern(_)) => true,
        None => false,
    }
}

/// Every group of a copy: group objects, and offsets without one.
pub(crate) fn group_reports(
    state: &CopyState,
    around: &Surroundings<'_>,
    context: &GroupContext<'_>,
) -> Vec<GroupReport> {
    let keys = state.keys.iter().map(|(id, keys)| (id, keys.iter()));
    reports(keys, state, around, context)
}

/// [`group_reports`] of keys that were taken out of `state`: each group's are given back once they are told, so that a
/// million keys never stand in memory twice.
pub(crate) fn group_reports_of(
    keys: KeysByGroup,
    state: &CopyState,
    around: &Surroundings<'_>,
    context: &GroupContext<'_>,
) -> Vec<GroupReport> {
    reports(keys.into_iter().map(|(id, keys)| (id, keys.into_iter())), state, around, context)
}

fn reports<K: Borrow<KeyState>>(
    keys: impl Iterator<Item = (impl AsRef<[u8]>, impl Iterator<Item = K>)>,
    state: &CopyState,
    around: &Surroundings<'_>,
    context: &GroupContext<'_>,
) -> Vec<GroupReport> {
    let mut deleted: BTreeMap<&[u8], Vec<&DeletedKey>> = BTreeMap::new();
    for key in state.deleted.iter().filter(|key| !key.tombstone.crc_ok) {
        deleted.entry(&key.group_id).or_default().push(key);
    }
    let others = state.load.groups.iter().map(|(id, _)| &**id).chain(deleted.keys().copied());
    let mut others: BTreeSet<&[u8]> = others.collect();
    let report = |id: &[u8], keys: Option<&mut dyn Iterator<Item = K>>| {
        let deleted = deleted.get(id).into_iter().flatten();
        let offsets = |flags| {
            let deleted = deleted.filter_map(|key| around.doubtful_deletion(key, flags));
            let known = keys.into_iter().flatten().map(|key| around.offset_report(key.borrow(), flags));
            let mut offsets: Vec<OffsetReport> = known.chain(deleted).collect();
            offsets.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
            offsets
        };
        let group = state.load.group(id);
        let is_known = around.copy.tells_group_types() || has_record(group);
        if is_known { context.report(id, group, offsets) } else { context.unknown(id, offsets) }
    };
    let mut reports = Vec::new();
    for (id, mut keys) in keys {
        let id = id.as_ref();
        while let Some(other) = others.first().copied().filter(|other| *other <= id) {
            others.pop_first();
            if other < id {
                reports.push(report(other, None));
            }
        }
        reports.push(report(id, Some(&mut keys)));
    }
    reports.extend(others.into_iter().map(|other| report(other, None)));
    reports
}
