//! Committed offsets as the report shows them: what, how sure, and with which doubts.

use lastwrites_coordinator::fold::{Committed, Place};
use lastwrites_coordinator::state::{Continuity, DeletedKey, KeyState};
use lastwrites_evidence::{PartitionCopy, SegmentKind};
use lastwrites_types::{ByteText, Flag, Flags, Trust, Uuid};

use crate::model::{OffsetReport, PendingReport, RecordPlace};

/// What a copy says about the certainty of its records.
pub(crate) struct Surroundings<'c> {
    pub(crate) copy: &'c PartitionCopy,
    /// Index of the copy in the report.
    pub(crate) index: usize,
    pub(crate) continuity: Continuity,
    /// Highest checkpointed high watermark of the copy, or of all that share its history: a lower bound.
    pub(crate) high_watermark: Option<i64>,
}

impl<'c> Surroundings<'c> {
    /// A copy on its own.
    pub(crate) fn of(copy: &'c PartitionCopy, index: usize, continuity: Continuity) -> Self {
        Self { copy, index, continuity, high_watermark: copy.high_watermark() }
    }

    /// One key; `group_flags` are those that hold for every offset of its group.
    pub(crate) fn offset_report(&self, key: &KeyState, group_flags: Flags) -> OffsetReport {
        let topic = ByteText::from(key.topic.clone());
        self.report((topic, key.partition), key.committed.as_ref(), &key.pending, group_flags)
    }

    /// One key's value and what is pending for it.
    pub(crate) fn report(
        &self,
        (topic, partition): (ByteText, i32),
        committed: Option<&Committed>,
        pending: &[Committed],
        group_flags: Flags,
    ) -> OffsetReport {
        let mut flags = group_flags;
        let mut trust = Trust::Intact;
        if let Some(committed) = committed {
            trust = self.trust(committed.place);
            if self.is_before_damage(committed.place) {
                flags.insert(Flag::BeforeGap);
            }
            // The bytes that say it are not the bytes that were written.
            if !committed.place.crc_ok {
                flags.insert(Flag::InDoubt);
            }
        }
        let newest = pending.iter().chain(committed).map(|write| write.place.record_offset).max();
        if newest.zip(self.high_watermark).is_some_and(|(offset, mark)| offset >= mark) {
            flags.insert(Flag::AboveHighWatermark);
        }
        if pending.iter().any(|write| self.is_in_doubt(write.place)) {
            flags.insert(Flag::InDoubt);
        }
        if committed.is_none() && !pending.is_empty() {
            flags.insert(Flag::Pending);
            trust = pending.iter().map(|write| self.trust(write.place)).min().unwrap_or(trust);
            // A value that was committed before may have stood in the damage, wherever that is.
            if self.continuity.damaged_below.is_some() {
                flags.insert(Flag::BeforeGap);
                trust = trust.min(Trust::Salvaged);
            }
        }
        OffsetReport {
            topic,
            topic_id: committed.and_then(topic_id),
            partition,
            offset: committed.map(|write| write.commit.offset),
            leader_epoch: committed.and_then(leader_epoch),
            metadata: committed.map(|write| ByteText::from(&*write.commit.metadata)),
            committed_at_ms: committed.map(|write| write.commit.commit_timestamp),
            expires_at_ms: committed
                .map(|write| write.commit.expire_timestamp)
                .filter(|expires| *expires >= 0),
            trust,
            flags,
            pending: pending.iter().map(|write| self.pending_report(write)).collect(),
            log_start_offset: None,
            high_watermark: None,
            log_end_offset: None,
            lag_at_least: None,
            lag_at_most: None,
            record: committed.and_then(|write| self.place(write.place)),
            alternatives: Vec::new(),
            cadence: None,
            served_empty: None,
            log_lacks_end: false,
        }
    }

    /// The weakest of what is known about a record.
    pub(crate) fn trust(&self, place: Place) -> Trust {
        let kind = self.copy.files.get(place.file as usize).map(|file| file.kind);
        if self.copy.is_text() {
            Trust::Unverified
        } else if !place.crc_ok || self.is_before_damage(place) {
            Trust::Salvaged
        } else if kind == Some(SegmentKind::Deleted) {
            Trust::PreImage
        } else if self.continuity.absent_below.is_some_and(|below| place.record_offset < below) {
            Trust::Compacted
        } else {
            Trust::Intact
        }
    }

    /// A later write may have been in the damage.
    fn is_before_damage(&self, place: Place) -> bool {
        self.continuity.damaged_below.is_some_and(|below| place.record_offset < below)
    }

    /// How a transaction ended that was open there may be lost to damage.
    fn is_in_doubt(&self, place: Place) -> bool {
        !place.crc_ok || self.is_before_damage(place)
    }

    /// An offset whose tombstone stands in a batch with a wrong checksum: whether it was deleted is in doubt.
    pub(crate) fn doubtful_deletion(&self, key: &DeletedKey, group_flags: Flags) -> Option<OffsetReport> {
        (!key.tombstone.crc_ok).then(|| OffsetReport {
            trust: Trust::Salvaged,
            flags: [Flag::Deleted, Flag::InDoubt].into_iter().chain(group_flags.iter()).collect(),
            ..OffsetReport::nothing(ByteText::from(key.topic.clone()), key.partition)
        })
    }

    fn pending_report(&self, write: &Committed) -> PendingReport {
        PendingReport {
            producer_id: write.producer_id,
            offset: write.commit.offset,
            leader_epoch: leader_epoch(write),
            metadata: ByteText::from(&*write.commit.metadata),
            record_offset: write.place.record_offset,
            transaction: None,
            committed_at_ms: write.commit.commit_timestamp,
            in_doubt: self.is_in_doubt(write.place),
            record: self.place(write.place),
        }
    }

    pub(crate) fn place(&self, place: Place) -> Option<RecordPlace> {
        let file = self.copy.files.get(place.file as usize)?;
        Some(RecordPlace {
            copy: self.index,
            file: file.name.clone(),
            offset: place.record_offset,
            position: place.position,
        })
    }
}

pub(crate) fn leader_epoch(write: &Committed) -> Option<i32> {
    Some(write.commit.leader_epoch).filter(|epoch| *epoch >= 0)
}

pub(crate) fn topic_id(write: &Committed) -> Option<Uuid> {
    Some(write.commit.topic_id).filter(|id| !id.is_zero())
}
