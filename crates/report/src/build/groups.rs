//! Groups as a coordinator that just loaded one copy would have them.

use std::collections::BTreeMap;

use lastwrites_coordinator::group::Group;
use lastwrites_coordinator::rules::{Profile, Rules};
use lastwrites_coordinator::state::{CopyState, KeyState};
use lastwrites_types::{ByteText, Flag, Flags, group_to_partition};

use super::members::{TopicNames, classic_members, modern_members};
use super::offsets::Surroundings;
use super::partition_count::PartitionCount;
use crate::model::GroupReport;

/// Every group of a copy: group objects, and offsets without one.
pub(crate) fn group_reports(
    state: &CopyState,
    around: &Surroundings<'_>,
    profile: &Profile,
    count: PartitionCount,
    names: &TopicNames,
) -> Vec<GroupReport> {
    let mut keys: BTreeMap<&[u8], Vec<&KeyState>> = BTreeMap::new();
    for key in &state.keys {
        keys.entry(&key.group_id).or_default().push(key);
    }
    for (id, _) in &state.load.groups {
        keys.entry(id).or_default();
    }
    let found_in = around.copy.partition;
    let report = |(id, keys): (&[u8], Vec<&KeyState>)| {
        let maps_to = group_to_partition(id, count.partitions);
        let mut report = match state.load.group(id) {
            Some(Group::Classic(group)) => GroupReport {
                group_type: "classic",
                state: Some(group.state()),
                protocol_type: group.protocol_type.as_deref().map(ByteText::from),
                protocol: group.protocol.as_deref().map(ByteText::from),
                generation: Some(group.generation),
                members: classic_members(group),
                ..nameless()
            },
            Some(Group::Modern(group)) => GroupReport {
                group_type: group.kind().as_str(),
                state: match profile.rules {
                    Rules::New(rules) => Some(group.state(&rules).as_str()),
                    Rules::Old(_) => None,
                },
                group_epoch: Some(group.group_epoch()),
                members: modern_members(group, names),
                ..nameless()
            },
            None => nameless(),
        };
        let mut flags = Flags::NONE;
        if report.group_type == "none" {
            flags.insert(Flag::Orphan);
        }
        if found_in.is_some() && maps_to != found_in && !count.assumed {
            flags.insert(Flag::ForeignPartition);
        }
        report.group_id = ByteText::from(id);
        report.found_in = found_in;
        report.maps_to = maps_to;
        report.offsets = keys.into_iter().map(|key| around.offset_report(key, flags)).collect();
        report
    };
    keys.into_iter().map(report).collect()
}

/// A report of offsets that no group object has.
fn nameless() -> GroupReport {
    GroupReport {
        group_id: ByteText::default(),
        group_type: "none",
        state: None,
        found_in: None,
        maps_to: None,
        protocol_type: None,
        protocol: None,
        generation: None,
        group_epoch: None,
        members: Vec::new(),
        offsets: Vec::new(),
    }
}
