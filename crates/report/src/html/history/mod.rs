//! A group's history: one line a partition over a common time, with rewinds, deletions, generations and the incident.
//!
//! Each line has a scale of its own, as offsets of different partitions have nothing in common. The picture stands
//! without a script; with it, keyboard and pointer read event by event. What matters is told in words below.

mod events;
mod heights;
mod read_out;

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use self::events::{changed, kind, lost, met, short, style, told};
use self::heights::Heights;
use super::document::{Document, GroupHistory, HoleMoment, IncidentMoment, OffsetHistory, Pending};
use super::scale::{Percent, Scale};
use super::words::count;
use crate::terminal::{grouped, moment, shortened};

/// Lines drawn of one group, those with something to see first; the others are in report.json.
const MOST_LINES: usize = 24;
/// Heights in pixels: generations and incidents above, one line with its name, and the curve in it.
const TOP: usize = 40;
const LINE: usize = 58;
const CURVE_AT: usize = 22;
const CURVE: usize = 30;
/// Least distance of two labels of generations, in percent.
const LABEL: f64 = 9.0;
/// Rows for the labels of incidents, and how much of a phone's width a character of one takes, in percent.
const INCIDENT_ROWS: usize = 2;
const CHARACTER: f64 = 2.0;

/// What stands for what, once for all charts.
pub(super) fn legend() -> Markup {
    let key = |kind: &str, text: &str| {
        html! { span.key { svg.chart-key width="16" height="16" aria-hidden="true" { svg x="8" y="8" overflow="visible" { (sign(kind)) } } " " (text) } }
    };
    html! {
        p.legend {
            (key("rewind", "rewind")) (key("jump", "jump")) (key("reset", "committed while the group was empty"))
            (key("deleted", "deleted (tombstone)")) (key("aborted", "aborted transaction")) (key("pending", "open transaction"))
            span.key { svg width="16" height="16" aria-hidden="true" { line.change x1="8" x2="8" y1="0" y2="16" {} } " generation or epoch" }
            span.key { svg width="16" height="16" aria-hidden="true" { line.upright.fails x1="8" x2="8" y1="0" y2="16" {} } " the load fails" }
            span.key {
                svg width="16" height="16" aria-hidden="true" {
                    // The hatching, once for all charts.
                    pattern id="lost" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        line.lost-line x1="0" x2="0" y1="0" y2="6" {}
                    }
                    rect.lost width="16" height="16" {}
                }
                " records are lost"
            }
        }
        p.legend.hint hidden { "Point at a chart to read it out, or move to it with Tab: left and right step through the events, up and down change the partition." }
    }
}

/// The chart of one group; `pending` are its open transactions.
pub(super) fn chart<'d>(
    document: &'d Document,
    history: &'d GroupHistory,
    pending: impl Iterator<Item = Open<'d>>,
) -> Markup {
    let chart = Chart::of(document, history, pending.collect());
    html! {
        figure.history {
            figcaption { (chart.caption()) }
            @if chart.rows.is_empty() && chart.history.changes.is_empty() {
                p { "No commit of it is left in this log." }
            } @else {
                div.plot tabindex="0" role="group" aria-label="Committed offsets over time; what stands out is told below"
                    data-from=(chart.from) data-to=(chart.to) data-clock=[chart.by_time.then_some("")] { (chart.picture()) }
                p.readout role="status" hidden {}
                (chart.in_words())
            }
        }
    }
}

/// An open transaction's commit.
pub(super) struct Open<'d> {
    pub(super) topic: &'d lastwrites_types::ByteText,
    pub(super) partition: i32,
    pub(super) pending: &'d Pending,
}

struct Chart<'d> {
    history: &'d GroupHistory,
    rows: Vec<&'d OffsetHistory>,
    pending: Vec<Open<'d>>,
    incidents: Vec<&'d IncidentMoment>,
    holes: Vec<&'d HoleMoment>,
    /// By record offset where a batch has no timestamp.
    by_time: bool,
    from: i64,
    to: i64,
}

