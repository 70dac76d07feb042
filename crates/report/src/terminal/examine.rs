//! `examine` on a terminal: one screen, the answer first.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_types::Flag;

use super::findings::{findings, labelled, named, wrapped};
use super::groups::name;
use super::number::{bytes, counted, grouped, moment};
use super::table::{LINE_WIDTH, Table};
use super::verdict::{is_stopped, verdict};
use crate::applications::Application;
use crate::diagnose::{Examination, Incident, NextStep, PartitionDiagnosis};
use crate::findings::{Code, Finding, Severity};
use crate::model::{GroupReport, Report};
use crate::shell::shell_option;

/// Groups listed on the first screen.
const GROUPS_SHOWN: usize = 12;
/// Findings listed on the first screen.
const FINDINGS_SHOWN: usize = 8;

/// What the evidence is, the verdict and what shows it, who is hit, what is doubtful, and what to run next.
#[must_use]
pub fn examine(examination: &Examination) -> String {
    let Examination { report, partitions, .. } = examination;
    let mut out = format!("{}   evidence: {}\n", examination.created_by, examination.evidence);
    out.push_str(&wrapped(&inventory(report), 2, 2));
    out.push_str(&verdict(&examination.summary));
    out.push('\n');
    out.push_str(&who(report, partitions));
    // The verdict has told its own; notes are named together.
    let listed: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Note && !finding.of_verdict)
        .cloned()
        .map(|finding| without_known_path(report, finding))
        .collect();
    // Nearly every copy has offsets that expire once: the line of the offsets says when.
    let is_listed =
        |finding: &&Finding| finding.severity == Severity::Note && finding.code != Code::OffsetsExpire;
    let notes: Vec<&Finding> = report.findings.iter().filter(is_listed).collect();
    let told =
        report.findings.iter().filter(|finding| finding.of_verdict && finding.severity != Severity::Note);
    let told = named(told);
    let heading = match (listed.is_empty(), told.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("told above: {told}"),
        (false, true) => "ALSO".to_owned(),
        (false, false) => format!("ALSO, beside {told} told above"),
    };
    if !heading.is_empty() {
        out.push_str(&wrapped(&heading, 2, 4));
    }
    out.push_str(&findings(&listed, FINDINGS_SHOWN));
    if !notes.is_empty() {
        let text = format!(
            "and {}: {} (`lastwrites diagnose` and `lastwrites groups` tell them)",
            counted(notes.len(), "note", "notes"),
            titles(&notes)
        );
        out.push_str(&wrapped(&text, 2, 2));
    }
    if !told.is_empty() || !listed.is_empty() || !notes.is_empty() {
        out.push('\n');
    }
    out.push_str(&next(&examination.next));
    out
}

/// The partition says which copy it is where there is only one.
fn without_known_path(report: &Report, finding: Finding) -> Finding {
    let copies = || report.copies.iter().filter(|copy| copy.partition == finding.partition);
    let is_copy = copies().count() == 1 && copies().any(|copy| Some(&copy.path) == finding.file.as_ref());
    if finding.partition.is_some() && is_copy { Finding { file: None, ..finding } } else { finding }
}

fn inventory(report: &Report) -> String {
    let files: Vec<_> = report.copies.iter().flat_map(|copy| &copy.files).collect();
    let mut brokers: Vec<i32> = report.copies.iter().filter_map(|copy| copy.broker_id).collect();
    brokers.sort_unstable();
    brokers.dedup();
    let brokers: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    let owner = if brokers.is_empty() { String::new() } else { format!("broker {}, ", brokers.join(", ")) };
    let partitions: BTreeSet<Option<i32>> = report.copies.iter().map(|copy| copy.partition).collect();
    let copies = match report.copies.len() {
        copies if copies > partitions.len() => format!(" in {}", counted(copies, "copy", "copies")),
        _ => String::new(),
    };
    format!(
        "{owner}{} of __consumer_offsets{copies}, {}, {}, {}",
        counted(partitions.len(), "partition", "partitions"),
        counted(files.len(), "segment", "segments"),
        bytes(files.iter().map(|file| file.size_bytes).sum()),
        counted(
            usize::try_from(files.iter().map(|file| file.records).sum::<u64>()).unwrap_or(usize::MAX),
            "record",
            "records"
        ),
    )
}

