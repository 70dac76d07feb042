//! What a log holds, record by record, as the streams take it.

use lastwrites_coordinator::fold::{Commit, Place};
use lastwrites_coordinator::group::{Change, Name};

/// Where a record stands, in the log and on disk.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) place: Place,
    pub(crate) batch_base_offset: i64,
    /// Offset of the first record of its batch.
    pub(crate) batch_first_offset: i64,
    /// The record's timestamp, ms since 1970.
    pub(crate) timestamp_ms: i64,
    /// Producer id of the batch, -1 for none.
    pub(crate) producer_id: i64,
}

/// One offset-commit record.
pub(crate) struct Write {
    pub(crate) at: At,
    pub(crate) group_id: Box<[u8]>,
    pub(crate) topic: Box<[u8]>,
    pub(crate) topic_partition: i32,
    /// `None` for a tombstone.
    pub(crate) commit: Option<Commit>,
    /// The batch's transactional flag.
    pub(crate) transactional: bool,
    /// Whether the commit counts only once its producer's marker says so.
    pub(crate) waits: bool,
}

/// What a unit holds, in log order.
pub(crate) enum LogEvent {
    Write(Write),
    Marker {
        at: At,
        committed: bool,
    },
    /// A group record; only where they were asked for.
    Group {
        at: At,
        group_id: Name,
        change: Change,
    },
    /// A record of a type that the release does not know, or that it can't read.
    Unknown {
        at: At,
        /// The group, where the key was long enough to name it.
        group_id: Option<Box<[u8]>>,
        record_type: Option<i16>,
        /// The loader's exception; `None` for a type it skips.
        error: Option<String>,
    },
}

impl LogEvent {
    /// Where it stands.
    pub(crate) const fn at(&self) -> &At {
        match self {
            Self::Write(write) => &write.at,
            Self::Marker { at, .. } | Self::Group { at, .. } | Self::Unknown { at, .. } => at,
        }
    }
}