impl<'d> Chart<'d> {
    fn of(document: &'d Document, history: &'d GroupHistory, pending: Vec<Open<'d>>) -> Self {
        let mut rows: Vec<&OffsetHistory> = history.offsets.iter().collect();
        if rows.len() > MOST_LINES {
            rows.sort_by_key(|row| !row.events.iter().any(|event| kind(event).is_some()));
            rows.truncate(MOST_LINES);
            rows.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        }
        let events = || history.offsets.iter().flat_map(|row| &row.events);
        let times = events().map(|event| event.ms).chain(history.changes.iter().map(|change| change.ms));
        let by_time = times.clone().all(|ms| ms >= 0);
        let mut chart = Self {
            history,
            rows,
            pending,
            incidents: document.histories.incidents.iter().filter(|one| one.path == history.path).collect(),
            holes: document.histories.holes.iter().filter(|one| one.path == history.path).collect(),
            by_time,
            from: 0,
            to: 0,
        };
        let mut xs: Vec<i64> = events().map(|event| chart.x(event.ms, event.record_offset)).collect();
        xs.extend(history.changes.iter().map(|change| chart.x(change.ms, change.record_offset)));
        let told = chart.incidents.iter().filter(|one| one.ms.is_some() || !by_time);
        xs.extend(told.map(|one| chart.incident_x(one)));
        xs.extend(
            chart.pending.iter().map(|one| chart.x(one.pending.committed_at_ms, one.pending.record_offset)),
        );
        chart.from = xs.iter().copied().min().unwrap_or(0);
        chart.to = xs.iter().copied().max().unwrap_or(0);
        // What was lost behind the last event is part of the story; what was lost before the first shows at the edge.
        let lost_last = chart.holes.iter().map(|hole| chart.lost(hole).1).max();
        chart.to = lost_last.map_or(chart.to, |last| last.max(chart.to));
        chart
    }

    const fn x(&self, ms: i64, record_offset: i64) -> i64 {
        if self.by_time { ms } else { record_offset }
    }

    /// At the right edge where no record from there on tells the time.
    fn incident_x(&self, incident: &IncidentMoment) -> i64 {
        if self.by_time { incident.ms.unwrap_or(self.to) } else { incident.offset }
    }

    /// Where the records of a hole may stand; at the picture's edge where nothing is left on that side.
    fn lost(&self, hole: &HoleMoment) -> (i64, i64) {
        let (from, to) = if self.by_time {
            (hole.from_ms, hole.to_ms)
        } else {
            (Some(hole.record_offset), hole.last_lost_offset)
        };
        let from = from.unwrap_or(self.from);
        (from, to.unwrap_or(self.to).max(from))
    }

    /// A place along the picture, with room at both ends.
    fn at(&self, x: i64) -> Percent {
        if self.from == self.to {
            return Percent(50.0);
        }
        Percent(2.0 + Scale::new(self.from as f64, self.to as f64).at(x as f64).0 * 0.96)
    }

    fn when(&self, x: i64) -> String {
        if self.by_time { moment(x) } else { format!("offset {}", grouped(x)) }
    }

    fn height(&self) -> usize {
        TOP + self.rows.len() * LINE + 22
    }

