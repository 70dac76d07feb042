//! Small pieces of text that several parts of the page share.

use maud::{Markup, html};

use super::document::Group;
use crate::terminal::{grouped, moment};

/// A name from the evidence: its direction of writing can't reach the text around it.
pub(super) fn name(text: &impl ToString) -> Markup {
    let text = text.to_string();
    // White space at an end, or a run of it, tells names apart that look alike.
    let spaced = text.trim() != text || text.contains("  ");
    html! { @if spaced { bdi.spaced { (text) } } @else { bdi { (text) } } }
}

/// A group's name; the empty id is said in words.
pub(super) fn group_name(group: &Group) -> Markup {
    if group.group_id.is_empty() {
        html! { i { "(empty group id)" } }
    } else {
        name(&group.group_id)
    }
}

/// A sentence in which commands stand between backticks.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd one out is no pair: the text stays as it is.
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! { @for (nth, part) in parts.iter().enumerate() { @if nth % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// A number with its thousands apart, or a dash.
pub(super) fn number(number: Option<i64>) -> String {
    number.map_or_else(|| "–".to_owned(), grouped)
}

/// A count with its thousands apart.
pub(super) fn count(count: usize) -> String {
    grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A moment, or a dash.
pub(super) fn time(ms: Option<i64>) -> String {
    ms.map_or_else(|| "–".to_owned(), moment)
}

/// Partition numbers with runs drawn together: `0-4, 7`.
pub(super) fn numbers(numbers: &[i32]) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let run = |(first, last): &(i32, i32)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    };
    if runs.is_empty() { "–".to_owned() } else { runs.iter().map(run).collect::<Vec<_>>().join(", ") }
}

/// `HELPS NOT` as `Helps not`.
pub(super) fn sentence_case(label: &str) -> String {
    let lower = label.to_ascii_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_drawn_together() {
        assert_eq!(numbers(&[]), "–");
        assert_eq!(numbers(&[0, 1, 2, 3, 7, 9, 10]), "0-3, 7, 9, 10");
        assert_eq!(numbers(&[i32::MAX, i32::MIN]), format!("{}, {}", i32::MAX, i32::MIN));
    }
}
