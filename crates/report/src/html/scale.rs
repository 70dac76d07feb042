//! Numbers on their way into a picture: places along a width, as percentages with two decimals.
//!
//! Pictures stretch with the page: what lies along the width is told in percent, heights in pixels, so nothing is
//! distorted and no script lays anything out.

/// A linear scale from a range of numbers to 0 to 100 percent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: f64,
    length: f64,
}

impl Scale {
    /// From `from` to `to`; a range without length puts everything at its left end.
    pub(super) fn new(from: f64, to: f64) -> Self {
        Self { from, length: (to - from).max(0.0) }
    }

    /// The place of `value`, kept inside the picture.
    pub(super) fn at(self, value: f64) -> Percent {
        if self.length == 0.0 {
            return Percent(0.0);
        }
        Percent(((value - self.from) / self.length * 100.0).clamp(0.0, 100.0))
    }

    /// The length from one value to another.
    pub(super) fn span(self, from: f64, to: f64) -> Percent {
        self.at(from).until(self.at(to))
    }
}

/// A share of the picture's width.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(super) struct Percent(pub(super) f64);

impl Percent {
    /// The length from here to there; nothing backwards.
    pub(super) fn until(self, end: Self) -> Self {
        Self((end.0 - self.0).max(0.0))
    }

    /// A place this far to the right.
    pub(super) fn moved(self, by: f64) -> Self {
        Self(self.0 + by)
    }

    /// At least this many percent, so that something small is still seen.
    pub(super) fn at_least(self, least: f64) -> Self {
        Self(self.0.max(least))
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_inside_the_picture() {
        let scale = Scale::new(10.0, 20.0);
        assert_eq!(scale.at(15.0).to_string(), "50.00%");
        assert_eq!(scale.at(-5.0).to_string(), "0.00%");
        assert_eq!(scale.at(1e300).to_string(), "100.00%");
        assert_eq!(scale.span(12.0, 17.0).to_string(), "50.00%");
        assert_eq!(scale.span(17.0, 12.0).to_string(), "0.00%");
        assert_eq!(Scale::new(3.0, 3.0).at(3.0).to_string(), "0.00%");
    }
}
