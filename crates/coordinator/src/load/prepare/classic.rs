//! Classic-group messages.

use lastwrites_records::messages::GroupMetadataValue;

use super::{maybe_name, name};
use crate::group::{ClassicGroup, ClassicMember, ClassicParts, Name, Prepared, classic_group};
use crate::rules::Rules;

/// Type 2.
pub(in crate::load) fn classic(
    rules: &Rules,
    group_id: &Name,
    value: &GroupMetadataValue,
) -> Prepared<ClassicGroup> {
    let members = value.members.iter().map(|member| {
        let built = ClassicMember {
            instance_id: maybe_name(member.group_instance_id.as_ref()),
            client_id: name(&member.client_id),
            client_host: name(&member.client_host),
            rebalance_timeout_ms: member.rebalance_timeout,
            session_timeout_ms: member.session_timeout,
            subscription: member.subscription.as_slice().into(),
            assignment: member.assignment.as_slice().into(),
        };
        (name(&member.member_id), built)
    });
    let parts = ClassicParts {
        protocol_type: name(&value.protocol_type),
        generation: value.generation,
        protocol: maybe_name(value.protocol.as_ref()),
        leader: maybe_name(value.leader.as_ref()),
        current_state_timestamp: value.current_state_timestamp,
        members: members.collect(),
    };
    classic_group(rules, group_id, parts)
}
