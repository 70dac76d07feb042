//! What is wrong with a companion file, and where.

use std::borrow::Cow;
use std::fmt;

/// A companion file (or a part of it) is not what Kafka writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionError {
    /// Byte from the start of the file.
    pub position: u64,
    /// What belongs there.
    pub expected: Cow<'static, str>,
    /// What is there instead, escaped and cut to a printable length.
    pub found: String,
}

/// Longest piece of evidence quoted in an error, in bytes.
const QUOTED: usize = 60;

impl CompanionError {
    pub(crate) fn new(
        position: u64,
        expected: impl Into<Cow<'static, str>>,
        found: impl fmt::Display,
    ) -> Self {
        Self { position, expected: expected.into(), found: found.to_string() }
    }

    /// An error that quotes the bytes it met.
    pub(crate) fn quoting(position: u64, expected: impl Into<Cow<'static, str>>, found: &[u8]) -> Self {
        let shown = found.get(..QUOTED).unwrap_or(found);
        let dots = if shown.len() < found.len() { "..." } else { "" };
        Self::new(position, expected, format!("\"{}\"{dots}", lastwrites_types::escaped(shown)))
    }

    /// Takes the quoted bytes out: a line that can't be read may still hold a name.
    pub(crate) fn redact_quoted(&mut self) {
        if self.found.starts_with('"') {
            "something else (redacted)".clone_into(&mut self.found);
        }
    }
}

impl fmt::Display for CompanionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: expected {}, found {}", self.position, self.expected, self.found)
    }
}

impl std::error::Error for CompanionError {}
