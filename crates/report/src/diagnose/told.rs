//! Incidents and races as findings.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::race::{LostTask, TaskClaim};
use lastwrites_evidence::{PartitionCopy, ViewKind};
use lastwrites_types::{ByteText, Release, escaped};

use super::cause::Cause;
use super::incident::Incident;
use super::model::{Race, ReleaseVerdict};
use super::race_windows::{Races, WrongState};
use crate::build::path_text;
use crate::findings::{Code, Finding, Severity};
use crate::terminal::counted;

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
    findings.extend(raced(&races.failing, newest, explicit));
    findings.extend(silently_wrong(copy, &races.wrong_states, newest, explicit));
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
    finding.severity = severity;
    if let Some(group) = &incident.group_id {
        finding = finding.of_group(group.clone());
    }
    if let Some(record) = &incident.record {
        let file = copy.files.iter().find(|file| file.name == record.file);
        let file = file.map_or_else(|| record.file.clone(), |file| path_text(&file.path));
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
fn labelled(lines: Vec<(&'static str, String)>) -> Vec<String> {
    lines.into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
}

/// One finding a code for races: a warning where the newest release loses them, a note where only older ones do.
fn raced(races: &[Race], newest: Option<Release>, explicit: bool) -> Vec<Finding> {
    let mut by_code: BTreeMap<Code, Vec<&Race>> = BTreeMap::new();
    for race in races {
        by_code.entry(race.cause.code()).or_default().push(race);
    }
    by_code.into_iter().filter_map(|(code, races)| raced_alike(code, &races, newest, explicit)).collect()
}

fn raced_alike(code: Code, races: &[&Race], newest: Option<Release>, explicit: bool) -> Option<Finding> {
    let releases: BTreeSet<Release> = races.iter().map(|race| race.kafka).collect();
    // The new coordinator of 3.8 and 3.9 had to be asked for, and compaction alone breaks it (KAFKA-17306).
    if !explicit && releases.last().is_some_and(|last| *last < Release::new(4, 0, 0)) {
        return None;
    }
    let size = |race: &&&Race| (race.cleaned_to.saturating_sub(race.loader_at), race.loader_at);
    let on_newest = races.iter().filter(|race| Some(race.kafka) == newest).min_by_key(size);
    let race = on_newest.or_else(|| races.iter().min_by_key(size))?;
    let groups: BTreeSet<&ByteText> = races.iter().map(|race| &race.group_id).collect();
    let names: Vec<String> = releases.iter().map(ToString::to_string).collect();
    let plainly = match race.cause {
        Cause::ResidualConflict => " These releases count as fixed (KAFKA-19862) and fail here all the same.",
        _ => "",
    };
    let message = format!(
        "loads at rest, but a load that races the log cleaner can fail on {} for {}, such as {}: with the loader at \
         {} and the log cleaned to {} it fails at offset {}: {}.{plainly}",
        names.join(", "),
        counted(groups.len(), "group", "groups"),
        race.group_id,
        race.loader_at,
        race.cleaned_to,
        race.offset,
        race.error.trim_end_matches('.'),
    );
    let remedy = vec![
        "why: a race: only a load that meets the cleaner at work fails".to_owned(),
        "helps: a reload once the cleaner's pass has ended".to_owned(),
    ];
    let finding = Finding::new(code, message).of_group(race.group_id.clone());
    let mut finding = finding.at_offset(Some(race.offset)).helped_by(remedy);
    finding.severity = if on_newest.is_some() || explicit { Severity::Warning } else { Severity::Note };
    Some(finding)
}

/// Whose the task is, and whose stale claim took it away: members, epochs, places.
fn both_claims(copy: &PartitionCopy, lost: &LostTask) -> String {
    let at = |offset: i64| {
        let file = copy.log_files().filter(|(_, file)| file.base_offset <= offset).last();
        let file = file.map_or_else(String::new, |(_, file)| format!(" in {}", file.name));
        format!("offset {offset}{file}")
    };
    let claim = |claim: &TaskClaim| {
        format!("member {} at epoch {} ({})", escaped(&claim.member_id), claim.epoch, at(claim.offset))
    };
    let stale = lost.stale.as_ref().map_or_else(
        || "a stale claim is given up".to_owned(),
        |stale| format!("the stale claim of {} is given up", claim(stale)),
    );
    format!(
        "task {}_{} of {} is lost at {}, where {stale}",
        escaped(&lost.subtopology),
        lost.partition,
        claim(&lost.owner),
        at(lost.lost_at)
    )
}

/// Groups that a racing load leaves in a wrong state without an error.
fn silently_wrong(
    copy: &PartitionCopy,
    wrong: &[WrongState],
    newest: Option<Release>,
    explicit: bool,
) -> Vec<Finding> {
    let mut by_group: BTreeMap<&ByteText, Vec<&WrongState>> = BTreeMap::new();
    for state in wrong {
        by_group.entry(&state.group_id).or_default().push(state);
    }
    let finding = |(group, states): (&ByteText, Vec<&WrongState>)| {
        let smallest = states.iter().min_by_key(|state| (state.window.span(), state.window))?;
        let mut releases: Vec<Release> = states.iter().map(|state| state.asked.release).collect();
        releases.sort_unstable();
        releases.dedup();
        let on_newest = newest.is_some_and(|newest| releases.contains(&newest));
        let names: Vec<String> = releases.iter().map(ToString::to_string).collect();
        let tasks = smallest
            .lost
            .as_ref()
            .map_or_else(|| "its state isn't the log's".to_owned(), |lost| both_claims(copy, lost));
        let message = format!(
            "a load that races the log cleaner succeeds on {} into a wrong state of group {group}: with the loader at \
             {} and the log cleaned to {} {tasks}. No broker logs it",
            names.join(", "),
            smallest.window.loader_at,
            smallest.window.cleaned_to
        );
        let mut finding = Finding::new(Code::SilentlyWrong, message)
            .of_group(group.clone())
            .at_offset(smallest.lost.as_ref().map(|lost| lost.lost_at));
        finding.severity = if on_newest || explicit { Severity::Warning } else { Severity::Note };
        Some(finding)
    };
    by_group.into_iter().filter_map(finding).collect()
}
