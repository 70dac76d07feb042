//! Both sides of an ownership conflict: whose record claims, and who still holds.

use lastwrites_coordinator::group::{Change, Holding, ModernChange, Name, ReplayError};
use lastwrites_coordinator::judge::{HistoryRecord, OnDisk};
use lastwrites_coordinator::load::{self, Decoded};
use lastwrites_coordinator::rules::Profile;
use lastwrites_types::{ByteText, Uuid, escaped};
use serde::Serialize;

use super::verdicts::{Of, place};
use crate::model::RecordPlace;

/// A member's claim to a partition or task.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The member.
    pub member_id: ByteText,
    /// Its epoch in that claim.
    pub epoch: Option<i32>,
    /// The assignment record that makes the claim.
    pub record: Option<RecordPlace>,
}

/// What two members contest.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Topic id and partition, or subtopology and partition.
    pub what: String,
    /// Topic id, for a topic's partition.
    pub topic_id: Option<Uuid>,
    /// The partition's number.
    pub partition: i32,
    /// The claim that was refused.
    pub claimed_by: Claim,
    /// The claim that stands in its way.
    pub held_by: Option<Claim>,
}

/// An assignment record seen before the failing one.
struct Seen {
    member: Name,
    epoch: i32,
    at: OnDisk,
    offset: i64,
    assigned: [Holding; 2],
}

/// Finds both claims behind a refusal at `offset`; `None` where nothing is contested.
pub(super) fn contest(
    of: Of<'_>,
    profile: &Profile,
    refused: &ReplayError,
    offset: i64,
    member: Option<&ByteText>,
) -> Option<Contest> {
    let (topic_id, subtopology, partition, claimed, held) = match refused {
        ReplayError::PartitionOwned { topic_id, partition, epoch, owner_epoch }
        | ReplayError::PartitionOwnedByAnother { topic_id, partition, epoch, owner_epoch } => {
            (Some(*topic_id), None, *partition, Some(*epoch), Some(*owner_epoch))
        }
        ReplayError::TaskOwned { subtopology, partition, .. } => {
            (None, Some(subtopology.clone()), *partition, None, None)
        }
        _ => return None,
    };
    let what = match (topic_id, &subtopology) {
        (Some(id), _) => format!("{id}-{partition}"),
        (None, Some(subtopology)) => format!("task {}_{partition}", escaped(subtopology)),
        (None, None) => return None,
    };
    let seen: Vec<Seen> =
        of.records.iter().filter(|r| r.offset <= offset).filter_map(|r| seen(profile, r)).collect();
    let holds = |seen: &Seen| match (topic_id, &subtopology) {
        (Some(id), _) => seen
            .assigned
            .iter()
            .any(|held| held.partitions().any(|(topic, held)| topic == id && held.partition == partition)),
        (None, Some(subtopology)) => seen.assigned.iter().filter_map(Holding::tasks).any(|tasks| {
            let active = tasks.active.iter().filter(|held| held.key == *subtopology);
            active.flat_map(|held| &held.partitions).any(|held| held.partition == partition)
        }),
        (None, None) => false,
    };
    let claim = |seen: &Seen| Claim {
        member_id: ByteText::from(seen.member.as_ref()),
        epoch: Some(seen.epoch),
        record: place(of, seen.at, seen.offset),
    };
    let mine = |seen: &&Seen| member.is_some_and(|member| member.as_bytes() == seen.member.as_ref());
    let own = seen.iter().rfind(|seen| mine(seen) && holds(seen));
    // Where the failing record is a member's metadata, that member's old assignment makes the claim.
    let claimed_by = own.map_or_else(
        || Claim { member_id: member.cloned().unwrap_or_default(), epoch: claimed, record: None },
        |seen| Claim { epoch: claimed.or(Some(seen.epoch)), ..claim(seen) },
    );
    let other = |seen: &&Seen| !mine(seen) && holds(seen) && held.is_none_or(|epoch| seen.epoch == epoch);
    let held_by = seen.iter().rfind(other).map(claim);
    Some(Contest { what, topic_id, partition, claimed_by, held_by })
}

fn seen(profile: &Profile, record: &HistoryRecord) -> Option<Seen> {
    match load::decode(profile, Some(&record.key), record.value.as_deref()) {
        Decoded::Group {
            change: Change::Modern(_, ModernChange::Current(member, Some(Ok(current)))),
            ..
        } => Some(Seen {
            member,
            epoch: current.epoch,
            at: OnDisk { file: record.file, position: record.position },
            offset: record.offset,
            assigned: [(*current.assigned).clone(), (*current.pending_revocation).clone()],
        }),
        _ => None,
    }
}
