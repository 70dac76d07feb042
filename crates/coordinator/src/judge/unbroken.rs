//! How far back from a record every offset has its record.

/// The stretch of log that ends at the last record seen, without an absent offset and without damage in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Unbroken {
    /// Offset of its first record; `None` before the first record.
    from: Option<i64>,
    /// One past the last record.
    next: Option<i64>,
    /// The first record of all.
    first: Option<i64>,
    /// Damage stood before the first record.
    hurt_before: bool,
    /// Damage stood behind the last record.
    hurt: bool,
}

impl Unbroken {
    /// The next record.
    pub(super) fn record(&mut self, offset: i64) {
        if self.first.is_none() {
            (self.first, self.hurt_before) = (Some(offset), self.hurt);
        }
        if self.hurt || self.next != Some(offset) {
            self.from = Some(offset);
        }
        (self.next, self.hurt) = (offset.checked_add(1), false);
    }

    /// Bytes that gave no record.
    pub(super) const fn damage(&mut self) {
        self.hurt = true;
    }

    /// Offset of the first record of the stretch; `None` before the first record.
    pub(super) const fn from(&self) -> Option<i64> {
        self.from
    }

    /// Where a stretch that begins at `from` in the next unit really begins.
    pub(super) fn before(&self, later: &Self, from: Option<i64>) -> Option<i64> {
        let joins = !self.hurt && !later.hurt_before && self.next.is_some() && self.next == later.first;
        if joins && from == later.first { self.from } else { from }
    }

    /// Appends what the next unit saw.
    pub(super) fn then(&mut self, later: Self) {
        if later.first.is_none() {
            self.hurt |= later.hurt;
            return;
        }
        let (first, hurt_before) = match self.first {
            None => (later.first, self.hurt || later.hurt_before),
            Some(_) => (self.first, self.hurt_before),
        };
        *self = Self { from: self.before(&later, later.from), first, hurt_before, ..later };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record, or damage.
    type Step = Option<i64>;

    fn run(steps: &[Step]) -> Unbroken {
        let mut seen = Unbroken::default();
        for step in steps {
            match step {
                Some(offset) => seen.record(*offset),
                None => seen.damage(),
            }
        }
        seen
    }

    #[test]
    fn holes_and_damage_begin_a_stretch_however_the_log_is_cut() {
        let logs: [(&[Step], Option<i64>); 6] = [
            (&[Some(3), Some(4), Some(5)], Some(3)),
            (&[Some(3), Some(5), Some(6)], Some(5)),
            (&[Some(3), None, Some(4), Some(5)], Some(4)),
            (&[None, Some(3), Some(4)], Some(3)),
            (&[Some(7), Some(8), Some(4), Some(5)], Some(4)),
            (&[None], None),
        ];
        for (steps, from) in logs {
            let whole = run(steps);
            assert_eq!(whole.from(), from, "{steps:?}");
            for cut in 0..=steps.len() {
                let (head, tail) = steps.split_at(cut);
                let mut pieces = run(head);
                pieces.then(run(tail));
                assert_eq!(pieces, whole, "{steps:?} cut at {cut}");
            }
        }
    }
}
