//! What tools put before every line of a log they pass on: container runtimes, journals, `grep`.

/// More prefixes than this before one line are its own text.
const MOST: usize = 4;

/// The line as the program wrote it. Only for telling what kind of line it is: texts are looked for anywhere anyway.
pub(super) fn without_prefixes(line: &[u8]) -> &[u8] {
    let mut rest = line;
    for _ in 0..MOST {
        match [grep(rest), docker_json(rest), compose(rest), kubectl(rest), journal(rest), time(rest)]
            .into_iter()
            .flatten()
            .next()
        {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    rest
}

/// `grep -n`: `412:` or `server.log:412:`, with a dash on lines of context; `grep -H` alone is left.
fn grep(line: &[u8]) -> Option<&[u8]> {
    let marks = |byte: &u8| matches!(byte, b':' | b'-');
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        // A year begins a time of its own.
        let behind = line.get(digits..)?;
        let dash_in_time = behind.first() == Some(&b'-') && behind.get(1).is_some_and(u8::is_ascii_digit);
        return behind.split_first().filter(|(mark, _)| marks(mark) && !dash_in_time).map(|(_, rest)| rest);
    }
    // A file's name may hold dashes and digits itself: the number stands between two marks alike.
    let word = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let starts = line.iter().enumerate().take(word).filter(|(_, byte)| marks(byte));
    starts.filter_map(|(at, _)| line.split_at_checked(at)).find_map(|(file, behind)| {
        let (mark, behind) = behind.split_first()?;
        let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = behind.get(digits..)?.strip_prefix(std::slice::from_ref(mark))?;
        let is_file = file.iter().any(|byte| matches!(byte, b'.' | b'/'));
        (is_file && digits > 0).then_some(rest)
    })
}

/// Docker's own files: `{"log":"`, with tabs written as `\t`.
fn docker_json(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"{\"log\":\"")?;
    Some(rest.strip_prefix(b"\\t").unwrap_or(rest))
}

/// Docker compose: `kafka-1  | `.
fn compose(line: &[u8]) -> Option<&[u8]> {
    let name =
        line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let (name, behind) = line.split_at_checked(name.count())?;
    let behind = behind.trim_ascii_start();
    (!name.is_empty()).then(|| behind.strip_prefix(b"| "))?
}

/// `kubectl logs --prefix`: `[pod/kafka-0/kafka] `.
fn kubectl(line: &[u8]) -> Option<&[u8]> {
    let inside = line.strip_prefix(b"[pod/")?;
    let end = inside.iter().position(|byte| *byte == b']')?;
    inside.get(end..)?.strip_prefix(b"] ")
}

/// `Nov 27 18:40:00 host kafka[412]: `, as syslog and journald print it, also with another time in front.
fn journal(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.splitn(6, |byte| *byte == b' ').collect::<Vec<_>>();
    // A day below ten stands behind two spaces.
    if words.get(1).is_some_and(|word| word.is_empty()) {
        words = line.splitn(7, |byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    }
    let [month, day, clock, _, unit, rest] = words[..] else { return None };
    let is_month = month.len() == 3 && month.iter().all(u8::is_ascii_alphabetic);
    let is_day = day.iter().all(u8::is_ascii_digit);
    let is_clock = clock.iter().filter(|byte| **byte == b':').count() == 2;
    (is_month && is_day && is_clock && is_unit(unit)).then_some(rest)
}

/// `kafka[412]:` or `kafka:`.
fn is_unit(word: &[u8]) -> bool {
    word.len() > 1 && word.ends_with(b":")
}

/// `2026-11-27T18:40:00.1Z `: docker and kubectl put it before the line, CRI goes on with `stdout F `, and
/// `journalctl -o short-iso` with host and unit.
fn time(line: &[u8]) -> Option<&[u8]> {
    let digits = |from: usize, to: usize| {
        line.get(from..to).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    let is_time = digits(0, 4) && line.get(4) == Some(&b'-') && digits(5, 7) && line.get(10) == Some(&b'T');
    let end = line.iter().position(|byte| *byte == b' ').filter(|_| is_time)?;
    let rest = line.get(end + 1..)?;
    for stream in [&b"stdout F "[..], b"stdout P ", b"stderr F ", b"stderr P "] {
        if let Some(behind) = rest.strip_prefix(stream) {
            return Some(behind);
        }
    }
    let mut words = rest.splitn(3, |byte| *byte == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(host), Some(unit), Some(behind)) if !host.is_empty() && unit.ends_with(b"]:") => Some(behind),
        _ => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_prefixes_are_taken_off_and_nothing_else() {
        for (line, rest) in [
            ("412:\tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
            ("412-Caused by: a.B: c", "Caused by: a.B: c"),
            ("logs/server.log:412:Caused by: a.B: c", "Caused by: a.B: c"),
            ("logs/server-2.log-412-\tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
            (
                r#"{"log":"\tat org.apache.kafka.X.y(X.java:1)\n","stream":"stdout"}"#,
                r#"at org.apache.kafka.X.y(X.java:1)\n","stream":"stdout"}"#,
            ),
            ("kafka-1  | \tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
            ("[pod/kafka-0/kafka] Caused by: a.B: c", "Caused by: a.B: c"),
            ("Nov 27 18:40:00 host kafka[412]: Caused by: a.B: c", "Caused by: a.B: c"),
            ("Nov  7 18:40:00 host kafka[412]: Caused by: a.B: c", "Caused by: a.B: c"),
            ("2026-11-27T18:40:00.123456789Z \t... 3 more", "\t... 3 more"),
            ("2026-11-27T18:40:00.1+00:00 stdout F Caused by: a.B: c", "Caused by: a.B: c"),
            ("2026-11-27T18:40:00+0000 host kafka[4]: Caused by: a.B: c", "Caused by: a.B: c"),
            ("[pod/kafka-0/kafka] 2026-11-27T18:40:00Z \tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
            ("Caused by: a.B: c", "Caused by: a.B: c"),
            (
                "java.lang.IllegalStateException: Group g:1:2 is not",
                "java.lang.IllegalStateException: Group g:1:2 is not",
            ),
            ("[2026-11-22 09:05:39,568] ERROR x", "[2026-11-22 09:05:39,568] ERROR x"),
            ("\tat a.B.c(B.java:1)", "\tat a.B.c(B.java:1)"),
        ] {
            assert_eq!(String::from_utf8_lossy(without_prefixes(line.as_bytes())), rest, "{line}");
        }
    }
}
