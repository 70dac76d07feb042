//! Which releases race alike, so that a history is searched once for all of them.

use std::collections::BTreeSet;

use super::steps::Steps;
use super::trace::GroupTrace;
use super::visibility::Tombstones;
use crate::group::{Change, ModernKind};
use crate::rules::{NewRules, Profile, Rules};

/// True when every window of this history ends alike under both releases: they read its records alike and judge
/// groups of its kinds by the same rules.
#[must_use]
pub fn races_alike(trace: &GroupTrace, one: &Profile, other: &Profile) -> bool {
    let (Rules::New(mine), Rules::New(theirs)) = (&one.rules, &other.rules) else { return false };
    let one = Steps::new(trace, one, mine, Tombstones::Kept);
    let other = Steps::new(trace, other, theirs, Tombstones::Kept);
    let kinds: BTreeSet<ModernKind> =
        one.steps.iter().filter_map(|step| kind(step.change.as_ref()?)).collect();
    let same = |(one, other): (&super::steps::Step<'_>, &super::steps::Step<'_>)| one.change == other.change;
    judge_alike(mine, theirs, &kinds) && one.steps.iter().zip(&other.steps).all(same)
}

const fn kind(change: &Change) -> Option<ModernKind> {
    match change {
        Change::Modern(kind, _) => Some(*kind),
        _ => None,
    }
}

/// Rules about other kinds of groups are aside, and so is what decoding has settled.
fn judge_alike(mine: &NewRules, theirs: &NewRules, kinds: &BTreeSet<ModernKind>) -> bool {
    let consumer =
        mine.consumer_lookup == theirs.consumer_lookup && mine.partition_epochs == theirs.partition_epochs;
    let share = mine.share_lookup == theirs.share_lookup;
    let streams = mine.streams_over_offsets == theirs.streams_over_offsets
        && mine.task_processes == theirs.task_processes;
    mine.first_epoch == theirs.first_epoch
        && kinds.iter().all(|kind| match kind {
            ModernKind::Consumer => consumer,
            ModernKind::Share => share,
            ModernKind::Streams => streams,
        })
}
