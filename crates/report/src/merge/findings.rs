//! What to say of several copies of one partition.

use std::collections::BTreeMap;

use lastwrites_coordinator::state::{KeyName, KeyState};
use lastwrites_evidence::{Evidence, PartitionCopy};

use super::groups::Merged;
use super::replicas::Replicas;
use super::standing::{Role, Standing};
use crate::build::path_text;
use crate::findings::{Code, Finding};
use crate::terminal::{counted, grouped};

/// Keys that one finding names; the rest it counts.
const MOST_NAMED: usize = 10;

/// A copy as a person tells it from the others.
pub(crate) fn broker(copy: &PartitionCopy) -> String {
    copy.broker_id().map_or_else(|| path_text(&copy.path), |id| format!("broker {id}"))
}

impl Merged {
    /// How the copies stand to each other, and what merging them could not decide.
    pub(crate) fn findings(&self, standings: &[Standing<'_>]) -> Vec<Finding> {
        let Some(reference) = standings.first() else { return Vec::new() };
        let placed = |standing: &Standing<'_>, code, message: String| {
            let path = path_text(&standing.copy.path);
            Finding::new(code, message).in_partition(standing.copy.partition).in_file(path, None)
        };
        let mut findings = Vec::new();
        if standings.iter().filter(|standing| standing.is_replica()).count() > 1 {
            findings.push(placed(reference, Code::SeveralCopies, roles(standings, reference)));
        }
        for (at, standing) in standings.iter().enumerate() {
            match standing.role {
                Role::Behind => {
                    findings.push(placed(standing, Code::ReplicaBehind, behind(standing, reference)))
                }
                Role::Forked => {
                    let keys = self.unacknowledged.get(&at).copied().unwrap_or(0);
                    let finding = placed(standing, Code::ReplicaForked, forked(standing, reference, keys));
                    findings.push(finding.at_offset(Some(standing.agreed_to)));
                }
                Role::OlderSnapshot => {
                    let message = since(standing, used_of(standings, standing).unwrap_or(reference));
                    findings.push(placed(standing, Code::SnapshotsOfOneBroker, message));
                }
                Role::OtherLogDir => {
                    let used = used_of(standings, standing).unwrap_or(reference);
                    findings.push(placed(standing, Code::TwoLogDirs, two_log_dirs(standing, used)));
                }
                Role::Reference | Role::InSync => {}
            }
        }
        findings.extend(self.contested_finding(reference));
        findings
    }

    fn contested_finding(&self, reference: &Standing<'_>) -> Option<Finding> {
        let keys = self.contested.len();
        (keys > 0).then(|| {
            let message = format!(
                "caught-up copies disagree on {}: an unclean election, a damaged cleaning or a copy that was torn took \
                 records from one of them, and no file says from which; both answers are shown",
                counted(keys, "offset", "offsets")
            );
            let named = self.contested.iter().take(MOST_NAMED);
            let mut proof: Vec<String> =
                named.map(|(group, topic, partition)| format!("group {group}, {topic}-{partition}")).collect();
            if keys > MOST_NAMED {
                proof.push(format!("and {} more", keys - MOST_NAMED));
            }
            let finding = Finding::new(Code::ContestedOffsets, message).shown_by(proof);
            finding.in_partition(reference.copy.partition)
        })
    }
}

fn roles(standings: &[Standing<'_>], reference: &Standing<'_>) -> String {
    let epoch = reference.leader_epoch.map_or_else(String::new, |epoch| format!("leader epoch {epoch}, "));
    let others = standings.iter().filter(|standing| standing.is_replica()).skip(1);
    let others: Vec<String> = others
        .map(|standing| match standing.role {
            Role::Behind => format!("{} is behind", broker(standing.copy)),
            Role::Forked => format!("{} forked off", broker(standing.copy)),
            _ if standing.is_hurt_behind(standing.end) => {
                format!("{} ends there, too, and may lack records behind that", broker(standing.copy))
            }
            _ => format!("{} is in sync", broker(standing.copy)),
        })
        .collect();
    format!(
        "{} copies merged: {} holds the newest history ({epoch}up to offset {}); {}",
        others.len() + 1,
        broker(reference.copy),
        grouped(reference.end),
        others.join(", ")
    )
}

fn behind(standing: &Standing<'_>, reference: &Standing<'_>) -> String {
    format!(
        "{}'s copy ends at offset {}, {} before {}'s: what it holds counts only where the longer copy agrees",
        broker(standing.copy),
        grouped(standing.end),
        grouped(reference.end.saturating_sub(standing.end)),
        broker(reference.copy)
    )
}

fn forked(standing: &Standing<'_>, reference: &Standing<'_>, keys: usize) -> String {
    let epochs = match (standing.leader_epoch, reference.leader_epoch) {
        (Some(own), Some(other)) if own != other => {
            format!(" (leader epoch {own} here, {other} on {})", broker(reference.copy))
        }
        _ => String::new(),
    };
    format!(
        "{}'s copy parts from {}'s at offset {}{epochs} and goes on alone to {}: no other copy has those records and \
         the cluster went on without them{}; {} written there {} flagged unacknowledged",
        broker(standing.copy),
        broker(reference.copy),
        grouped(standing.agreed_to),
        grouped(standing.end),
        acknowledged(standing),
        counted(keys, "offset", "offsets"),
        if keys == 1 { "is" } else { "are" }
    )
}

/// Whether the records of a fork were acknowledged, by its own high watermark. The checkpoint lags: what it doesn't cover may
/// have been acknowledged all the same.
fn acknowledged(standing: &Standing<'_>) -> String {
    match standing.copy.high_watermark() {
        Some(mark) if mark >= standing.end => {
            "; its own high watermark covers them, so they were acknowledged there, and an unclean election cut them off"
                .to_owned()
        }
        Some(mark) if mark > standing.agreed_to => format!(
            "; those below {}, its own high watermark, were acknowledged there, and an unclean election cut them off; \
             of the rest nothing says so",
            grouped(mark)
        ),
        Some(_) => {
            "; its own high watermark doesn't reach them: nothing says that they were acknowledged".to_owned()
        }
        None => String::new(),
    }
}

/// The copy that stands for the broker of one that is left out.
fn used_of<'s, 'a>(standings: &'s [Standing<'a>], left_out: &Standing<'a>) -> Option<&'s Standing<'a>> {
    standings.iter().find(|used| used.is_replica() && used.copy.broker_id() == left_out.copy.broker_id())
}

