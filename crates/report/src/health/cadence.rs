//! How often an offset key is committed, and how it moves.

use crate::log_events::At;

/// A place in the log, and when its record was written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Spot {
    pub(super) ms: i64,
    pub(super) offset: i64,
    pub(super) position: u64,
    /// Index of the file in its copy.
    pub(super) file: u32,
}

impl Spot {
    pub(super) const fn of(at: &At) -> Self {
        let place = at.place;
        Self { ms: at.timestamp_ms, offset: place.record_offset, position: place.position, file: place.file }
    }
}

/// Intervals between events of one kind, of which none can be missing in between.
#[derive(Clone, Copy, Default)]
pub(super) struct Intervals {
    count: u32,
    total_ms: i64,
    longest_ms: i64,
}

/// Intervals that must be known before one is called long.
const KNOWN: u32 = 10;
/// A long interval is so many times the mean one, and at least so many times the longest.
const MEAN_TIMES: i64 = 10;
const LONGEST_TIMES: i64 = 2;

impl Intervals {
    pub(super) fn add(&mut self, ms: i64) {
        self.count = self.count.saturating_add(1);
        self.total_ms = self.total_ms.saturating_add(ms);
        self.longest_ms = self.longest_ms.max(ms);
    }

    /// ms; 0 where none is known.
    pub(super) fn mean_ms(&self) -> i64 {
        self.total_ms.checked_div(i64::from(self.count)).unwrap_or(0)
    }

    pub(super) const fn total_ms(&self) -> i64 {
        self.total_ms
    }

    /// Whether `ms` is out of all proportion to what was usual, `least` ms apart from that.
    pub(super) fn makes_long(&self, ms: i64, least: i64) -> bool {
        self.count >= KNOWN
            && ms >= least
            && ms >= self.mean_ms().saturating_mul(MEAN_TIMES)
            && ms >= self.longest_ms.saturating_mul(LONGEST_TIMES)
    }
}

/// The commits of one key.
#[derive(Clone, Copy, Default)]
pub(super) struct Cadence {
    /// Number of the key's group.
    pub(super) group: u32,
    /// The last commit; `None` after a tombstone.
    pub(super) last: Option<Spot>,
    /// What it committed.
    pub(super) committed: i64,
    /// When the committed offset last became another one.
    pub(super) moved: Spot,
    pub(super) commits: Intervals,
    pub(super) moves: Intervals,
    /// Offsets gone forward in [`Cadence::commits`].
    forward: i64,
}

/// An interval without commits that is out of all proportion.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    pub(super) from: Spot,
    pub(super) to: Spot,
    pub(super) usual_ms: i64,
    /// How far the commit that ended it went.
    pub(super) step: i64,
    /// Whether that is so far that records kept arriving all the while.
    pub(super) kept_arriving: bool,
}

impl Gap {
    pub(super) const fn ms(&self) -> i64 {
        self.to.ms.saturating_sub(self.from.ms)
    }
}

/// ms without a commit that are worth a word.
const GAP_LEAST_MS: i64 = 10 * 60 * 1000;

impl Cadence {
    pub(super) fn new(group: u32) -> Self {
        Self { group, ..Self::default() }
    }

    /// Takes a commit; returns the gap that it ends.
    pub(super) fn commit(&mut self, at: &At, offset: i64) -> Option<Gap> {
        let now = Spot::of(at);
        let step = offset.saturating_sub(self.committed);
        let before = self.last.replace(now).filter(|before| before.offset >= at.unbroken_from);
        let gap = before.and_then(|before| self.interval(before, now, step));
        if before.is_none() || step != 0 {
            if self.moved.offset >= at.unbroken_from && before.is_some() {
                self.moves.add(now.ms.saturating_sub(self.moved.ms).max(0));
            }
            self.moved = now;
        }
        self.committed = offset;
        gap
    }

    fn interval(&mut self, before: Spot, now: Spot, step: i64) -> Option<Gap> {
        let ms = now.ms.saturating_sub(before.ms).max(0);
        let gap = self.commits.makes_long(ms, GAP_LEAST_MS).then(|| Gap {
            from: before,
            to: now,
            usual_ms: self.commits.mean_ms(),
            step,
            kept_arriving: self.keeps_up(step, ms),
        });
        self.commits.add(ms);
        self.forward = self.forward.saturating_add(step.max(0));
        gap
    }

    /// At least half of what the rate before would have brought in that time.
    fn keeps_up(&self, step: i64, ms: i64) -> bool {
        let brought = i128::from(self.forward) * i128::from(ms);
        self.forward > 0 && i128::from(step) * i128::from(self.commits.total_ms()) * 2 >= brought
    }

    /// A tombstone: what comes next is another story.
    pub(super) fn delete(&mut self) {
        *self = Self::new(self.group);
    }
}