fn who(report: &Report, partitions: &[PartitionDiagnosis]) -> String {
    let stopped = |group: &GroupReport| {
        partitions.iter().any(|partition| partition.partition == group.found_in && is_stopped(partition))
    };
    let mut groups: Vec<&GroupReport> = report.groups.iter().collect();
    if groups.is_empty() {
        return "  WHO       no group has a record here\n\n".to_owned();
    }
    // Those that are stopped first, then the most recent: somebody waits for them.
    groups.sort_by_key(|group| {
        (std::cmp::Reverse(stopped(group)), std::cmp::Reverse(last_commit(group)), &group.group_id)
    });
    let mut table = Table::new(2)
        .text("WHO")
        .word("type")
        .word("state")
        .number("part")
        .number("offsets")
        .word("last commit");
    // Somebody asks for those that are stopped; where any are, the others are counted.
    let hit = groups.iter().filter(|group| stopped(group)).count();
    let shown = if hit > 0 { hit.min(GROUPS_SHOWN) } else { GROUPS_SHOWN };
    for group in groups.iter().take(shown) {
        table.row([
            name(&group.group_id),
            group.group_type.to_owned(),
            if stopped(group) { "stopped" } else { group.state.unwrap_or("-") }.to_owned(),
            group.found_in.map_or_else(|| "?".to_owned(), |partition| partition.to_string()),
            grouped(i64::try_from(group.offsets.len()).unwrap_or(i64::MAX)),
            last_commit(group).map_or_else(|| "-".to_owned(), moment),
        ]);
    }
    let mut out = table.render();
    if groups.len() > shown {
        let which = if hit > 0 && hit <= shown { " on partitions that load" } else { "" };
        let more = groups.len() - shown;
        out.push_str(&format!("  ... and {}{which}\n", counted(more, "more group", "more groups")));
    }
    out.push_str(&labelled("OFFSETS", &offsets(report)));
    // What committed offsets don't tell of these groups, once a kind.
    let mut limits: BTreeMap<&str, (&GroupReport, usize)> = BTreeMap::new();
    for (group, application) in groups.iter().filter_map(|group| Some((group, Application::of(group)?))) {
        limits.entry(application.limits()).or_insert((group, 0)).1 += 1;
    }
    for (limits, (first, count)) in limits {
        let more = if count == 1 { String::new() } else { format!(" and {} more", count - 1) };
        out.push_str(&labelled("", &format!("{}{more}: {limits}.", name(&first.group_id))));
    }
    out.push('\n');
    out
}

fn last_commit(group: &GroupReport) -> Option<i64> {
    group.offsets.iter().filter_map(|offset| offset.committed_at_ms).max()
}

fn offsets(report: &Report) -> String {
    let all: Vec<_> = report.groups.iter().flat_map(|group| &group.offsets).collect();
    let committed: Vec<_> = all.iter().filter(|offset| offset.offset.is_some()).collect();
    let only = |in_transaction: bool| {
        let uncommitted = all.iter().filter(|offset| offset.offset.is_none());
        uncommitted.filter(|offset| offset.pending.is_empty() != in_transaction).count()
    };
    let (pending, elsewhere) = (only(true), only(false));
    let contested = committed.iter().filter(|offset| offset.flags.contains(Flag::Contested)).count();
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
        text.push_str(&format!("; {pending} more only in transactions that this log does not close"));
    }
    let settled = all.iter().filter(|offset| offset.flags.contains(Flag::CommittedByTransactionLog)).count();
    if settled > 0 {
        text.push_str(&format!(
            "; {settled} would change: the transaction log says committed, the marker is not here (LW204)"
        ));
    }
    if elsewhere > 0 {
        text.push_str(&format!("; {elsewhere} more only on a copy that the others contradict, not taken"));
    }
    if contested > 0 {
        text.push_str(&format!(
            "; {contested} contested between copies (`lastwrites groups` shows both sides)"
        ));
    }
    let expire = report.findings.iter().find(|finding| finding.code == Code::OffsetsExpire);
    if let Some((finding, first)) =
        expire.zip(all.iter().filter_map(|offset| offset.expires_at_ms).min().map(moment))
    {
        let day = first.split(' ').next().unwrap_or_default();
        text.push_str(&format!("; note {}: expiry {day}", finding.code));
    }
    text.push('.');
    text
}

