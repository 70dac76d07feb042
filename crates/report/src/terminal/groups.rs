//! `groups` on a terminal.

use lastwrites_types::ByteText;
use unicode_width::UnicodeWidthStr as _;

use super::findings::{findings, wrapped};
use super::number::{counted, grouped, lag, moment};
use super::table::{LINE_WIDTH, Table};
use crate::applications::Application;
use crate::model::{CopyReport, GroupReport, OffsetReport, Report};

/// Every group with its members and offsets, then the findings.
#[must_use]
pub fn groups(report: &Report) -> String {
    let offsets = report.groups.iter().map(|group| group.offsets.len()).sum();
    let mut out = format!(
        "{} with {}, by the rules of {}\n",
        counted(report.groups.len(), "group", "groups"),
        counted(offsets, "committed offset", "committed offsets"),
        report.rules
    );
    if let Some(as_of) = &report.as_of {
        out.push_str(&format!("{}\n", as_of.words()));
        for cut in &as_of.cuts {
            let number = cut.partition.map_or_else(|| "?".to_owned(), |number| number.to_string());
            let from = cut.offset.map_or_else(
                || "all of its log".to_owned(),
                |offset| format!("its log before offset {}", grouped(offset)),
            );
            let doubt = if cut.complete { "" } else { ", not all of which is left" };
            out.push_str(&format!("  partition {number}: {from}{doubt}\n"));
        }
    }
    for partition in &report.partitions {
        let number = || partition.partition.map_or_else(|| "?".to_owned(), |number| number.to_string());
        match partition.load.verdict {
            Some(verdict) if partition.load.error.is_some() => {
                out.push_str(&format!("partition {} {verdict} there: see the findings below\n", number()));
            }
            None if report.as_of.is_some() => out.push_str(&format!(
                "partition {}: whether it loaded then can't be told from what is left\n",
                number()
            )),
            _ => {}
        }
    }
    for group in &report.groups {
        out.push('\n');
        out.push_str(&one(group, &report.copies));
    }
    if !report.findings.is_empty() {
        out.push('\n');
        out.push_str(&findings(&report.findings, usize::MAX));
    }
    out
}

/// One group: a heading, its members, its offsets.
fn one(group: &GroupReport, copies: &[CopyReport]) -> String {
    let mut out = headed(&name(&group.group_id), &heading(group));
    if let Some(application) = Application::of(group) {
        out.push_str(&wrapped(&format!("{}.", application.limits()), 2, 2));
    }
    let mut members = Table::new(2).text("member").text("client").text("host").list("assignment");
    for member in &group.members {
        let assignment: Vec<String> = member
            .assignment
            .iter()
            .flat_map(|topic| {
                let id = topic.topic_id.map(|id| id.to_string());
                let name = topic.topic.as_ref().map(ToString::to_string).or(id).unwrap_or_default();
                topic.partitions.iter().map(move |partition| format!("{name}-{partition}"))
            })
            .collect();
        members.row([
            member.member_id.to_string(),
            member.client_id.to_string(),
            member.client_host.to_string(),
            assignment.join(" "),
        ]);
    }
    out.push_str(&members.render());
    let mut offsets = Table::new(2)
        .text("topic")
        .number("part")
        .number("offset")
        .word("committed")
        .number("lag")
        .word("trust")
        .list("doubts");
    for offset in &group.offsets {
        offsets.row([
            offset.topic.to_string(),
            offset.partition.to_string(),
            offset.offset.map_or_else(|| "-".to_owned(), grouped),
            offset.committed_at_ms.map_or_else(|| "-".to_owned(), moment),
            lag(offset.lag_at_least, offset.lag_at_most),
            offset.trust.to_string(),
            doubts(offset, copies),
        ]);
    }
    out.push_str(&offsets.render());
    out
}

/// A name and what it is; below it where both don't fit one line.
pub(super) fn headed(name: &str, what: &str) -> String {
    let line = format!("{name}   {what}\n");
    if line.trim_end().width() <= LINE_WIDTH { line } else { format!("{name}\n{}", wrapped(what, 4, 4)) }
}

fn heading(group: &GroupReport) -> String {
    let mut words = vec![match group.group_type {
        "none" => "offsets without a group".to_owned(),
        "unknown" => "group of which type, state and members are unknown (compacted since, lost to damage, or not in a text)"
            .to_owned(),
        kind => format!("{kind} group"),
    }];
    words.extend(group.state.map(str::to_owned));
    words.extend(
        group.generation.filter(|_| group.protocol_type.is_some()).map(|g| format!("generation {g}")),
    );
    words.extend(group.group_epoch.map(|epoch| format!("epoch {epoch}")));
    words.extend(group.protocol.as_ref().map(ToString::to_string));
    if let Some(partition) = group.found_in {
        words.push(format!("partition {partition}"));
    }
    words.join(", ")
}

fn doubts(offset: &OffsetReport, copies: &[CopyReport]) -> String {
    let mut words: Vec<String> = offset.flags.iter().map(|flag| flag.to_string()).collect();
    let others = offset.rivals().map(|other| {
        let broker = copies.get(other.copy).and_then(|copy| copy.broker_id);
        other_side(offset.offset.is_some(), other.offset, broker)
    });
    words.extend(others.flatten());
    for pending in &offset.pending {
        let decided = pending.transaction.map_or_else(String::new, |how| format!(", {how}"));
        words.push(format!(
            "{} pending (producer {}{decided})",
            grouped(pending.offset),
            pending.producer_id
        ));
    }
    words.join(", ")
}

/// What another copy says of an offset; `None` where neither has a value. Where `answered` is false none of them is sure
/// enough to be the answer.
pub(crate) fn other_side(answered: bool, value: Option<i64>, broker: Option<i32>) -> Option<String> {
    let holder = broker.map_or_else(|| "another copy".to_owned(), |id| format!("broker {id}"));
    match value {
        Some(value) if answered => Some(format!("{} on {holder}", grouped(value))),
        Some(value) => Some(format!("perhaps {}", grouped(value))),
        None => answered.then(|| format!("none on {holder}")),
    }
}

/// A group id as a line shows it; the empty id is one Kafka accepts.
#[must_use]
pub(super) fn name(group_id: &ByteText) -> String {
    if group_id.is_empty() { "(empty group id)".to_owned() } else { group_id.to_string() }
}
