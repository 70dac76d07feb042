//! A chart for those who read it by keys, by ear or on paper: every event with its place, and what stands out in words.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::events::{changed, kind, lost, met, told};
use super::heights::Heights;
use super::{CURVE, Chart};
use crate::html::document::OffsetHistory;
use crate::html::words::{count, name};
use crate::terminal::grouped;

/// Events told in words.
const MOST_TOLD: usize = 12;
/// Changes of the generation told in words.
const MOST_CHANGES_TOLD: usize = 8;

impl Chart<'_> {
    /// What the page's script reads out: place, height, moment and words of each event.
    pub(super) fn data(&self, row: &OffsetHistory, heights: Heights) -> String {
        let events = row.events.iter().map(|event| {
            let words =
                kind(event).map_or_else(|| event.offset.map_or_else(String::new, grouped), |_| told(event));
            let x = self.x(event.ms, event.record_offset);
            (event.record_offset, x, heights.y(event) * CURVE / 100, words)
        });
        let open =
            self.pending.iter().filter(|one| *one.topic == row.topic && one.partition == row.partition);
        let open = open.map(|one| {
            let pending = one.pending;
            let words = format!("{} in an open transaction", grouped(pending.offset));
            let x = self.x(pending.committed_at_ms, pending.record_offset);
            (pending.record_offset, x, heights.of_offset(pending.offset) * CURVE / 100, words)
        });
        self.read_out(events.chain(open).collect())
    }

    /// The same of what befell the group as a whole: generations, failing records, lost ones.
    pub(super) fn data_of_group(&self) -> String {
        let changes = self.history.changes.iter().map(|change| {
            (change.record_offset, self.x(change.ms, change.record_offset), 0, changed(change))
        });
        let met = self.incidents.iter().map(|one| (one.offset, self.incident_x(one), 0, met(one)));
        let lost = self.holes.iter().map(|hole| (hole.record_offset, self.lost(hole).0, 0, lost(hole)));
        self.read_out(changes.chain(met).chain(lost).collect())
    }

    /// Record offset, place, height and words, in log order.
    pub(super) fn read_out(&self, mut all: Vec<(i64, i64, usize, String)>) -> String {
        all.sort_by_key(|(record_offset, ..)| *record_offset);
        let mut data = String::new();
        for (record_offset, x, y, words) in all {
            let _ = write!(data, "{}|{x}|{y}|{}|{words};", self.at(x).0, grouped(record_offset));
        }
        data
    }

    /// What stands out, newest last, for those who don't see the picture, and for paper.
    pub(super) fn in_words(&self) -> Markup {
        let events = self.history.offsets.iter().flat_map(|row| {
            let marked = row.events.iter().filter(|event| kind(event).is_some());
            marked.map(move |event| {
                let words = html! { (name(&row.topic)) "-" (row.partition) " " (told(event)) @if self.by_time { " (record " (grouped(event.record_offset)) ")" } };
                (event.record_offset, self.x(event.ms, event.record_offset), words)
            })
        });
        let holes =
            self.holes.iter().map(|hole| (hole.record_offset, self.lost(hole).0, html! { (lost(hole)) }));
        let met = self.incidents.iter().map(|one| (one.offset, self.incident_x(one), html! { (met(one)) }));
        let mut all: Vec<(i64, i64, Markup)> = events.chain(holes).chain(met).collect();
        all.sort_by_key(|(record_offset, ..)| *record_offset);
        let hidden = all.len().saturating_sub(MOST_TOLD);
        let changes = &self.history.changes;
        let earlier = changes.len().saturating_sub(MOST_CHANGES_TOLD);
        html! {
            @if !all.is_empty() || !changes.is_empty() {
                ul.marks {
                    @if hidden > 0 { li { (count(hidden)) " earlier ones are in report.json." } }
                    @for (_, x, words) in all.into_iter().skip(hidden) { li { (self.when(x)) ": " (words) } }
                    @if !changes.is_empty() {
                        li {
                            "Generations and epochs: " @if earlier > 0 { (count(earlier)) " earlier, then " }
                            @for (nth, change) in changes.iter().skip(earlier).enumerate() {
                                @if nth > 0 { ", " }
                                (changed(change)) " (" (self.when(self.x(change.ms, change.record_offset))) ")"
                            }
                        }
                    }
                }
            }
        }
    }
}
