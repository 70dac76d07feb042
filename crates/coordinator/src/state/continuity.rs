//! Is the log unbroken from a record to its end?

/// Follows offsets through a log, unit by unit, and remembers how far back an unbroken log reaches.
///
/// Two kinds of break are kept apart: offsets that are merely absent (the cleaner removes records, so this
/// is normal below the cleaned point) and damage (a later commit may have been there).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Continuity {
    /// Base offset of the first batch.
    pub first: Option<i64>,
    /// One past the last offset of the last batch.
    pub next: Option<i64>,
    /// Records below this offset have absent offsets after them.
    pub absent_below: Option<i64>,
    /// Records below this offset have damage after them; `i64::MAX` for damage after the last batch.
    pub damaged_below: Option<i64>,
    /// Records below this offset were read with nothing damaged before or around them; `None` without damage.
    pub damaged_from: Option<i64>,
    /// Offsets went backwards: the highest offset seen before it happened.
    pub backwards: Option<i64>,
    /// Base offset of the last batch.
    pub last_base: Option<i64>,
    /// One past the last offset before the last batch.
    pub before_last: Option<i64>,
    /// Damage seen after the last batch so far.
    open_damage: bool,
    /// Damage seen before the first batch.
    leading_damage: bool,
}

impl Continuity {
    /// A batch whose offsets are `base..next` and which holds `whole` if every one of them has its record.
    pub fn batch(&mut self, base: i64, next: i64, whole: bool) {
        match self.next {
            None => {
                self.first = Some(base);
                self.leading_damage = self.open_damage;
            }
            Some(expected) if base > expected => self.absent_below = self.absent_below.max(Some(base)),
            Some(expected) if base < expected => self.backwards = self.backwards.max(Some(expected)),
            Some(_) => {}
        }
        if self.open_damage {
            self.hurt(self.next, base);
            self.open_damage = false;
        }
        if !whole {
            self.absent_below = self.absent_below.max(Some(next));
        }
        (self.before_last, self.last_base) = (self.next, Some(base));
        self.next = self.next.max(Some(next));
    }

    /// A batch that could not be read whole, or whose checksum is wrong.
    pub fn damaged_batch(&mut self, next: i64) {
        self.hurt(self.next, next);
    }

    /// Something is damaged behind `from` (`None`: from the beginning on) and before `below`.
    pub fn hurt(&mut self, from: Option<i64>, below: i64) {
        let from = from.unwrap_or(i64::MIN);
        self.damaged_from = Some(self.damaged_from.map_or(from, |known| known.min(from)));
        self.damaged_below = self.damaged_below.max(Some(below));
    }

    /// Bytes that hold no batch.
    pub const fn damage(&mut self) {
        self.open_damage = true;
    }

    /// Appends what the next unit saw.
    pub fn then(&mut self, later: Self) {
        let Some(first) = later.first else {
            self.open_damage |= later.open_damage;
            return;
        };
        let open_damage = self.open_damage || later.leading_damage;
        match self.next {
            None => self.leading_damage = open_damage,
            Some(expected) if first > expected => self.absent_below = self.absent_below.max(Some(first)),
            Some(expected) if first < expected => self.backwards = self.backwards.max(Some(expected)),
            Some(_) => {}
        }
        if open_damage {
            self.hurt(self.next, first);
        }
        if let (Some(from), Some(below)) = (later.damaged_from, later.damaged_below) {
            // A unit doesn't know what stands before it.
            self.hurt(Some(from).max(self.next), below);
        }
        self.before_last = self.next.max(later.before_last);
        self.last_base = later.last_base;
        self.first = self.first.or(later.first);
        self.next = self.next.max(later.next);
        self.absent_below = self.absent_below.max(later.absent_below);
        self.backwards = self.backwards.max(later.backwards);
        self.open_damage = later.open_damage;
    }

    /// Ends the log: damage after the last batch stands before nothing and after everything.
    #[must_use]
    pub fn finish(mut self) -> Self {
        if self.open_damage {
            self.hurt(self.next, i64::MAX);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens in a log, and how many pieces it may be cut into.
    #[derive(Clone, Copy)]
    enum Step {
        Batch(i64, i64, bool),
        Torn(i64),
        Damage,
    }

    fn run(steps: &[Step]) -> Continuity {
        let mut c = Continuity::default();
        for step in steps {
            match *step {
                Step::Batch(base, next, whole) => c.batch(base, next, whole),
                Step::Torn(next) => c.damaged_batch(next),
                Step::Damage => c.damage(),
            }
        }
        c
    }

    #[test]
    fn any_cut_gives_the_same_answer() {
        use Step::{Batch, Damage, Torn};
        let log = [
            Damage,
            Batch(0, 5, true),
            Batch(5, 9, false),
            Batch(12, 14, true),
            Damage,
            Batch(20, 21, true),
            Torn(21),
            Batch(18, 19, true),
            Damage,
        ];
        let whole = run(&log).finish();
        assert_eq!(whole.damaged_below, Some(i64::MAX));
        assert_eq!((whole.absent_below, whole.backwards, whole.next), (Some(20), Some(21), Some(21)));
        for cut in 0..=log.len() {
            for second in cut..=log.len() {
                let mut joined = run(&log[..cut]);
                joined.then(run(&log[cut..second]));
                joined.then(run(&log[second..]));
                assert_eq!(joined.finish(), whole, "cut at {cut} and {second}");
            }
        }
    }
}
