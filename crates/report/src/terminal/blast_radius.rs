//! `blast-radius` on a terminal.

use std::collections::BTreeSet;

use lastwrites_types::ByteText;

use super::findings::{findings, wrapped};
use super::groups::name;
use super::number::{counted, grouped};
use super::table::Table;
use crate::blast_radius::{BlastRadius, GroupRadius, PartitionRadius, Radius, fails_to_load, not_all_groups};
use crate::findings::{Code, Finding, Severity};

/// Who is hit in a sentence, then brokers, partitions, groups and topics, then how far that can be believed.
#[must_use]
pub fn blast_radius(blast: &BlastRadius) -> String {
    let radius = &blast.radius;
    let mut out = answer(radius, &blast.findings);
    let mut section = |title: &str, table: &Table| {
        if !table.is_empty() {
            out.push_str(&format!("\n{title}\n{}", table.render()));
        }
    };
    section("Brokers, and the offsets partitions they lead", &brokers(radius));
    section("Offsets partitions (__consumer_offsets)", &partitions(radius));
    section("Groups", &groups(radius));
    section("Application topics", &topics(radius));
    if !blast.findings.is_empty() {
        out.push_str(&format!("\n{}", findings(&blast.findings, usize::MAX)));
    }
    out
}

fn answer(radius: &Radius, findings: &[Finding]) -> String {
    let failing: BTreeSet<i32> =
        radius.partitions.iter().filter(|p| p.fails == Some(true)).map(|p| p.partition).collect();
    let stuck = radius.groups.iter().filter(|group| group.fails);
    let topics: BTreeSet<&ByteText> = stuck.clone().flat_map(|group| &group.topics).collect();
    if radius.brokers.is_empty() && radius.partitions.is_empty() && radius.groups.is_empty() {
        return "nothing is known of that broker, partition or group here\n".to_owned();
    }
    if let ([broker], true) = (radius.brokers.as_slice(), radius.partitions.is_empty())
        && broker.leads.as_ref().is_some_and(Vec::is_empty)
    {
        let replica_of = match broker.replica_of.len() {
            0 => "and has no replica of any".to_owned(),
            count => format!("and has replicas of {}", counted(count, "partition", "partitions")),
        };
        let text = format!(
            "broker {} leads no offsets partition by this metadata ({replica_of}): no group is hit through it. A broker \
             that was stopped has lost what it led: ask with --as-of for a moment before",
            broker.broker_id
        );
        return wrapped(&text, 0, 0);
    }
    if failing.is_empty() {
        let judged = radius.partitions.iter().filter(|partition| partition.fails.is_some()).count();
        if judged == 0 && !radius.groups.is_empty() {
            let text = format!(
                "which offsets partitions load can't be told from this evidence: {} on {}",
                at_least(radius, findings, counted(radius.groups.len(), "group", "groups")),
                at_least(
                    radius,
                    findings,
                    counted(radius.topics.len(), "application topic", "application topics")
                )
            );
            return wrapped(&text, 0, 0) + &lower_bound(radius, findings);
        }
        if judged == 0 {
            let text = if is_partial(radius) {
                "which offsets partitions load, and how many groups are hit (at least 0), are unknown"
            } else {
                "no copy of an offsets partition here: which of them load, and their groups, are unknown"
            };
            return wrapped(text, 0, 0) + &lower_bound(radius, findings);
        }
        let text = format!(
            "no offsets partition here {}: {} on {}",
            fails_to_load(
                findings.iter().filter(|one| one.severity == Severity::Warning).map(|one| one.code)
            ),
            at_least(radius, findings, counted(radius.groups.len(), "group", "groups")),
            counted(judged, "offsets partition", "offsets partitions")
        );
        let others = match radius.partitions.len() - judged {
            0 => "",
            _ => "of the others no copy was found: nothing is known of their groups\n",
        };
        return format!("{}{others}{}", wrapped(&text, 0, 0), lower_bound(radius, findings));
    }
    let text = format!(
        "{} not load: {}{} and {} are hit",
        match failing.len() {
            1 => "1 offsets partition does".to_owned(),
            more => format!("{more} offsets partitions do"),
        },
        if is_partial(radius) && stuck.clone().next().is_none() { "unknown, " } else { "" },
        at_least(radius, findings, counted(stuck.count(), "group", "groups")),
        at_least(radius, findings, counted(topics.len(), "application topic", "application topics"))
    );
    wrapped(&text, 0, 0) + &lower_bound(radius, findings)
}

