//! Incidents as findings.

use lastwrites_evidence::{PartitionCopy, ViewKind};

use super::incident::Incident;
use super::model::ReleaseVerdict;
use super::race_windows::Races;
use super::raced::{raced, silently_wrong, unsearched};
use crate::build::path_text;
use crate::findings::Finding;

/// What the incidents and races of one copy give reason to say.
pub(super) fn findings(
    copy: &PartitionCopy,
    incidents: &[Incident],
    races: &Races,
    explicit: bool,
    verdicts: &[ReleaseVerdict],
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = incidents.iter().filter_map(|incident| told(copy, incident)).collect();
    let newest = verdicts.iter().map(|verdict| verdict.kafka).max();
    findings.extend(raced(copy, races, verdicts, explicit));
    findings.extend(silently_wrong(copy, &races.wrong_states, newest, explicit));
    findings.extend(unsearched(races));
    let path = path_text(&copy.path);
    let placed = |finding: Finding| {
        let (file, position) = (finding.file.clone().unwrap_or_else(|| path.clone()), finding.position);
        finding.in_partition(copy.partition).in_file(file, position)
    };
    findings.into_iter().map(placed).collect()
}

fn told(copy: &PartitionCopy, incident: &Incident) -> Option<Finding> {
    let severity = incident.severity?;
    let what = match incident.verdict {
        "loads-empty" => "would be served without its groups by the old coordinator of",
        // Releases 3.x have both, and the old one is what they start with.
        _ if incident.coordinator == "new" && incident.fails_on.starts_with("3.") => {
            "does not load on the new coordinator of"
        }
        _ => "does not load on",
    };
    let view = match incident.view {
        ViewKind::AsLoaded => " once a broker has started on it",
        _ => "",
    };
    let issues =
        if incident.issues.is_empty() { String::new() } else { format!(" ({})", incident.issues.join(", ")) };
    let message = format!("{what} {}{view}{issues}: {}", incident.fails_on, failing_record(incident));
    let mut finding = Finding::new(incident.code, message)
        .at_offset(incident.offset)
        .shown_by(labelled(proof(incident)))
        .helped_by(labelled(remedy(incident)));
    (finding.severity, finding.of_verdict) = (severity, true);
    if let Some(group) = &incident.group_id {
        finding = finding.of_group(group.clone());
    }
    if let Some(record) = &incident.record {
        let file = copy.files.iter().find(|file| file.name == record.file);
        let file = file.map_or_else(|| record.file.to_string(), |file| path_text(&file.path));
        finding = finding.in_file(file, Some(record.position));
    }
    Some(finding)
}

/// `offset 12, ConsumerGroupCurrentMemberAssignment of group G, member M: TEXT`.
pub(crate) fn failing_record(incident: &Incident) -> String {
    let mut text = incident
        .offset
        .map_or_else(|| "after the last record".to_owned(), |offset| format!("offset {offset}"));
    if let Some(name) = &incident.record_name {
        text.push_str(&format!(", {name}"));
    }
    if let Some(group) = &incident.group_id {
        text.push_str(&format!(" of group {group}"));
    }
    if let Some(member) = &incident.member_id {
        text.push_str(&format!(", member {member}"));
    }
    format!("{text}: {}", incident.error)
}

/// What shows it, a label and a text a line: both places, both epochs, the log lines to look for.
pub(crate) fn proof(incident: &Incident) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let at = |record: &crate::model::RecordPlace| {
        format!("offset {}, {} at position {}", record.offset, record.file, record.position)
    };
    match &incident.contest {
        Some(contest) => {
            let claim = |claim: &super::owners::Claim| {
                let epoch = claim.epoch.map_or_else(String::new, |epoch| format!(" at epoch {epoch}"));
                let place =
                    claim.record.as_ref().map_or_else(|| "no record of it in this copy".to_owned(), at);
                format!("member {}{epoch} ({place})", claim.member_id)
            };
            if let Some(record) = incident.record.as_ref().filter(|record| {
                contest.claimed_by.record.as_ref().is_none_or(|claim| claim.offset != record.offset)
            }) {
                lines.push(("record", at(record)));
            }
            lines.push(("claimed", format!("{} by {}", contest.what, claim(&contest.claimed_by))));
            if let Some(held) = &contest.held_by {
                lines.push(("held", format!("{} still by {}", contest.what, claim(held))));
            }
        }
        None => lines.extend(incident.record.as_ref().map(|record| ("record", at(record)))),
    }
    lines.extend(incident.broker_log.iter().map(|line| ("log", line.clone())));
    lines
}

/// Why, whether it stays, where it is fixed, what helps and what doesn't: a label and a text a line.
pub(crate) fn remedy(incident: &Incident) -> Vec<(&'static str, String)> {
    let advice = &incident.advice;
    let mut lines = vec![
        ("why", format!("{} {}", advice.what, incident.stays())),
        ("releases", format!("affected: {}; fixed: {}", advice.affected, advice.fixed)),
    ];
    lines.push((
        "loads on",
        if incident.loads_on.is_empty() {
            format!("no {} coordinator judged here", incident.coordinator)
        } else {
            format!("{} ({} coordinator)", incident.loads_on, incident.coordinator)
        },
    ));
    lines.extend(incident.helps().into_iter().map(|text| ("helps", text.to_owned())));
    lines.push(("deleting", advice.deleting.to_owned()));
    lines
}

/// Lines with their labels in front.
pub(super) fn labelled(lines: Vec<(&'static str, String)>) -> Vec<String> {
    lines.into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
}
