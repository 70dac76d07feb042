//! Classic groups: key type 2 (`GroupMetadataValue` 0 to 3) and the consumer protocol blobs inside it.

use super::group_key;
use crate::wire::Wire;

/// Key type 2.
pub fn group_metadata_key(group: &str) -> Vec<u8> {
    group_key(2, group)
}

/// The value of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// "consumer", "connect", ...; empty for a simple group.
    pub protocol_type: String,
    /// Generation; 0 before the first join.
    pub generation: i32,
    /// Assignor every member supports.
    pub protocol: Option<String>,
    /// Member id of the leader.
    pub leader: Option<String>,
    /// Stored from version 2 on.
    pub current_state_timestamp_ms: i64,
    /// Members.
    pub members: Vec<ClassicMember>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMember {
    /// Member id.
    pub member_id: String,
    /// Static membership; stored by version 3.
    pub group_instance_id: Option<String>,
    /// Client id.
    pub client_id: String,
    /// "/" and an address.
    pub client_host: String,
    /// Stored from version 1 on.
    pub rebalance_timeout_ms: i32,
    /// Session timeout.
    pub session_timeout_ms: i32,
    /// Protocol metadata of the member, see [`subscription`].
    pub subscription: Vec<u8>,
    /// See [`assignment`]; empty before the first sync.
    pub assignment: Vec<u8>,
}

impl ClassicMember {
    /// A consumer that reads `topics` and was given `assigned`.
    pub fn consumer(member_id: &str, client_id: &str, topics: &[&str], assigned: &[(&str, &[i32])]) -> Self {
        Self {
            member_id: member_id.to_owned(),
            group_instance_id: None,
            client_id: client_id.to_owned(),
            client_host: "/10.0.0.9".to_owned(),
            rebalance_timeout_ms: 60_000,
            session_timeout_ms: 45_000,
            subscription: subscription(1, topics, &[]),
            assignment: assignment(1, assigned),
        }
    }
}

impl GroupMetadata {
    /// A stable group of the "consumer" protocol; its first member leads.
    pub fn stable(generation: i32, timestamp_ms: i64, members: Vec<ClassicMember>) -> Self {
        Self {
            protocol_type: "consumer".to_owned(),
            generation,
            protocol: Some("range".to_owned()),
            leader: members.first().map(|member| member.member_id.clone()),
            current_state_timestamp_ms: timestamp_ms,
            members,
        }
    }

    /// The record a coordinator writes for a group nobody has joined.
    pub fn empty(timestamp_ms: i64) -> Self {
        Self {
            protocol_type: String::new(),
            generation: 0,
            protocol: None,
            leader: None,
            current_state_timestamp_ms: timestamp_ms,
            members: Vec::new(),
        }
    }

    /// The value in the given version, 0 to 3. Brokers up to now write nothing newer.
    pub fn value(&self, version: i16) -> Vec<u8> {
        let mut value = Wire::new();
        value
            .i16(version)
            .string(&self.protocol_type)
            .i32(self.generation)
            .nullable_string(self.protocol.as_deref())
            .nullable_string(self.leader.as_deref());
        if version >= 2 {
            value.i64(self.current_state_timestamp_ms);
        }
        value.array(&self.members, |value, member| {
            value.string(&member.member_id);
            if version >= 3 {
                value.nullable_string(member.group_instance_id.as_deref());
            }
            value.string(&member.client_id).string(&member.client_host);
            if version >= 1 {
                value.i32(member.rebalance_timeout_ms);
            }
            value.i32(member.session_timeout_ms).bytes(&member.subscription).bytes(&member.assignment);
        });
        value.into_bytes()
    }
}

/// `ConsumerProtocolSubscription` 0 to 3: topics and, from version 1, owned partitions. Generation and rack of
/// versions 2 and 3 are written as their defaults.
pub fn subscription(version: i16, topics: &[&str], owned: &[(&str, &[i32])]) -> Vec<u8> {
    let mut blob = Wire::new();
    blob.i16(version).array(topics, |blob, topic| {
        blob.string(topic);
    });
    blob.nullable_bytes(None);
    if version >= 1 {
        named_partitions(&mut blob, owned);
    }
    if version >= 2 {
        blob.i32(-1);
    }
    if version >= 3 {
        blob.nullable_string(None);
    }
    blob.into_bytes()
}

/// `ConsumerProtocolAssignment`, the same in versions 0 to 3.
pub fn assignment(version: i16, assigned: &[(&str, &[i32])]) -> Vec<u8> {
    let mut blob = Wire::new();
    blob.i16(version);
    named_partitions(&mut blob, assigned);
    blob.nullable_bytes(None);
    blob.into_bytes()
}

fn named_partitions(blob: &mut Wire, topics: &[(&str, &[i32])]) {
    blob.array(topics, |blob, (topic, partitions)| {
        blob.string(topic).array(partitions, |blob, partition| {
            blob.i32(*partition);
        });
    });
}
