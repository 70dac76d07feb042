//! Both sides of an ownership conflict: whose record claims, and who still holds.

use lastwrites_coordinator::judge::OnDisk;
use lastwrites_coordinator::rules::Profile;
use lastwrites_types::{ByteText, Uuid};
use schemars::JsonSchema;
use serde::Serialize;

use super::assigned::{Assigned, assigned};
use super::contested::Contested;
use super::verdicts::{Of, place};
use crate::model::RecordPlace;

/// A member's claim to a partition or task.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The member.
    pub member_id: ByteText,
    /// Its epoch in that claim; `null` where the record holds none.
    pub epoch: Option<i32>,
    /// The assignment record that makes the claim; `null` where the log no longer has it.
    pub record: Option<RecordPlace>,
}

/// What two members contest.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Topic id and partition, or subtopology and partition.
    pub what: String,
    /// Topic id; `null` for a task of a streams group.
    pub topic_id: Option<Uuid>,
    /// The partition's number.
    pub partition: i32,
    /// The claim that was refused.
    pub claimed_by: Claim,
    /// The claim that stands in its way; `null` where the log no longer has it.
    pub held_by: Option<Claim>,
}

/// Finds both claims behind a refusal at `offset`.
pub(super) fn contest(
    of: Of<'_>,
    profile: &Profile,
    contested: &Contested,
    offset: i64,
    member: Option<&ByteText>,
) -> Contest {
    let claims: Vec<Claim> = of
        .records
        .iter()
        .filter(|record| record.offset <= offset)
        .filter_map(|record| {
            let at = OnDisk { file: record.file, position: record.position };
            let assigned = assigned(profile, &record.key, record.value.as_deref())?;
            claim(&assigned, contested, place(of, at, record.offset))
        })
        .collect();
    let mine = |claim: &&Claim| member == Some(&claim.member_id);
    // Where the failing record is a member's metadata, that member's old assignment makes the claim.
    let claimed_by = claims.iter().rfind(mine).map_or_else(
        || Claim {
            member_id: member.cloned().unwrap_or_default(),
            epoch: contested.claimed_epoch,
            record: None,
        },
        |claim| Claim { epoch: contested.claimed_epoch.or(claim.epoch), ..claim.clone() },
    );
    let stands = |claim: &&Claim| {
        !mine(claim) && (contested.held_epoch.is_none() || contested.held_epoch == claim.epoch)
    };
    Contest {
        what: contested.name(),
        topic_id: contested.topic_id(),
        partition: contested.partition,
        claimed_by,
        held_by: claims.iter().rfind(stands).cloned(),
    }
}

fn claim(assigned: &Assigned, contested: &Contested, record: Option<RecordPlace>) -> Option<Claim> {
    let (epoch, holdings) = assigned.held.as_ref()?;
    let member_id = ByteText::from(assigned.member.as_ref());
    contested.is_in(holdings).then_some(Claim { member_id, epoch: Some(*epoch), record })
}
