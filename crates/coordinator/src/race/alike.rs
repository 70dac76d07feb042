//! Which releases race alike, so that a history is searched once for all of them.

use std::collections::BTreeSet;

use super::steps::Step;
use super::trace::GroupTrace;
use crate::group::{Change, Current, ModernChange, ModernKind};
use crate::rules::{NewRules, Profile, Rules};

/// True when every window of this history ends alike under both releases: they read its records alike and judge
/// groups of its kinds by the same rules.
///
/// What they make of epochs counts only where it can decide an ending. Streams and share groups have no rule about
/// the epoch of a partition, and a window shows the latest record of every key: where the group object is never
/// taken away, the epochs it ends with are those of the raw log.
#[must_use]
pub fn races_alike(trace: &GroupTrace, one: &Profile, other: &Profile) -> bool {
    let (Rules::New(mine), Rules::New(theirs)) = (&one.rules, &other.rules) else { return false };
    let mut kinds: BTreeSet<ModernKind> = BTreeSet::new();
    let mut only_but_for_epochs = mine.first_epoch != theirs.first_epoch;
    let mut goes_away = false;
    for event in &trace.events {
        let (one, other) = (Step::new(event, one).change, Step::new(event, other).change);
        if one != other {
            only_but_for_epochs = true;
            if !is_alike_but_for_epochs(one.as_ref(), other.as_ref()) {
                return false;
            }
        }
        goes_away |= matches!(one, Some(Change::Classic(_) | Change::Modern(_, ModernChange::Epoch(None))));
        kinds.extend(one.as_ref().and_then(kind));
    }
    judge_alike(mine, theirs, &kinds) && (!only_but_for_epochs || !goes_away && kinds.len() < 2)
}

fn is_alike_but_for_epochs(one: Option<&Change>, other: Option<&Change>) -> bool {
    use ModernChange::{Current as Assigned, Epoch};
    let (Some(Change::Modern(kind, one)), Some(Change::Modern(other_kind, other))) = (one, other) else {
        return false;
    };
    if kind != other_kind || *kind == ModernKind::Consumer {
        return false;
    }
    match (one, other) {
        (Epoch(Some(Ok(_))), Epoch(Some(Ok(_)))) => true,
        (Assigned(member, Some(Ok(one))), Assigned(other_member, Some(Ok(other)))) => {
            let Current { epoch, previous_epoch, target_epoch, state, assigned, pending_revocation } = one;
            member == other_member
                && (epoch, previous_epoch, target_epoch, state)
                    == (&other.epoch, &other.previous_epoch, &other.target_epoch, &other.state)
                && assigned.holds_the_same(&other.assigned)
                && pending_revocation.holds_the_same(&other.pending_revocation)
        }
        _ => false,
    }
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
    kinds.iter().all(|kind| match kind {
        ModernKind::Consumer => consumer,
        ModernKind::Share => share,
        ModernKind::Streams => streams,
    })
}
