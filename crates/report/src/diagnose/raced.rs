//! Races as findings: what fails, what shows it, what helps.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::race::{LostTask, TaskClaim};
use lastwrites_evidence::{PartitionCopy, SegmentFile, SegmentKind, ViewKind};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC, Release, escaped};

use super::cause::Cause;
use super::model::{Race, ReleaseVerdict};
use super::ownership::{Ownership, Tenure};
use super::race_windows::{Races, Unsearched, WrongState};
use super::told::labelled;
use super::with_fix::{WithFix, with_fix};
use crate::findings::{Code, Finding, Severity};
use crate::terminal::counted;

/// The first release with streams groups.
const FIRST_STREAMS: Release = Release::new(4, 1, 0);

/// One finding a cause for races: a warning where the newest release loses them, or the cleaner's last pass was one; a
/// note where only older releases do.
pub(super) fn raced(
    copy: &PartitionCopy,
    races: &Races,
    verdicts: &[ReleaseVerdict],
    explicit: bool,
) -> Vec<Finding> {
    let mut by_cause: BTreeMap<Cause, Vec<&Race>> = BTreeMap::new();
    for race in &races.failing {
        by_cause.entry(race.cause).or_default().push(race);
    }
    let alike = |alike: Vec<&Race>| raced_alike(copy, &alike, races, verdicts, explicit);
    by_cause.into_values().filter_map(alike).collect()
}

/// What of the histories was too much to be searched.
pub(super) fn unsearched(races: &Races) -> Vec<Finding> {
    let of_group = |group: &Unsearched| {
        let Unsearched { group_id, windows, cut } = group;
        let message = match windows {
            0 => format!("the history of group {group_id} is too long: races late in it were not searched"),
            windows => format!(
                "the history of group {group_id} is long: {} were not tried, all wider than those that were{}",
                counted(usize::try_from(*windows).unwrap_or(usize::MAX), "race window", "race windows"),
                if *cut { "; races late in it were not searched" } else { "" }
            ),
        };
        let finding = Finding::new(Code::RacesUnsearched, message).of_group(group_id.clone());
        if *cut {
            finding
        } else {
            finding.helped_by(vec!["lastwrites diagnose --race-windows all tries them all".to_owned()])
        }
    };
    let mut found: Vec<Finding> = races.unsearched.iter().map(of_group).collect();
    if races.left_out {
        let message = "more race windows fail than are told: the later ones are left out";
        found.push(Finding::new(Code::RacesUnsearched, message));
    }
    found
}

fn raced_alike(
    copy: &PartitionCopy,
    races: &[&Race],
    all: &Races,
    verdicts: &[ReleaseVerdict],
    explicit: bool,
) -> Option<Finding> {
    let newest = verdicts.iter().map(|verdict| verdict.kafka).max();
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
        Cause::ResidualConflict | Cause::RestartedEpochs => {
            " These releases count as fixed (KAFKA-19862) and fail here all the same."
        }
        _ => "",
    };
    let past = race.view == ViewKind::BeforeCompaction;
    let which = if past { "raced the log cleaner's last pass" } else { "races the log cleaner" };
    let originals = if past { " (its originals are here as .deleted)" } else { "" };
    let message = format!(
        "loads at rest, but a load that {which}{originals} can fail on {} for {}, such as {}: with the loader at {} and \
         the log cleaned to {} it fails at offset {}: {}.{plainly}",
        names.join(", "),
        counted(groups.len(), "group", "groups"),
        race.group_id,
        race.loader_at,
        race.cleaned_to,
        race.offset,
        race.error.trim_end_matches('.'),
    );
    let finding = Finding::new(race.cause.code(), message)
        .of_group(race.group_id.clone())
        .at_offset(Some(race.offset))
        .shown_by(labelled(race_proof(copy, race, &all.ownership)));
    let mut finding = finding.helped_by(labelled(race_remedy(
        copy,
        race,
        with_fix(verdicts, ViewKind::AsFound, &all.failing),
    )));
    let warns = on_newest.is_some() || explicit || past;
    finding.severity = if warns { Severity::Warning } else { Severity::Note };
    Some(finding)
}

