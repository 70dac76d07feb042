//! What one unit leaves for the ordered stage.

use lastwrites_segment::LeaderEpochs;

use crate::fold::{Damage, Place, UnitTransactions};
use crate::load::{LoadEvent, LoadRecord, RecordPlace};
use crate::state::continuity::Continuity;
use crate::state::tally::Tally;

/// Everything of a unit that does not commute.
#[derive(Default)]
pub(super) struct UnitEdge {
    /// Group records, first touches, markers, faults: in log order.
    pub events: Vec<EdgeEvent>,
    /// Open writes and first markers.
    pub transactions: UnitTransactions,
    /// Bytes accounted for.
    pub tally: Tally,
    /// Offsets seen.
    pub continuity: Continuity,
    /// Leader epochs seen.
    pub leader_epochs: LeaderEpochs,
    /// Oddities, counted.
    pub counts: Counts,
}

/// Numbers about records, added up over units.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Records by record type, 0 to 31.
    pub by_type: [u64; 32],
    /// Records whose key names no type in that range, or has none.
    pub other_types: u64,
    /// Offset commits that are not exactly as a release writes them: bytes left over, unknown tags, versions
    /// or bytes that can't be read.
    pub irregular_commits: u64,
    /// Offset commits written in transactions.
    pub transactional_commits: u64,
    /// Transaction markers.
    pub markers: u64,
    /// Control records of a producer that say neither commit nor abort, where a broker looks: first in their batch.
    pub unknown_markers: u64,
    /// Offset of the first of them.
    pub first_unknown_marker: Option<i64>,
    /// The latest record timestamp, ms since 1970.
    pub max_timestamp: Option<i64>,
}

impl Counts {
    /// Counts one record of a type; `None` for a key without one.
    pub fn record_type(&mut self, record_type: Option<i16>) {
        let known = record_type.and_then(|t| usize::try_from(t).ok()).and_then(|t| self.by_type.get_mut(t));
        *known.unwrap_or(&mut self.other_types) += 1;
    }

    /// Counts a control record that ends no transaction, of a batch with this producer id.
    pub fn unknown_marker(&mut self, offset: i64, producer_id: i64, first_in_batch: bool) {
        // Brokers track producers, and look at the first record of their control batches (`ProducerAppendInfo.append`).
        if producer_id >= 0 && first_in_batch {
            self.unknown_markers += 1;
            self.first_unknown_marker.get_or_insert(offset);
        }
    }

    /// Takes a record's timestamp, ms since 1970.
    #[inline]
    pub(super) fn timestamp(&mut self, timestamp_ms: i64) {
        if self.max_timestamp.is_none_or(|latest| latest < timestamp_ms) {
            self.max_timestamp = Some(timestamp_ms);
        }
    }

    /// Adds another unit's numbers.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.by_type.iter_mut().zip(other.by_type) {
            *mine += theirs;
        }
        self.other_types += other.other_types;
        self.irregular_commits += other.irregular_commits;
        self.transactional_commits += other.transactional_commits;
        self.markers += other.markers;
        self.unknown_markers += other.unknown_markers;
        let first = self.first_unknown_marker.into_iter().chain(other.first_unknown_marker).min();
        self.first_unknown_marker = first;
        self.max_timestamp = self.max_timestamp.max(other.max_timestamp);
    }
}

/// One thing that a coordinator's load meets, owned so that it can cross threads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum EdgeEvent {
    /// A record that the ordered stage replays itself.
    Record(EdgeRecord),
    /// The first well-formed offset commit of a group in this unit, or since the group's last group record.
    OffsetTouch {
        /// Where it stands.
        place: RecordPlace,
        /// Group id.
        group_id: Box<[u8]>,
    },
    /// Bytes or a batch that may have held anything, a marker among others.
    Damage(Damage),
    /// What a broker's reader throws at.
    ReadFault {
        /// Offset of the batch the reader is in.
        offset: i64,
        /// The exception's message.
        text: String,
        /// Type of the record read before it in its batch.
        record_type: Option<i16>,
    },
}

/// A record with what a replay needs of its batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EdgeRecord {
    /// Where it stands.
    pub place: RecordPlace,
    /// Where it lies on disk.
    pub on_disk: Place,
    /// Offset of the first record of its batch.
    pub batch_first_offset: i64,
    /// Producer id of its batch, -1 without one.
    pub producer_id: i64,
    /// Producer epoch of its batch, -1 without one.
    pub producer_epoch: i16,
    /// The batch's transactional flag.
    pub transactional: bool,
    /// The batch's control flag.
    pub control: bool,
    /// Record timestamp, ms since 1970.
    pub timestamp_ms: i64,
    /// Key as stored; `None` is a null key.
    pub key: Option<Box<[u8]>>,
    /// Value as stored; `None` is a tombstone.
    pub value: Option<Box<[u8]>>,
}

impl EdgeEvent {
    /// The event as a loader takes it.
    #[must_use]
    pub(super) fn as_load_event(&self) -> LoadEvent<'_> {
        match self {
            Self::OffsetTouch { place, group_id } => {
                LoadEvent::OffsetTouch { place: *place, group: group_id }
            }
            Self::Damage(damage) => LoadEvent::Damage(*damage),
            Self::ReadFault { offset, text, record_type } => {
                LoadEvent::ReadFault { offset: *offset, text: text.clone(), record_type: *record_type }
            }
            Self::Record(record) if record.control => LoadEvent::Marker {
                place: record.place,
                producer_id: record.producer_id,
                key: record.key.as_deref(),
                first_in_batch: record.place.offset == record.batch_first_offset,
            },
            Self::Record(record) => LoadEvent::Record(LoadRecord {
                place: record.place,
                batch_first_offset: record.batch_first_offset,
                producer_id: record.producer_id,
                producer_epoch: record.producer_epoch,
                transactional: record.transactional,
                timestamp_ms: record.timestamp_ms,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
            }),
        }
    }
}
