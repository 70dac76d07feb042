//! The table of groups: searched, sorted and filtered by the page's script, whole without it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::document::{Document, Finding, Group, GroupHistory};
use super::group::{self, Shown};
use super::history;
use super::words::{count, group_name, name, time};
use crate::findings::Code;
use crate::terminal::lag;

/// Trust words, weakest first.
const WEAKEST_FIRST: [&str; 6] = ["unverified", "salvaged", "replica", "pre-image", "compacted", "intact"];

/// Groups shown before the script pages to others, as in page.js; a browser without scripts shows all.
const PAGE: usize = 200;

/// True for a group beyond the first page.
const fn is_later(nth: usize) -> bool {
    nth >= PAGE
}

/// The table, then the groups one by one.
pub(super) fn section(document: &Document) -> Markup {
    let stopped: BTreeSet<i32> =
        document.diagnosis.iter().filter(|one| one.is_stopped()).filter_map(|one| one.partition).collect();
    let told = Told::of(&document.findings);
    let mut rows: Vec<Row<'_>> =
        document.groups.iter().map(|group| Row::of(group, &told, &stopped)).collect();
    // Whoever opens this looks for the groups that are hit.
    rows.sort_by_cached_key(|row| (!row.is_named_by_failure(), !row.stopped));
    let types: BTreeSet<&str> = rows.iter().map(|row| row.group.group_type.as_str()).collect();
    let codes: BTreeSet<&str> =
        rows.iter().flat_map(|row| &row.findings).map(|finding| finding.code.as_str()).collect();
    let trusts =
        WEAKEST_FIRST.iter().rev().filter(|trust| rows.iter().any(|row| row.trusts.contains(*trust)));
    let histories: BTreeMap<(&[u8], Option<i32>), &GroupHistory> = document
        .histories
        .groups
        .iter()
        .filter(|history| !history.deleted)
        .map(|history| ((history.group_id.as_bytes(), history.found_in), history))
        .collect();
    let left_out = document.histories.groups_left_out;
    let first_is_hit = rows.first().is_some_and(|row| row.stopped && row.is_named_by_failure());
    html! {
        section #groups {
            h2 { "Groups" }
            div.tools hidden {
                label { "Search " input #search type="search" autocomplete="off" placeholder="group"; }
                (choice("type", "Type", types.into_iter()))
                (choice("trust", "Trust", trusts.copied()))
                (choice("finding", "Finding", codes.into_iter()))
                span #shown role="status" {}
                button #earlier type="button" hidden { "Earlier" }
                button #later type="button" hidden { "Later" }
            }
            div.wide tabindex="0" role="region" aria-label="Table of groups" {
                table #group-table {
                    caption { "Every group on these copies, those that are hit first; a name leads to its history, members and offsets" }
                    thead { tr {
                        @for title in ["Group", "Type", "State"] { th scope="col" { (title) } }
                        @for title in ["Partition", "Offsets", "Lag"] { th.number scope="col" { (title) } }
                        @for title in ["Trust", "Last commit", "Findings"] { th scope="col" { (title) } }
                    } }
                    tbody { @for (nth, row) in rows.iter().enumerate() { (row.markup(nth)) } }
                }
            }
            // The script says more: what the search and the filters left.
            p.printed #printed { @if rows.len() > PAGE { "On paper: the first " (count(PAGE)) " of " (count(rows.len())) " groups. All are in report.json." } }
            (history::legend())
            @if left_out > 0 {
                p { "Of " (count(left_out)) @if left_out == 1 { " group" } @else { " groups" } " no history is drawn: those that are hit, those a finding names and those that committed last come first. `lastwrites history` tells all." }
            }
            @for (nth, row) in rows.iter().enumerate() {
                @let history = histories.get(&(row.group.group_id.as_bytes(), row.group.found_in)).copied();
                (group::section(document, &Shown { nth, later: is_later(nth), open: first_is_hit && nth == 0, group: row.group, findings: &row.findings, history }))
            }
            (deleted(document))
        }
    }
}

