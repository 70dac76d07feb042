//! The log of every judged partition as a bar: cleaned, dirty, damaged, torn, and where the load fails.

use maud::{Markup, html};

use super::document::{Copy, Diagnosis, Document, File, Incident, RecordPlace};
use super::scale::Scale;
use super::words::{count, number};
use crate::terminal::{bytes, grouped};

/// Bars drawn of sound partitions; of damaged and stopped ones all are.
const MOST_SOUND: usize = 100;
/// Narrowest a stretch is drawn, in percent.
const NARROWEST: f64 = 0.35;

/// Troubled partitions first and open, the others folded.
pub(super) fn section(document: &Document) -> Markup {
    let bars: Vec<Bar<'_>> = document.copies.iter().filter_map(|copy| Bar::of(copy, document)).collect();
    let (troubled, sound): (Vec<&Bar<'_>>, Vec<&Bar<'_>>) = bars.iter().partition(|bar| bar.troubled());
    let only = bars.len() == 1;
    // Of text nobody can say that its log is sound.
    let text =
        document.findings.iter().any(|finding| finding.code == crate::findings::Code::TextEvidence.as_str());
    let word = if text { "nothing damaged" } else { "sound" };
    html! {
        section #strip aria-label="The logs as bars" {
            @for bar in troubled.iter().chain(sound.iter().filter(|_| only)) { (bar.picture()) }
            @if !sound.is_empty() && !only {
                details {
                    summary {
                        (count(sound.len())) @if troubled.is_empty() { " copies" } @else { " more" } ", " (word)
                    }
                    @for bar in sound.iter().take(MOST_SOUND) { (bar.picture()) }
                    @if sound.len() > MOST_SOUND {
                        p { (count(sound.len() - MOST_SOUND)) " more are in report.json." }
                    }
                }
            }
            (legend())
        }
    }
}

fn legend() -> Markup {
    let key = |class: &str, text: &str| {
        html! { span.key { svg width="14" height="14" aria-hidden="true" { rect.(class) width="14" height="14" {} } " " (text) } }
    };
    html! {
        p.legend {
            (key("cleaned", "cleaned")) (key("dirty", "not cleaned yet")) (key("unknown", "no checkpoint tells"))
            (key("empty", "zero fill")) (key("damaged", "damaged"))
            span.key { svg width="14" height="14" aria-hidden="true" { path.fails d="M1 1h12l-6 12z" {} } " the load fails here" }
            span.key { svg width="14" height="14" aria-hidden="true" { path.stale d="M7 1l6 6-6 6-6-6z" {} } " what stands in its way" }
        }
    }
}

/// One copy's live segments, end to end.
struct Bar<'d> {
    copy: &'d Copy,
    diagnosis: &'d Diagnosis,
    files: Vec<(u64, &'d File)>,
    length: u64,
}

impl<'d> Bar<'d> {
    fn of(copy: &'d Copy, document: &'d Document) -> Option<Self> {
        let diagnosis = document
            .diagnosis
            .iter()
            .find(|one| (&one.path, one.partition) == (&copy.path, copy.partition))?;
        let mut length: u64 = 0;
        let mut files = Vec::new();
        for file in copy.files.iter().filter(|file| file.kind == "log" && file.size_bytes > 0) {
            files.push((length, file));
            length = length.saturating_add(file.size_bytes);
        }
        Some(Self { copy, diagnosis, files, length })
    }

    fn troubled(&self) -> bool {
        let told = |incident: &Incident| matches!(incident.severity.as_deref(), Some("error" | "warning"));
        self.diagnosis.incidents.iter().any(told) || self.files.iter().any(|(_, file)| file.damaged_bytes > 0)
    }

