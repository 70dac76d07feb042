//! `examine` on a terminal: one screen, the answer first.

use super::findings::{findings, wrapped};
use super::groups::name;
use super::number::{bytes, counted, grouped, moment};
use super::table::Table;
use crate::findings::Severity;
use crate::model::{GroupReport, Report};

/// Groups listed on the first screen.
const GROUPS_SHOWN: usize = 12;
/// Findings listed on the first screen.
const FINDINGS_SHOWN: usize = 8;

/// What the evidence is, the verdict, who is here, what is doubtful, and what to run next. `shown` is the
/// evidence as the person named it.
#[must_use]
pub fn examine(report: &Report, shown: &str) -> String {
    let mut out = format!("lastwrites {}   evidence: {shown}\n", env!("CARGO_PKG_VERSION"));
    out.push_str(&wrapped(&inventory(report), 2, 2));
    out.push('\n');
    out.push_str(&labelled("VERDICT", &verdict(report)));
    out.push('\n');
    out.push_str(&who(report));
    let listed: Vec<_> =
        report.findings.iter().filter(|finding| finding.severity != Severity::Note).cloned().collect();
    let notes = report.findings.len() - listed.len();
    if !listed.is_empty() {
        out.push_str("  FINDINGS\n");
        out.push_str(&findings(&listed, FINDINGS_SHOWN));
    }
    if notes > 0 {
        out.push_str(&format!(
            "  and {} ({}; `lastwrites groups` lists them)\n",
            counted(notes, "note", "notes"),
            note_titles(report)
        ));
    }
    if !listed.is_empty() || notes > 0 {
        out.push('\n');
    }
    out.push_str(&next(report, shown));
    out
}

fn inventory(report: &Report) -> String {
    let files: Vec<_> = report.copies.iter().flat_map(|copy| &copy.files).collect();
    let mut brokers: Vec<i32> = report.copies.iter().filter_map(|copy| copy.broker_id).collect();
    brokers.sort_unstable();
    brokers.dedup();
    let brokers: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    let owner = if brokers.is_empty() { String::new() } else { format!("broker {}, ", brokers.join(", ")) };
    format!(
        "{owner}{} of __consumer_offsets, {}, {}, {}",
        counted(report.copies.len(), "partition", "partitions"),
        counted(files.len(), "segment", "segments"),
        bytes(files.iter().map(|file| file.size_bytes).sum()),
        counted(
            usize::try_from(files.iter().map(|file| file.records).sum::<u64>()).unwrap_or(usize::MAX),
            "record",
            "records"
        ),
    )
}

fn verdict(report: &Report) -> String {
    let failing: Vec<_> =
        report.partitions.iter().filter(|partition| partition.load.error.is_some()).collect();
    let damaged: u64 = report.copies.iter().flat_map(|copy| &copy.files).map(|file| file.damaged_bytes).sum();
    let rules = &report.rules;
    let load = match failing.as_slice() {
        [] => format!("A coordinator by the rules of {rules} would load every partition here."),
        [one] => format!(
            "__consumer_offsets-{} {} on {rules}{}: {}.",
            one.partition.map_or_else(|| "?".to_owned(), |partition| partition.to_string()),
            if one.load.verdict == "fails" { "does not load" } else { "loads without its groups" },
            one.load.offset.map_or_else(String::new, |offset| format!(", at offset {}", grouped(offset))),
            one.load.error.as_deref().unwrap_or_default().trim_end_matches('.')
        ),
        several => format!(
            "{} of {} partitions do not load on {rules}; the first is __consumer_offsets-{}.",
            several.len(),
            report.partitions.len(),
            several.first().and_then(|first| first.partition).unwrap_or(-1)
        ),
    };
    let bytes_said = if damaged == 0 {
        "No byte is damaged.".to_owned()
    } else {
        format!("{} are damaged; what is readable around them was read.", bytes(damaged))
    };
    format!("{load} {bytes_said}")
}

