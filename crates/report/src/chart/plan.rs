//! Whose history is kept, and how much of it: settled by the report, before the log is read for it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use lastwrites_types::ByteText;

use super::{IncidentMoment, IncidentRole};
use crate::diagnose::PartitionDiagnosis;
use crate::findings::{Finding, Severity};
use crate::model::{GroupReport, Report};

/// Groups with a history.
const MOST_GROUPS: usize = 5_000;
/// Partitions of one group, and of all groups together; as many of every group find room, whatever the others have.
const MOST_OFFSETS: usize = 64;
const MOST_OFFSETS_OF_ALL: usize = 2_000;
const FEWEST_OFFSETS: usize = 2;
/// Room for partitions that a group no longer has an offset for.
const DELETED_OFFSETS: usize = 2;
/// Events of all partitions together, and of one.
const EVENTS_OF_ALL: usize = 60_000;
const FEWEST_EVENTS: usize = 8;
const MOST_EVENTS: usize = 400;
/// Groups that are not there at the end, and the partitions of each.
const MOST_DELETED_GROUPS: usize = 20;
const OFFSETS_OF_A_DELETED_GROUP: usize = 16;

/// Where a group's records lie, and its id.
pub(super) type GroupKey = (Option<i32>, Box<[u8]>);

/// The groups whose history is kept.
pub(crate) struct Plan {
    /// How many partitions of each.
    pub(super) chosen: BTreeMap<GroupKey, usize>,
    /// The report's other groups.
    pub(super) others: BTreeSet<GroupKey>,
    /// Events kept of each partition.
    pub(super) events: usize,
    /// Groups kept that the report doesn't have, and the partitions of each.
    pub(super) deleted_groups: usize,
    pub(super) offsets_of_deleted: usize,
    /// Records to find the moment of.
    pub(super) incidents: BTreeSet<IncidentMoment>,
}

impl Plan {
    /// Groups that are hit come first, then those a finding names, then those that committed last.
    pub(crate) fn of(report: &Report, partitions: &[PartitionDiagnosis], findings: &[Finding]) -> Self {
        let hit = Hit::of(partitions, findings);
        let mut groups: Vec<&GroupReport> = report.groups.iter().collect();
        groups.sort_by_cached_key(|group| {
            let last = group.offsets.iter().filter_map(|offset| offset.committed_at_ms).max();
            (hit.rank(group), Reverse(last), &group.group_id, group.found_in)
        });
        let mut room = MOST_OFFSETS_OF_ALL;
        let mut plan = Self {
            chosen: BTreeMap::new(),
            others: BTreeSet::new(),
            events: MOST_EVENTS,
            deleted_groups: MOST_DELETED_GROUPS,
            offsets_of_deleted: OFFSETS_OF_A_DELETED_GROUP,
            incidents: incidents(partitions),
        };
        for group in groups {
            let key = (group.found_in, Box::from(group.group_id.as_bytes()));
            let offsets = group.offsets.len().saturating_add(DELETED_OFFSETS).min(MOST_OFFSETS);
            if plan.chosen.len() < MOST_GROUPS {
                let more = offsets.saturating_sub(FEWEST_OFFSETS).min(room);
                room -= more;
                plan.chosen.insert(key, offsets.min(FEWEST_OFFSETS) + more);
            } else {
                plan.others.insert(key);
            }
        }
        let offsets: usize = plan.chosen.values().sum();
        plan.events = (EVENTS_OF_ALL / offsets.max(1)).clamp(FEWEST_EVENTS, MOST_EVENTS);
        plan
    }
}

/// What is hit, by how directly.
struct Hit<'a> {
    failing: BTreeSet<(Option<i32>, &'a ByteText)>,
    stopped: BTreeSet<Option<i32>>,
    named: BTreeSet<(Option<i32>, &'a ByteText)>,
}

impl<'a> Hit<'a> {
    fn of(partitions: &'a [PartitionDiagnosis], findings: &'a [Finding]) -> Self {
        let mut hit = Self {
            failing: BTreeSet::new(),
            stopped: BTreeSet::new(),
            named: findings
                .iter()
                .filter_map(|told| Some((told.partition, told.group_id.as_ref()?)))
                .collect(),
        };
        for partition in partitions {
            for incident in &partition.incidents {
                if incident.severity != Some(Severity::Error) {
                    continue;
                }
                hit.stopped.insert(partition.partition);
                hit.failing.extend(incident.group_id.as_ref().map(|id| (partition.partition, id)));
            }
        }
        hit
    }

    fn rank(&self, group: &GroupReport) -> u8 {
        let here = (group.found_in, &group.group_id);
        match () {
            () if self.failing.contains(&here) => 0,
            () if self.stopped.contains(&group.found_in) => 1,
            () if self.named.contains(&here) || self.named.contains(&(None, &group.group_id)) => 2,
            () => 3,
        }
    }
}

/// Failing records, and what they contradict.
fn incidents(partitions: &[PartitionDiagnosis]) -> BTreeSet<IncidentMoment> {
    let mut found = BTreeSet::new();
    for partition in partitions {
        for incident in partition.incidents.iter().filter(|incident| incident.severity.is_some()) {
            let held =
                incident.contest.as_ref().and_then(|contest| contest.held_by.as_ref()?.record.as_ref());
            let places = [
                (incident.offset, IncidentRole::Fails),
                (held.map(|record| record.offset), IncidentRole::InTheWay),
            ];
            found.extend(places.into_iter().filter_map(|(offset, role)| {
                Some(IncidentMoment {
                    path: partition.path.clone(),
                    partition: partition.partition,
                    offset: offset?,
                    role,
                    ms: None,
                })
            }));
        }
    }
    found
}
