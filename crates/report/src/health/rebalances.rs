//! Rebalances that follow each other, counted by generations or group epochs.
//!
//! The numbers only grow, so they count the rebalances whose records a cleaner took, too, and those that never came to
//! an end.

use super::cadence::Spot;

/// Rebalances without rest between them.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) first: Spot,
    pub(super) last: Spot,
    from_epoch: i32,
    pub(super) to_epoch: i32,
    pub(super) joined: u32,
    pub(super) left: u32,
    pub(super) most_members: u32,
}

/// Rebalances in a row that are worth a word, and so many a member: a rolling restart makes two of each.
const LEAST: i64 = 10;
const EACH_MEMBER: i64 = 3;

impl Run {
    /// How many.
    pub(super) fn count(&self) -> i64 {
        i64::from(self.to_epoch) - i64::from(self.from_epoch)
    }

    pub(super) fn is_storm(&self) -> bool {
        self.count() >= LEAST.max(EACH_MEMBER.saturating_mul(i64::from(self.most_members)))
    }
}

/// The rebalances of one group.
#[derive(Default)]
pub(super) struct Rebalances {
    run: Option<Run>,
    worst: Option<Run>,
}

/// ms between two rebalances that count as no rest; in between the group's rebalance timeout decides.
const REST_LEAST_MS: i64 = 60 * 1000;
const REST_MOST_MS: i64 = 10 * 60 * 1000;
/// No group rebalances faster than that for long, ms.
const FASTEST_MS: i64 = 10;

/// ms after which a group with this rebalance timeout has come to rest.
pub(super) fn rest_ms(rebalance_timeout_ms: Option<i64>) -> i64 {
    rebalance_timeout_ms.unwrap_or(REST_LEAST_MS).clamp(REST_LEAST_MS, REST_MOST_MS)
}

impl Rebalances {
    /// The group has another generation or group epoch; true where that is a rebalance.
    pub(super) fn epoch(&mut self, now: Spot, epoch: i32, members: u32, rest_ms: i64) -> bool {
        let Some(run) = self.run.as_mut().filter(|run| run.to_epoch <= epoch) else {
            self.start(now, epoch, epoch, members);
            return true;
        };
        let steps = i64::from(epoch) - i64::from(run.to_epoch);
        if steps == 0 {
            run.most_members = run.most_members.max(members);
            return false;
        }
        let ms = now.ms.saturating_sub(run.last.ms);
        if steps > 1 + ms.max(0) / FASTEST_MS {
            // A number that leaps is a damaged or made-up record.
            self.start(now, epoch, epoch, members);
        } else if ms <= rest_ms.saturating_mul(steps) {
            run.last = now;
            run.to_epoch = epoch;
            run.most_members = run.most_members.max(members);
        } else {
            let from = epoch.saturating_sub(1);
            self.start(now, from, epoch, members);
        }
        true
    }

    fn start(&mut self, now: Spot, from_epoch: i32, to_epoch: i32, most_members: u32) {
        self.end();
        let (joined, left) = (0, 0);
        self.run = Some(Run { first: now, last: now, from_epoch, to_epoch, joined, left, most_members });
    }

    /// The run so far is over: it was a storm, or it's forgotten.
    pub(super) fn end(&mut self) {
        let ended = self.run.take().filter(Run::is_storm);
        if let Some(run) = ended
            && self.worst.is_none_or(|worst| worst.count() <= run.count())
        {
            self.worst = Some(run);
        }
    }

    pub(super) fn joined(&mut self, members: u32) {
        if let Some(run) = &mut self.run {
            run.joined = run.joined.saturating_add(1);
            run.most_members = run.most_members.max(members);
        }
    }

    pub(super) fn left(&mut self) {
        if let Some(run) = &mut self.run {
            run.left = run.left.saturating_add(1);
        }
    }

    /// The longest storm, where the last run is [ended](Self::end).
    pub(super) const fn storm(&self) -> Option<Run> {
        self.worst
    }
}
