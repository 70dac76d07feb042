//! Whether the recovered leader epoch may be written.
//!
//! A wrong one is accepted silently. With an epoch above the leader's, a Java consumer then reads nothing and
//! reports nothing; with one whose records the leader no longer has, it resets or throws. Without an epoch
//! (-1) a consumer just reads from the offset. So: sent only when everything speaks for it.

use lastwrites_types::Uuid;

use super::reason::Reason;
use crate::client::{EpochEnd, ErrorCode};
use crate::layout::grouped;

pub(crate) struct EpochFacts {
    /// The document's epoch.
    pub(crate) wanted: Option<i32>,
    /// The offset that will be written.
    pub(crate) offset: i64,
    /// It isn't the document's offset, so the document's epoch doesn't belong to it.
    pub(crate) clamped: bool,
    /// The topic's id then and now.
    pub(crate) then: Option<Uuid>,
    pub(crate) now: Option<Uuid>,
    /// The partition's leader epoch now.
    pub(crate) current: Option<i32>,
    /// Where the document's epoch ends in the leader's log, when it was asked.
    pub(crate) end: Option<Result<EpochEnd, ErrorCode>>,
}

/// The epoch to write; `None` is -1.
pub(crate) fn leader_epoch(facts: &EpochFacts, warnings: &mut Vec<Reason>) -> Option<i32> {
    let epoch = facts.wanted?;
    let mut without = |code, why: String| {
        warnings.push(Reason::new(code, format!("leader epoch {epoch} isn't written: {why}")));
        None
    };
    if facts.clamped {
        return without("epoch-clamped", "the offset was moved to the log's end".to_owned());
    }
    match (facts.then, facts.now) {
        (Some(then), Some(now)) if then == now => {}
        (Some(_), Some(_)) => return without("epoch-other-topic", "the topic was created again".to_owned()),
        (None, _) => {
            return without(
                "topic-id-unknown",
                "the document doesn't know which topic of this name it was".to_owned(),
            );
        }
        (_, None) => {
            return without("topic-id-unknown", "the cluster doesn't tell the topic's id".to_owned());
        }
    }
    match facts.current {
        Some(current) if epoch <= current => {}
        Some(current) => {
            let why = format!(
                "the partition's leader epoch is {current}; a consumer would wait for {epoch} and read nothing"
            );
            return without("epoch-too-high", why);
        }
        None => {
            return without(
                "epoch-unknown",
                "the cluster doesn't tell the partition's leader epoch".to_owned(),
            );
        }
    }
    match facts.end {
        None | Some(Err(_)) => {
            let text = format!(
                "leader epoch {epoch} couldn't be checked against the leader's log (OffsetForLeaderEpoch)"
            );
            warnings.push(Reason::new("epoch-unchecked", text));
            Some(epoch)
        }
        Some(Ok(EpochEnd { leader_epoch: Some(_), end_offset: Some(end) })) if end >= facts.offset => {
            Some(epoch)
        }
        Some(Ok(EpochEnd { leader_epoch: Some(_), end_offset: Some(end) })) => without(
            "log-diverged",
            format!(
                "the leader's log left that epoch at {}, below the offset: the log was truncated or diverged, records between may be others than the group read",
                grouped(end)
            ),
        ),
        Some(Ok(_)) => without("epoch-unknown-to-leader", "the leader's log doesn't know it".to_owned()),
    }
}