fn titles(findings: &[&Finding]) -> String {
    let title = |finding: &&Finding| format!("{} {}", finding.code, finding.code.title());
    let mut titles: Vec<String> = findings.iter().map(title).collect();
    titles.sort_unstable();
    titles.dedup();
    titles.join(", ")
}

/// What to run next.
pub(crate) fn next_steps(report: &Report, partitions: &[PartitionDiagnosis], shown: &str) -> Vec<NextStep> {
    let failing = partitions.iter().find(|partition| is_stopped(partition));
    let hit = |group: &&GroupReport| failing.is_none_or(|partition| partition.partition == group.found_in);
    let has_offset = |group: &&GroupReport| group.offsets.iter().any(|offset| offset.offset.is_some());
    let incident = failing.and_then(|partition| partition.incidents.first());
    let named = |group: &&GroupReport| {
        incident.is_some_and(|incident| incident.group_id.as_ref() == Some(&group.group_id))
    };
    let mut groups = report.groups.iter().filter(|group| has_offset(group) && hit(group));
    let group = groups.clone().find(named).or_else(|| groups.next());
    let mut lines: Vec<(String, &'static str)> = Vec::new();
    match failing {
        Some(partition) => {
            let only =
                partition.partition.map_or_else(String::new, |number| format!(" --partition {number}"));
            lines.push((format!("lastwrites diagnose {shown}{only}"), "the proof, release by release"));
        }
        None => {
            lines.push((format!("lastwrites groups {shown}"), "every group with members, offsets and doubts"))
        }
    }
    if let Some(group) = group {
        // `--group` takes true names, which a pseudonym is to hide.
        let id = match report.names_redacted {
            true => "--all-groups".to_owned(),
            false => shell_option("--group", group.group_id.as_bytes()),
        };
        let foreign = if group.is_foreign() { " --foreign" } else { "" };
        lines.push((
            format!("lastwrites recover {shown} {id}{foreign} -o offsets.json"),
            if failing.is_some_and(|partition| partition.incidents.iter().any(Incident::is_silent)) {
                "its offsets; --as-of a moment before the load, if committed since"
            } else if failing.is_some() {
                "its offsets, saved before anything is tried"
            } else {
                "a reviewed file for lastwrites-seek"
            },
        ));
    }
    if let Some(incident) = incident {
        if incident.persistence == "race" {
            lines.push((
                format!("lastwrites playbook --brokers REPLICAS {shown}"),
                "move the leader, with rollback; REPLICAS: kafka-topics --describe",
            ));
        }
        lines.push((format!("lastwrites explain {}", incident.code), "what this is and what neutralises it"));
    }
    if report.copies.iter().flat_map(|copy| &copy.files).any(|file| file.damaged_bytes > 0) {
        lines.push((format!("lastwrites scan {shown}"), "every byte accounted for, damage by position"));
    }
    lines.into_iter().map(|(command, what)| NextStep { command, what }).collect()
}

fn next(steps: &[NextStep]) -> String {
    use unicode_width::UnicodeWidthStr as _;

    let mut out = String::new();
    for (nth, NextStep { command, what }) in steps.iter().enumerate() {
        let label = if nth == 0 { "NEXT" } else { "" };
        let line = format!("  {label:<10}{command}");
        // Beside the command where there is room.
        let gap = if line.width() + 2 + what.width() <= LINE_WIDTH { "  " } else { "\n              " };
        out.push_str(&format!("{line}{gap}{what}\n"));
    }
    out
}
