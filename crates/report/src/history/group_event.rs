//! What a group record changed, before it has a place in the log.

use lastwrites_coordinator::group::{ClassicMember, MemberMetadata, Name};

use crate::model::AssignmentReport;
use crate::rows::{HistoryEvent, Reason};

/// A group event before it is placed.
pub(super) struct GroupEvent {
    pub(super) event: HistoryEvent,
    pub(super) reasons: Vec<Reason>,
    pub(super) member_id: Option<Name>,
    pub(super) instance_id: Option<Name>,
    pub(super) replaced: Option<Name>,
    pub(super) group_type: Option<&'static str>,
    pub(super) epoch: Option<i32>,
    pub(super) member_epoch: Option<i32>,
    pub(super) assignment: Option<Vec<AssignmentReport>>,
    pub(super) detail: Option<String>,
    pub(super) client: Option<Client>,
}

/// What a member's record tells of the client behind it.
pub(super) struct Client {
    pub(super) id: Name,
    pub(super) host: Name,
    pub(super) rebalance_timeout_ms: Option<i32>,
    pub(super) session_timeout_ms: Option<i32>,
}

impl Client {
    pub(super) fn classic(member: &ClassicMember) -> Self {
        let told = |timeout_ms: i32| Some(timeout_ms).filter(|timeout_ms| *timeout_ms >= 0);
        Self {
            id: member.client_id.clone(),
            host: member.client_host.clone(),
            rebalance_timeout_ms: told(member.rebalance_timeout_ms),
            session_timeout_ms: told(member.session_timeout_ms),
        }
    }

    pub(super) fn modern(member: &MemberMetadata) -> Self {
        Self {
            id: member.client_id.clone(),
            host: member.client_host.clone(),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            session_timeout_ms: member.session_timeout_ms,
        }
    }
}

impl GroupEvent {
    pub(super) fn new(event: HistoryEvent) -> Self {
        Self {
            event,
            reasons: Vec::new(),
            member_id: None,
            instance_id: None,
            replaced: None,
            group_type: None,
            epoch: None,
            member_epoch: None,
            assignment: None,
            detail: None,
            client: None,
        }
    }

    pub(super) fn because(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }

    pub(super) fn of(mut self, member_id: &Name, instance_id: Option<&Name>) -> Self {
        self.member_id = Some(member_id.clone());
        self.instance_id = instance_id.cloned();
        self
    }
}
