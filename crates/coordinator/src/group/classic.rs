//! Classic groups: one record holds the whole group.

use std::collections::BTreeMap;

use super::error::ReplayError;
use super::shared::Name;

/// A classic group (`ClassicGroup`, `GroupMetadata` in the old coordinator).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ClassicGroup {
    /// Generation; 0 for a group that only holds offsets.
    pub generation: i32,
    /// Protocol type such as `consumer` or `connect`; `None` for a group that only holds offsets.
    pub protocol_type: Option<Name>,
    /// Assignment protocol such as `range`.
    pub protocol: Option<Name>,
    /// Member id of the leader.
    pub leader: Option<Name>,
    /// When the group entered its state (ms since the epoch); `None` when the record has no time.
    pub current_state_timestamp: Option<i64>,
    /// Members by member id.
    pub members: BTreeMap<Name, ClassicMember>,
}

/// A member of a classic group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClassicMember {
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Name>,
    /// `client.id`.
    pub client_id: Name,
    /// Address the member connected from.
    pub client_host: Name,
    /// Rebalance timeout, ms (`max.poll.interval.ms` of a Java consumer); -1 in records of before 0.10.1.
    pub rebalance_timeout_ms: i32,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// Subscription bytes, opaque unless the protocol type is `consumer`.
    pub subscription: Box<[u8]>,
    /// Assignment bytes, opaque unless the protocol type is `consumer`.
    pub assignment: Box<[u8]>,
}

impl ClassicGroup {
    /// True for a group that offset commits alone made, or whose record says nothing else (`isSimpleGroup`).
    #[must_use]
    pub fn is_simple(&self) -> bool {
        self.protocol_type.is_none() && self.members.is_empty()
    }

    /// `Empty` or `Stable`: the only states a load can give.
    #[must_use]
    pub fn state(&self) -> &'static str {
        if self.members.is_empty() { "Empty" } else { "Stable" }
    }

    /// True when members speak the embedded consumer protocol.
    #[must_use]
    pub fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(b"consumer")
    }

    /// Adds the members of a record one by one (`ClassicGroup.add`, `GroupMetadata.add`).
    ///
    /// `refuses_static_twice` is false for 2.8 alone. A member id listed twice replaces the first entry and
    /// makes the third member's protocol look unsupported, as it does there.
    pub(crate) fn add_members(
        &mut self,
        group: &Name,
        protocol_type: &Name,
        members: impl IntoIterator<Item = (Name, ClassicMember)>,
        style: AddStyle,
    ) -> Result<(), ReplayError> {
        let mut instances: Vec<Name> = Vec::new();
        for (added, (member_id, member)) in members.into_iter().enumerate() {
            if let (Some(instance), true) = (&member.instance_id, style.refuses_static_twice) {
                if instances.contains(instance) {
                    return Err(ReplayError::StaticMemberTwice {
                        group: group.clone(),
                        instance: instance.clone(),
                        full_stop: style.new_coordinator,
                    });
                }
                instances.push(instance.clone());
            }
            if self.members.is_empty() {
                self.protocol_type = Some(protocol_type.clone());
            }
            if added != self.members.len() {
                return Err(ReplayError::Other(style.protocol_unsupported().to_owned()));
            }
            if self.leader.is_none() {
                self.leader = Some(member_id.clone());
            }
            self.members.insert(member_id, member);
        }
        Ok(())
    }
}

/// Which coordinator adds members to a classic group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddStyle {
    /// The new coordinator's wording, else the old one's.
    pub(crate) new_coordinator: bool,
    /// Whether one instance id may stand twice (2.8).
    pub(crate) refuses_static_twice: bool,
}

impl AddStyle {
    const fn protocol_unsupported(self) -> &'static str {
        if self.new_coordinator {
            "None of the member's protocols can be supported."
        } else {
            "assertion failed"
        }
    }
}
