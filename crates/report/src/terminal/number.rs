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

/// A moment in UTC to the second; `-` for one that no calendar holds, and for a record without a time (-1,
/// `RecordBatch.NO_TIMESTAMP`).
#[must_use]
pub fn moment(ms: i64) -> String {
    if ms == -1 {
        return "-".to_owned();
    }
    Timestamp::from_millisecond(ms).map_or_else(
        |_| "-".to_owned(),
        |at| at.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// A length of time in its two largest units, as `850 ms`, `12 s`, `5 min 3 s`, `3 d 4 h`.
#[must_use]
pub fn duration(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let Some(at) = UNITS.iter().position(|(unit, _)| ms >= *unit) else { return format!("{} ms", ms.max(0)) };
    let mut rest = ms;
    let mut words = Vec::new();
    for (unit, name) in UNITS.iter().skip(at).take(2) {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            words.push(format!("{count} {name}"));
        }
    }
    words.join(" ")
}

/// `1 group`, `2 groups`: a count with its noun.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    let number = grouped(i64::try_from(count).unwrap_or(i64::MAX));
    format!("{number} {}", if count == 1 { one } else { many })
}

/// Records not read yet: exact where both bounds agree, else a bound that says which, `?` where nothing tells.
pub(crate) fn lag(at_least: Option<i64>, at_most: Option<i64>) -> String {
    match (at_least, at_most) {
        (Some(least), Some(most)) if least == most => grouped(least),
        (Some(least), _) => format!("≥ {}", grouped(least)),
        (None, Some(most)) => format!("≤ {}", grouped(most)),
        (None, None) => "?".to_owned(),
    }
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
        assert_eq!(
            [-1, 999, 1_000, 303_000, 3_600_000, 273_600_000].map(duration),
            ["0 ms", "999 ms", "1 s", "5 min 3 s", "1 h", "3 d 4 h"]
        );
    }
}
