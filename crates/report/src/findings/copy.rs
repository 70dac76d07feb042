//! What the state of a copy gives reason to say.

use std::collections::BTreeMap;

use lastwrites_coordinator::load::{Failure, Stage, Verdict};
use lastwrites_coordinator::rules::Profile;
use lastwrites_coordinator::state::{CopyState, Counts};
use lastwrites_evidence::PartitionCopy;

use super::torn::torn_copy;
use super::{Code, Finding, Severity};
use crate::build::path_text;
use crate::diagnose::{Around, Unbroken, cause};
use crate::model::GroupReport;
use crate::terminal::counted;

/// Groups that one finding names; the rest it counts.
const MOST_NAMED: usize = 20;

/// Findings about one copy's records and groups.
pub(crate) fn copy_findings(
    copy: &PartitionCopy,
    state: &CopyState,
    groups: &[GroupReport],
    profile: &Profile,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(load_failure(copy, state, profile));
    findings.extend(torn_copy(copy, state));
    findings.extend(left_behind(groups));
    findings.extend(other_rules(state, groups));
    findings.extend(unknown_records(copy, state));
    findings.extend(irregular_commits(state));
    findings.extend(unknown_marker(&state.counts));
    placed(copy, findings)
}

/// What a copy gives reason to say as of a moment, up to which `state` replayed it. That it ends there is no tear. Whether
/// it loads is told by the rules of `profile`; `None` where it can't be.
pub(crate) fn moment_findings(
    copy: &PartitionCopy,
    state: &CopyState,
    groups: &[GroupReport],
    profile: Option<&Profile>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(profile.and_then(|profile| load_failure(copy, state, profile)));
    findings.extend(left_behind(groups));
    findings.extend(other_rules(state, groups));
    findings.extend(unknown_records(copy, state));
    placed(copy, findings)
}

/// What a copy gives reason to say that another copy of its partition is merged with: its load and its tears. Its
/// groups are told of once, by the copy that is the reference.
pub(crate) fn replica_findings(copy: &PartitionCopy, state: &CopyState, profile: &Profile) -> Vec<Finding> {
    placed(copy, load_failure(copy, state, profile).into_iter().chain(torn_copy(copy, state)).collect())
}

fn placed(copy: &PartitionCopy, findings: Vec<Finding>) -> Vec<Finding> {
    let path = path_text(&copy.path);
    let placed = |finding: Finding| {
        let file = finding.file.clone().unwrap_or_else(|| path.clone());
        let position = finding.position;
        finding.in_partition(copy.partition).in_file(file, position)
    };
    findings.into_iter().map(placed).collect()
}

/// A text can't tell whether a coordinator would load the log.
fn load_failure(copy: &PartitionCopy, state: &CopyState, profile: &Profile) -> Option<Finding> {
    if copy.is_text() {
        return None;
    }
    let failure = state.load.failure.as_ref().filter(|_| !state.load.verdict.is_loaded())?;
    let rules = profile.to_string();
    let place = failure
        .offset
        .map_or_else(|| "after the last record".to_owned(), |offset| format!("at offset {offset}"));
    let (code, what) = match state.load.verdict {
        Verdict::LoadsEmpty => (Code::LoadsEmpty, "would load this partition without its groups"),
        _ => (code(state, failure, profile), "would not load this partition"),
    };
    let cut_at_start = failure.stage == Stage::Read && is_cut_at_start(copy, failure.offset);
    let start = match failure.stage {
        Stage::Read if cut_at_start => " (as the files lie; a starting broker would first cut the log there)",
        Stage::Read => {
            " (a starting broker doesn't look there: the log was shut down cleanly or flushed past it)"
        }
        _ => "",
    };
    let message = format!("{rules} {what}: {place}: {}{start}", failure.error);
    let mut finding = Finding::new(code, message).at_offset(failure.offset);
    if cut_at_start {
        // As `diagnose` has it: a start takes the damage away.
        finding.severity = Severity::Warning;
    }
    if let Some(group) = &failure.group_id {
        finding = finding.of_group(&**group);
    }
    Some(finding)
}

/// The code of a failure's cause. The records around it were not read: where only they tell a race from a log that says
/// it itself, and the two have codes of their own, it is the general one.
fn code(state: &CopyState, failure: &Failure, profile: &Profile) -> Code {
    let told = |unbroken| cause(profile, failure, Around { records: &[], unbroken }).code();
    let (raced, written) = (told(Unbroken::Unknown), told(Unbroken::Whole));
    let seen = &state.continuity;
    let whole = seen.absent_below.is_none() && seen.damaged_below.is_none() && seen.backwards.is_none();
    if raced == written || whole { written } else { Code::LoadFails }
}

/// True where a broker's start would check the log from that offset on and cut it there (`LogLoader.recoverLog`).
fn is_cut_at_start(copy: &PartitionCopy, offset: Option<i64>) -> bool {
    let checkpoints = &copy.checkpoints;
    !checkpoints.clean_shutdown && offset >= Some(checkpoints.recovery_point.unwrap_or(0))
}

