//! Would a coordinator load this log? One pass over the bytes judges every release at once.
//!
//! [`judge`] reads each copy's view once. What can't fail a load and needs no order (plain offset commits that
//! every release reads alike) is reduced to one event per group and unit; the rest reaches a [`Loader`] per class
//! of releases that read and replay alike, in log order. A loader is dropped at its first failure: only the
//! verdict is wanted here, the final state is `state`'s. [`histories`] is a second, filtered look at chosen
//! groups: their records with their places, and what a race with the cleaner needs.
//!
//! [`Loader`]: crate::load::Loader

mod boundaries;
mod classes;
mod event;
mod filter;
mod history;
mod panel;
mod pass;
mod removed;
mod repeats;
mod transactions;
mod unbroken;
mod visitor;

pub use boundaries::batch_boundaries;
pub use history::{Histories, HistoryRecord, WantedHistories, histories};
pub use pass::judge;
pub use repeats::{Repeat, first_repeats};

use std::collections::BTreeMap;

use crate::group::Name;
use crate::load::{Failure, UnknownRecord, Verdict};
use crate::state::{Continuity, Counts, Tally};

/// What every release would make of one view of one copy.
#[derive(Debug)]
pub struct Judgement {
    /// One entry a profile, in the order they were given.
    pub verdicts: Vec<Judged>,
    /// Bytes accounted for, per file.
    pub tallies: BTreeMap<u32, Tally>,
    /// Offsets seen, per file.
    pub spans: BTreeMap<u32, Continuity>,
    /// Offsets seen in the whole view.
    pub continuity: Continuity,
    /// Numbers about records.
    pub counts: Counts,
    /// Groups with consumer, share or streams records: those that a race can hurt.
    pub modern_groups: Vec<Name>,
    /// No cleaner gets beyond this offset: the first open transaction, or the end of the log.
    pub cleanable_to: i64,
    /// Transactions open at the end of the log: producer id and base offset of their first batch.
    pub open_transactions: BTreeMap<i64, i64>,
    /// Every group with a record or a commit, deleted ones too.
    pub groups: Vec<Name>,
    /// Groups whose last group record is the tombstone of the group itself, with commits somewhere before it and
    /// none behind it: where those have no tombstones of their own, they are orphans.
    pub removed_groups: Vec<Name>,
}

/// One release's verdict.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// What failed first.
    pub failure: Option<Failure>,
    /// The first record of unknown type before any failure, which a broker skips with a warning.
    pub first_unknown: Option<UnknownRecord>,
    /// True where the old coordinator serves its groups in spite of the failure.
    pub groups_served: bool,
    /// Members with a metadata record and no assignment record, in a load that succeeds: group and member, at most
    /// [`Judged::MOST_GHOSTS`].
    pub ghosts: Vec<(Name, Name)>,
    /// Where the failing record or batch lies; `None` for a failure after the last record.
    pub place: Option<OnDisk>,
    /// Offset from which on, up to the failing record, every offset has its record and nothing is damaged; `None` for
    /// a failure that no record's replay is.
    pub unbroken_from: Option<i64>,
}

impl Judged {
    /// Ghost members kept.
    pub const MOST_GHOSTS: usize = 100;
}

/// A place on a copy's disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OnDisk {
    /// Index in the copy's file list.
    pub file: u32,
    /// Byte position of the batch.
    pub position: u64,
}