/// Groups that are not there at the end of the log: only their history tells of them.
fn deleted(document: &Document) -> Markup {
    let gone = || document.histories.groups.iter().filter(|history| history.deleted);
    let more = document.histories.deleted_left_out;
    html! {
        @if gone().next().is_some() {
            h3 { "Groups that are gone at the end of the log" }
            @for history in gone() {
                details.group {
                    summary { (name(&history.group_id)) }
                    (history::chart(document, history, std::iter::empty()))
                }
            }
            @if more > 0 { p { (count(more)) " more are gone. `lastwrites history` tells them." } }
        }
    }
}

fn choice<'a>(id: &str, title: &str, words: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        label { (title) " " select id=(id) { option value="" { "all" } @for word in words { option { (word) } } } }
    }
}

/// Findings by what they speak of, so that thousands of groups don't each look at all of them.
struct Told<'d> {
    by_partition: BTreeMap<i32, Vec<&'d Finding>>,
    elsewhere: Vec<&'d Finding>,
}

impl<'d> Told<'d> {
    fn of(findings: &'d [Finding]) -> Self {
        let mut told = Self { by_partition: BTreeMap::new(), elsewhere: Vec::new() };
        for finding in findings {
            match finding.partition {
                Some(partition) => told.by_partition.entry(partition).or_default().push(finding),
                None => told.elsewhere.push(finding),
            }
        }
        told
    }

    fn about(&self, group: &Group) -> Vec<&'d Finding> {
        let here = group.found_in.and_then(|partition| self.by_partition.get(&partition));
        let here = here.into_iter().flatten();
        here.chain(&self.elsewhere).filter(|finding| finding.concerns(group)).copied().collect()
    }
}

struct Row<'d> {
    group: &'d Group,
    findings: Vec<&'d Finding>,
    trusts: BTreeSet<&'d str>,
    stopped: bool,
}

impl<'d> Row<'d> {
    fn of(group: &'d Group, told: &Told<'d>, stopped: &BTreeSet<i32>) -> Self {
        let committed = group.offsets.iter().filter(|offset| offset.offset.is_some());
        Self {
            group,
            findings: told.about(group),
            trusts: committed.map(|offset| offset.trust.as_str()).collect(),
            stopped: group.found_in.is_some_and(|partition| stopped.contains(&partition)),
        }
    }

    /// True where a failure of the load is about this group itself.
    fn is_named_by_failure(&self) -> bool {
        let mut own =
            self.findings.iter().filter(|told| told.group_id.as_ref() == Some(&self.group.group_id));
        own.any(|told| told.code.parse::<Code>().is_ok_and(Code::is_load_failure))
    }

    fn markup(&self, nth: usize) -> Markup {
        let group = self.group;
        let last = group.offsets.iter().filter_map(|offset| offset.committed_at_ms).max();
        let known = || group.offsets.iter().filter_map(|offset| offset.lag_at_least);
        let least = known().next().map(|_| known().fold(0_i64, i64::saturating_add));
        // Unknown where it is unknown of one partition, and where there is none.
        let most = group.offsets.iter().map(|offset| offset.lag_at_most);
        let most = most.reduce(|sum, one| Some(sum?.saturating_add(one?))).flatten();
        let codes: BTreeSet<&str> = self.findings.iter().map(|finding| finding.code.as_str()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        let trusts: Vec<&str> =
            WEAKEST_FIRST.iter().filter(|trust| self.trusts.contains(*trust)).copied().collect();
        let sorted_by = |value: Option<i64>| value.unwrap_or(-1);
        html! {
            tr.later[is_later(nth)] hidden[is_later(nth)] data-type=(group.group_type) data-trust=(trusts.join(" ")) data-finding=(codes.join(" ")) {
                td { a href={ "#group-" (nth) } { (group_name(group)) } }
                td { (group.group_type) }
                td { @if self.stopped { span.bad { "stopped" } } @else { (group.state.as_deref().unwrap_or("–")) } }
                td.number data-value=(sorted_by(group.found_in.map(i64::from))) { @match group.found_in { Some(partition) => (partition), None => "?" } }
                td.number data-value=(group.offsets.len()) { (count(group.offsets.len())) }
                td.number data-value=(sorted_by(least)) { @if group.offsets.is_empty() { "–" } @else { (lag(least, most)) } }
                td { (trusts.first().copied().unwrap_or("–")) }
                td data-value=(sorted_by(last)) { (time(last)) }
                td { (codes.join(" ")) }
            }
        }
    }
}
