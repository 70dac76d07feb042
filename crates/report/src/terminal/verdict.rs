//! The first lines of `examine`: does it load, why not, what helps now.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::ViewKind;
use lastwrites_types::ByteText;

use super::findings::labelled;
use super::number::{bytes, counted};
use crate::diagnose::{Cause, Incident, PartitionDiagnosis, ReleaseVerdict, SummaryPart, spans};
use crate::findings::{Code, Severity};
use crate::merge::Role;
use crate::model::Report;

/// True for a partition that a release in question does not load.
pub(crate) fn is_stopped(partition: &PartitionDiagnosis) -> bool {
    partition.incidents.iter().any(|incident| incident.severity == Some(Severity::Error))
}

/// Verdict, proof and way out of the first failing partition; the others are named.
pub(super) fn verdict(summary: &[SummaryPart]) -> String {
    let mut out = String::new();
    for part in summary {
        for (nth, text) in paragraphs(part).iter().enumerate() {
            out.push_str(&labelled(if nth == 0 { part.label } else { "" }, text));
        }
    }
    out
}

/// One screen has no room for a line a sentence: the answer, then what it rests on; the proof, then the broker's words.
fn paragraphs(part: &SummaryPart) -> Vec<String> {
    match (part.label, part.text.as_slice()) {
        ("VERDICT", [first, rest @ ..]) if !rest.is_empty() => vec![first.clone(), rest.join(" ")],
        ("WHY", [proof @ .., broker_log]) if !proof.is_empty() => vec![proof.join("; "), broker_log.clone()],
        (_, text) => text.to_vec(),
    }
}

/// Labels and sentences, for whoever lays them out; an empty label goes on with the one before.
pub(crate) fn verdict_lines(
    report: &Report,
    partitions: &[PartitionDiagnosis],
) -> Vec<(&'static str, String)> {
    let stopped: Vec<&PartitionDiagnosis> =
        partitions.iter().filter(|partition| is_stopped(partition)).collect();
    let first = stopped.first().and_then(|partition| Some((*partition, partition.incidents.first()?)));
    let Some((partition, incident)) = first else {
        let mut out = vec![("VERDICT", format!("{} {}", healthy(partitions), damage(report)))];
        out.extend(start_cut(partitions).map(|text| ("", text)));
        out.extend(forks(report).map(|text| ("", text)));
        out.extend(silent(partitions).map(|(partition, other)| ("", silence(partition, other))));
        return out;
    };
    let loads = match incident.loads_on.as_str() {
        "" => format!("No release judged here loads it. Fixed: {}.", incident.advice.fixed),
        releases => format!("It loads on {releases}. Fixed: {}.", incident.advice.fixed),
    };
    let mut out = vec![
        ("VERDICT", fails(report, partition, incident, &stopped)),
        ("", format!("{} {} {}", incident.advice.what, incident.stays(), damage(report))),
        ("", loads),
    ];
    out.extend(elsewhere(partition, incident).map(|text| ("", text)));
    out.extend(start_cut(partitions).map(|text| ("", text)));
    out.extend(forks(report).map(|text| ("", text)));
    let swallowed = silent([partition]);
    out.extend(swallowed.map(|(_, other)| ("", silence(partition, other))));
    out.extend(why(incident));
    let mut helps = incident.helps();
    helps.extend(
        swallowed
            .into_iter()
            .flat_map(|(_, other)| other.helps())
            .filter(|text| !incident.helps().contains(text)),
    );
    out.extend(
        helps.iter().enumerate().map(|(nth, text)| (if nth == 0 { "HELPS" } else { "" }, (*text).to_owned())),
    );
    out.push(("HELPS NOT", deleting(incident)));
    let too = swallowed.filter(|(_, other)| other.advice.deleting != incident.advice.deleting);
    out.extend(too.map(|(_, other)| ("", deleting(other))));
    out
}

/// Other records of the partition at which loads end: other releases', or those of a broker's start.
fn elsewhere(partition: &PartitionDiagnosis, first: &Incident) -> Option<String> {
    let told = |other: &&Incident| {
        other.severity == Some(Severity::Error)
            && !other.is_silent()
            && (other.view, other.offset, other.coordinator) != (first.view, first.offset, first.coordinator)
    };
    let others: Vec<String> = partition
        .incidents
        .iter()
        .filter(told)
        .map(|other| {
            let start = if other.view == ViewKind::AsLoaded { " after a broker's start" } else { "" };
            let place = other
                .offset
                .map_or_else(|| "after the last record".to_owned(), |offset| format!("at offset {offset}"));
            format!("{place} on Kafka {}{start} ({})", releases(partition, other), other.code)
        })
        .collect();
    let (last, before) = others.split_last()?;
    let list = if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) };
    Some(format!("It also fails {list}: see `lastwrites diagnose`."))
}