fn who(report: &Report) -> String {
    let mut groups: Vec<&GroupReport> = report.groups.iter().collect();
    if groups.is_empty() {
        return "  WHO       no group has a record here\n\n".to_owned();
    }
    // The most recent first: those are the ones somebody waits for.
    groups.sort_by_key(|group| (std::cmp::Reverse(last_commit(group)), &group.group_id));
    let mut table = Table::new(2)
        .text("WHO")
        .word("type")
        .word("state")
        .number("part")
        .number("offsets")
        .word("last commit");
    for group in groups.iter().take(GROUPS_SHOWN) {
        table.row([
            name(&group.group_id),
            group.group_type.to_owned(),
            group.state.unwrap_or("-").to_owned(),
            group.found_in.map_or_else(|| "?".to_owned(), |partition| partition.to_string()),
            grouped(i64::try_from(group.offsets.len()).unwrap_or(i64::MAX)),
            last_commit(group).map_or_else(|| "-".to_owned(), moment),
        ]);
    }
    let mut out = table.render();
    if groups.len() > GROUPS_SHOWN {
        out.push_str(&format!("  ... and {} more groups\n", groups.len() - GROUPS_SHOWN));
    }
    out.push('\n');
    out.push_str(&labelled("OFFSETS", &offsets(report)));
    out.push('\n');
    out
}

fn last_commit(group: &GroupReport) -> Option<i64> {
    group.offsets.iter().filter_map(|offset| offset.committed_at_ms).max()
}

fn offsets(report: &Report) -> String {
    let all: Vec<_> = report.groups.iter().flat_map(|group| &group.offsets).collect();
    let committed: Vec<_> = all.iter().filter(|offset| offset.offset.is_some()).collect();
    let pending = all.len() - committed.len();
    let mut trusts: Vec<String> = Vec::new();
    for trust in ["intact", "compacted", "pre-image", "replica", "salvaged", "unverified"] {
        let count = committed.iter().filter(|offset| offset.trust.as_str() == trust).count();
        if count > 0 {
            trusts.push(if count == committed.len() {
                format!("all {trust}")
            } else {
                format!("{count} {trust}")
            });
        }
    }
    let mut text = counted(committed.len(), "committed offset", "committed offsets");
    if !trusts.is_empty() {
        text.push_str(&format!(": {}", trusts.join(", ")));
    }
    if pending > 0 {
        text.push_str(&format!("; {pending} more only in open transactions, not committed"));
    }
    text.push('.');
    text
}

fn note_titles(report: &Report) -> String {
    let mut titles: Vec<&str> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Note) {
        if !titles.contains(&finding.code.title()) {
            titles.push(finding.code.title());
        }
    }
    titles.join(", ")
}

fn next(report: &Report, shown: &str) -> String {
    let first = report.groups.iter().find(|group| group.offsets.iter().any(|offset| offset.offset.is_some()));
    let mut out = format!(
        "  NEXT      lastwrites groups {shown}\n            every group with members, offsets and doubts\n"
    );
    if let Some(group) = first {
        out.push_str(&format!(
            "            lastwrites recover {shown} --group {} -o offsets.json\n            a reviewed file for lastwrites-seek\n",
            shell_quoted(&name(&group.group_id))
        ));
    }
    if report.copies.iter().flat_map(|copy| &copy.files).any(|file| file.damaged_bytes > 0) {
        out.push_str(&format!(
            "            lastwrites scan {shown}\n            every byte accounted for, damage by position\n"
        ));
    }
    out
}

/// A label in the margin and its text beside it.
fn labelled(label: &str, text: &str) -> String {
    let text = wrapped(text, 12, 12);
    format!("  {label:<10}{}", text.get(12..).unwrap_or_default())
}

/// A word as a shell takes it back.
fn shell_quoted(word: &str) -> String {
    let plain =
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
