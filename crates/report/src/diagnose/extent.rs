//! How much of its partition a copy holds: a log that lacks records loads only because of that.

use lastwrites_coordinator::judge::Judgement;
use lastwrites_evidence::PartitionCopy;

use crate::findings;

/// What a copy tells of its own extent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Offset after the last readable batch of the `.log` files; `None` without one.
    pub log_end_offset: Option<i64>,
    /// The checkpointed high watermark, a lower bound.
    pub high_watermark: Option<i64>,
    /// What of that mark the others have to have: where this copy's history is not the one that the cluster went on with
    /// (a fork, an older snapshot that was cut since), no more than what it shares with that.
    pub acknowledged: Option<i64>,
    /// True where the copy's own files or checkpoints know of records that it lacks, or a capture left it partial.
    pub lacks_records: bool,
    /// True where a tool's text stands in for the log: that tells nothing of a load.
    pub is_text: bool,
}

impl Extent {
    /// `agreed_to` is how far the copy holds the history that the cluster went on with; `None` where it's the only one.
    pub(super) fn of(copy: &PartitionCopy, judgement: &Judgement, agreed_to: Option<i64>) -> Self {
        let forked =
            agreed_to.filter(|agreed_to| judgement.continuity.next.is_some_and(|end| *agreed_to < end));
        Self {
            log_end_offset: judgement.continuity.next,
            high_watermark: copy.high_watermark(),
            acknowledged: copy.high_watermark().map(|mark| mark.min(forked.unwrap_or(mark))),
            lacks_records: findings::missing(copy, judgement).is_some(),
            is_text: copy.is_text(),
        }
    }

    /// Why a load of these bytes says nothing about a load of the broker's own log; `None` where nothing shows
    /// it. `acknowledged` is the highest [`Self::acknowledged`] that any copy of the partition knows.
    pub(super) fn incomplete(self, acknowledged: Option<i64>) -> Option<String> {
        if self.is_text {
            return Some("text of another tool can't tell whether a log loads".to_owned());
        }
        let Some(end) = self.log_end_offset else {
            // A partition that nothing was ever written to is whole.
            let never_written = acknowledged == Some(0) && !self.lacks_records;
            return (!never_written).then(|| "the copy holds no record".to_owned());
        };
        match (self.high_watermark, acknowledged) {
            (Some(own), _) if own > end => {
                Some(format!("the copy ends at {end}, its high watermark is {own}"))
            }
            (_, Some(known)) if known > end => {
                Some(format!("the copy ends at {end}, another copy's high watermark is {known}"))
            }
            _ => self
                .lacks_records
                .then(|| "the copy lacks records that its own files or its capture know of".to_owned()),
        }
    }
}
