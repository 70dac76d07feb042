//! How a group committed one partition: what was usual, which bounds nothing.

use std::collections::VecDeque;

use lastwrites_coordinator::fold::Commit;
use lastwrites_recovered_offsets::Cadence;

use crate::log_events::At;

/// The last steps of one key from a commit to the next, forward ones between which no record is missing: a cleaner leaves the
/// last commit of a key and takes the regular ones before it.
#[derive(Default)]
pub(super) struct Pace {
    /// The commit before: offset of its record, what it committed, its time.
    before: Option<(i64, i64, i64)>,
    /// Records of the topic and ms of each step, the newest at the end.
    steps: VecDeque<(u64, u64)>,
}

/// Steps that are kept: as many as tell what was usual of late.
const KEPT: usize = 11;
/// Steps that must be known before anything is called usual.
const KNOWN: usize = 3;

impl Pace {
    /// A commit that counts, in the order in which commits do.
    pub(super) fn commit(&mut self, at: &At, commit: &Commit) {
        let now = (at.place.record_offset, commit.offset, commit.commit_timestamp);
        let Some((record, offset, ms)) = self.before.replace(now) else { return };
        if record < at.unbroken_from || commit.offset <= offset {
            return;
        }
        if self.steps.len() == KEPT {
            self.steps.pop_front();
        }
        let took_ms = u64::try_from(commit.commit_timestamp.saturating_sub(ms)).unwrap_or(0);
        self.steps.push_back((commit.offset.abs_diff(offset), took_ms));
    }

    /// A tombstone: what comes next is another story.
    pub(super) fn delete(&mut self) {
        *self = Self::default();
    }

    /// What was usual; `None` where too few steps are known.
    pub(super) fn told(&self) -> Option<Cadence> {
        if self.steps.len() < KNOWN {
            return None;
        }
        let median = |of: fn(&(u64, u64)) -> u64| {
            let mut all: Vec<u64> = self.steps.iter().map(of).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0)
        };
        Some(Cadence {
            steps: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
            usual_records: median(|step| step.0),
            most_records: self.steps.iter().map(|step| step.0).max().unwrap_or(0),
            usual_ms: median(|step| step.1),
        })
    }
}
