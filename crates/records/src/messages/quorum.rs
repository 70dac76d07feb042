//! Control records of `__cluster_metadata` that say who votes (`common/message/LeaderChangeMessage.json`).

use crate::decode::leading_i16;
use crate::record::read;
use crate::wire::{Reader, WireError, message};
use lastwrites_types::Uuid;

message! {
    /// Control record type 2: a controller was elected.
    pub struct LeaderChangeMessage, flexible 0 {
        /// Version of this message.
        version: i16, 0..;
        /// Who leads.
        leader_id: i32, 0..;
        /// Who may vote.
        voters: Vec<QuorumVoter>, 0..;
        /// Who voted for the leader.
        granting_voters: Vec<QuorumVoter>, 0..;
    }

    /// A controller that votes.
    pub struct QuorumVoter {
        /// Node id.
        voter_id: i32, 0..;
        /// Its metadata directory's id (KIP-853).
        voter_directory_id: Uuid, 1..;
    }
}

/// Newest version known.
const NEWEST_VERSION: i16 = 1;

/// Reads the value of a leader change; `None` in a version that isn't known.
///
/// # Errors
/// The bytes are not that message.
pub fn decode_leader_change(value: &[u8]) -> Result<Option<LeaderChangeMessage>, WireError> {
    let version = leading_i16(value).ok_or(WireError::Underflow)?;
    if !(0..=NEWEST_VERSION).contains(&version) {
        return Ok(None);
    }
    let mut r = Reader::strict(value);
    let message = read(&mut r, version, crate::record::NEWEST)?;
    r.finish()?;
    Ok(Some(message))
}
