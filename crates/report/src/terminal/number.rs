//! Numbers and moments as a person reads them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `12345678` as `12,345,678`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in bytes with a binary unit, three digits or so.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = size as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" || value >= 100.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// A moment in UTC to the second; `-` for one that no calendar holds.
#[must_use]
pub fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| "-".to_owned(),
        |at| at.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// `1 group`, `2 groups`: a count with its noun.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    let number = grouped(i64::try_from(count).unwrap_or(i64::MAX));
    format!("{number} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            (grouped(0), grouped(-1234), grouped(i64::MIN)),
            ("0".into(), "-1,234".into(), "-9,223,372,036,854,775,808".into())
        );
        assert_eq!(
            (bytes(0), bytes(1023), bytes(1536), bytes(28 << 30)),
            ("0 B".into(), "1023 B".into(), "1.5 KiB".into(), "28.0 GiB".into())
        );
        assert_eq!(moment(1_700_000_000_000), "2023-11-14 22:13:20Z");
        assert_eq!(moment(i64::MAX), "-");
    }
}
