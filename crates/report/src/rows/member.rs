//! A row of the `members` table.

use crate::model::{GroupReport, MemberReport};

/// One member of a group at the end of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberRow<'a> {
    /// Group id.
    pub group_id: &'a [u8],
    /// `classic`, `consumer`, `share` or `streams`.
    pub group_type: &'a str,
    /// `__consumer_offsets` partition the group was found in; null when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// Member id.
    pub member_id: &'a [u8],
    /// Static membership id (KIP-345); null for a dynamic member.
    pub group_instance_id: Option<&'a [u8]>,
    /// Client id.
    pub client_id: &'a [u8],
    /// Client host as the broker saw it.
    pub client_host: &'a [u8],
    /// Member epoch; null in classic groups. -2 marks a static member that is away.
    pub member_epoch: Option<i32>,
    /// Member epoch before the last change; null in classic groups.
    pub previous_member_epoch: Option<i32>,
    /// Reconciliation state; null in classic groups.
    pub state: Option<&'a str>,
    /// Topic partitions it owned.
    pub assigned_partitions: u64,
    /// These as `groups --json` has them under `assignment`.
    pub assignment: String,
}

impl<'a> MemberRow<'a> {
    /// The rows of a group's members, in the report's order.
    pub fn of(group: &'a GroupReport) -> impl Iterator<Item = Self> + 'a {
        group.members.iter().map(move |member| Self::new(group, member))
    }

    fn new(group: &'a GroupReport, member: &'a MemberReport) -> Self {
        Self {
            group_id: group.group_id.as_bytes(),
            group_type: group.group_type,
            found_in: group.found_in,
            member_id: member.member_id.as_bytes(),
            group_instance_id: member.group_instance_id.as_ref().map(|id| id.as_bytes()),
            client_id: member.client_id.as_bytes(),
            client_host: member.client_host.as_bytes(),
            member_epoch: member.member_epoch,
            previous_member_epoch: member.previous_member_epoch,
            state: member.state,
            assigned_partitions: member.assignment.iter().map(|topic| topic.partitions.len() as u64).sum(),
            // Names, ids and numbers always serialize.
            assignment: serde_json::to_string(&member.assignment).unwrap_or_default(),
        }
    }
}
