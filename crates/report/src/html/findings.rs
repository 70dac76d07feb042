//! Findings as cards: what, where, what shows it, what helps.

use maud::{Markup, html};

use super::document::{Document, Finding};
use super::words::{count, prose};

/// Cards written; of the rest only the number is told.
const MOST_CARDS: usize = 500;
/// Cards of one code that stand open; the others are folded.
const OPEN_CARDS: usize = 3;

/// Every finding, most severe first.
pub(super) fn section(document: &Document) -> Markup {
    let findings = &document.findings;
    let written = findings.get(..MOST_CARDS).unwrap_or(findings);
    html! {
        section #findings {
            h2 { "Findings" }
            @if findings.is_empty() { p { "None." } }
            @for alike in written.chunk_by(|one, other| (&one.severity, &one.code) == (&other.severity, &other.code)) {
                @for finding in alike.iter().take(OPEN_CARDS) { (card(finding)) }
                @if let Some(folded) = alike.get(OPEN_CARDS..).filter(|folded| !folded.is_empty()) {
                    details {
                        summary { (count(folded.len())) " more like it" }
                        @for finding in folded { (card(finding)) }
                    }
                }
            }
            @if findings.len() > MOST_CARDS {
                p { (count(findings.len() - MOST_CARDS)) " more are in report.json." }
            }
        }
    }
}

fn card(finding: &Finding) -> Markup {
    let mut places: Vec<String> = Vec::new();
    places.extend(finding.partition.map(|partition| format!("partition {partition}")));
    places.extend(finding.group_id.as_ref().map(|group| format!("group {group}")));
    places.extend(finding.offset.map(|offset| format!("offset {offset}")));
    places.extend(finding.file.clone());
    places.extend(finding.position.map(|position| format!("position {position}")));
    html! {
        article.finding.(finding.severity) {
            h3 {
                span.word { (finding.severity) } " "
                span.code { (finding.code) } " " (finding.title())
            }
            p { (prose(&finding.message)) }
            @if !places.is_empty() { p.place { (places.join(" · ")) } }
            (lines("What shows it", &finding.proof))
            (lines("What helps", &finding.remedy))
        }
    }
}

/// Lines of the form `label: text`, the labels set apart.
fn lines(title: &str, lines: &[String]) -> Markup {
    let parted = |line: &String| match line.split_once(": ") {
        Some((label, text)) if label.len() < 12 => (label.to_owned(), text.to_owned()),
        _ => (String::new(), line.clone()),
    };
    html! {
        @if !lines.is_empty() {
            h4 { (title) }
            dl.lines {
                @for (label, text) in &lines.iter().map(parted).collect::<Vec<_>>() {
                    dt { (label) }
                    dd { (prose(text)) }
                }
            }
        }
    }
}