    fn caption(&self) -> Markup {
        let history = self.history;
        let marked = |wanted: &str| {
            history
                .offsets
                .iter()
                .flat_map(|row| &row.events)
                .filter(|event| kind(event) == Some(wanted))
                .count()
        };
        let told: Vec<String> = [
            ("rewind", "rewind", "rewinds"),
            ("jump", "jump", "jumps"),
            ("reset", "commit without members", "commits without members"),
            ("deleted", "deletion", "deletions"),
            ("aborted", "aborted commit", "aborted commits"),
        ]
        .iter()
        .map(|(wanted, one, many)| (marked(wanted), one, many))
        .filter(|(count, ..)| *count > 0)
        .map(|(number, one, many)| format!("{} {}", count(number), if number == 1 { one } else { many }))
        .collect();
        let thinned: u64 = history.offsets.iter().map(|row| row.commits_left_out).sum();
        let marks: u64 = history.offsets.iter().map(|row| row.marked_left_out).sum();
        let hidden = history.offsets.len() - self.rows.len() + history.offsets_left_out;
        html! {
            b { "Offsets over time" } ", " (count(history.offsets.len() + history.offsets_left_out))
            @if history.offsets.len() + history.offsets_left_out == 1 { " partition" } @else { " partitions" }
            @if !told.is_empty() { ": " (told.join(", ")) }
            ". From " (self.when(self.from)) " to " (self.when(self.to)) ", read from " span.path { (history.path) } "."
            @if !self.by_time { " Batches here have no time, so this goes by offsets of the log." }
            @if thinned > 0 { " Thinned: " (grouped(thinned.try_into().unwrap_or(i64::MAX))) " regular commits are not drawn." }
            @if marks > 0 { " " (grouped(marks.try_into().unwrap_or(i64::MAX))) " that stand out are not drawn either." }
            @if history.changes_left_out > 0 { " " (grouped(history.changes_left_out.try_into().unwrap_or(i64::MAX))) " changes of the generation are not drawn." }
            @if !self.holes.is_empty() {
                " Records of this copy are lost in " (count(self.holes.len())) @if self.holes.len() == 1 { " place" } @else { " places" }
                " (hatched): what was committed there is in no line."
            }
            @if hidden > 0 { " " (count(hidden)) @if hidden == 1 { " partition is" } @else { " partitions are" } " not drawn: `lastwrites history` tells them." }
        }
    }

    fn picture(&self) -> Markup {
        let bottom = self.height() - 20;
        // Words come after the lines: their halo keeps these out of them.
        html! {
            svg width="100%" height=(self.height()) aria-hidden="true" {
                @for hole in &self.holes {
                    @let (from, to) = self.lost(hole);
                    @let at = self.at(from);
                    rect.lost x=(at) y="4" width=(at.until(self.at(to)).at_least(0.5)) height=(bottom - 4) { title { (lost(hole)) } }
                }
                @for incident in &self.incidents {
                    @let at = self.at(self.incident_x(incident));
                    line.upright.(style(incident)) x1=(at) x2=(at) y1="4" y2=(bottom) { title { (met(incident)) } }
                }
                (self.changes(bottom))
                // What the keys reach above the lines: the group as a whole.
                g.line data-whole="" data-name="the group" data-top=(TOP - 6) data-events=(self.data_of_group()) {}
                @for (nth, row) in self.rows.iter().enumerate() { (self.row(nth, row)) }
                (self.incident_labels())
                line.cursor y1="4" y2=(bottom) {}
                circle.cursor r="5" {}
                text.tick x="0.5%" y=(self.height() - 5) { (self.when(self.from)) }
                @if self.from != self.to { text.tick x="99.5%" y=(self.height() - 5) text-anchor="end" { (self.when(self.to)) } }
            }
        }
    }

    /// Failing records first, each in the first row with room; one without is told in words below.
    fn incident_labels(&self) -> Markup {
        let mut taken: Vec<Vec<(f64, f64)>> = vec![Vec::new(); INCIDENT_ROWS];
        let mut ordered: Vec<&IncidentMoment> = self.incidents.clone();
        ordered.sort_by_key(|incident| style(incident) != "fails");
        let mut out = String::new();
        for incident in ordered {
            let label = met(incident);
            let at = self.at(self.incident_x(incident));
            let late = at > Percent(50.0);
            let x = at.moved(if late { -0.6 } else { 0.6 });
            #[expect(clippy::cast_precision_loss, reason = "a few dozen characters")]
            let width = label.chars().count() as f64 * CHARACTER;
            let (from, to) = if late { (x.0 - width, x.0) } else { (x.0, x.0 + width) };
            let free = |row: &&mut Vec<(f64, f64)>| row.iter().all(|other| to < other.0 || other.1 < from);
            let Some((nth, row)) = taken.iter_mut().enumerate().find(|(_, row)| free(row)) else { continue };
            row.push((from, to));
            let one = html! {
                text.(style(incident)) x=(x) y=(14 + 14 * nth) text-anchor=(if late { "end" } else { "start" }) { (label) }
            };
            out.push_str(&one.0);
        }
        PreEscaped(out)
    }

