//! One group: what it is, what was found about it, its members and its committed offsets.

use maud::{Markup, html};

use super::document::{Assignment, Copy, Document, Finding, Group, GroupHistory, Member, Offset};
use super::history::{self, Open};
use super::words::{count, group_name, name, number, numbers, time};
use crate::shell::shell_option;
use crate::terminal::{lag, other_side};

/// Rows of one table; of the rest only the number is told.
const MOST_ROWS: usize = 500;

/// A group with what stands beside it.
pub(super) struct Shown<'d> {
    pub(super) nth: usize,
    /// Beyond the first page.
    pub(super) later: bool,
    pub(super) open: bool,
    pub(super) group: &'d Group,
    pub(super) findings: &'d [&'d Finding],
    pub(super) history: Option<&'d GroupHistory>,
}

fn pending(group: &Group) -> impl Iterator<Item = Open<'_>> {
    group.offsets.iter().flat_map(|offset| {
        offset.pending.iter().map(|pending| Open {
            topic: &offset.topic,
            partition: offset.partition,
            pending,
        })
    })
}

/// A part that opens.
pub(super) fn section(document: &Document, one: &Shown<'_>) -> Markup {
    let Shown { nth, later, open, group, .. } = *one;
    html! {
        details.group.later[later] hidden[later] open[open] id={ "group-" (nth) } {
            summary { (group_name(group)) }
            // A browser that runs scripts takes this for one text, until the page's script shows the group: parsing
            // thousands of tables would take longer than all the rest.
            @if later { noscript { (inside(document, one)) } } @else { (inside(document, one)) }
        }
    }
}

fn inside(document: &Document, one: &Shown<'_>) -> Markup {
    let Shown { group, findings, history, .. } = *one;
    html! {
        p.place { (facts(group)) }
        @if !findings.is_empty() { p.told { "Findings: " (told(findings)) } }
        @if let Some(history) = history {
            (history::chart(document, history, pending(group)))
        } @else if document.histories.groups_left_out > 0 {
            p { "No history is drawn of this group; on the same evidence " code { "lastwrites history PATH " (shell_option("--group", group.group_id.as_bytes())) } " tells it." }
        }
        @if !group.members.is_empty() { (members(&group.members)) }
        @if group.offsets.is_empty() { p { "No committed offset." } } @else { (offsets(&group.offsets, &document.copies)) }
    }
}

/// Each code once, with its title.
fn told(findings: &[&Finding]) -> String {
    let mut codes: Vec<String> = Vec::new();
    for finding in findings {
        let text = format!("{} {}", finding.code, finding.title());
        if !codes.contains(&text) {
            codes.push(text);
        }
    }
    codes.join("; ")
}

fn facts(group: &Group) -> Markup {
    html! {
        (group.group_type)
        @if let Some(state) = &group.state { ", " (state) }
        @if let Some(kind) = &group.protocol_type { ", protocol type " (name(kind)) }
        @if let Some(protocol) = &group.protocol { ", protocol " (name(protocol)) }
        @if let Some(generation) = group.generation { ", generation " (generation) }
        @if let Some(epoch) = group.group_epoch { ", group epoch " (epoch) }
        @if let Some(partition) = group.found_in { ", found in partition " (partition) }
        @if let (Some(home), true) = (group.maps_to, group.found_in.is_some() && group.maps_to != group.found_in) { ", although its id hashes to " (home) }
    }
}

fn members(members: &[Member]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Members" {
            table {
                caption { "Members" }
                thead { tr {
                    @for title in ["Member", "Client", "Host", "Epoch", "Owned"] { th scope="col" { (title) } }
                } }
                tbody {
                    @for member in members.iter().take(MOST_ROWS) {
                        tr {
                            td {
                                (name(&member.member_id))
                                @if let Some(instance) = &member.group_instance_id { " (static " (name(instance)) ")" }
                            }
                            td { (name(&member.client_id)) } td { (name(&member.client_host)) }
                            td { @match member.member_epoch { Some(epoch) => (epoch), None => "–" } }
                            td { (owned(&member.assignment)) }
                        }
                    }
                }
            }
        }
        (left_out(members.len()))
    }
}

fn owned(assignment: &[Assignment]) -> Markup {
    html! {
        @if assignment.is_empty() { "nothing" }
        @for (nth, topic) in assignment.iter().enumerate() {
            @if nth > 0 { "; " }
            @match (&topic.topic, &topic.topic_id) {
                (Some(topic), _) => (name(topic)),
                (None, Some(id)) => { "topic " (id) }
                (None, None) => "?",
            }
            " " (numbers(&topic.partitions))
        }
    }
}

fn offsets(offsets: &[Offset], copies: &[Copy]) -> Markup {
    let with_metadata =
        offsets.iter().any(|offset| offset.metadata.as_ref().is_some_and(|text| !text.is_empty()));
    html! {
        div.wide tabindex="0" role="region" aria-label="Committed offsets" {
            table {
                caption { "Committed offsets" }
                thead { tr {
                    th scope="col" { "Topic" }
                    @for title in ["Partition", "Offset", "Lag"] { th.number scope="col" { (title) } }
                    @for title in ["Committed", "Trust", "Doubts", "Record"] { th scope="col" { (title) } }
                    @if with_metadata { th scope="col" { "Metadata" } }
                } }
                tbody { @for offset in offsets.iter().take(MOST_ROWS) { (row(offset, copies, with_metadata)) } }
            }
        }
        (left_out(offsets.len()))
    }
}

fn row(offset: &Offset, copies: &[Copy], with_metadata: bool) -> Markup {
    let mut doubts: Vec<String> = offset.flags.clone();
    doubts.extend(offset.alternatives.iter().filter_map(|other| {
        let broker = copies.get(other.copy).and_then(|copy| copy.broker_id);
        other_side(offset.offset.is_some(), other.offset, broker)
    }));
    doubts.extend(offset.pending.iter().map(|pending| {
        let outcome = pending.transaction.as_ref().map_or_else(String::new, |outcome| format!(", {outcome}"));
        format!("{} pending (producer {}{outcome})", number(Some(pending.offset)), pending.producer_id)
    }));
    html! {
        tr {
            td { (name(&offset.topic)) } td.number { (offset.partition) }
            td.number { (number(offset.offset)) } td.number { (lag(offset.lag_at_least, offset.lag_at_most)) }
            td { (time(offset.committed_at_ms)) } td { (offset.trust) } td { (doubts.join(", ")) }
            td.place {
                @if let Some(record) = &offset.record {
                    "offset " (number(Some(record.offset))) ", " (record.file) "@" (record.position)
                } @else { "–" }
            }
            @if with_metadata { td { @if let Some(text) = &offset.metadata { (name(text)) } } }
        }
    }
}

fn left_out(rows: usize) -> Markup {
    html! { @if rows > MOST_ROWS { p { (count(rows - MOST_ROWS)) " more are in report.json." } } }
}