/// The record that fails, whose claim stands in its way, and what brokers log.
fn race_proof(copy: &PartitionCopy, race: &Race, ownership: &[Ownership]) -> Vec<(&'static str, String)> {
    let at = |offset| place(copy, race.view, offset);
    let member = race.member_id.as_ref().map_or_else(String::new, |member| format!(", member {member}"));
    let mut lines = vec![("record", format!("{} of group {}{member}", at(race.offset), race.group_id))];
    let of_race = |one: &&Ownership| (&one.group_id, one.fails_at) == (&race.group_id, race.offset);
    for one in ownership.iter().filter(of_race) {
        let held = one
            .believed
            .iter()
            .filter(|tenure| tenure.from < race.offset && tenure.to.is_none_or(|to| to >= race.offset));
        lines.extend(held.map(|tenure| {
            let Tenure { member_id, epoch, from, .. } = tenure;
            let held = format!(
                "{} by member {member_id} at epoch {epoch} ({}), as such a load believes",
                one.what,
                at(*from)
            );
            ("held", held)
        }));
    }
    let number = copy.partition.map_or_else(|| "N".to_owned(), |partition| partition.to_string());
    let log = format!(
        "Failed to load metadata from {CONSUMER_OFFSETS_TOPIC}-{number} ...; Replaying record ... at offset {} ...: {}",
        race.offset, race.error
    );
    lines.push(("log", log));
    lines
}

/// Why, which releases, what helps and what doesn't.
fn race_remedy(copy: &PartitionCopy, race: &Race, with_fix: WithFix) -> Vec<(&'static str, String)> {
    let advice = race.cause.advice().on(copy, with_fix).at_rest_loads();
    vec![
        ("why", format!("{} A race: only a load that meets the cleaner at work fails.", advice.what)),
        ("releases", format!("affected: {}; fixed: {}", advice.affected, advice.fixed)),
        ("helps", advice.helps.to_owned()),
        (
            "helps",
            "To make it rare until then, raise min.compaction.lag.ms of __consumer_offsets: what was just written is \
             not cleaned under a load's feet."
                .to_owned(),
        ),
        ("deleting", advice.deleting.to_owned()),
    ]
}

/// An offset and the segment file that has it, in the view of a race.
fn place(copy: &PartitionCopy, view: ViewKind, offset: i64) -> String {
    let wanted = |file: &&SegmentFile| {
        let original = view == ViewKind::BeforeCompaction && file.kind == SegmentKind::Deleted;
        (original || file.kind == SegmentKind::Log) && file.base_offset <= offset
    };
    // Of an original and what the cleaner made of it, the original has every record.
    let file = copy
        .files
        .iter()
        .filter(wanted)
        .max_by_key(|file| (file.base_offset, file.kind == SegmentKind::Deleted));
    file.map_or_else(|| format!("offset {offset}"), |file| format!("offset {offset} in {}", file.name))
}

/// Whose the task is, and whose stale claim took it away: members, epochs, places.
fn both_claims(copy: &PartitionCopy, lost: &LostTask) -> String {
    let at = |offset: i64| place(copy, ViewKind::AsFound, offset);
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
pub(super) fn silently_wrong(
    copy: &PartitionCopy,
    wrong: &[WrongState],
    newest: Option<Release>,
    explicit: bool,
) -> Vec<Finding> {
    let mut by_group: BTreeMap<&ByteText, Vec<&WrongState>> = BTreeMap::new();
    // Before there were streams groups all that can differ is whether a group without a record stands for nothing.
    let tells = |state: &&WrongState| state.lost.is_some() || state.asked.release >= FIRST_STREAMS;
    for state in wrong.iter().filter(tells) {
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
