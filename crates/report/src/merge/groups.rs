//! Groups and offsets of several replicas as one.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::fold::Committed;
use lastwrites_coordinator::group::Group;
use lastwrites_coordinator::state::{KeyName, KeysByGroup};
use lastwrites_types::{ByteText, Flag, Flags, Trust};

use super::findings::broker;
use super::resolve::{Alternative, Event, Resolved, Seen, Why, resolve};
use super::standing::{Role, Standing, group_source};
use crate::build::{GroupContext, Surroundings, group_reports_of, leader_epoch, topic_id};
use crate::model::{AlternativeReport, GroupReport, OffsetReport};

/// What merging came to.
pub(crate) struct Merged {
    /// The groups, by id.
    pub(crate) groups: Vec<GroupReport>,
    /// Keys on which caught-up copies disagree: group, topic, partition.
    pub(crate) contested: Vec<(ByteText, ByteText, i32)>,
    /// Per standing: keys of which it holds a write behind its fork.
    pub(crate) unacknowledged: BTreeMap<usize, usize>,
}

impl Merged {
    /// Merges the replicas among `standings`, whose first is the reference; `own` are the keys of a copy that stands alone.
    pub(crate) fn of(
        standings: &[Standing<'_>],
        own: Option<KeysByGroup>,
        context: &GroupContext<'_>,
    ) -> Self {
        let around = surroundings(standings);
        let mut merged = Self { groups: Vec::new(), contested: Vec::new(), unacknowledged: BTreeMap::new() };
        // Nothing to put together: millions of keys are spared the look from all sides.
        if let (Some(keys), [alone], [around]) = (own, standings, around.as_slice()) {
            merged.groups = group_reports_of(keys, alone.state, around, context);
            return merged;
        }
        let mut offsets: BTreeMap<&[u8], Vec<Known<'_>>> = BTreeMap::new();
        for (name, seen) in keys(standings) {
            let resolved = resolve(standings, &seen);
            merged.count(name, &resolved);
            let pending = seen.iter().any(|seen| seen.key.is_some_and(|key| !key.pending.is_empty()));
            if !resolved.holders.is_empty() || !resolved.alternatives.is_empty() || pending {
                offsets.entry(name.0).or_default().push(Known { name, resolved, seen });
            }
        }
        let source = group_source(standings);
        let ids: BTreeSet<&[u8]> = source
            .and_then(|at| standings.get(at))
            .iter()
            .flat_map(|standing| standing.state.load.groups.iter().map(|(id, _)| &**id))
            .chain(offsets.keys().copied())
            .collect();
        for id in ids {
            let keys = offsets.remove(id).unwrap_or_default();
            let object = group_object(standings, source, id, &keys);
            let reports = |flags| {
                let report = |known: &Known<'_>| offset_report(standings, &around, known, flags);
                keys.iter().filter_map(report).collect::<Vec<_>>()
            };
            let mut group = context.report(id, object, reports);
            let own = source.and_then(|at| standings.get(at)?.state.load.group(id));
            group.only_in_alternatives =
                own.is_none() && keys.iter().all(|known| known.resolved.holders.is_empty());
            if object.is_some() || !group.offsets.is_empty() {
                merged.groups.push(group);
            }
        }
        merged
    }

    fn count(&mut self, (group, topic, partition): KeyName<'_>, resolved: &Resolved<'_>) {
        if resolved.alternatives.iter().any(|other| other.why == Why::Contested) {
            self.contested.push((ByteText::from(group), ByteText::from(topic), partition));
        }
        let forked = |why| matches!(why, Why::Unacknowledged | Why::CutOff);
        for other in resolved.alternatives.iter().filter(|other| forked(other.why)) {
            *self.unacknowledged.entry(other.at).or_default() += 1;
        }
    }
}

/// One key: what each copy knows of it, in the order of the standings, and what that comes to.
struct Known<'a> {
    name: KeyName<'a>,
    resolved: Resolved<'a>,
    seen: Vec<Seen<'a>>,
}

