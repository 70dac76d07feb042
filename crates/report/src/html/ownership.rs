//! Who owned what: members as lanes, their epochs as blocks, and where loader and cleaner stood.
//!
//! Offsets stand in their order, evenly apart: a handover takes a few records in logs of millions.

use maud::{Markup, html};

use super::document::{Diagnosis, Document, Ownership, Tenure};
use super::scale::{Percent, Scale};
use super::words::name;
use crate::terminal::{grouped, shortened};
use lastwrites_types::ByteText;

/// Blocks drawn that ended before the conflict; earlier ones are in report.json.
const MOST_ENDED: usize = 8;
/// Heights in pixels: the rows of labels above, one lane, and a block in it.
const TOP: usize = 62;
const LANE: usize = 50;
const BLOCK: usize = 24;
/// Characters of a member id that fit a phone.
const MEMBER_WIDTH: usize = 40;

/// True where two members contest something.
pub(super) fn any(document: &Document) -> bool {
    document.diagnosis.iter().any(|diagnosis| all(diagnosis).next().is_some())
}

/// One picture a conflict.
pub(super) fn section(document: &Document) -> Markup {
    html! {
        @if any(document) {
            section #ownership {
                h2 { "Who owned what" }
                p {
                    "A lane is a member, a block an epoch in which it holds the contested partition. Offsets stand in \
                     their order, not to scale."
                }
                // The hatching, once for all pictures.
                svg width="0" height="0" aria-hidden="true" {
                    pattern id="unseen" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect.unseen-ground width="8" height="8" {}
                        line.unseen-line x1="0" x2="0" y1="0" y2="8" {}
                    }
                }
                @for diagnosis in &document.diagnosis {
                    @for (ownership, at_rest) in all(diagnosis) { (picture(diagnosis, ownership, at_rest)) }
                }
            }
        }
    }
}

/// Every conflict, and whether it is that of a load of the log as it lies.
fn all(diagnosis: &Diagnosis) -> impl Iterator<Item = (&Ownership, bool)> {
    let at_rest = diagnosis.incidents.iter().filter_map(|incident| incident.ownership.as_ref());
    let at_rest = at_rest.map(|ownership| (ownership, true));
    let raced = diagnosis.race_ownership.iter().map(|ownership| (ownership, false));
    at_rest.chain(raced).filter(|(ownership, _)| !ownership.believed.is_empty())
}

/// What is drawn of one conflict.
struct Drawing<'d> {
    ownership: &'d Ownership,
    blocks: Vec<&'d Tenure>,
    members: Vec<&'d ByteText>,
    stops: Vec<i64>,
}

impl<'d> Drawing<'d> {
    fn of(ownership: &'d Ownership) -> Self {
        let ended = ownership.believed.iter().filter(|tenure| tenure.to.is_some()).count();
        let left_out = ended.saturating_sub(MOST_ENDED);
        let mut seen_ended = 0;
        let mut blocks: Vec<&Tenure> = Vec::new();
        for tenure in &ownership.believed {
            seen_ended += usize::from(tenure.to.is_some());
            if tenure.to.is_none() || seen_ended > left_out {
                blocks.push(tenure);
            }
        }
        let mut members: Vec<&ByteText> = Vec::new();
        for block in &blocks {
            if !members.contains(&&block.member_id) {
                members.push(&block.member_id);
            }
        }
        let mut stops: Vec<i64> =
            blocks.iter().flat_map(|block| [Some(block.from), block.to]).flatten().collect();
        stops.extend(
            [Some(ownership.fails_at), ownership.loader_at, ownership.cleaned_to].into_iter().flatten(),
        );
        stops.extend(blocks.iter().filter_map(|block| really_ended(ownership, block)));
        stops.sort_unstable();
        stops.dedup();
        Self { ownership, blocks, members, stops }
    }

    /// Stops evenly apart, with room at both ends.
    fn x(&self, offset: i64) -> Percent {
        let rank = self.stops.partition_point(|stop| *stop < offset);
        let last = self.stops.len().saturating_sub(1).max(1);
        Percent(4.0 + Scale::new(0.0, last as f64).at(rank as f64).0 * 0.79)
    }

    fn lane(&self, member: &ByteText) -> usize {
        TOP + self.members.iter().position(|one| *one == member).unwrap_or(0) * LANE
    }

    /// Where a block ends; what lasts runs on beyond the failing record, as the load never gets there.
    fn end(&self, to: Option<i64>) -> Percent {
        to.map_or_else(|| self.x(self.ownership.fails_at).moved(17.0), |to| self.x(to))
    }

    fn height(&self) -> usize {
        TOP + self.members.len() * LANE + 22
    }

    /// Where two members hold it at once: from where the second begins.
    fn overlap(&self) -> Option<(Percent, Percent)> {
        let both = |(one, other): (&Tenure, &Tenure)| {
            let from = self.x(one.from.max(other.from));
            let to = match (one.to, other.to) {
                (Some(one), Some(other)) => self.x(one.min(other)),
                (one, other) => self.end(one.or(other)),
            };
            (one.member_id != other.member_id && from < to).then_some((from, to))
        };
        let later = |nth: usize| self.blocks.iter().skip(nth + 1);
        let pairs = self.blocks.iter().enumerate();
        pairs.flat_map(|(nth, one)| later(nth).filter_map(move |other| both((one, other)))).last()
    }
}

