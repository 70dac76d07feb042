//! The history of one group, as far as a load of it depends on what a cleaner leaves.

use crate::group::Name;

/// What happened to one group, in log order.
///
/// Everything but offset commits is kept record by record. Of the commits between two such records only three
/// facts matter: where the first and the last stand, and how long the longest-lived of them survives cleaning.
#[derive(Clone, Debug)]
pub struct GroupTrace {
    /// Group id.
    pub group_id: Name,
    /// Records and runs of commits.
    pub events: Vec<TraceEvent>,
    /// No cleaner gets beyond this offset: the first open transaction, or the end of the log.
    pub cleanable_to: i64,
    /// True when the history was cut off for its length: windows beyond are not known.
    pub cut: bool,
}

/// One step in a group's history.
#[derive(Clone, Debug)]
pub enum TraceEvent {
    /// A group record.
    Record(TraceRecord),
    /// Offset commit values between two group records.
    Commits(CommitRun),
}

/// One group record.
#[derive(Clone, Debug)]
pub struct TraceRecord {
    /// Offset of the record.
    pub offset: i64,
    /// Base offset of its batch: a loader or cleaner position never lies inside a batch.
    pub batch_base_offset: i64,
    /// Where its batch ends: the offset behind its last.
    pub batch_end: i64,
    /// Offset of the next record with the same key; `None` when this is the latest.
    pub next_same_key: Option<i64>,
    /// Key bytes.
    pub key: Box<[u8]>,
    /// Value bytes; `None` for a tombstone.
    pub value: Option<Box<[u8]>>,
}

/// Offset commit values between two group records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitRun {
    /// Offset of the first.
    pub first: i64,
    /// Base offset of the first one's batch.
    pub first_batch_base: i64,
    /// Where the first one's batch ends: the offset behind its last.
    pub first_batch_end: i64,
    /// Offset of the last.
    pub last: i64,
    /// How long the longest-lived one survives cleaning.
    pub kept: Kept,
}

/// Up to which cleaner position some commit of a run is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kept {
    /// Not at all: every commit belongs to an aborted transaction.
    Never,
    /// Until the cleaner has read this batch (its base offset, and the offset behind its last): it holds the next
    /// record of the last surviving key.
    Until(i64, i64),
    /// For good: some commit is the latest of its key.
    Forever,
}

impl TraceEvent {
    /// Offset of the event (of the first commit of a run).
    #[must_use]
    pub const fn offset(&self) -> i64 {
        match self {
            Self::Record(record) => record.offset,
            Self::Commits(run) => run.first,
        }
    }

    /// Base offset of the batch the event starts in.
    #[must_use]
    pub const fn batch_base_offset(&self) -> i64 {
        match self {
            Self::Record(record) => record.batch_base_offset,
            Self::Commits(run) => run.first_batch_base,
        }
    }

    /// Where that batch ends: the offset behind its last.
    #[must_use]
    pub const fn batch_end(&self) -> i64 {
        match self {
            Self::Record(record) => record.batch_end,
            Self::Commits(run) => run.first_batch_end,
        }
    }
}