/// Every key that some replica knows, with what each knows of it, in the order of the standings.
fn keys<'a>(standings: &[Standing<'a>]) -> BTreeMap<KeyName<'a>, Vec<Seen<'a>>> {
    let mut keys: BTreeMap<KeyName<'a>, Vec<Seen<'a>>> = BTreeMap::new();
    let mut see = |at: usize, name: KeyName<'a>, what: &dyn Fn(&mut Seen<'a>)| {
        let seen = keys.entry(name).or_insert_with(|| vec![Seen::default(); standings.len()]);
        if let Some(seen) = seen.get_mut(at) {
            what(seen);
        }
    };
    for (at, standing) in standings.iter().enumerate().filter(|(_, standing)| standing.is_replica()) {
        for deleted in &standing.state.deleted {
            see(at, deleted.key(), &|seen| seen.event = Some(Event::Tombstone(&deleted.tombstone)));
        }
        for (name, key) in standing.state.named_keys() {
            see(at, name, &|seen| {
                seen.key = Some(key);
                seen.event = key.committed.as_ref().map(Event::Value).or(seen.event);
            });
        }
    }
    keys
}

/// The group object of an id: the source's, else that of a copy which alone holds the group's offsets.
fn group_object<'a>(
    standings: &[Standing<'a>],
    source: Option<usize>,
    id: &[u8],
    keys: &[Known<'_>],
) -> Option<&'a Group> {
    if let Some(group) = source.and_then(|at| standings.get(at)?.state.load.group(id)) {
        return Some(group);
    }
    // Orphans: the source has offsets of the group and no object.
    let of_source = |known: &Known<'_>| {
        source.is_some_and(|at| known.seen.get(at).is_some_and(|seen| seen.key.is_some()))
    };
    if keys.iter().any(of_source) {
        return None;
    }
    let holders = keys.iter().flat_map(|known| {
        let values = known.resolved.holders.iter().map(|(at, _)| *at);
        values.chain(known.resolved.alternatives.iter().map(|other| other.at))
    });
    let holders: BTreeSet<usize> = holders.collect();
    holders.into_iter().find_map(|at| standings.get(at)?.state.load.group(id))
}

/// What each copy says of the certainty of its records; a high watermark holds for all that share the history.
fn surroundings<'a>(standings: &[Standing<'a>]) -> Vec<Surroundings<'a>> {
    let shared = standings.iter().filter(|standing| standing.is_unforked());
    let high_watermark = shared.filter_map(|standing| standing.copy.high_watermark()).max();
    let of_copy = |standing: &Standing<'a>| {
        let own = Surroundings::of(standing.copy, standing.index, standing.continuity);
        if standing.is_unforked() { Surroundings { high_watermark, ..own } } else { own }
    };
    standings.iter().map(of_copy).collect()
}

