//! What became of each commit: transactional ones wait here for their marker.

use std::collections::BTreeMap;

use lastwrites_coordinator::fold::Damage;

use crate::log_events::{LogEvent, Source, Write};
use crate::rows::{CommitRow, Outcome};

/// A record whose outcome is known.
pub(super) struct Settled {
    write: Write,
    outcome: Outcome,
}

/// Commits of open transactions, by producer id.
#[derive(Default)]
pub(super) struct Outcomes {
    open: BTreeMap<i64, Vec<Held>>,
    /// Batches with a wrong checksum so far.
    unsure: u64,
}

struct Held {
    write: Write,
    /// [`Outcomes::unsure`] when it was written.
    unsure: u64,
}

impl Outcomes {
    /// Takes the next event of a copy and gives out what it settles.
    ///
    /// A tombstone deletes at once, in a transaction or not.
    pub(super) fn event<E>(
        &mut self,
        event: LogEvent,
        mut emit: impl FnMut(Settled) -> Result<(), E>,
    ) -> Result<(), E> {
        match event {
            LogEvent::Write(write) if write.commit.is_none() => {
                emit(Settled { write, outcome: Outcome::Tombstone })
            }
            LogEvent::Write(write) if !write.waits => emit(Settled { write, outcome: Outcome::Committed }),
            LogEvent::Write(write) => {
                let held = Held { unsure: self.unsure, write };
                self.open.entry(held.write.at.producer_id).or_default().push(held);
                Ok(())
            }
            LogEvent::Marker { at, committed } => {
                let held = self.open.remove(&at.producer_id).unwrap_or_default();
                let outcome = |held: &Held| match committed {
                    true => Outcome::Committed,
                    // An ABORT that a wrong checksum makes unsure drops nothing.
                    false if held.unsure < self.unsure => Outcome::InDoubt,
                    false => Outcome::Aborted,
                };
                held.into_iter().try_for_each(|held| {
                    let outcome = outcome(&held);
                    emit(Settled { write: held.write, outcome })
                })
            }
            LogEvent::Damage { damage: Damage::Unsure, .. } => {
                self.unsure += 1;
                Ok(())
            }
            LogEvent::Damage { damage: Damage::Lost, .. } => self.give_up(Outcome::InDoubt, emit),
            LogEvent::Group { .. } | LogEvent::Unknown { .. } | LogEvent::Readable { .. } => Ok(()),
        }
    }

    /// Ends a copy: what still waits stays open for good. In log order.
    pub(super) fn end<E>(&mut self, emit: impl FnMut(Settled) -> Result<(), E>) -> Result<(), E> {
        self.give_up(Outcome::Open, emit)
    }

    /// No marker will settle what waits: in log order.
    fn give_up<E>(
        &mut self,
        outcome: Outcome,
        mut emit: impl FnMut(Settled) -> Result<(), E>,
    ) -> Result<(), E> {
        let held = std::mem::take(&mut self.open).into_values().flatten();
        let mut writes: Vec<Write> = held.map(|held| held.write).collect();
        writes.sort_by_key(|write| write.at.place.order());
        writes.into_iter().try_for_each(|write| emit(Settled { write, outcome }))
    }
}

impl Settled {
    /// The row, in the copy it was read from.
    pub(super) fn row<'a>(&'a self, source: Source<'a>) -> CommitRow<'a> {
        let write = &self.write;
        let at = &write.at;
        let commit = write.commit.as_ref();
        CommitRow {
            copy: source.name,
            partition: source.copy.partition,
            record_offset: at.place.record_offset,
            batch_base_offset: at.batch_base_offset,
            file: source.file(at.place.file),
            position: at.place.position,
            timestamp_ms: at.timestamp_ms,
            group_id: write.key.group_id(),
            topic: write.key.topic(),
            topic_partition: write.key.partition(),
            committed_offset: commit.map(|commit| commit.offset),
            leader_epoch: commit.map(|commit| commit.leader_epoch).filter(|epoch| *epoch != -1),
            metadata: commit.map(|commit| &*commit.metadata),
            commit_timestamp_ms: commit.map(|commit| commit.commit_timestamp),
            expire_timestamp_ms: commit.map(|commit| commit.expire_timestamp).filter(|expire| *expire != -1),
            topic_id: commit.map(|commit| commit.topic_id).filter(|id| !id.is_zero()),
            producer_id: Some(at.producer_id).filter(|id| *id != -1),
            transactional: write.transactional,
            outcome: self.outcome,
        }
    }
}
