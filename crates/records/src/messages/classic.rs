//! Value of record type 2: a group of the classic protocol.

use crate::wire::message;
use lastwrites_types::ByteText;

message! {
    /// A classic group at one generation (`GroupMetadataValue`, versions 0-4; brokers up to 4.4 write 3).
    pub struct GroupMetadataValue, flexible 4 {
        /// `consumer`, `connect`, ...; empty for a group without members.
        protocol_type: ByteText, 0..;
        /// Generation.
        generation: i32, 0..;
        /// Chosen assignor or protocol.
        protocol: Option<ByteText>, 0.., default Some(ByteText::default());
        /// Member id of the leader.
        leader: Option<ByteText>, 0.., default Some(ByteText::default());
        /// When the state was entered, ms, -1 for not known.
        current_state_timestamp: i64, 2.., default -1;
        /// Members.
        members: Vec<MemberMetadata>, 0..;
    }

    /// One member of a classic group.
    pub struct MemberMetadata {
        /// Member id.
        member_id: ByteText, 0..;
        /// `group.instance.id` of a static member.
        group_instance_id: Option<ByteText>, 3..;
        /// Client id.
        client_id: ByteText, 0..;
        /// Client host, as `/10.0.0.7`.
        client_host: ByteText, 0..;
        /// Rebalance timeout, ms.
        rebalance_timeout: i32, 1.., default -1;
        /// Session timeout, ms.
        session_timeout: i32, 0..;
        /// What the member subscribed to: see [`crate::embedded`] when the protocol type is `consumer`.
        subscription: Vec<u8>, 0..;
        /// What it was assigned; empty before its first sync.
        assignment: Vec<u8>, 0..;
    }
}
