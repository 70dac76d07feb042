//! Findings as lines.

use super::table::LINE_WIDTH;
use crate::findings::{Finding, Severity};

/// Findings one under the other, wrapped, with their places; nothing for none.
#[must_use]
pub fn findings(findings: &[Finding], most: usize) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(most) {
        let label = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "note",
        };
        let mut text = format!("{label} {} {}", finding.code, finding.code.title());
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
            out.push_str(&format!("    {file}{position}\n"));
        }
    }
    if findings.len() > most {
        out.push_str(&format!("  ... and {} more (--json has all)\n", findings.len() - most));
    }
    out
}

/// Text in lines of at most [`LINE_WIDTH`] columns: `first` spaces before the first, `rest` before the others.
#[must_use]
pub fn wrapped(text: &str, first: usize, rest: usize) -> String {
    use unicode_width::UnicodeWidthStr as _;

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
