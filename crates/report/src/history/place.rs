//! Events with their place on disk, as rows.

use lastwrites_types::{Flag, Flags};

use super::group_event::GroupEvent;
use crate::log_events::{At, Source};
use crate::rows::{HistoryEvent, HistoryRow};

/// Where an event stands.
pub(super) struct Placed<'a> {
    source: Source<'a>,
    at: At,
}

impl<'a> Placed<'a> {
    pub(super) const fn new(source: Source<'a>, at: &At) -> Self {
        Self { source, at: *at }
    }

    /// A row with nothing in it but its place.
    pub(super) fn row<'r>(&self, event: HistoryEvent) -> HistoryRow<'r>
    where
        'a: 'r,
    {
        let place = self.at.place;
        let mut flags = Flags::NONE;
        if self.source.copy.high_watermark().is_some_and(|mark| place.record_offset >= mark) {
            flags.insert(Flag::AboveHighWatermark);
        }
        HistoryRow {
            copy: self.source.name,
            partition: self.source.copy.partition,
            offset: place.record_offset,
            file: self.source.file(place.file),
            position: place.position,
            timestamp_ms: self.at.timestamp_ms,
            crc_ok: place.crc_ok,
            group_id: None,
            event,
            topic: None,
            topic_partition: None,
            committed_offset: None,
            leader_epoch: None,
            metadata: None,
            producer_id: Some(self.at.producer_id).filter(|id| *id != -1),
            flags,
            reasons: &[],
            previous_offset: None,
            record_offset: None,
            last_lost_offset: None,
            member_id: None,
            group_instance_id: None,
            replaced_member_id: None,
            client_id: None,
            client_host: None,
            rebalance_timeout_ms: None,
            session_timeout_ms: None,
            group_type: None,
            epoch: None,
            member_epoch: None,
            assignment: None,
            detail: None,
        }
    }

    /// What a group record changed.
    pub(super) fn group_event<'r>(&self, group_id: &'r [u8], event: &'r GroupEvent) -> HistoryRow<'r>
    where
        'a: 'r,
    {
        let client = event.client.as_ref();
        HistoryRow {
            group_id: Some(group_id),
            reasons: &event.reasons,
            client_id: client.map(|client| &*client.id),
            client_host: client.map(|client| &*client.host),
            rebalance_timeout_ms: client.and_then(|client| client.rebalance_timeout_ms),
            session_timeout_ms: client.and_then(|client| client.session_timeout_ms),
            member_id: event.member_id.as_deref(),
            group_instance_id: event.instance_id.as_deref(),
            replaced_member_id: event.replaced.as_deref(),
            group_type: event.group_type,
            epoch: event.epoch,
            member_epoch: event.member_epoch,
            assignment: event.assignment.as_deref(),
            detail: event.detail.as_deref(),
            ..self.row(event.event)
        }
    }

    /// A record that the release skips or can't read.
    pub(super) fn unknown<'r>(&self, group_id: Option<&'r [u8]>, detail: &'r str) -> HistoryRow<'r>
    where
        'a: 'r,
    {
        HistoryRow { group_id, detail: Some(detail), ..self.row(HistoryEvent::UnknownRecord) }
    }
}

/// What is wrong with a record.
pub(super) fn unknown(record_type: Option<i16>, error: Option<String>) -> String {
    let named =
        record_type.map_or_else(|| "no record type".to_owned(), |number| format!("record type {number}"));
    match error {
        Some(error) => format!("{named}: {error}"),
        None => format!("{named}, which the release skips"),
    }
}
