//! Committed offsets as the report shows them: what, how sure, and with which doubts.

use lastwrites_coordinator::fold::{Committed, Place};
use lastwrites_coordinator::state::{Continuity, KeyState};
use lastwrites_evidence::PartitionCopy;
use lastwrites_types::{ByteText, Flag, Flags, Trust, Uuid};

use crate::model::{OffsetReport, PendingReport, RecordPlace};

/// What a copy says about the certainty of its records.
pub(crate) struct Surroundings<'c> {
    pub(crate) copy: &'c PartitionCopy,
    /// Index of the copy in the report.
    pub(crate) index: usize,
    pub(crate) continuity: Continuity,
}

impl Surroundings<'_> {
    /// One key; `group_flags` are those that hold for every offset of its group.
    pub(super) fn offset_report(&self, key: &KeyState, group_flags: Flags) -> OffsetReport {
        let mut flags = group_flags;
        let committed = key.committed.as_ref();
        let mut trust = Trust::Intact;
        if let Some(committed) = committed {
            trust = self.trust(committed.place);
            if self.is_before_damage(committed.place) {
                flags.insert(Flag::BeforeGap);
            }
        }
        let newest = key.pending.iter().chain(committed).map(|write| write.place.record_offset).max();
        if newest.zip(self.copy.high_watermark()).is_some_and(|(offset, mark)| offset >= mark) {
            flags.insert(Flag::AboveHighWatermark);
        }
        if key.pending.iter().any(|write| self.is_before_damage(write.place)) {
            flags.insert(Flag::InDoubt);
        }
        if committed.is_none() {
            flags.insert(Flag::Pending);
            trust = key.pending.iter().map(|write| self.trust(write.place)).min().unwrap_or(trust);
        }
        OffsetReport {
            topic: ByteText::from(&*key.topic),
            topic_id: committed.and_then(topic_id),
            partition: key.partition,
            offset: committed.map(|write| write.commit.offset),
            leader_epoch: committed.and_then(leader_epoch),
            metadata: committed.map(|write| ByteText::from(&*write.commit.metadata)),
            committed_at_ms: committed.map(|write| write.commit.commit_timestamp),
            trust,
            flags,
            pending: key.pending.iter().map(pending_report).collect(),
            log_start_offset: None,
            high_watermark: None,
            log_end_offset: None,
            lag_at_least: None,
            lag_at_most: None,
            record: committed.and_then(|write| self.place(write.place)),
        }
    }

    /// The weakest of what is known about a record.
    fn trust(&self, place: Place) -> Trust {
        if !place.crc_ok || self.is_before_damage(place) {
            Trust::Salvaged
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

    fn place(&self, place: Place) -> Option<RecordPlace> {
        let file = self.copy.files.get(place.file as usize)?;
        Some(RecordPlace {
            copy: self.index,
            file: file.name.clone(),
            offset: place.record_offset,
            position: place.position,
        })
    }
}

fn pending_report(write: &Committed) -> PendingReport {
    PendingReport {
        producer_id: write.producer_id,
        offset: write.commit.offset,
        leader_epoch: leader_epoch(write),
        metadata: ByteText::from(&*write.commit.metadata),
        record_offset: write.place.record_offset,
        transaction: None,
        committed_at_ms: write.commit.commit_timestamp,
    }
}

fn leader_epoch(write: &Committed) -> Option<i32> {
    Some(write.commit.leader_epoch).filter(|epoch| *epoch >= 0)
}

fn topic_id(write: &Committed) -> Option<Uuid> {
    Some(write.commit.topic_id).filter(|id| !id.is_zero())
}
