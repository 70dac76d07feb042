//! Kafka release numbers.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, Serializer};

/// A Kafka release such as 4.1.2. Ordered by number; a missing patch level is 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Release {
    /// First number.
    pub major: u8,
    /// Second number.
    pub minor: u8,
    /// Third number.
    pub patch: u8,
}

/// The text is not `MAJOR.MINOR` or `MAJOR.MINOR.PATCH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseReleaseError(String);

impl Release {
    /// A release from its three numbers.
    #[must_use]
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.major, self.minor, self.patch))
    }
}

impl FromStr for Release {
    type Err = ParseReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseReleaseError(text.to_owned());
        let mut numbers = text.split('.').map(|part| part.parse::<u8>().map_err(|_| wrong()));
        let mut next = || numbers.next().transpose();
        let (major, minor, patch) =
            (next()?.ok_or_else(wrong)?, next()?.ok_or_else(wrong)?, next()?.unwrap_or(0));
        if next()?.is_some() { Err(wrong()) } else { Ok(Self { major, minor, patch }) }
    }
}

impl fmt::Display for ParseReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a Kafka release (expected something like 4.1.2)", self.0)
    }
}

impl std::error::Error for ParseReleaseError {}

impl Serialize for Release {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_orders() {
        assert_eq!("4.1".parse(), Ok(Release::new(4, 1, 0)));
        assert!("3.10.0".parse::<Release>().unwrap() > "3.9.2".parse().unwrap());
        for wrong in ["", "4", "4.1.2.3", "4.x", "-1.2"] {
            assert!(wrong.parse::<Release>().is_err(), "{wrong}");
        }
    }
}
