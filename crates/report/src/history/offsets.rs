//! Offset commits and their tombstones as events.

use lastwrites_coordinator::fold::{Commit, Damage, Place};
use lastwrites_types::Flag;

use super::groups::GroupStory;
use super::place::Placed;
use super::topics::{Deletion, Topics};
use crate::ledger::{Last, Ledger, Settled};
use crate::log_events::{At, Source, Write};
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// What is known beside the log.
pub(super) struct OffsetStory<'a> {
    /// How long a broker keeps offsets, ms.
    pub(super) retention_ms: i64,
    /// What the cluster's metadata tells of topics.
    pub(super) topics: Topics<'a>,
}

impl OffsetStory<'_> {
    /// A commit or a tombstone of the offset key with this number; `emit` gets it with the row.
    pub(super) fn write<E>(
        &self,
        source: Source<'_>,
        key: u32,
        write: Write,
        ledger: &mut Ledger,
        groups: &mut GroupStory<'_>,
        emit: &mut impl FnMut(Option<u32>, &HistoryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let placed = Placed::new(source, &write.at);
        match &write.commit {
            None => {
                let (write, before) = ledger.delete(key, write);
                let mut emit = |row: &HistoryRow<'_>| emit(Some(key), row);
                self.deleted(&placed, &write, before, groups, &mut emit)
            }
            Some(commit) if write.waits => {
                groups.touch(write.key.group_id());
                let mut row = commit_row(&placed, HistoryEvent::CommitPending, &write, commit);
                row.flags.insert(Flag::Pending);
                if !write.at.place.crc_ok {
                    row.flags.insert(Flag::InDoubt);
                    row.reasons = &[Reason::WrongChecksum];
                }
                emit(Some(key), &row)?;
                ledger.hold(key, write);
                Ok(())
            }
            Some(commit) => {
                let (before, mut reasons) = ledger.commit(key, &write, commit);
                if groups.touch(write.key.group_id()) {
                    reasons.push(Reason::Reset);
                }
                let mut row = commit_row(&placed, HistoryEvent::Commit, &write, commit);
                if !write.at.place.crc_ok {
                    row.flags.insert(Flag::InDoubt);
                    reasons.push(Reason::WrongChecksum);
                }
                let previous_offset = before.map(|last| last.offset);
                emit(Some(key), &HistoryRow { previous_offset, reasons: &reasons, ..row })
            }
        }
    }

    /// A marker: its transaction's commits count or don't, here and not where they stand.
    pub(super) fn marker<E>(
        &self,
        placed: &Placed<'_>,
        committed: bool,
        producer_id: i64,
        ledger: &mut Ledger,
        emit: &mut impl FnMut(Option<u32>, &HistoryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let event = if committed { HistoryEvent::CommitSettled } else { HistoryEvent::CommitAborted };
        for Settled { key, write, before, mut reasons, unsure } in ledger.marker(producer_id, committed) {
            let Some(commit) = &write.commit else { continue };
            // What an unsure ABORT would take away stays pending.
            let event = if unsure && !committed { HistoryEvent::CommitPending } else { event };
            let mut row = commit_row(placed, event, &write, commit);
            if unsure {
                reasons.push(Reason::WrongChecksum);
                row.flags.insert(Flag::InDoubt);
                if !committed {
                    row.flags.insert(Flag::Pending);
                }
            }
            let row = HistoryRow {
                previous_offset: before.map(|last| last.offset),
                record_offset: Some(write.at.place.record_offset),
                reasons: &reasons,
                ..row
            };
            emit(Some(key), &row)?;
        }
        Ok(())
    }

    /// Lost records: the transactions that are open here may have ended in them.
    pub(super) fn damage<E>(
        &self,
        source: Source<'_>,
        at: &At,
        ledger: &mut Ledger,
        emit: &mut impl FnMut(Option<u32>, &HistoryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (key, write) in ledger.damage(Damage::Lost) {
            let Some(commit) = &write.commit else { continue };
            let Write { at: written, .. } = &write;
            let place = Place { crc_ok: written.place.crc_ok, ..at.place };
            let (timestamp_ms, producer_id) = (written.timestamp_ms, written.producer_id);
            let placed = Placed::new(source, &At { place, timestamp_ms, producer_id, ..*at });
            let mut row = commit_row(&placed, HistoryEvent::CommitPending, &write, commit);
            row.flags.insert(Flag::Pending);
            row.flags.insert(Flag::InDoubt);
            let record_offset = Some(written.place.record_offset);
            emit(Some(key), &HistoryRow { record_offset, reasons: &[Reason::MarkerMayBeLost], ..row })?;
        }
        Ok(())
    }

    fn deleted<E>(
        &self,
        placed: &Placed<'_>,
        write: &Write,
        before: Option<Last>,
        groups: &GroupStory<'_>,
        emit: &mut impl FnMut(&HistoryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut row = placed.row(HistoryEvent::OffsetDeleted);
        let mut reasons = Vec::new();
        let mut hint = None;
        if !write.at.place.crc_ok {
            row.flags.insert(Flag::InDoubt);
            reasons.push(Reason::WrongChecksum);
        }
        let with_group = groups.removes(write.key.group_id());
        if with_group {
            reasons.push(Reason::WithGroup);
        }
        match before {
            None => reasons.push(Reason::NothingThere),
            Some(last) => {
                let expired = self.expiry(&last, write, groups);
                if expired.is_some() {
                    row.flags.insert(Flag::Expired);
                } else {
                    hint = may_have_expired(&last, write, groups, with_group);
                }
                reasons.extend(expired);
            }
        }
        if self.topics.is_gone(write.key.topic()) {
            row.flags.insert(Flag::TopicGone);
        }
        if !with_group {
            match self.topics.deletion(write.key.topic(), before.as_ref(), write.at.timestamp_ms) {
                Deletion::Explains => {
                    reasons.push(Reason::TopicDeleted);
                    hint = None;
                }
                Deletion::Perhaps => {
                    let topic = "its topic is gone, nothing tells since when: the deletion may be why";
                    hint = Some(hint.map_or_else(|| topic.to_owned(), |hint| format!("{hint}; {topic}")));
                }
                Deletion::No => {}
            }
        }
        emit(&HistoryRow {
            group_id: Some(write.key.group_id()),
            topic: Some(write.key.topic()),
            topic_partition: Some(write.key.partition()),
            previous_offset: before.map(|last| last.offset),
            reasons: &reasons,
            detail: hint.as_deref(),
            ..row
        })
    }

    /// Would a broker have let it expire when the tombstone was written? KIP-211 counts from when a classic
    /// group became empty, and from the commit where it never had members or is not subscribed to the topic any more.
    fn expiry(&self, last: &Last, tombstone: &Write, groups: &GroupStory<'_>) -> Option<Reason> {
        if last.expire_timestamp != -1 {
            return (tombstone.at.timestamp_ms >= last.expire_timestamp).then_some(Reason::ExpireTime);
        }
        (kept_ms(last, tombstone, groups) >= self.retention_ms).then_some(Reason::Retention)
    }
}

/// How long an offset without an expiry of its own had been kept, as retention counts, ms.
fn kept_ms(last: &Last, tombstone: &Write, groups: &GroupStory<'_>) -> i64 {
    let since = groups.empty_since(tombstone.key.group_id()).unwrap_or(i64::MIN).max(last.commit_timestamp);
    tombstone.at.timestamp_ms.saturating_sub(since)
}

/// `offsets.retention.minutes` counts whole minutes.
const MINUTE_MS: i64 = 60_000;

/// Under which other setting the deletion would have been an expiry: no record says why an offset was deleted.
fn may_have_expired(
    last: &Last,
    tombstone: &Write,
    groups: &GroupStory<'_>,
    with_group: bool,
) -> Option<String> {
    let minutes = kept_ms(last, tombstone, groups) / MINUTE_MS;
    // A group whose last offset expires is deleted in the same batch.
    let what = if with_group { "deleted with its group by a request" } else { "deleted by a request" };
    (last.expire_timestamp == -1 && minutes > 0)
        .then(|| format!("{what}, or expired if offsets.retention.minutes was {minutes} or less"))
}

fn commit_row<'r>(
    placed: &Placed<'r>,
    event: HistoryEvent,
    write: &'r Write,
    commit: &'r Commit,
) -> HistoryRow<'r> {
    HistoryRow {
        group_id: Some(write.key.group_id()),
        topic: Some(write.key.topic()),
        topic_partition: Some(write.key.partition()),
        committed_offset: Some(commit.offset),
        leader_epoch: Some(commit.leader_epoch).filter(|epoch| *epoch != -1),
        metadata: Some(&commit.metadata),
        ..placed.row(event)
    }
}