/// A number of what is named, where more may be there; where some of those named may be gone it bounds nothing.
fn at_least(radius: &Radius, findings: &[Finding], count: String) -> String {
    let is_bound = is_partial(radius) && !told(findings, Code::ReplicaBehind);
    if is_bound { format!("at least {count}") } else { count }
}

fn told(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code && finding.severity != Severity::Note)
}

fn is_partial(radius: &Radius) -> bool {
    radius.partitions.iter().any(|partition| partition.groups_complete == Some(false))
}

fn lower_bound(radius: &Radius, findings: &[Finding]) -> String {
    let unknown = radius.groups.iter().filter(|group| group.unknown).count();
    let of_them = (unknown > 0).then(|| {
        let named = counted(unknown, "group", "groups");
        format!("of {named} named it isn't known whether they were there then, nor all their topics")
    });
    let missing = is_partial(radius)
        .then(|| not_all_groups(told(findings, Code::ReplicaBehind), told(findings, Code::CompactedMoment)));
    let sentences: Vec<String> = missing.map(str::to_owned).into_iter().chain(of_them).collect();
    if sentences.is_empty() { String::new() } else { wrapped(&sentences.join("; "), 0, 0) }
}

fn brokers(radius: &Radius) -> Table {
    let mut table =
        Table::new(2).number("broker").text("address").text("rack").text("leads").list("replica of");
    for broker in &radius.brokers {
        let address = match (&broker.host, broker.port) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => "-".to_owned(),
        };
        table.row([
            broker.broker_id.to_string(),
            address + if broker.fenced == Some(true) { " (fenced)" } else { "" },
            broker.rack.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            broker.leads.as_deref().map_or_else(|| "unknown".to_owned(), numbers),
            numbers(&broker.replica_of),
        ]);
    }
    table
}

fn partitions(radius: &Radius) -> Table {
    let mut table =
        Table::new(2).number("partition").word("leader").text("replicas").text("in sync").word("load");
    for partition in &radius.partitions {
        table.row([
            partition.partition.to_string(),
            leader(partition),
            numbers(&partition.replicas),
            numbers(&partition.isr),
            match partition.fails {
                Some(true) => "FAILS",
                Some(false) => "no failure reported",
                None => "no copy here",
            }
            .to_owned(),
        ]);
    }
    table
}

fn leader(partition: &PartitionRadius) -> String {
    match partition.leader {
        Some(leader) => leader.to_string(),
        // Whoever knows the replicas knows that there is none.
        None if !partition.replicas.is_empty() => "none".to_owned(),
        None => "unknown".to_owned(),
    }
}

fn groups(radius: &Radius) -> Table {
    let mut table = Table::new(2)
        .text("group")
        .number("part")
        .number("coord")
        .number("lag at least")
        .word("load")
        .list("topics");
    for group in &radius.groups {
        table.row([
            name(&group.group_id),
            group.offsets_partition.map_or_else(|| "?".to_owned(), |number| number.to_string()),
            group.coordinator.map_or_else(|| "-".to_owned(), |broker| broker.to_string()),
            lag(group),
            if group.fails { "FAILS" } else { "" }.to_owned(),
            match (group.found, group.unknown) {
                (false, _) => "no record of it in these copies".to_owned(),
                (true, false) => joined(&group.topics),
                (true, true) if group.topics.is_empty() => "unknown".to_owned(),
                (true, true) => format!("unknown; perhaps {}", joined(&group.topics)),
            },
        ]);
    }
    table
}

/// Records behind at least, with a plus where some partitions' lag isn't known at all.
fn lag(group: &GroupRadius) -> String {
    match group.lag_at_least {
        Some(lag) if group.lag_unknown == 0 => grouped(lag),
        Some(lag) => format!("{}+", grouped(lag)),
        None => "?".to_owned(),
    }
}

fn topics(radius: &Radius) -> Table {
    let mut table = Table::new(2).text("topic").number("partitions").list("groups");
    for topic in &radius.topics {
        let partitions = match topic.partitions {
            Some(count) => count.to_string(),
            None if radius.as_of_metadata_offset.is_some() => "gone".to_owned(),
            None => "unknown".to_owned(),
        };
        table.row([
            topic.topic.to_string(),
            partitions,
            topic.groups.iter().map(name).collect::<Vec<_>>().join(", "),
        ]);
    }
    table
}

fn numbers(numbers: &[i32]) -> String {
    if numbers.is_empty() {
        return "-".to_owned();
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn joined(names: &[ByteText]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
