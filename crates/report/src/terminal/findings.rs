//! Findings as lines.

use unicode_width::UnicodeWidthStr as _;

use super::table::LINE_WIDTH;
use crate::findings::{Finding, Severity};

/// Findings one under the other, wrapped, with their places; nothing for none.
#[must_use]
pub fn findings(findings: &[Finding], most: usize) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(most) {
        let mut text = format!("{} {}", label(finding), finding.code.title());
        if let Some(partition) = finding.partition {
            text.push_str(&format!(", partition {partition}"));
        }
        text.push_str(": ");
        text.push_str(&finding.message);
        out.push_str(&wrapped(&text, 2, 4));
        // Of what helps, settings alone; the rest is on the code's page.
        for settings in finding.remedy.iter().filter(|line| line.starts_with("look at: ")) {
            out.push_str(&wrapped(settings, 4, 4));
        }
        if let Some(file) = &finding.file {
            let position =
                finding.position.map_or_else(String::new, |position| format!(" at position {position}"));
            let place = format!("    {file}{position}");
            out.push_str(&match place.width() <= LINE_WIDTH || position.is_empty() {
                true => place + "\n",
                false => format!("    {file}\n     {position}\n"),
            });
        }
    }
    if findings.len() > most {
        let rest = findings.get(most..).unwrap_or_default();
        let text = format!("... and {} more: {} (--json has all)", rest.len(), named(rest));
        out.push_str(&wrapped(&text, 2, 4));
    }
    out
}

/// Severity and code.
fn label(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "note",
    };
    format!("{severity} {}", finding.code)
}

/// Severities and codes, each once, in the order of the findings.
#[must_use]
pub(super) fn named<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut labels: Vec<String> = Vec::new();
    for finding in findings {
        let label = label(finding);
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels.join(", ")
}

/// Text in lines of at most [`LINE_WIDTH`] columns: `first` spaces before the first, `rest` before the others.
#[must_use]
pub fn wrapped(text: &str, first: usize, rest: usize) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(first);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.width() + 1 + word.width() > LINE_WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(rest);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
    out
}

/// A line of parts that stay whole as long as they fit one, two spaces apart; what doesn't fit goes on below, indented.
#[must_use]
pub fn beside(mut line: String, parts: impl IntoIterator<Item = String>) -> String {
    const INDENT: usize = 6;
    let mut out = String::new();
    for (nth, part) in parts.into_iter().enumerate() {
        let gap = if nth == 0 { " " } else { "  " };
        if line.width() + gap.len() + part.width() <= LINE_WIDTH {
            line.push_str(gap);
            line.push_str(&part);
            continue;
        }
        out.push_str(line.trim_end());
        out.push('\n');
        let mut below = wrapped(&part, INDENT, INDENT);
        below.truncate(below.trim_end().len());
        // The next part goes on behind the last of its lines.
        let (whole, last) =
            below.rsplit_once('\n').map_or(("", below.as_str()), |(whole, last)| (whole, last));
        if !whole.is_empty() {
            out.push_str(whole);
            out.push('\n');
        }
        line = last.to_owned();
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

/// A label in the margin and its text beside it.
#[must_use]
pub(super) fn labelled(label: &str, text: &str) -> String {
    let text = wrapped(text, 12, 12);
    format!("  {label:<10}{}", text.get(12..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_wraps_and_a_long_word_stays_whole() {
        let text = wrapped(&format!("{} {}", "word ".repeat(30), "x".repeat(100)), 0, 2);
        assert!(text.lines().filter(|line| !line.contains('x')).all(|line| line.len() <= LINE_WIDTH));
        assert!(text.contains(&"x".repeat(100)));
    }
}
