//! Spelling of cells in CSV, where everything is text.

use std::borrow::Cow;

use jiff::Timestamp;

/// Evidence text as a CSV cell that no spreadsheet runs: one `'` in front of a cell that would start a
/// formula, or that starts with `'` already, so that removing one gives the text back.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\'') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Milliseconds since the epoch as RFC 3339 in UTC with three decimals.
pub(crate) fn rfc3339(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|time| format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for (text, cell) in
            [("=1+1", "'=1+1"), ("'a", "''a"), ("a=1", "a=1"), ("", ""), ("@x", "'@x"), ("\tx", "'\tx")]
        {
            assert_eq!(guarded(text), cell);
            assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text);
        }
    }

    #[test]
    fn times_have_three_decimals() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00.000Z"));
        assert_eq!(rfc3339(1_763_848_800_123).as_deref(), Some("2025-11-22T22:00:00.123Z"));
        assert_eq!(rfc3339(i64::MAX), None);
    }
}