    /// Generations as thin lines; a number where there is room.
    fn changes(&self, bottom: usize) -> Markup {
        let mut labelled = Percent(-100.0);
        let mut out = String::new();
        for change in &self.history.changes {
            let at = self.at(self.x(change.ms, change.record_offset));
            let label = short(change);
            let has_room = !label.is_empty() && at >= labelled.moved(LABEL) && at <= Percent(94.0);
            if has_room {
                labelled = at;
            }
            let one = html! {
                line.change x1=(at) x2=(at) y1=(TOP - 6) y2=(bottom) { title { (changed(change)) ", " (self.when(self.x(change.ms, change.record_offset))) } }
                @if has_room { text.change x=(at.moved(0.3)) y=(TOP) { (label) } }
            };
            out.push_str(&one.0);
        }
        PreEscaped(out)
    }

    fn row(&self, nth: usize, row: &OffsetHistory) -> Markup {
        let top = TOP + nth * LINE;
        let label = format!("{}-{}", row.topic, row.partition);
        let last = row.events.last().map(|event| event.offset.map_or_else(|| "deleted".to_owned(), grouped));
        let heights = Heights::of(row);
        let pending =
            self.pending.iter().filter(|one| *one.topic == row.topic && one.partition == row.partition);
        html! {
            g.line data-name=(label) data-top=(top + CURVE_AT) data-events=(self.data(row, heights)) {
                text.name x="0.5%" y=(top + 14) { (shortened(&label, 40)) }
                @if let Some(last) = last { text.last x="99.5%" y=(top + 14) text-anchor="end" { (last) } }
                svg x="0" y=(top + CURVE_AT) width="100%" height=(CURVE) viewBox="0 0 1000 100" preserveAspectRatio="none" overflow="visible" {
                    path.curve d=(self.path(row, heights)) {}
                }
                line.lane x1="0" x2="100%" y1=(top + LINE - 1) y2=(top + LINE - 1) {}
                @for event in &row.events {
                    @if let Some(kind) = kind(event) {
                        svg x=(self.at(self.x(event.ms, event.record_offset))) y=(top + CURVE_AT + heights.y(event) * CURVE / 100) overflow="visible" {
                            g { title { (label) ": " (told(event)) ", " (self.when(self.x(event.ms, event.record_offset))) } (sign(kind)) }
                        }
                    }
                }
                @for open in pending {
                    svg x=(self.at(self.x(open.pending.committed_at_ms, open.pending.record_offset))) y=(top + CURVE_AT + heights.of_offset(open.pending.offset) * CURVE / 100) overflow="visible" {
                        g { title { (label) ": " (grouped(open.pending.offset)) " in an open transaction" } (sign("pending")) }
                    }
                }
            }
        }
    }

    /// Steps: what is committed stands until the next commit or the edge, a deletion ends it. The edge lies behind the last
    /// moment, so a commit at that moment shows.
    fn path(&self, row: &OffsetHistory, heights: Heights) -> String {
        let mut path = String::new();
        let mut drawing = false;
        for event in &row.events {
            let x = self.at(self.x(event.ms, event.record_offset)).0 * 10.0;
            let y = heights.y(event);
            // Writing to a string can't fail.
            let _ = match (drawing, event.event.as_str()) {
                (_, "commit-aborted") => continue,
                (true, "offset-deleted") => write!(path, "H{x:.1}"),
                (false, "offset-deleted") => continue,
                (true, _) => write!(path, "H{x:.1}V{y}"),
                (false, _) => write!(path, "M{x:.1} {y}"),
            };
            drawing = event.event != "offset-deleted";
        }
        if drawing {
            path.push_str("H1000");
        }
        path
    }
}

/// The sign of what stands out, around its own middle.
fn sign(kind: &str) -> Markup {
    html! {
        @match kind {
            "rewind" => { path.rewind d="M-6 -5h12l-6 10z" {} }
            "jump" => { path.jump d="M-6 5h12l-6 -10z" {} }
            "reset" => { path.reset d="M0 -6l6 6-6 6-6-6z" {} }
            "deleted" => { path.deleted d="M-5 -5l10 10M-5 5l10 -10" {} }
            "aborted" => { circle.aborted r="4.5" {} }
            _ => { circle.pending r="4.5" {} }
        }
    }
}
