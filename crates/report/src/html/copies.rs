//! What was read: every segment file with its damage map, then the files' digests.

use maud::{Markup, html};

use super::document::{Copy, Document, File, FileDigest};
use super::scale::Scale;
use super::words::{count, number};
use crate::terminal::bytes;

/// Files of all copies that are written, and digests; of the rest only the number is told.
const MOST_FILES: usize = 3_000;

/// Damaged copies open, the others folded; then the digests.
pub(super) fn section(document: &Document) -> Markup {
    let mut room = MOST_FILES;
    let mut parts: Vec<(&Copy, usize)> = Vec::new();
    for copy in &document.copies {
        let shown = copy.files.len().min(room);
        room -= shown;
        parts.push((copy, shown));
    }
    html! {
        section #copies {
            h2 { "What was read" }
            p { "A bar is a file from its first byte to its last; marked stretches are damaged. report.json has every position." }
            @for (copy, shown) in parts { (table(copy, shown)) }
            (digests(document.digests.as_deref()))
        }
    }
}

fn table(copy: &Copy, shown: usize) -> Markup {
    let damaged: u64 = copy.files.iter().map(|file| file.damaged_bytes).fold(0, u64::saturating_add);
    html! {
        details.copy open[damaged > 0] {
            summary {
                span.path { (copy.path) }
                @if let Some(id) = copy.broker_id { ", broker " (id) }
                ", " (count(copy.files.len())) @if copy.files.len() == 1 { " file" } @else { " files" } ", "
                @if damaged == 0 { "no damage" } @else { span.bad { (bytes(damaged)) " damaged" } }
            }
            div.wide tabindex="0" role="region" aria-label="Files" {
                table.files {
                    caption { "Segment files" }
                    thead { tr {
                        th scope="col" { "File" } th.number scope="col" { "Size" } th.number scope="col" { "Records" }
                        th.number scope="col" { "Damaged" } th.map scope="col" { "Map" }
                    } }
                    tbody { @for file in copy.files.iter().take(shown) { (row(file)) } }
                }
            }
            @if copy.files.len() > shown { p { (count(copy.files.len() - shown)) " more are in report.json." } }
        }
    }
}

fn row(file: &File) -> Markup {
    html! {
        tr {
            td.path { (file.name) }
            td.number { (bytes(file.size_bytes)) }
            td.number { (number(i64::try_from(file.records).ok())) }
            td.number { @if file.damaged_bytes == 0 { "none" } @else { (bytes(file.damaged_bytes)) } }
            td { (map(file)) }
        }
    }
}

fn map(file: &File) -> Markup {
    let scale = Scale::new(0.0, file.size_bytes as f64);
    let end_of_data = file.size_bytes.saturating_sub(file.empty_bytes);
    html! {
        @if file.size_bytes == 0 { "empty file" } @else {
            svg width="100%" height="14" role="img" aria-label={ (file.damage.len()) " damaged stretches" } {
                rect.whole width="100%" height="14" {}
                @if file.empty_bytes > 0 {
                    rect.empty x=(scale.at(end_of_data as f64)) width=(scale.span(end_of_data as f64, file.size_bytes as f64)) height="14" {
                        title { "zero fill from position " (end_of_data) " on" }
                    }
                }
                @for damage in &file.damage {
                    @let end = damage.position.saturating_add(damage.length) as f64;
                    rect.damaged x=(scale.at(damage.position as f64)) width=(scale.span(damage.position as f64, end).at_least(0.5)) height="14" {
                        title { "position " (damage.position) ", " (damage.length) " bytes: " (damage.what) }
                    }
                }
            }
        }
    }
}

fn digests(digests: Option<&[FileDigest]>) -> Markup {
    html! {
        @match digests {
            None => p { "Digests were not asked for: " code { "lastwrites examine --out" } " takes them." },
            Some(digests) => {
                details {
                    summary { "SHA-256 of " (count(digests.len())) @if digests.len() == 1 { " file" } @else { " files" } }
                    div.wide tabindex="0" role="region" aria-label="Digests" {
                        table {
                            caption { "Every segment file found, with the digest of what was read" }
                            thead { tr { th scope="col" { "File" } th.number scope="col" { "Bytes" } th scope="col" { "SHA-256" } } }
                            tbody {
                                @for file in digests.iter().take(MOST_FILES) {
                                    tr {
                                        td.path { (file.path) }
                                        td.number { (number(file.size_bytes.and_then(|size| i64::try_from(size).ok()))) }
                                        td.digest { (file.sha256.as_deref().unwrap_or("can't be read any more")) }
                                    }
                                }
                            }
                        }
                    }
                    @if digests.len() > MOST_FILES { p { (count(digests.len() - MOST_FILES)) " more are in report.json." } }
                }
            }
        }
    }
}
