//! Which lines belong to the line above them: Java stack traces in every layout.

use super::prefix::without_prefixes;

/// What a line is to a stack trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A line of its own.
    Head,
    /// An exception's class and text; the last one that is not suppressed is the innermost.
    Exception,
    /// An exception that was suppressed while another was thrown.
    Suppressed,
    /// A frame, or the count of those left out.
    Frame,
}

/// Tells what a line is, whatever passed it on. Frames may carry the jar they come from behind them.
pub(super) fn part(line: &[u8]) -> Part {
    let line = without_prefixes(line);
    let text = line.trim_ascii_start();
    let indented = text.len() < line.len();
    if indented && text.starts_with(b"at ")
        || text.starts_with(b"at java.")
        || text.starts_with(b"at org.apache.")
    {
        return Part::Frame;
    }
    if indented && text.starts_with(b"... ") && text.ends_with(b" more") {
        return Part::Frame;
    }
    if let Some(rest) = text.strip_prefix(b"Suppressed: ") {
        return if is_exception(rest) { Part::Suppressed } else { Part::Head };
    }
    let rest = text.strip_prefix(b"Caused by: ").unwrap_or(text);
    if is_exception(rest) { Part::Exception } else { Part::Head }
}

/// A qualified class name that ends as exceptions' names do, alone or before a colon.
fn is_exception(text: &[u8]) -> bool {
    let end = text.iter().position(|&byte| matches!(byte, b':' | b' ')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    name.contains(&b'.')
        && !rest.starts_with(b" ")
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        && [&b"Exception"[..], b"Error", b"Throwable"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_of_stack_traces() {
        for (line, expected) in [
            ("\tat org.apache.kafka.X.y(X.java:1) ~[kafka-clients-4.1.1.jar:?]", Part::Frame),
            ("\t... 12 more", Part::Frame),
            ("java.lang.IllegalStateException: Group g is not a streams group.", Part::Exception),
            ("java.nio.BufferUnderflowException", Part::Exception),
            ("Caused by: org.apache.kafka.common.errors.TimeoutException: late", Part::Exception),
            ("\tSuppressed: java.lang.IllegalStateException: x", Part::Suppressed),
            ("[2026-11-22 09:05:39,568] ERROR Error loading offsets", Part::Head),
            ("Error: Executing consumer group command failed", Part::Head),
            ("java.lang.Exception is what we got", Part::Head),
        ] {
            assert_eq!(part(line.as_bytes()), expected, "{line}");
        }
    }
}