/// What a broker's start would take: no good verdict stands without it.
fn start_cut(partitions: &[PartitionDiagnosis]) -> Option<String> {
    let mut cut = partitions.iter().filter_map(|copy| Some((copy, copy.start_cut?)));
    let (copy, first) = cut.next()?;
    let more = match cut.count() {
        0 => String::new(),
        more => format!("; {}", counted(more, "more copy is cut", "more copies are cut")),
    };
    Some(format!(
        "But do not start a broker on {} without a copy: {} (LW121){more}.",
        copy.path,
        first.told()
    ))
}

/// Whose copies hold what the cluster went on without: of several that contradict each other, who was wrong.
fn forks(report: &Report) -> Option<String> {
    let mut forked: BTreeMap<String, usize> = BTreeMap::new();
    let replicas = report.partitions.iter().flat_map(|partition| &partition.replicas);
    for replica in replicas.filter(|replica| replica.role == Role::Forked) {
        let copy = report.copies.get(replica.copy)?;
        let whose = copy.broker_id.map_or_else(|| copy.path.clone(), |id| format!("broker {id}"));
        *forked.entry(whose).or_default() += 1;
    }
    let told: Vec<String> = forked
        .iter()
        .map(|(whose, partitions)| format!("{whose} in {}", counted(*partitions, "partition", "partitions")))
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "Who was wrong: {}. What it wrote there alone the cluster went on without (LW312); the offsets below are the other \
             copies'.",
            told.join(", ")
        )
    })
}

/// What deleting the group does; the label says that it doesn't help.
fn deleting(incident: &Incident) -> String {
    incident.advice.deleting.replacen("Deleting the group does not help: ", "Deleting the group: ", 1)
}

fn fails(
    report: &Report,
    partition: &PartitionDiagnosis,
    incident: &Incident,
    stopped: &[&PartitionDiagnosis],
) -> String {
    let number = number(partition);
    let releases = releases(partition, incident);
    let does = if incident.verdict == "loads-empty" { "loads without its groups" } else { "does not load" };
    let issues =
        if incident.issues.is_empty() { String::new() } else { format!(" ({})", incident.issues.join(", ")) };
    let hit: Vec<_> = report.groups.iter().filter(|group| group.found_in == partition.partition).collect();
    let topics: BTreeSet<&ByteText> =
        hit.iter().flat_map(|group| &group.offsets).map(|offset| &offset.topic).collect();
    let others = match stopped.len() {
        0 | 1 => String::new(),
        several => {
            format!(" {} more like it: see `lastwrites diagnose`.", counted(several - 1, "copy", "copies"))
        }
    };
    format!(
        "__consumer_offsets-{number} {does} on Kafka {releases}{issues}: {}, {} {}.{others}",
        counted(hit.len(), "group", "groups"),
        counted(topics.len(), "topic", "topics"),
        if incident.is_silent() { "without offsets" } else { "stopped" },
    )
}

fn number(partition: &PartitionDiagnosis) -> String {
    partition.partition.map_or_else(|| "?".to_owned(), |number| number.to_string())
}

/// Releases that meet an incident, those whose coordinator does by default if there are any.
fn releases(partition: &PartitionDiagnosis, incident: &Incident) -> String {
    let by_default = |verdict: &ReleaseVerdict| {
        verdict.runs_by_default() && incident.verdicts.iter().any(|one| one.kafka == verdict.kafka)
    };
    let view = partition
        .verdicts
        .iter()
        .filter(|verdict| verdict.view == ViewKind::AsFound && verdict.coordinator == incident.coordinator);
    let releases = spans(view, by_default);
    if releases.is_empty() { incident.fails_on.clone() } else { releases }
}

/// The first loss that nobody is told of: an old coordinator that swallows the error.
fn silent<'p>(
    partitions: impl IntoIterator<Item = &'p PartitionDiagnosis>,
) -> Option<(&'p PartitionDiagnosis, &'p Incident)> {
    let told = |incident: &&Incident| {
        incident.is_silent() && matches!(incident.severity, Some(Severity::Error | Severity::Warning))
    };
    partitions.into_iter().find_map(|partition| Some((partition, partition.incidents.iter().find(told)?)))
}

fn silence(partition: &PartitionDiagnosis, incident: &Incident) -> String {
    format!(
        "In silence on Kafka {}: the old coordinator swallows the error and serves __consumer_offsets-{} without its \
         groups. Nobody gets an error, and consumers start at auto.offset.reset.",
        releases(partition, incident),
        number(partition),
    )
}

