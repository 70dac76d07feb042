//! A bounded part of a long row of things, evenly chosen by count, with the first and the last.

/// Takes any number of things and keeps at most `most` of them, and the last.
#[derive(Debug)]
pub(super) struct Thinned<T> {
    most: usize,
    kept: Vec<T>,
    /// One of so many is kept.
    stride: u64,
    seen: u64,
    last: Option<T>,
}

impl<T: Clone> Thinned<T> {
    /// Keeps `most` things, at least two.
    pub(super) const fn new(most: usize) -> Self {
        Self { most: if most < 2 { 2 } else { most }, kept: Vec::new(), stride: 1, seen: 0, last: None }
    }

    pub(super) fn push(&mut self, one: T) {
        if self.is_next_kept() && self.kept.len() >= self.most {
            let mut nth = 0_usize;
            self.kept.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.stride = self.stride.saturating_mul(2);
        }
        if self.is_next_kept() {
            self.kept.push(one);
            self.last = None;
        } else {
            self.last = Some(one);
        }
        self.seen = self.seen.saturating_add(1);
    }

    const fn is_next_kept(&self) -> bool {
        self.seen.is_multiple_of(self.stride)
    }

    /// What was kept, in order, and how many were not.
    pub(super) fn finish(mut self) -> (Vec<T>, u64) {
        self.kept.extend(self.last);
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        (self.kept, self.seen.saturating_sub(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::Thinned;

    #[test]
    fn the_first_and_the_last_stay_and_the_rest_is_counted() {
        for count in [0_u64, 1, 2, 7, 8, 9, 16, 17, 1_000, 4_097] {
            let mut thinned = Thinned::new(8);
            (0..count).for_each(|one| thinned.push(one));
            let (kept, left_out) = thinned.finish();
            assert!(kept.len() <= 9, "{count}: {kept:?}");
            assert_eq!(kept.len() as u64 + left_out, count);
            assert_eq!(
                (kept.first(), kept.last()),
                ((count > 0).then_some(&0), count.checked_sub(1).as_ref())
            );
            assert!(kept.is_sorted());
            let widest = kept.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= count.div_ceil(4).max(1), "{count}: a hole of {widest} in {kept:?}");
        }
    }
}
