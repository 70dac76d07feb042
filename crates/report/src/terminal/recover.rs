//! A recovered-offsets document on a terminal.

use lastwrites_recovered_offsets::{Bound, Document, Group};

use super::findings::wrapped;
use super::groups::{headed, name};
use super::number::{counted, grouped, moment};
use super::table::Table;

/// Every group of the document with its offsets, bounds and missing partitions.
#[must_use]
pub fn recovered(document: &Document) -> String {
    let mut out = String::new();
    for group in &document.groups {
        out.push_str(&one(group));
        out.push('\n');
    }
    let offsets = document.groups.iter().map(|group| group.offsets.len()).sum();
    let missing = document.groups.iter().map(|group| group.missing.len()).sum();
    out.push_str(&format!(
        "{} of {}, {}\n",
        counted(offsets, "offset", "offsets"),
        counted(document.groups.len(), "group", "groups"),
        counted(missing, "partition missing", "partitions missing")
    ));
    out
}

/// What a step usually was, where nothing bounds what is repeated.
fn usual(bound: &Bound) -> String {
    let usual = bound.usual.filter(|_| bound.repeated_at_most.is_none());
    usual.map_or_else(String::new, |usual| {
        format!(" (usually {})", grouped(i64::try_from(usual.usual_records).unwrap_or(i64::MAX)))
    })
}

fn one(group: &Group) -> String {
    let place = match group.found_in {
        Some(partition) => format!("partition {partition}"),
        None => format!("partition {} by its name alone", group.maps_to),
    };
    let mut out = headed(&name(&group.group_id), &format!("{} group, {place}", group.group_type));
    for warning in &group.warnings {
        out.push_str(&wrapped(&format!("! {warning}"), 2, 4));
    }
    let mut table = Table::new(2)
        .text("topic")
        .number("part")
        .number("offset")
        .word("committed")
        .word("trust")
        .list("bound, doubts");
    for offset in &group.offsets {
        let bound = |most: Option<u64>| most.map_or_else(|| "?".to_owned(), |most| format!("≤{most}"));
        let mut doubts: String = offset.flags.iter().map(|flag| format!(", {flag}")).collect();
        for other in offset.alternatives.iter().filter(|other| !offset.replaced(other)) {
            doubts.push_str(
                &other
                    .offset
                    .map_or_else(|| ", or none".to_owned(), |value| format!(", or {}", grouped(value))),
            );
        }
        table.row([
            offset.topic.to_string(),
            offset.partition.to_string(),
            grouped(offset.offset),
            moment(offset.committed_at_ms),
            offset.trust.to_string(),
            format!(
                "{}{} repeated, {} skipped{doubts}",
                bound(offset.bound.repeated_at_most),
                usual(&offset.bound),
                bound(offset.bound.skipped_at_most)
            ),
        ]);
    }
    for missing in &group.missing {
        table.row([
            missing.topic.to_string(),
            missing.partition.to_string(),
            "-".to_owned(),
            "missing".to_owned(),
            String::new(),
            missing.why.clone(),
        ]);
    }
    out.push_str(&table.render());
    out
}
