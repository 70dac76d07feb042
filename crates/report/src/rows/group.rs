//! A row of the `groups` table.

use crate::model::GroupReport;

/// One group at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupRow<'a> {
    /// Group id.
    pub group_id: &'a [u8],
    /// `classic`, `consumer`, `share`, `streams`, or `none` for offsets without a group.
    pub group_type: &'a str,
    /// State a broker that just loaded the log computes; null for `none`.
    pub state: Option<&'a str>,
    /// `__consumer_offsets` partition the records were found in; null when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// `__consumer_offsets` partition the id hashes to; null where that can't be told.
    pub maps_to: Option<i32>,
    /// Protocol type of a classic group; null elsewhere.
    pub protocol_type: Option<&'a [u8]>,
    /// Chosen protocol of a classic group; null elsewhere.
    pub protocol: Option<&'a [u8]>,
    /// Generation of a classic group; null elsewhere.
    pub generation: Option<i32>,
    /// Group epoch of a consumer, share or streams group; null elsewhere.
    pub group_epoch: Option<i32>,
    /// Members in the records.
    pub members: u64,
    /// Topic partitions with a committed offset.
    pub offsets: u64,
    /// Newest commit timestamp of these offsets in milliseconds since the epoch; null without any.
    pub last_commit_ms: Option<i64>,
}

impl<'a> From<&'a GroupReport> for GroupRow<'a> {
    fn from(group: &'a GroupReport) -> Self {
        let committed = || group.offsets.iter().filter(|offset| offset.offset.is_some());
        Self {
            group_id: group.group_id.as_bytes(),
            group_type: group.group_type,
            state: group.state,
            found_in: group.found_in,
            maps_to: group.maps_to,
            protocol_type: group.protocol_type.as_ref().map(|text| text.as_bytes()),
            protocol: group.protocol.as_ref().map(|text| text.as_bytes()),
            generation: group.generation,
            group_epoch: group.group_epoch,
            members: group.members.len() as u64,
            offsets: committed().count() as u64,
            last_commit_ms: committed().filter_map(|offset| offset.committed_at_ms).max(),
        }
    }
}