/// One key as it is reported; `None` when nothing of it is left to say.
fn offset_report(
    standings: &[Standing<'_>],
    around: &[Surroundings<'_>],
    known: &Known<'_>,
    flags: Flags,
) -> Option<OffsetReport> {
    let Known { name, resolved, seen } = known;
    let (source, committed, trust) = source(standings, around, &resolved.holders);
    let (pending, in_doubt) = pending(standings, seen);
    if committed.is_none() && pending.is_empty() && resolved.alternatives.is_empty() {
        return None;
    }
    let mut report = around.get(source)?.report((ByteText::from(name.1), name.2), committed, &pending, flags);
    report.trust = trust.unwrap_or(report.trust);
    // What came behind it in the copy that goes on may be in that copy's damage.
    let held = standings.get(source);
    if committed.is_some() && held.is_some_and(|held| held.end < needed_end(standings)) {
        report.flags.insert(Flag::BeforeGap);
    }
    for told in report.pending.iter_mut().filter(|told| in_doubt.contains(&told.record_offset)) {
        told.in_doubt = true;
        report.flags.insert(Flag::InDoubt);
    }
    for other in &resolved.alternatives {
        report.flags.insert(match other.why {
            Why::Contested => Flag::Contested,
            Why::Unacknowledged | Why::CutOff => Flag::Unacknowledged,
            Why::Superseded => Flag::BeforeGap,
        });
        report.alternatives.extend(alternative(standings, around, other));
    }
    Some(report)
}

/// The copy a value is shown from, and its trust where that isn't the copy's own word.
///
/// The reference where it has the record; where damage there may hide a later write, another copy that has the
/// record and reaches over the damage.
fn source<'a>(
    standings: &[Standing<'_>],
    around: &[Surroundings<'_>],
    holders: &[(usize, &'a Committed)],
) -> (usize, Option<&'a Committed>, Option<Trust>) {
    let needed = needed_end(standings);
    let trusted = |(at, write): &(usize, &'a Committed)| {
        let (standing, around) = standings.get(*at).zip(around.get(*at))?;
        let own = around.trust(write.place);
        let trust = match standing.role {
            Role::Reference => own,
            _ if standing.end >= needed => own.min(Trust::Replica),
            // It may not reach as far as a later write would stand.
            _ => own.min(Trust::Salvaged),
        };
        Some((*at, *write, trust))
    };
    // Of equals the first: the reference, if it has the record.
    let best = holders.iter().filter_map(trusted).rev().max_by_key(|(_, _, trust)| *trust);
    best.map_or((0, None, None), |(at, write, trust)| (at, Some(write), Some(trust)))
}

/// How far a copy must reach to know of every write that the reference may have lost.
fn needed_end(standings: &[Standing<'_>]) -> i64 {
    standings
        .first()
        .map_or(0, |reference| reference.end.min(reference.continuity.damaged_below.unwrap_or(i64::MAX)))
}

/// Commits in open transactions: the reference's, and those of others that it may have lost to damage; and record offsets of
/// those whose marker no copy can tell: the one that has the commit ends before the reference, which lacks it, or the reference
/// is damaged behind it, and no copy that goes as far says that it is open.
fn pending(standings: &[Standing<'_>], seen: &[Seen<'_>]) -> (Vec<Committed>, BTreeSet<i64>) {
    let mut pending: Vec<Committed> = Vec::new();
    let mut doubted = BTreeSet::new();
    let Some(reference) = standings.first() else { return (pending, doubted) };
    let is_hurt = |standing: &Standing<'_>, offset: i64| {
        standing.continuity.damaged_below.is_some_and(|below| offset < below)
    };
    let is_open = |offset: i64| {
        let whole = standings.iter().zip(seen).filter(|(standing, _)| {
            standing.is_unforked() && standing.end >= reference.end && !is_hurt(standing, offset)
        });
        whole
            .flat_map(|(_, seen)| seen.key.iter().flat_map(|key| &key.pending))
            .any(|write| write.place.record_offset == offset)
    };
    for (standing, seen) in standings.iter().zip(seen).filter(|(standing, _)| standing.is_unforked()) {
        let own = standing.role == Role::Reference;
        for write in seen.key.iter().flat_map(|key| &key.pending) {
            let offset = write.place.record_offset;
            let known = pending.iter().any(|other| other.place.record_offset == offset);
            if !known && (own || !reference.covers(offset)) {
                pending.push(write.clone());
                if !is_open(offset) && (standing.end < reference.end || is_hurt(standing, offset)) {
                    doubted.insert(offset);
                }
            }
        }
    }
    (pending, doubted)
}

fn alternative(
    standings: &[Standing<'_>],
    around: &[Surroundings<'_>],
    other: &Alternative<'_>,
) -> Option<AlternativeReport> {
    let (standing, around) = standings.get(other.at).zip(around.get(other.at))?;
    let write = other.committed;
    let who = broker(standing.copy);
    let why = match (other.why, write) {
        (Why::Contested, Some(_)) => format!("{who} is caught up too and holds this value instead"),
        (Why::Contested, None) => {
            format!("{who} reaches over this commit too and has no value for the partition")
        }
        (Why::Unacknowledged, Some(_)) => {
            format!(
                "written on {who} behind offset {}, where its log parts from the others'",
                standing.agreed_to
            )
        }
        (Why::Superseded, _) => format!(
            "{who} holds this and ends early; another copy goes on without it, so it was superseded or deleted, and \
             what came after is lost to damage there"
        ),
        (Why::Unacknowledged, None) => {
            format!(
                "deleted on {who} behind offset {}, where its log parts from the others'",
                standing.agreed_to
            )
        }
        (Why::CutOff, write) => format!(
            "{} and acknowledged on {who}, below its own high watermark and behind offset {}, where its log parts from \
             the others': an unclean election cut it off",
            if write.is_some() { "written" } else { "deleted" },
            standing.agreed_to
        ),
    };
    Some(AlternativeReport {
        copy: standing.index,
        offset: write.map(|write| write.commit.offset),
        topic_id: write.and_then(topic_id),
        leader_epoch: write.and_then(leader_epoch),
        metadata: write.map(|write| ByteText::from(&*write.commit.metadata)),
        committed_at_ms: write.map(|write| write.commit.commit_timestamp),
        trust: write.map_or(Trust::Replica, |write| around.trust(write.place)),
        flags: Flags::NONE,
        record: write.and_then(|write| around.place(write.place)),
        why,
    })
}