    /// Failures of the log as it lies that are worth a mark, each record and text once.
    fn incidents(&self) -> impl Iterator<Item = &'d Incident> {
        let all = &self.diagnosis.incidents;
        let told = |incident: &Incident| incident.severity.is_some() && incident.view == "as-found";
        let same =
            |one: &Incident, other: &Incident| (one.offset, &one.error) == (other.offset, &other.error);
        all.iter().enumerate().filter_map(move |(nth, incident)| {
            let again = all.iter().take(nth).any(|earlier| told(earlier) && same(earlier, incident));
            (told(incident) && !again).then_some(incident)
        })
    }

    fn scale(&self) -> Scale {
        Scale::new(0.0, self.length as f64)
    }

    fn place(&self, record: &RecordPlace) -> Option<f64> {
        let (start, _) = self.files.iter().find(|(_, file)| file.name == record.file)?;
        Some(start.saturating_add(record.position) as f64)
    }

    /// Where the cleaner's part ends, in bytes: a segment's start, else in proportion to the offsets in it.
    fn cleaned_bytes(&self) -> Option<f64> {
        let dirty = self.copy.first_dirty_offset?;
        if let Some((start, _)) = self.files.iter().find(|(_, file)| file.base_offset >= dirty) {
            return Some(*start as f64);
        }
        let (start, last) = self.files.last()?;
        let end = self.copy.log_end_offset.unwrap_or(dirty);
        let within = Scale::new(last.base_offset as f64, end as f64).at(dirty as f64);
        Some(*start as f64 + within.0 / 100.0 * last.size_bytes as f64)
    }

    fn title(&self) -> Markup {
        let partition = self.diagnosis.partition.map_or_else(|| "?".to_owned(), |number| number.to_string());
        html! {
            b { "__consumer_offsets-" (partition) }
            @if let Some(id) = self.diagnosis.broker_id { ", broker " (id) }
            ", " (count(self.files.len())) @if self.files.len() == 1 { " segment" } @else { " segments" }
            ", " (bytes(self.length))
            ", offsets " (number(self.copy.log_start_offset)) " to " (number(self.copy.log_end_offset))
            @if let Some(dirty) = self.copy.first_dirty_offset { ", cleaned to " (grouped(dirty)) }
            @if let Some(mark) = self.copy.high_watermark { ", high watermark at least " (grouped(mark)) }
        }
    }

    fn picture(&self) -> Markup {
        html! {
            figure.bar {
                figcaption { (self.title()) }
                @if self.length == 0 { p { "No bytes." } } @else { (self.drawing()) }
                (self.marks_in_words())
            }
        }
    }

    fn drawing(&self) -> Markup {
        let scale = self.scale();
        let cleaned = self.cleaned_bytes();
        html! {
            svg.log width="100%" height="46" role="img" aria-label="The log from its first byte to its last" {
                @match cleaned {
                    Some(cleaned) => {
                        rect.cleaned x="0" y="12" height="22" width=(scale.span(0.0, cleaned)) { title { "cleaned" } }
                        rect.dirty x=(scale.at(cleaned)) y="12" height="22" width=(scale.span(cleaned, self.length as f64)) { title { "not cleaned yet" } }
                    }
                    None => { rect.unknown x="0" y="12" height="22" width="100%" { title { "no checkpoint tells how far it is cleaned" } } }
                }
                @for (start, file) in &self.files { (stretches(*start, file, scale)) }
                @for incident in self.incidents() { (self.mark(incident)) }
            }
        }
    }

    fn mark(&self, incident: &Incident) -> Markup {
        let scale = self.scale();
        let stale = incident.contest.as_ref().and_then(|contest| contest.held_by.as_ref()?.record.as_ref());
        let stale = stale.and_then(|record| Some((self.place(record)?, record.offset)));
        html! {
            @if let Some((at, offset)) = stale {
                svg.mark x=(scale.at(at)) y="0" {
                    line.stale x1="0" x2="0" y1="12" y2="34" {} path.stale d="M0 33l6 6-6 6-6-6z" {}
                    title { "offset " (offset) ": what stands in its way" }
                }
            }
            @if let Some(at) = incident.record.as_ref().and_then(|record| self.place(record)) {
                svg.mark x=(scale.at(at)) y="0" {
                    line.fails x1="0" x2="0" y1="12" y2="34" {} path.fails d="M-6 1h12l-6 11z" {}
                    title { "offset " (number(incident.offset)) ": " (incident.error) }
                }
            }
        }
    }

    /// What the marks say, for whoever can't hover.
    fn marks_in_words(&self) -> Markup {
        html! {
            @if self.incidents().next().is_some() {
                ul.marks {
                    @for incident in self.incidents() {
                        li {
                            span.fails aria-hidden="true" { "▼" } " "
                            @match incident.offset { Some(offset) => { "offset " (grouped(offset)) } None => { "after the last record" } }
                            ": " (incident.error)
                        }
                        @if let Some(contest) = &incident.contest {
                            @if let Some(held) = &contest.held_by {
                                li {
                                    span.stale aria-hidden="true" { "◆" } " "
                                    @if let Some(record) = &held.record { "offset " (grouped(record.offset)) ": " }
                                    "member " bdi { (held.member_id.to_string()) } " still holds " (contest.what)
                                    @if let Some(epoch) = held.epoch { " at epoch " (epoch) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A segment's own stretches: where it begins, its zero fill and its damage.
fn stretches(start: u64, file: &File, scale: Scale) -> Markup {
    let at = |position: u64| start.saturating_add(position) as f64;
    let end_of_data = file.size_bytes.saturating_sub(file.empty_bytes);
    html! {
        @if file.empty_bytes > 0 {
            rect.empty x=(scale.at(at(end_of_data))) y="12" height="22" width=(scale.span(at(end_of_data), at(file.size_bytes)).at_least(NARROWEST)) {
                title { (file.name) ": zero fill from position " (end_of_data) " on" }
            }
        }
        @for damage in &file.damage {
            rect.damaged x=(scale.at(at(damage.position))) y="12" height="22" width=(scale.span(at(damage.position), at(damage.position.saturating_add(damage.length))).at_least(NARROWEST)) {
                title { (file.name) ", position " (damage.position) ", " (bytes(damage.length)) ": " (damage.what) }
            }
        }
        @if start > 0 { line.edge x1=(scale.at(start as f64)) x2=(scale.at(start as f64)) y1="9" y2="37" {} }
    }
}
