//! What a load sees, in log order.

use crate::fold::Damage;
use lastwrites_segment::{ControlError, ControlRecord, ControlType};

/// Where a record stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RecordPlace {
    /// The record's offset.
    pub offset: i64,
    /// Base offset of its batch.
    pub batch_base_offset: i64,
}

/// One step of a load.
#[derive(Clone, Debug)]
pub enum LoadEvent<'a> {
    /// A data record.
    Record(LoadRecord<'a>),
    /// A well-formed offset commit value that every release can read, where only the verdict matters: the
    /// parallel pass hands on the first of each group in each unit instead of millions.
    OffsetTouch {
        /// Where it stands.
        place: RecordPlace,
        /// Group id.
        group: &'a [u8],
    },
    /// A control record.
    Marker {
        /// Where it stands.
        place: RecordPlace,
        /// Producer id of the batch.
        producer_id: i64,
        /// Key bytes of the control record; `None` for a null key.
        key: Option<&'a [u8]>,
        /// True for the first record of its batch: the old loader looks at no other.
        first_in_batch: bool,
    },
    /// Damage that may hide a marker. No broker sees it; judging a load doesn't need it, the offsets do.
    Damage(Damage),
    /// The broker's reader throws here; nothing after it is read.
    ReadFault {
        /// Offset of the batch the reader was in, as the verdict names it.
        offset: i64,
        /// The exception's message.
        text: String,
        /// Type of the record that was read before it in its batch: the old coordinator was at that one.
        record_type: Option<i16>,
    },
}

/// A data record as the log holds it.
#[derive(Clone, Copy, Debug)]
pub struct LoadRecord<'a> {
    /// Where it stands.
    pub place: RecordPlace,
    /// Offset of the first record of its batch, which may lie above the base offset once cleaned.
    pub batch_first_offset: i64,
    /// Producer id of the batch; -1 for none.
    pub producer_id: i64,
    /// Producer epoch of the batch.
    pub producer_epoch: i16,
    /// The batch's transactional flag.
    pub transactional: bool,
    /// Record timestamp (ms since the epoch).
    pub timestamp_ms: i64,
    /// Key bytes; `None` for a null key.
    pub key: Option<&'a [u8]>,
    /// Value bytes; `None` for a tombstone.
    pub value: Option<&'a [u8]>,
}

impl LoadEvent<'_> {
    /// Offset the event stands at; -1 where none is known.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        match self {
            Self::Record(record) => record.place.offset,
            Self::OffsetTouch { place, .. } | Self::Marker { place, .. } => place.offset,
            Self::ReadFault { offset, .. } => *offset,
            Self::Damage(_) => -1,
        }
    }
}

/// What a control record says; both loaders look at its key alone.
pub(super) fn control_type(key: Option<&[u8]>) -> Result<ControlType, ControlError> {
    ControlRecord::parse(key, None).map(|control| control.kind)
}
