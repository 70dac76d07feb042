//! Offsets that a broker started on these copies would expire (`OffsetExpirationConditionImpl`,
//! `GroupMetadataManager.cleanupExpiredGroupsMetadata`).

use lastwrites_types::Flag;

use crate::findings::{Code, Finding};
use crate::model::{GroupReport, OffsetReport};
use crate::terminal::{counted, duration, moment};

/// Kafka's default of `offsets.retention.minutes` from 2.0 on: seven days. Before it was one.
pub const DEFAULT_RETENTION_MS: i64 = 7 * DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Says of every offset of a group without members when it expires, and warns where that is soon after the newest
/// record of the copies.
///
/// Offsets of groups with members stay while their topics are subscribed, which the log does not always tell; those
/// of orphans have no group that would expire them. `asked_ms` is the retention that the caller knows of: with it,
/// offsets whose time is over are flagged.
pub(super) fn add(
    groups: &mut [GroupReport],
    asked_ms: Option<i64>,
    newest_ms: Option<i64>,
) -> Option<Finding> {
    let retention_ms = asked_ms.unwrap_or(DEFAULT_RETENTION_MS);
    let mut soon: Vec<i64> = Vec::new();
    let mut of_groups = 0;
    for group in groups.iter_mut().filter(|group| group.members.is_empty() && group.group_type != "none") {
        let empty_since = group.state_since_ms.filter(|_| group.protocol_type.is_some());
        let before = soon.len();
        for offset in &mut group.offsets {
            let Some(expires) = expires_at(offset, empty_since, retention_ms) else { continue };
            offset.expires_at_ms = Some(expires);
            if asked_ms.is_some() && newest_ms.is_some_and(|newest| expires <= newest) {
                offset.flags.insert(Flag::Expired);
            }
            soon.extend(newest_ms.filter(|newest| expires <= newest.saturating_add(DAY_MS)).map(|_| expires));
        }
        of_groups += usize::from(soon.len() > before);
    }
    let first = soon.iter().min()?;
    let message = format!(
        "{} of {} without members expire within a day of the newest record, the first at {} with a retention of {}: a \
         broker that is started on this copy then or later deletes them within minutes. Take them out first, or raise \
         offsets.retention.minutes",
        counted(soon.len(), "offset", "offsets"),
        counted(of_groups, "group", "groups"),
        moment(*first),
        duration(retention_ms)
    );
    Some(Finding::new(Code::OffsetsExpire, message))
}

/// A time that the client chose (value version 1) goes before the broker's retention, which runs from when the group
/// became empty (KIP-211) or, where the record doesn't say, from the commit.
fn expires_at(offset: &OffsetReport, empty_since: Option<i64>, retention_ms: i64) -> Option<i64> {
    let committed = offset.committed_at_ms.filter(|_| offset.offset.is_some())?;
    let runs_from = empty_since.unwrap_or(committed);
    Some(offset.expires_at_ms.unwrap_or_else(|| runs_from.saturating_add(retention_ms)))
}