/// Offsets that no broker serves from here: their group is gone, or belongs to another partition.
pub(crate) fn left_behind(groups: &[GroupReport]) -> Vec<Finding> {
    orphans(groups).into_iter().chain(foreign(groups)).collect()
}

fn orphans(groups: &[GroupReport]) -> Option<Finding> {
    let orphaned: Vec<&GroupReport> = groups.iter().filter(|group| group.group_type == "none").collect();
    let first = orphaned.first()?;
    let offsets = orphaned.iter().map(|group| group.offsets.len()).sum();
    let message = format!(
        "{} whose group is gone: {} (first: {}); a 4.x broker answers -1 for them, an older one serves them",
        counted(offsets, "committed offset", "committed offsets"),
        counted(orphaned.len(), "group", "groups"),
        first.group_id
    );
    Some(Finding::new(Code::OrphanOffsets, message))
}

/// Names the groups that a coordinator before 4.0 would have served, where nothing shows a 4.x writer: it made an
/// empty group of offsets without one (`GroupMetadataManager.doLoadGroupsAndOffsets`).
fn other_rules(state: &CopyState, groups: &[GroupReport]) -> Option<Finding> {
    let newer_types = state.counts.by_type.get(3..).unwrap_or_default().iter().sum::<u64>();
    let topic_ids = groups.iter().flat_map(|group| &group.offsets).any(|offset| offset.topic_id.is_some());
    let orphaned: Vec<String> = groups
        .iter()
        .filter(|group| group.group_type == "none")
        .map(|group| group.group_id.to_string())
        .collect();
    if orphaned.is_empty() || newer_types > 0 || topic_ids {
        return None;
    }
    let named = orphaned.get(..MOST_NAMED).unwrap_or(&orphaned);
    let more = orphaned.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!(
        "nothing here shows a 4.x writer; a broker before 4.0 would have served the offsets of {}{more} (`--kafka 3.6.2` \
         answers as it did)",
        named.join(", ")
    );
    Some(Finding::new(Code::OtherRules, message))
}

/// One finding a partition that foreign groups belong to.
fn foreign(groups: &[GroupReport]) -> Vec<Finding> {
    let mut homes: BTreeMap<i32, Vec<&GroupReport>> = BTreeMap::new();
    for group in groups.iter().filter(|group| group.is_foreign()) {
        homes.entry(group.maps_to.unwrap_or(-1)).or_default().push(group);
    }
    let finding = |(home, groups): (i32, Vec<&GroupReport>)| {
        let why = "a wrong directory, another number of partitions or foreign data";
        match groups.as_slice() {
            [group] => {
                let message =
                    format!("group {} belongs to partition {home}, not here: {why}", group.group_id);
                Finding::new(Code::ForeignPartition, message).of_group(group.group_id.as_bytes())
            }
            _ => {
                let named: Vec<String> =
                    groups.iter().take(MOST_NAMED).map(|group| group.group_id.to_string()).collect();
                let more = groups.len() - named.len();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let message = format!(
                    "{} belong to partition {home}, not here: {}{more}: {why}",
                    counted(groups.len(), "group", "groups"),
                    named.join(", ")
                );
                Finding::new(Code::ForeignPartition, message)
            }
        }
    };
    homes.into_iter().map(finding).collect()
}

fn unknown_records(copy: &PartitionCopy, state: &CopyState) -> Option<Finding> {
    // What a tool did not know lastwrites may know: the finding about the text counts them.
    if copy.is_text() {
        return None;
    }
    let first = state.load.warnings.first()?;
    let total = usize::try_from(state.load.warnings_total).unwrap_or(usize::MAX);
    let message = format!(
        "{} of unknown type (the first: type {} at offset {}); a loading broker skips them with a warning",
        counted(total, "record", "records"),
        first.record_type,
        first.offset
    );
    Some(Finding::new(Code::UnknownRecord, message).at_offset(Some(first.offset)))
}

/// A broker that rebuilds its producers from the log meets the record and doesn't come up: its loaders never see it
/// (`EndTransactionMarker.deserialize`; seen on 3.6.2, 3.9.2, 4.1.2 and 4.3.1).
pub(crate) fn unknown_marker(counts: &Counts) -> Option<Finding> {
    let first = counts.first_unknown_marker?;
    let total = usize::try_from(counts.unknown_markers).unwrap_or(usize::MAX);
    let message = format!(
        "{} of a producer, neither commit nor abort (the first at offset {first}): a coordinator's load passes over them, \
         but a broker that rebuilds its producers from here at its start stops with \"Invalid control record type for end \
         transaction marker\"",
        counted(total, "control record", "control records"),
    );
    Some(Finding::new(Code::UnknownMarker, message).at_offset(Some(first)))
}

fn irregular_commits(state: &CopyState) -> Option<Finding> {
    let count = usize::try_from(state.counts.irregular_commits).unwrap_or(usize::MAX);
    let message = format!(
        "{} not exactly as a known release writes them (bytes left over, unknown tags or versions, or unreadable); \
         `lastwrites dump` shows them",
        counted(count, "offset commit is", "offset commits are")
    );
    (count > 0).then(|| Finding::new(Code::UndecodableRecord, message))
}
