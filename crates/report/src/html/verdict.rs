//! The answer first: one sentence, then why, what helps, and what to run next.

use maud::{Markup, html};

use super::document::{Diagnosis, Document};
use super::words::{prose, sentence_case};

/// The verdict in one sentence.
pub(super) fn banner(document: &Document) -> Markup {
    let doubt = document.findings.iter().any(|finding| finding.severity != "note");
    let (class, word) = if document.diagnosis.iter().any(Diagnosis::is_stopped) {
        ("stopped", "Stopped")
    } else if doubt {
        ("doubt", "Look closer")
    } else {
        ("fine", "Sound")
    };
    let mut sentences =
        document.summary.iter().find(|part| part.label == "VERDICT").into_iter().flat_map(|part| &part.text);
    html! {
        section.verdict.(class) aria-label="Verdict" {
            p.word { (word) }
            @if let Some(first) = sentences.next() { p.answer { (prose(first)) } }
            @for sentence in sentences { p { (prose(sentence)) } }
        }
    }
}

/// What shows it, what helps, and the commands that go on from here.
pub(super) fn what_happened(document: &Document) -> Markup {
    let parts: Vec<_> = document.summary.iter().filter(|part| part.label != "VERDICT").collect();
    html! {
        @if !parts.is_empty() {
            section #what-happened {
                h2 { "What happened" }
                dl {
                    @for part in parts {
                        dt { (sentence_case(&part.label)) }
                        @for sentence in &part.text { dd { (prose(sentence)) } }
                    }
                }
            }
        }
        @if !document.next.is_empty() {
            section #next {
                h2 { "Next" }
                dl.commands {
                    @for step in &document.next {
                        dt { code { (step.command) } }
                        dd { (step.what) }
                    }
                }
            }
        }
    }
}