/// Two directories of one broker with the same partition, none of them on its way in or out.
fn two_log_dirs(other: &Standing<'_>, used: &Standing<'_>) -> String {
    let id = |standing: &Standing<'_>| standing.copy.directory_id.clone().unwrap_or_default();
    format!(
        "{} has this partition in another log dir too ({} up to offset {}, used is {} up to offset {}): no replica and \
         no snapshot, so it isn't merged. A broker with both log dirs stops at its start with \"Duplicate log \
         directories\"",
        broker(used.copy),
        id(other),
        grouped(other.end),
        id(used),
        grouped(used.end),
    )
}

/// What changed between two snapshots of one broker.
fn since(older: &Standing<'_>, newer: &Standing<'_>) -> String {
    let (before, after) = (committed(older), committed(newer));
    // What stood behind the point where the newer one goes another way was cut off, whatever is there now.
    let cut = older.agreed_to < older.end && newer.is_unforked();
    let (mut forward, mut back, mut gone, mut truncated) = (0, 0, 0, 0);
    for (key, (offset, record_offset)) in &before {
        let now = after.get(key).map(|(now, _)| now);
        match now {
            Some(now) if now == offset => {}
            _ if cut && *record_offset >= older.agreed_to => truncated += 1,
            Some(now) if now > offset => forward += 1,
            Some(_) => back += 1,
            None => gone += 1,
        }
    }
    let new = after.keys().filter(|key| !before.contains_key(*key)).count();
    let untold = older.copy.directory_id.is_none() || newer.copy.directory_id.is_none();
    let untold = if untold {
        " (meta.properties has no directory.id, so it may as well be another log dir of that broker)"
    } else {
        ""
    };
    let truncation = if cut {
        format!(
            "; since then its records from offset {} on were truncated (the cluster went on without them{}), and {truncated} \
             committed offsets with them, which nobody deleted; of the others",
            grouped(older.agreed_to),
            acknowledged(older)
        )
    } else {
        "; since then".to_owned()
    };
    // A cleaner that ran on the fork may have taken what the fork had replaced: nobody deleted that, either.
    let deleted = if cut { "are gone" } else { "were deleted" };
    format!(
        "an older snapshot of {} (it ends at offset {}, the newer one at {}){untold}: compared, not merged{truncation} \
         {forward} offsets moved forward, {back} moved back, {gone} {deleted}, {new} are new",
        broker(newer.copy),
        grouped(older.end),
        grouped(newer.end),
    )
}

/// Offset and record offset of every committed key.
fn committed<'a>(standing: &Standing<'a>) -> BTreeMap<KeyName<'a>, (i64, i64)> {
    let value = |(name, key): (KeyName<'a>, &KeyState)| {
        let committed = key.committed.as_ref()?;
        Some((name, (committed.commit.offset, committed.place.record_offset)))
    };
    standing.state.named_keys().filter_map(value).collect()
}

/// Copies that are on their way in or out, beside one in use.
pub(crate) fn set_aside(evidence: &Evidence, replicas: &Replicas) -> Vec<Finding> {
    let finding = |index: &usize| {
        let copy = evidence.copies.get(*index)?;
        let what = match copy.kind.as_str() {
            "future" => "being moved to another log dir and not complete",
            "delete" => "removed from this broker and waiting to be deleted",
            _ => "no longer a replica of this broker",
        };
        let message =
            format!("left aside: this directory ({}) is {what}; copies in use are here", copy.kind.as_str());
        let finding = Finding::new(Code::SeveralCopies, message).in_partition(copy.partition);
        Some(finding.in_file(path_text(&copy.path), None))
    };
    replicas.aside.iter().filter_map(finding).collect()
}

/// Copies with one partition number that are of different partitions all the same.
pub(crate) fn different_partitions(evidence: &Evidence, sets: &[Replicas]) -> Vec<Finding> {
    let mut of_partition: BTreeMap<i32, Vec<&PartitionCopy>> = BTreeMap::new();
    for set in sets {
        let first = set.read().next().and_then(|index| evidence.copies.get(index));
        if let Some((partition, copy)) = set.partition.zip(first) {
            of_partition.entry(partition).or_default().push(copy);
        }
    }
    let finding = |(partition, copies): (i32, Vec<&PartitionCopy>)| {
        let paths: Vec<String> = copies.iter().map(|copy| path_text(&copy.path)).collect();
        let message = format!(
            "copies of partition {partition} with different topic ids or cluster ids are different partitions and are \
             not merged: each is reported on its own"
        );
        Finding::new(Code::DifferentPartitions, message).in_partition(Some(partition)).shown_by(paths)
    };
    of_partition.into_iter().filter(|(_, copies)| copies.len() > 1).map(finding).collect()
}
