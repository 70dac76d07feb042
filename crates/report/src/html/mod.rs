//! The post-mortem as one self-contained page, made of report.json.
//!
//! [`page`] takes the text of that file, so whatever the page says can be found there. Style and script are inlined
//! and named by digest in a content security policy that allows nothing else: the page sends no request, and text
//! from the evidence can run nowhere. `maud` escapes all of it by type. Nothing is judged here.

mod blast_radius;
mod copies;
mod document;
mod findings;
mod group;
mod groups;
mod history;
mod ownership;
mod policy;
mod scale;
mod strip;
mod verdict;
mod words;

use maud::{DOCTYPE, PreEscaped, html};

use document::Document;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Where no script pages through the groups all of them show.
const WITHOUT_SCRIPT: &str = "tr.later[hidden]{display:table-row}details.later[hidden]{display:block}";

/// Why no page could be made.
#[derive(thiserror::Error, Debug)]
#[error("expected the report.json of `lastwrites examine --out`: {0}")]
pub struct NotAReport(#[from] serde_json::Error);

/// The page of this report.json.
///
/// # Errors
/// The text is no JSON, or lacks what report.json has.
pub fn page(report_json: &str) -> Result<String, NotAReport> {
    let document: Document = serde_json::from_str(report_json)?;
    let parts = [
        ("findings", "Findings"),
        ("ownership", "Who owned what"),
        ("blast-radius", "Blast radius"),
        ("groups", "Groups"),
        ("copies", "What was read"),
    ];
    let shown = |id: &str| id != "ownership" || ownership::any(&document);
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy::policy(&[STYLE, WITHOUT_SCRIPT], SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "lastwrites: " (document.evidence) }
                style { (PreEscaped(STYLE)) }
                noscript { style { (PreEscaped(WITHOUT_SCRIPT)) } }
            }
            body {
                a.skip href="#groups" { "Skip to the groups" }
                header {
                    h1 { "What happened to the groups" }
                    p { "Evidence: " span.path { (document.evidence) } }
                }
                main {
                    (verdict::banner(&document))
                    (strip::section(&document))
                    nav aria-label="Parts of this page" {
                        @for (id, title) in parts.iter().filter(|(id, _)| shown(id)) {
                            a href={ "#" (id) } { (title) }
                        }
                    }
                    (verdict::what_happened(&document))
                    (findings::section(&document))
                    (ownership::section(&document))
                    (blast_radius::section(&document.blast_radius, &document.findings))
                    (groups::section(&document))
                    (copies::section(&document))
                }
                footer {
                    p {
                        "Made by " (document.created_by) " from copies that were only read; view " (document.view)
                        ", rules " (document.rules) ". Everything on this page is in report.json, for programs. \
                         Times are UTC."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string())
}
