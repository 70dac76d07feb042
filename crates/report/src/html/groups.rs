//! The table of groups, and for each a part that opens: members and committed offsets.

use std::fmt::Write as _;

use super::escape;
use crate::diagnose::PartitionDiagnosis;
use crate::model::{GroupReport, Report};
use crate::terminal::{grouped, is_stopped, moment};

/// Searchable, sortable table first, then the groups one by one.
pub(super) fn section(report: &Report, partitions: &[PartitionDiagnosis]) -> String {
    let mut out = String::from(
        "<section id=\"groups\"><h2>Groups</h2>\n\
         <p class=\"tools\" hidden><label>Search <input id=\"search\" type=\"search\" autocomplete=\"off\"></label> \
         <label>Type <select id=\"type\"><option value=\"\">all</option>",
    );
    for kind in ["classic", "consumer", "share", "streams", "none"] {
        if report.groups.iter().any(|group| group.group_type == kind) {
            let _ = write!(out, "<option>{kind}</option>");
        }
    }
    out.push_str(
        "</select></label> <span id=\"shown\" role=\"status\"></span></p>\n<div class=\"wide\" tabindex=\"0\" \
         role=\"region\" aria-label=\"Table of groups\"><table id=\"group-table\"><caption>Every group on these \
         copies; a name leads to its members and offsets</caption><thead><tr>",
    );
    for title in ["Group", "Type", "State", "Partition", "Offsets", "Last commit"] {
        let _ = write!(out, "<th scope=\"col\">{title}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
    for (nth, group) in report.groups.iter().enumerate() {
        out.push_str(&row(nth, group, partitions));
    }
    out.push_str("</tbody></table></div>\n");
    for (nth, group) in report.groups.iter().enumerate() {
        out.push_str(&details(nth, group));
    }
    out.push_str("</section>\n");
    out
}

fn row(nth: usize, group: &GroupReport, partitions: &[PartitionDiagnosis]) -> String {
    let stopped = partitions.iter().any(|copy| copy.partition == group.found_in && is_stopped(copy));
    let last = group.offsets.iter().filter_map(|offset| offset.committed_at_ms).max();
    let number = |value: Option<i64>| value.map_or_else(|| "-1".to_owned(), |value| value.to_string());
    format!(
        "<tr data-type=\"{}\"><td><a href=\"#group-{nth}\">{}</a></td><td>{}</td><td>{}</td>\
         <td class=\"number\" data-value=\"{}\">{}</td><td class=\"number\" data-value=\"{}\">{}</td>\
         <td data-value=\"{}\">{}</td></tr>\n",
        group.group_type,
        name(group),
        group.group_type,
        if stopped { "stopped" } else { group.state.unwrap_or("-") },
        number(group.found_in.map(i64::from)),
        group.found_in.map_or_else(|| "?".to_owned(), |partition| partition.to_string()),
        group.offsets.len(),
        group.offsets.len(),
        number(last),
        last.map_or_else(|| "-".to_owned(), moment),
    )
}

fn details(nth: usize, group: &GroupReport) -> String {
    let mut out = format!("<details id=\"group-{nth}\"><summary>{}</summary>\n", name(group));
    if !group.members.is_empty() {
        out.push_str(
            "<div class=\"wide\"><table><caption>Members</caption><thead><tr><th scope=\"col\">Member</th>\
             <th scope=\"col\">Client</th><th scope=\"col\">Host</th></tr></thead><tbody>\n",
        );
        for member in &group.members {
            let cells = [&member.member_id, &member.client_id, &member.client_host];
            let cells = cells.map(|cell| format!("<td>{}</td>", escape::text(&cell.to_string())));
            let _ = writeln!(out, "<tr>{}</tr>", cells.concat());
        }
        out.push_str("</tbody></table></div>\n");
    }
    out.push_str(
        "<div class=\"wide\"><table><caption>Committed offsets</caption><thead><tr><th scope=\"col\">Topic</th>\
         <th scope=\"col\">Partition</th><th scope=\"col\">Offset</th><th scope=\"col\">Committed</th>\
         <th scope=\"col\">Trust</th><th scope=\"col\">Doubts</th></tr></thead><tbody>\n",
    );
    for offset in &group.offsets {
        let mut doubts: Vec<String> = offset.flags.iter().map(|flag| flag.to_string()).collect();
        doubts.extend(
            offset.pending.iter().map(|p| format!("{} pending (producer {})", p.offset, p.producer_id)),
        );
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            escape::text(&offset.topic.to_string()),
            offset.partition,
            offset.offset.map_or_else(|| "-".to_owned(), grouped),
            offset.committed_at_ms.map_or_else(|| "-".to_owned(), moment),
            offset.trust,
            escape::text(&doubts.join(", "))
        );
    }
    out.push_str("</tbody></table></div></details>\n");
    out
}

fn name(group: &GroupReport) -> String {
    if group.group_id.is_empty() {
        return "(empty group id)".to_owned();
    }
    escape::text(&group.group_id.to_string())
}