/// Where it really ended, if the load went on believing in it.
fn really_ended(ownership: &Ownership, block: &Tenure) -> Option<i64> {
    let recorded = ownership.recorded.as_ref()?;
    let same = recorded.iter().find(|one| (&one.member_id, one.from) == (&block.member_id, block.from))?;
    same.to.filter(|to| block.to.is_none_or(|believed| *to < believed))
}

fn picture(diagnosis: &Diagnosis, ownership: &Ownership, at_rest: bool) -> Markup {
    let cleaned = if ownership.cleaned_to_is_least { "cleaned at least to" } else { "cleaned to" };
    let loader = if at_rest { "as for a loader at" } else { "loader at" };
    let drawing = Drawing::of(ownership);
    html! {
        figure.ownership {
            figcaption { (caption(diagnosis, ownership, at_rest)) }
            svg width="100%" height=(drawing.height()) role="img" aria-label="Ownership over the log; the text above says the same" {
                @if let Some((from, to)) = drawing.overlap() {
                    rect.overlap x=(from) y=(TOP - 6) width=(from.until(to)) height=(drawing.members.len() * LANE) {
                        title { "both hold it" }
                    }
                }
                @for member in &drawing.members {
                    text.member x="0.5%" y=(drawing.lane(member) + 10) { (shortened(&member.to_string(), MEMBER_WIDTH)) title { (member.to_string()) } }
                    line.lane x1="0" x2="100%" y1=(drawing.lane(member) + LANE - 7) y2=(drawing.lane(member) + LANE - 7) {}
                }
                @for block in &drawing.blocks { (self::block(&drawing, block)) }
                (upright(&drawing, "cleaner", cleaned, ownership.cleaned_to, 14))
                (upright(&drawing, "loader", loader, ownership.loader_at, 32))
                (upright(&drawing, "fails", "load fails at", Some(ownership.fails_at), 50))
                @for stop in &drawing.stops {
                    text.tick x=(drawing.x(*stop)) y=(drawing.height() - 6) text-anchor="middle" { (grouped(*stop)) }
                }
            }
        }
    }
}

fn block(drawing: &Drawing<'_>, block: &Tenure) -> Markup {
    let y = drawing.lane(&block.member_id) + 16;
    let (from, to) = (drawing.x(block.from), drawing.end(block.to));
    let unseen = really_ended(drawing.ownership, block).map(|at| (at, drawing.x(at)));
    let solid_to = unseen.map_or(to, |(_, x)| x);
    html! {
        rect.block x=(from) y=(y) width=(from.until(solid_to).at_least(0.4)) height=(BLOCK) rx="3" {
            title { (block.member_id.to_string()) " holds it at epoch " (block.epoch) " from offset " (block.from) }
        }
        @if let Some((at, x)) = unseen {
            rect.unseen x=(x) y=(y) width=(x.until(to).at_least(0.4)) height=(BLOCK) rx="3" {
                title { "given up at offset " (at) ", which the load did not see" }
            }
        }
        text.epoch x=(from.moved(0.8)) y=(y + 16) { "epoch " (block.epoch) }
    }
}

fn upright(drawing: &Drawing<'_>, class: &str, label: &str, offset: Option<i64>, y: usize) -> Markup {
    html! {
        @if let Some(offset) = offset {
            @let x = drawing.x(offset);
            @let late = x > Percent(50.0);
            line.upright.(class) x1=(x) x2=(x) y1=(y + 4) y2=(drawing.height() - 20) {}
            text.upright.(class) x=(x.moved(if late { -0.6 } else { 0.6 })) y=(y) text-anchor=(if late { "end" } else { "start" }) {
                (label) " " (grouped(offset))
            }
        }
    }
}

fn caption(diagnosis: &Diagnosis, ownership: &Ownership, at_rest: bool) -> Markup {
    let partition = diagnosis.partition.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let lasting = ownership.believed.iter().filter(|tenure| tenure.to.is_none());
    html! {
        b { (ownership.what) } ", group " (name(&ownership.group_id)) ", __consumer_offsets-" (partition) ". "
        @match (ownership.loader_at, at_rest) {
            (Some(loader), false) => { "In a race, with the loader at " (grouped(loader)) @if let Some(to) = ownership.cleaned_to { " and the log cleaned to " (grouped(to)) } ": " }
            (loader, _) => {
                "As the log lies"
                @if let Some(to) = ownership.cleaned_to { ", cleaned " @if ownership.cleaned_to_is_least { "at least " } "to " (grouped(to)) }
                @if let Some(loader) = loader { ", which reads as for a loader that stood at " (grouped(loader)) " when the cleaner's files came in" }
                @else { "; where a loader stood is not told by it" }
                ": "
            }
        }
        @for (nth, tenure) in lasting.enumerate() {
            @if nth > 0 { "; " }
            "member " (name(&tenure.member_id)) " holds it from " (grouped(tenure.from)) " on at epoch " (tenure.epoch)
            @if let Some(at) = really_ended(ownership, tenure) { " (given up at " (grouped(at)) ", which the load did not see)" }
        }
        ". The load fails at " (grouped(ownership.fails_at)) "."
    }
}
