//! What a unit hands to the ordered stage, owned so that it can cross threads.

use crate::load::{LoadEvent, LoadRecord, RecordPlace};

/// One thing that a load meets.
#[derive(Debug)]
pub(super) enum Event {
    /// A record that can fail a load or that decides what later ones meet.
    Record {
        record: OwnedRecord,
        /// Where the stretch of this unit without a hole begins that ends with it.
        unbroken_from: Option<i64>,
    },
    /// A control record that no coordinator can read.
    BadMarker {
        place: RecordPlace,
        position: u64,
        producer_id: i64,
        key: Option<Box<[u8]>>,
        first_in_batch: bool,
    },
    /// The first well-formed offset commit of a group in this unit, or since the group's last group record.
    OffsetTouch { place: RecordPlace, group_id: Box<[u8]> },
    /// What a broker's reader throws at; an offset below 0 is where the log before the unit ended.
    ReadFault { offset: i64, position: u64, text: String, record_type: Option<i16> },
    /// The broker's reader takes this for the end of the file and goes on with the next one.
    EndOfFile,
}

/// A data record with what a replay needs of its batch.
#[derive(Debug)]
pub(super) struct OwnedRecord {
    pub(super) place: RecordPlace,
    pub(super) batch_first_offset: i64,
    pub(super) producer_id: i64,
    pub(super) producer_epoch: i16,
    pub(super) transactional: bool,
    pub(super) timestamp_ms: i64,
    /// Where its batch ends: the offset behind its last.
    pub(super) batch_end: i64,
    /// Byte position of its batch.
    pub(super) position: u64,
    pub(super) key: Option<Box<[u8]>>,
    pub(super) value: Option<Box<[u8]>>,
}

impl OwnedRecord {
    pub(super) fn as_load_record(&self) -> LoadRecord<'_> {
        LoadRecord {
            place: self.place,
            batch_first_offset: self.batch_first_offset,
            producer_id: self.producer_id,
            producer_epoch: self.producer_epoch,
            transactional: self.transactional,
            timestamp_ms: self.timestamp_ms,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
        }
    }
}

impl Event {
    /// Byte position of its batch, for what can fail a load.
    pub(super) const fn position(&self) -> Option<u64> {
        match self {
            Self::Record { record, .. } => Some(record.position),
            Self::BadMarker { position, .. } | Self::ReadFault { position, .. } => Some(*position),
            Self::OffsetTouch { .. } | Self::EndOfFile => None,
        }
    }

    /// The event as a loader takes it; `log_end` is where the log before it ended. `None` for the end of a file,
    /// which no loader sees.
    pub(super) fn as_load_event(&self, log_end: i64) -> Option<LoadEvent<'_>> {
        Some(match self {
            Self::Record { record, .. } => LoadEvent::Record(record.as_load_record()),
            Self::BadMarker { place, producer_id, key, first_in_batch, .. } => LoadEvent::Marker {
                place: *place,
                producer_id: *producer_id,
                key: key.as_deref(),
                first_in_batch: *first_in_batch,
            },
            Self::OffsetTouch { place, group_id } => {
                LoadEvent::OffsetTouch { place: *place, group: group_id }
            }
            Self::ReadFault { offset, text, record_type, .. } => {
                let offset = if *offset < 0 { log_end } else { *offset };
                LoadEvent::ReadFault { offset, text: text.clone(), record_type: *record_type }
            }
            Self::EndOfFile => return None,
        })
    }
}
