//! On their way out events pass what follows the groups' health, what knows the holes, and what was asked.

use super::hole::{Hole, Holes};
use super::offsets::OffsetStory;
use crate::health::Watch;
use crate::ledger::Ledger;
use crate::log_events::{At, Source};
use crate::offset_keys::OffsetKeys;
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// Where the rows of a copy go.
pub(super) struct Out<'o, F> {
    pub(super) keys: &'o mut OffsetKeys,
    pub(super) watch: &'o mut Watch,
    pub(super) holes: &'o mut Holes,
    pub(super) source: Source<'o>,
    pub(super) since_ms: i64,
    pub(super) sink: &'o mut F,
    pub(super) rows: &'o mut u64,
}

impl<E, F: FnMut(&HistoryRow<'_>) -> Result<(), E>> Out<'_, F> {
    /// An event at a record, of the offset key with this number.
    pub(super) fn row(&mut self, at: &At, key: Option<u32>, row: &HistoryRow<'_>) -> Result<(), E> {
        let before = self.holes.begin_story();
        self.lost(before)?;
        self.watch.row(self.keys, at, key, row);
        let says_before = row.event != HistoryEvent::CommitPending;
        let moves = row.event != HistoryEvent::CommitAborted && !row.reasons.contains(&Reason::Superseded);
        if says_before && key.is_some_and(|key| self.holes.doubts_key(key, moves)) {
            return self.behind_damage(row);
        }
        self.give(row)
    }

    /// Events of a group record.
    pub(super) fn group(&mut self, at: &At, row: &HistoryRow<'_>, behind_damage: bool) -> Result<(), E> {
        let before = self.holes.begin_story();
        self.lost(before)?;
        self.watch.row(self.keys, at, None, row);
        if behind_damage { self.behind_damage(row) } else { self.give(row) }
    }

    fn behind_damage(&mut self, row: &HistoryRow<'_>) -> Result<(), E> {
        let reasons: Vec<Reason> = row.reasons.iter().copied().chain([Reason::BehindDamage]).collect();
        self.give(&HistoryRow { reasons: &reasons, ..row.clone() })
    }

    fn give(&mut self, row: &HistoryRow<'_>) -> Result<(), E> {
        if row.timestamp_ms < self.since_ms {
            return Ok(());
        }
        *self.rows += 1;
        (self.sink)(row)
    }

    /// Holes; when what they took was written nobody knows.
    pub(super) fn lost(&mut self, holes: Vec<Hole>) -> Result<(), E> {
        holes.iter().try_for_each(|hole| {
            *self.rows += 1;
            hole.tell(self.source, &mut *self.sink)
        })
    }

    /// A record that can be read, or the log's end: a hole before it is told, and what was open there.
    pub(super) fn readable(
        &mut self,
        behind: Option<&At>,
        offsets: &OffsetStory<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), E> {
        let Some((at, holes)) = self.holes.end(behind, self.since_ms) else { return Ok(()) };
        self.lost(holes)?;
        let source = self.source;
        offsets.damage(source, &at, ledger, &mut |key, row| self.row(&at, key, row))
    }
}