fn why(incident: &Incident) -> Vec<(&'static str, String)> {
    let group = incident.group_id.as_ref().map_or_else(String::new, |group| format!("group {group}, "));
    let mut out = Vec::new();
    match &incident.contest {
        Some(contest) => {
            let epoch =
                |epoch: Option<i32>| epoch.map_or_else(String::new, |epoch| format!(" at epoch {epoch}"));
            let at = |offset: Option<i64>| {
                offset.map_or_else(|| "offset ?".to_owned(), |at| format!("offset {at}"))
            };
            let claim = &contest.claimed_by;
            out.push((
                "WHY",
                format!(
                    "{}: {group}member {} takes {}{}",
                    at(incident.offset),
                    claim.member_id,
                    contest.what,
                    epoch(claim.epoch)
                ),
            ));
            out.extend(place(incident));
            if let Some(held) = &contest.held_by {
                let offset = held.record.as_ref().map(|record| record.offset);
                out.push((
                    "",
                    format!("{}: member {} still holds it{}", at(offset), held.member_id, epoch(held.epoch)),
                ));
            }
        }
        None => {
            let name = incident.record_name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
            let at = incident
                .offset
                .map_or_else(|| "after the last record".to_owned(), |at| format!("offset {at}{name}"));
            let member =
                incident.member_id.as_ref().map_or_else(String::new, |member| format!("member {member}"));
            let whose = format!("{group}{member}");
            // Bytes that no record could be read from belong to nobody that is known.
            let between = if whose.is_empty() { "" } else { ": " };
            out.push(("WHY", format!("{at}{between}{}", whose.trim_end_matches(", "))));
            out.extend(place(incident));
        }
    }
    out.push(("", format!("broker log: \"{}\"", incident.error)));
    out
}

/// Where the record that fails lies.
fn place(incident: &Incident) -> Option<(&'static str, String)> {
    let record = incident.record.as_ref()?;
    Some(("", format!("{}, position {}", record.file, record.position)))
}

fn healthy(partitions: &[PartitionDiagnosis]) -> String {
    if !partitions.is_empty() && partitions.iter().all(|copy| copy.extent.is_text) {
        return "No verdict: this evidence is text that a tool printed, and text can't tell whether a coordinator would \
                load the log."
            .to_owned();
    }
    let doubtful = partitions
        .iter()
        .filter(|partition| partition.incidents.iter().any(|one| one.severity == Some(Severity::Warning)))
        .count();
    let incidents = partitions.iter().flat_map(|partition| &partition.incidents);
    let as_it_lies = incidents.clone().any(|one| {
        one.cause == Cause::DamagedBytes
            && one.view == ViewKind::AsFound
            && one.severity == Some(Severity::Warning)
    });
    if doubtful > 0 {
        let copies = counted(doubtful, "copy does", "copies do");
        return if as_it_lies {
            format!(
                "{copies} not load as found: a broker that is running, or that starts after a clean shutdown, stops at the \
                 damage. One that starts after an unclean shutdown cuts it off first and loads every partition. See below and \
                 `lastwrites diagnose`."
            )
        } else {
            format!(
                "No partition is stopped, but {copies} not load everywhere: see below and `lastwrites diagnose`."
            )
        };
    }
    let newest =
        partitions.iter().flat_map(|partition| &partition.verdicts).rfind(|verdict| verdict.is_loaded());
    let newest = newest.map_or_else(String::new, |verdict| format!(", {} included", verdict.kafka));
    let raced = partitions.iter().any(|partition| !partition.races.is_empty());
    let raced = if raced {
        " A load that meets the log cleaner at work can fail all the same: `lastwrites diagnose` tells on which release."
    } else {
        ""
    };
    let lies = if raced.is_empty() { "" } else { " as it lies" };
    format!(
        "Every partition here loads{lies} on every release that knows its records{newest}.{raced}{}",
        incomplete(partitions)
    )
}

/// A log that lacks records loads as far as it goes: nobody should rest a decision on that.
fn incomplete(partitions: &[PartitionDiagnosis]) -> String {
    let mut short = partitions.iter().filter_map(|copy| Some((copy, copy.incomplete(partitions)?)));
    let Some((copy, why)) = short.next() else { return String::new() };
    let more = match short.count() {
        0 => String::new(),
        more => format!(", and {more} more like it"),
    };
    format!(" But as far as it goes only for {} ({why}){more}: its broker's own log may fail.", copy.path)
}

fn damage(report: &Report) -> String {
    let damaged: u64 = report.copies.iter().flat_map(|copy| &copy.files).map(|file| file.damaged_bytes).sum();
    let mut text = if damaged == 0 {
        let found = |code| report.findings.iter().any(|finding| finding.code == code);
        match (found(Code::WrongChecksum), found(Code::OutOfPlace)) {
            (true, _) => "Every batch can be read, but not every checksum is right: see below.".to_owned(),
            (_, true) => {
                "Every batch can be read, but not every one lies where it says: see below.".to_owned()
            }
            _ if found(Code::TextEvidence) => "Nothing in it is damaged.".to_owned(),
            _ => "No byte is damaged.".to_owned(),
        }
    } else {
        format!("{} are damaged; what is readable around them was read.", bytes(damaged))
    };
    if report.findings.iter().any(|finding| finding.code == Code::TornCopy) {
        text.push_str(" But a copy is torn (LW112).");
    }
    text
}
