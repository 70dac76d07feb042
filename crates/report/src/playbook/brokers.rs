//! What each replica would make of its own copy, and the order in which to try them.

use lastwrites_coordinator::rules::{Coordinator, Profile};
use lastwrites_evidence::ViewKind;
use lastwrites_types::Release;

use super::model::{Broker, CopyVerdict};
use crate::diagnose::{PartitionDiagnosis, ReleaseVerdict, StartCut};

/// Copies told that are no replica's.
const MOST_OTHERS: usize = 3;

/// The release a playbook is for, under one coordinator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rules {
    pub(super) release: Release,
    pub(super) coordinator: Coordinator,
}

impl Rules {
    pub(super) fn of(profile: &Profile) -> Self {
        Self { release: profile.release(), coordinator: profile.coordinator() }
    }

    pub(super) const fn word(self) -> &'static str {
        match self.coordinator {
            Coordinator::Old => "old",
            Coordinator::New => "new",
        }
    }

    /// This release's verdict on a copy as a running broker reads it: a move of the leader is no restart.
    pub(super) fn verdict(self, copy: &PartitionDiagnosis) -> Option<&ReleaseVerdict> {
        copy.verdicts.iter().find(|verdict| {
            verdict.view == ViewKind::AsFound
                && verdict.kafka == self.release
                && verdict.coordinator == self.word()
        })
    }

    /// Whether the originals of the cleaned segments are here and load on this release.
    pub(super) fn loads_before_compaction(self, copy: &PartitionDiagnosis) -> bool {
        copy.verdicts.iter().any(|verdict| {
            verdict.view == ViewKind::BeforeCompaction
                && verdict.kafka == self.release
                && verdict.coordinator == self.word()
                && serves(verdict)
        })
    }

    /// Kinds of races that fail on this release; the old coordinator is not raced.
    pub(super) fn races(self, copy: &PartitionDiagnosis) -> usize {
        if self.coordinator == Coordinator::Old {
            return 0;
        }
        copy.races.iter().filter(|race| race.kafka == self.release).count()
    }
}

/// True where every group would be served.
pub(super) const fn serves(verdict: &ReleaseVerdict) -> bool {
    verdict.is_loaded() || verdict.groups_served
}

/// The copy a broker's own disk holds. A single copy whose broker is not known counts as the leader's.
pub(super) fn copy_of<'d>(
    broker: i32,
    leader: i32,
    copies: &[&'d PartitionDiagnosis],
) -> Option<&'d PartitionDiagnosis> {
    match copies {
        [only] if only.broker_id.is_none() && broker == leader => Some(only),
        _ => copies.iter().copied().find(|copy| copy.broker_id == Some(broker)),
    }
}

/// What the copies say that are none of these replicas', each with a space before it: somebody who names the wrong
/// brokers has the answer in hand and must not read that nothing is known.
pub(super) fn copies_of_others(
    replicas: &[i32],
    leader: i32,
    copies: &[&PartitionDiagnosis],
    rules: Rules,
) -> String {
    let is_known = |copy: &PartitionDiagnosis| match copy.broker_id {
        Some(broker) => replicas.contains(&broker),
        None => copy_of(leader, leader, copies).is_some_and(|own| own.path == copy.path),
    };
    let named: Vec<String> = replicas.iter().map(ToString::to_string).collect();
    let told = copies.iter().filter(|copy| !is_known(copy)).filter_map(|copy| {
        let verdict = rules.verdict(copy)?;
        let does = match verdict.offset {
            _ if serves(verdict) => "loads".to_owned(),
            Some(offset) => format!("fails at offset {offset}"),
            None => "fails".to_owned(),
        };
        let (whose, then) = match copy.broker_id {
            Some(broker) => (
                format!("is broker {broker}'s, which is not among the replicas {}", named.join(",")),
                "If that broker has a replica, make the playbook again with it in --brokers.",
            ),
            None => (
                "doesn't tell its broker".to_owned(),
                "If it is the leader's, make the playbook from it alone: then it is taken for that.",
            ),
        };
        let (release, word) = (rules.release, rules.word());
        Some(format!(" The copy {} {whose}: on {release}/{word} it {does}. {then}", copy.path))
    });
    told.take(MOST_OTHERS).collect()
}

/// Every replica with its verdict. Those whose copy loads come first, those that no race can hit before the
/// others, those whose copy is missing or incomplete last; those that fail are not tried.
pub(super) fn brokers(
    replicas: &[i32],
    leader: i32,
    copies: &[&PartitionDiagnosis],
    rules: Rules,
) -> Vec<Broker> {
    let mut brokers: Vec<Broker> =
        replicas.iter().map(|id| judged(*id, copy_of(*id, leader, copies), copies, rules)).collect();
    let mut order: Vec<(u8, usize)> = brokers
        .iter()
        .enumerate()
        .filter(|(_, broker)| broker.broker_id != leader)
        .filter_map(|(index, broker)| match broker.verdict {
            CopyVerdict::Loads => Some((u8::from(broker.races > 0), index)),
            CopyVerdict::Unknown => Some((2, index)),
            CopyVerdict::Fails => None,
        })
        .collect();
    order.sort_unstable();
    for (place, (_, index)) in order.into_iter().enumerate() {
        if let Some(broker) = brokers.get_mut(index) {
            broker.place = Some(place + 1);
        }
    }
    brokers
}

fn judged(
    broker_id: i32,
    copy: Option<&PartitionDiagnosis>,
    copies: &[&PartitionDiagnosis],
    rules: Rules,
) -> Broker {
    let verdict = copy.and_then(|copy| rules.verdict(copy));
    let failing = verdict.filter(|verdict| !serves(verdict));
    // A log that loads without its last records proves nothing: the record that kills may be among them.
    let incomplete =
        copy.filter(|_| failing.is_none()).and_then(|copy| copy.incomplete(copies.iter().copied()));
    Broker {
        broker_id,
        copy: copy.map(|copy| copy.path.clone()),
        verdict: match verdict {
            Some(_) if failing.is_some() => CopyVerdict::Fails,
            Some(_) if incomplete.is_none() => CopyVerdict::Loads,
            _ => CopyVerdict::Unknown,
        },
        incomplete,
        offset: failing.and_then(|verdict| verdict.offset),
        error: failing.and_then(|verdict| verdict.error.clone()),
        start_cuts: copy.and_then(|copy| copy.start_cut).map(StartCut::told),
        races: copy.map_or(0, |copy| rules.races(copy)),
        place: None,
    }
}
