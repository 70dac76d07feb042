//! What became of each commit: transactional ones wait here for their marker.

use std::collections::BTreeMap;

use lastwrites_coordinator::fold::{Commit, Place};
use lastwrites_evidence::PartitionCopy;

use crate::rows::{CommitRow, Outcome};

/// One offset-commit record.
pub(super) struct Write {
    pub(super) place: Place,
    pub(super) batch_base_offset: i64,
    pub(super) timestamp_ms: i64,
    pub(super) group_id: Box<[u8]>,
    pub(super) topic: Box<[u8]>,
    pub(super) topic_partition: i32,
    /// `None` for a tombstone.
    pub(super) commit: Option<Commit>,
    pub(super) producer_id: i64,
    /// The batch's transactional flag.
    pub(super) transactional: bool,
    /// Whether the commit counts only once its producer's marker says so.
    pub(super) waits: bool,
}

/// What a unit holds that matters here, in log order.
pub(super) enum Event {
    Write(Write),
    Marker { producer_id: i64, committed: bool },
}

/// A record whose outcome is known.
pub(super) struct Settled {
    write: Write,
    outcome: Outcome,
}

/// Commits of open transactions, by producer id.
#[derive(Default)]
pub(super) struct Outcomes {
    open: BTreeMap<i64, Vec<Write>>,
}

impl Outcomes {
    /// Takes the next event of a copy and gives out what it settles.
    ///
    /// A tombstone deletes at once, in a transaction or not.
    pub(super) fn event<E>(
        &mut self,
        event: Event,
        mut emit: impl FnMut(Settled) -> Result<(), E>,
    ) -> Result<(), E> {
        match event {
            Event::Write(write) if write.commit.is_none() => {
                emit(Settled { write, outcome: Outcome::Tombstone })
            }
            Event::Write(write) if !write.waits => emit(Settled { write, outcome: Outcome::Committed }),
            Event::Write(write) => {
                self.open.entry(write.producer_id).or_default().push(write);
                Ok(())
            }
            Event::Marker { producer_id, committed } => {
                let outcome = if committed { Outcome::Committed } else { Outcome::Aborted };
                let writes = self.open.remove(&producer_id).unwrap_or_default();
                writes.into_iter().try_for_each(|write| emit(Settled { write, outcome }))
            }
        }
    }

    /// Ends a copy: what still waits stays open for good. In log order.
    pub(super) fn end<E>(&mut self, mut emit: impl FnMut(Settled) -> Result<(), E>) -> Result<(), E> {
        let mut writes: Vec<Write> = std::mem::take(&mut self.open).into_values().flatten().collect();
        writes.sort_by_key(|write| write.place.order());
        writes.into_iter().try_for_each(|write| emit(Settled { write, outcome: Outcome::Open }))
    }
}

impl Settled {
    /// The row, in the copy it was read from.
    pub(super) fn row<'a>(&'a self, copy: &'a PartitionCopy) -> CommitRow<'a> {
        let write = &self.write;
        let commit = write.commit.as_ref();
        let file = copy.files.get(write.place.file as usize).map_or(&[][..], |file| file.name.as_bytes());
        CommitRow {
            partition: copy.partition,
            record_offset: write.place.record_offset,
            batch_base_offset: write.batch_base_offset,
            file,
            position: write.place.position,
            timestamp_ms: write.timestamp_ms,
            group_id: &write.group_id,
            topic: &write.topic,
            topic_partition: write.topic_partition,
            committed_offset: commit.map(|commit| commit.offset),
            leader_epoch: commit.map(|commit| commit.leader_epoch).filter(|epoch| *epoch != -1),
            metadata: commit.map(|commit| &*commit.metadata),
            commit_timestamp_ms: commit.map(|commit| commit.commit_timestamp),
            expire_timestamp_ms: commit.map(|commit| commit.expire_timestamp).filter(|expire| *expire != -1),
            topic_id: commit.map(|commit| commit.topic_id).filter(|id| !id.is_zero()),
            producer_id: Some(write.producer_id).filter(|id| *id != -1),
            transactional: write.transactional,
            outcome: self.outcome,
        }
    }
}
