//! The post-mortem as one self-contained page: the same `Examination` the terminal and report.json show.
//!
//! [`page`] makes the whole document. Style and script are inlined and named by digest in a content security policy
//! that allows nothing else, so the page sends no request and text from the evidence can run nowhere. Everything
//! passes `escape::text` on its way in. Nothing is judged here.

mod copies;
mod escape;
mod findings;
mod groups;
mod policy;

use std::fmt::Write as _;

use crate::diagnose::Examination;
use crate::terminal::{is_stopped, verdict_lines};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page. `evidence` is what was read, as the person named it.
#[must_use]
pub fn page(examination: &Examination, evidence: &str) -> String {
    let Examination { report, partitions } = examination;
    let stopped = partitions.iter().any(is_stopped);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>lastwrites: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#groups\">Skip to the groups</a>\n\
         <header><h1>What happened to the groups</h1><p>Evidence: {}</p></header>\n<main>\n",
        policy::policy(STYLE, SCRIPT),
        escape::text(evidence),
        escape::text(evidence),
    );
    let _ = writeln!(
        out,
        "<section class=\"verdict {}\" aria-label=\"Verdict\"><dl>",
        if stopped { "stopped" } else { "fine" }
    );
    for (label, text) in verdict_lines(report, partitions) {
        if !label.is_empty() {
            let _ = writeln!(out, "<dt>{}</dt>", escape::text(&sentence_case(label)));
        }
        let _ = writeln!(out, "<dd>{}</dd>", escape::text(&text));
    }
    out.push_str("</dl></section>\n");
    out.push_str(&findings::section(&report.findings));
    out.push_str(&groups::section(report, partitions));
    out.push_str(&copies::section(report));
    let _ = write!(
        out,
        "</main>\n<footer><p>Made by lastwrites {} from copies that were only read; view {}, rules {}. report.json \
         beside this page holds the same facts for programs.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escape::text(report.view.as_str()),
        escape::text(&report.rules),
    );
    out
}

/// `HELPS NOT` as `Helps not`.
fn sentence_case(label: &str) -> String {
    let lower = label.to_ascii_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
