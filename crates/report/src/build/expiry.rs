//! Offsets that a broker started on these copies would expire (`OffsetExpirationConditionImpl`,
//! `GroupMetadataManager.cleanupExpiredGroupsMetadata`).

use lastwrites_types::{Flag, Release};

use crate::findings::{Code, Finding};
use crate::model::{GroupReport, OffsetReport};
use crate::terminal::{counted, duration, moment};

/// Kafka's default of `offsets.retention.minutes` from 2.0 on: seven days. Before it was one.
pub const DEFAULT_RETENTION_MS: i64 = 7 * DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The release whose default is seven days (KIP-186).
const SEVEN_DAYS: Release = Release { major: 2, minor: 0, patch: 0 };

/// What a broker's `offsets.retention.minutes` is taken for where nobody says.
pub(crate) fn default_retention_ms(release: Option<Release>) -> i64 {
    if release.is_some_and(|release| release < SEVEN_DAYS) { DAY_MS } else { DEFAULT_RETENTION_MS }
}

/// Says of every offset of a group without members when it expires, and from when on a broker that is started on the copies
/// would delete them. That is a date, true whenever it is read: the newest record may be weeks old when somebody starts a
/// broker, and nothing here asks the clock.
///
/// Offsets of groups with members stay while their topics are subscribed, which the log does not always tell; those
/// of orphans have no group that would expire them. `asked_ms` is the retention that the caller knows of: with it,
/// offsets whose time is over are flagged.
pub(super) fn add(
    groups: &mut [GroupReport],
    asked_ms: Option<i64>,
    release: Option<Release>,
    newest_ms: Option<i64>,
) -> Option<Finding> {
    let retention_ms = asked_ms.unwrap_or(default_retention_ms(release));
    let mut expiring: Vec<i64> = Vec::new();
    let mut of_groups = 0;
    for group in groups.iter_mut().filter(|group| group.members.is_empty() && group.group_type != "none") {
        let empty_since = group.state_since_ms.filter(|_| group.protocol_type.is_some());
        let before = expiring.len();
        for offset in &mut group.offsets {
            let Some(expires) = expires_at(offset, empty_since, retention_ms) else { continue };
            offset.expires_at_ms = Some(expires);
            if asked_ms.is_some() && newest_ms.is_some_and(|newest| expires <= newest) {
                offset.flags.insert(Flag::Expired);
            }
            expiring.push(expires);
        }
        of_groups += usize::from(expiring.len() > before);
    }
    let (first, last) = (expiring.iter().min()?, expiring.iter().max()?);
    let range = if first == last { "at" } else { "from" };
    let until = if first == last { String::new() } else { format!(" to {}", moment(*last)) };
    let soon = newest_ms.map_or(0, |newest| {
        expiring.iter().filter(|expires| **expires <= newest.saturating_add(DAY_MS)).count()
    });
    let soon = if soon > 0 {
        format!(
            ", {} within a day of the newest record",
            if soon == expiring.len() { "all".to_owned() } else { soon.to_string() }
        )
    } else {
        String::new()
    };
    let message = format!(
        "{} of {} without members expire {range} {}{until}{soon}, with a retention of {}: a broker that is started on this \
         copy then or later deletes them within minutes. Take them out first, or raise offsets.retention.minutes",
        counted(expiring.len(), "offset", "offsets"),
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
