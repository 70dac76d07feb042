//! One offset key as several replicas know it.
//!
//! Replicas clean on their own schedule, so a record that one of them lacks need not be lost, and one that another
//! still has need not count. States are merged, never bytes (`docs/decisions.md`).

use lastwrites_coordinator::fold::{Committed, Place};
use lastwrites_coordinator::state::KeyState;

use super::standing::{Role, Standing};

/// The last settled write of a key in one copy.
#[derive(Clone, Copy)]
pub(super) enum Event<'a> {
    Value(&'a Committed),
    Tombstone(&'a Place),
}

impl Event<'_> {
    const fn offset(&self) -> i64 {
        match self {
            Self::Value(committed) => committed.place.record_offset,
            Self::Tombstone(place) => place.record_offset,
        }
    }
}

/// What one copy knows of a key.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen<'a> {
    pub(super) event: Option<Event<'a>>,
    pub(super) key: Option<&'a KeyState>,
}

/// What another copy says instead; `committed` is `None` where it has no value.
pub(super) struct Alternative<'a> {
    /// Index into the standings.
    pub(super) at: usize,
    pub(super) committed: Option<&'a Committed>,
    pub(super) why: Why,
}

/// Why a value is only an alternative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// A caught-up copy says so, and nothing tells which is right.
    Contested,
    /// Written behind the point where the copies' histories part, and nothing says that it was acknowledged.
    Unacknowledged,
    /// Written there below that copy's own high watermark: acknowledged, then cut off by an unclean election.
    CutOff,
    /// A copy that goes on behind this record no longer has it, and lost to damage what came after.
    Superseded,
}

/// What the replicas together say of a key.
#[derive(Default)]
pub(super) struct Resolved<'a> {
    /// The copies that hold the record of the value, each with its own reading of it: indexes into the standings.
    /// None where there is no value.
    pub(super) holders: Vec<(usize, &'a Committed)>,
    pub(super) alternatives: Vec<Alternative<'a>>,
}

/// Resolves one key; `seen` stands in the order of `standings`.
pub(super) fn resolve<'a>(standings: &[Standing<'_>], seen: &[Seen<'a>]) -> Resolved<'a> {
    let known = || standings.iter().zip(seen).enumerate().filter(|(_, (standing, _))| standing.is_replica());
    let unforked = || known().filter(|(_, (standing, _))| standing.is_unforked());
    let events = unforked().filter_map(|(at, (_, seen))| Some((at, seen.event?)));
    // Of equal offsets the first copy's, which is the reference's if it has the record.
    let newest = events.reduce(|best, next| if next.1.offset() > best.1.offset() { next } else { best });
    let mut resolved = Resolved::default();
    if let Some((_, event)) = newest {
        let offset = event.offset();
        let holds = |seen: &Seen<'_>| seen.event.is_some_and(|event| event.offset() == offset);
        let holders: Vec<usize> = unforked().filter(|(_, (_, seen))| holds(seen)).map(|(at, _)| at).collect();
        let held_to = holders.iter().filter_map(|at| standings.get(*at)).map(|holder| holder.end).max();
        // A commit whose marker was lost to damage is there all the same.
        let pends = |seen: &Seen<'_>| {
            let pending = seen.key.into_iter().flat_map(|key| &key.pending);
            pending.map(|write| write.place.record_offset).any(|other| other == offset)
        };
        let lacks = |standing: &Standing<'_>, seen: &Seen<'_>| {
            standing.covers(offset) && !holds(seen) && !pends(seen)
        };
        let later = |standing: &Standing<'_>| held_to.is_some_and(|end| standing.end > end);
        // A copy that goes on behind the last holder and has nothing of the key proves that a later record
        // superseded or deleted it, or that its transaction was aborted.
        let proofs: Vec<&Standing<'_>> = unforked()
            .filter(|(_, (standing, seen))| lacks(standing, seen) && later(standing) && seen.event.is_none())
            .map(|(_, (standing, _))| standing)
            .collect();
        let gone = !proofs.is_empty();
        // What superseded it is lost where every copy that goes on is damaged there.
        if gone && proofs.iter().all(|standing| standing.is_hurt_behind(offset)) {
            let own = |at: &usize| Some((*at, value(seen.get(*at)?.event)?));
            if let Some((at, committed)) = holders.iter().find_map(own) {
                let committed = Some(committed);
                resolved.alternatives.push(Alternative { at, committed, why: Why::Superseded });
            }
        }
        if !gone {
            let own = |at: &usize| Some((*at, value(seen.get(*at)?.event)?));
            resolved.holders = holders.iter().filter_map(own).collect();
            for (at, (_, seen)) in unforked().filter(|(_, (standing, seen))| lacks(standing, seen)) {
                // The tombstone's own time is over there: nothing contradicts it.
                if matches!(event, Event::Tombstone(_)) && seen.event.is_none() {
                    continue;
                }
                let committed = value(seen.event);
                resolved.alternatives.push(Alternative { at, committed, why: Why::Contested });
            }
        }
    }
    for (at, (standing, seen)) in known().filter(|(_, (standing, _))| standing.role == Role::Forked) {
        if let Some(event) = seen.event.filter(|event| event.offset() >= standing.agreed_to) {
            let committed = value(Some(event));
            // A deletion that nobody has a value for is no news.
            if committed.is_some() || !resolved.holders.is_empty() {
                let mark = standing.copy.high_watermark();
                let acknowledged = mark.is_some_and(|mark| event.offset() < mark);
                let why = if acknowledged { Why::CutOff } else { Why::Unacknowledged };
                resolved.alternatives.push(Alternative { at, committed, why });
            }
        }
    }
    resolved
}

fn value(event: Option<Event<'_>>) -> Option<&Committed> {
    match event {
        Some(Event::Value(committed)) => Some(committed),
        _ => None,
    }
}
