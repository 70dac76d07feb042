//! The ordered stage of one copy: takes the edges of its units in log order.

use std::collections::BTreeMap;

use lastwrites_segment::LeaderEpochs;

use crate::fold::{Carried, Damage, KeyHasher, OpenWrite, ShardedTable};
use crate::load::{LoadEvent, LoadOutcome, Loader};
use crate::rules::Profile;
use crate::state::continuity::Continuity;
use crate::state::edge::{Counts, EdgeEvent, UnitEdge};
use crate::state::tally::Tally;

/// What is known of a copy so far.
pub(super) struct InOrder<'p> {
    loader: Loader<'p>,
    carried: Carried,
    tallies: BTreeMap<u32, Tally>,
    spans: BTreeMap<u32, Continuity>,
    continuity: Continuity,
    leader_epochs: LeaderEpochs,
    counts: Counts,
}

/// What the ordered stage found out.
pub(super) struct Ordered {
    pub(super) load: LoadOutcome,
    pub(super) settled: ShardedTable,
    pub(super) open: Vec<OpenWrite>,
    pub(super) tallies: BTreeMap<u32, Tally>,
    pub(super) spans: BTreeMap<u32, Continuity>,
    pub(super) continuity: Continuity,
    pub(super) leader_epochs: LeaderEpochs,
    pub(super) counts: Counts,
}

impl<'p> InOrder<'p> {
    pub(super) fn new(profile: &'p Profile, partition: i32, hasher: KeyHasher) -> Self {
        Self {
            loader: Loader::new(profile, partition),
            carried: Carried::new(hasher),
            tallies: BTreeMap::new(),
            spans: BTreeMap::new(),
            continuity: Continuity::default(),
            leader_epochs: LeaderEpochs::default(),
            counts: Counts::default(),
        }
    }

    /// Offset behind the last record so far.
    pub(super) const fn next(&self) -> Option<i64> {
        self.continuity.next
    }

    /// Records are lost here, in front of the next unit.
    pub(super) fn lost(&mut self) {
        self.loader.event(&LoadEvent::Damage(Damage::Lost));
        self.carried.damage(Damage::Lost);
        self.continuity.damage();
    }

    pub(super) fn unit(&mut self, file: u32, edge: UnitEdge) {
        for event in &edge.events {
            self.loader.event(&match event {
                // The unit began with damage, so only the log before it knows the offset.
                EdgeEvent::ReadFault { offset, text, record_type } if *offset < 0 => {
                    let offset = self.continuity.next.unwrap_or(0);
                    LoadEvent::ReadFault { offset, text: text.clone(), record_type: *record_type }
                }
                _ => event.as_load_event(),
            });
        }
        self.carried.unit(edge.transactions);
        self.tallies.entry(file).or_default().add(edge.tally);
        self.spans.entry(file).or_default().then(edge.continuity);
        self.continuity.then(edge.continuity);
        self.leader_epochs.then(&edge.leader_epochs);
        self.counts.add(&edge.counts);
    }

    pub(super) fn finish(self) -> Ordered {
        let (settled, open) = self.carried.finish();
        Ordered {
            load: self.loader.finish(),
            settled,
            open,
            tallies: self.tallies,
            spans: self.spans,
            continuity: self.continuity.finish(),
            leader_epochs: self.leader_epochs,
            counts: self.counts,
        }
    }
}
