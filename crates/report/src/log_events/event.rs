//! What a log holds, record by record, as the streams take it.

use lastwrites_coordinator::fold::{Commit, Damage, Place};
use lastwrites_coordinator::group::{Change, Name};

use crate::offset_keys::OffsetKey;

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
    /// From this offset up to the record's own no offset is missing: neither cleaned away nor damaged.
    pub(crate) unbroken_from: i64,
}

/// The offsets of a stretch of log, and since when none is missing.
#[derive(Clone, Copy, Default)]
pub(super) struct Unbroken {
    /// First offset of the stretch; `None` without records.
    first: Option<i64>,
    /// Offset since which none is missing up to the end.
    from: i64,
    /// Offset behind the last record.
    next: i64,
}

impl Unbroken {
    /// The next record of the log; returns since when no offset is missing.
    pub(super) fn record(&mut self, offset: i64) -> i64 {
        if self.first.is_none() || self.next != offset {
            self.from = offset;
        }
        self.first.get_or_insert(offset);
        self.next = offset.saturating_add(1);
        self.from
    }

    /// The offset since which none is missing; `None` without records.
    pub(super) fn starts_at(&self) -> Option<i64> {
        self.first.map(|_| self.from)
    }

    /// The offset behind the last record; -1 before the first.
    pub(super) const fn next(&self) -> i64 {
        if self.first.is_none() { -1 } else { self.next }
    }

    /// Puts the events of a later stretch behind this one: what is unbroken from its first record on, is from before it.
    pub(super) fn join(&mut self, later: &Self, events: &mut [LogEvent]) {
        // A unit that begins with damage doesn't know which offset it begins at.
        let unplaced = |event: &&mut LogEvent| matches!(event, LogEvent::Damage { at, .. } if at.place.record_offset < 0);
        for event in events.iter_mut().take_while(unplaced) {
            event.at_mut().place.record_offset = self.next;
        }
        let Some(first) = later.first else { return };
        if self.first.is_none() || self.next != first {
            *self = *later;
            return;
        }
        let from = self.from;
        let records = events.iter_mut().filter(|event| !matches!(event, LogEvent::Damage { .. }));
        for at in records.map(LogEvent::at_mut).take_while(|at| at.unbroken_from == first) {
            at.unbroken_from = from;
        }
        self.next = later.next;
        if later.from != first {
            self.from = later.from;
        }
    }
}

/// One offset-commit record.
pub(crate) struct Write {
    pub(crate) at: At,
    pub(crate) key: OffsetKey,
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
    /// Damage that may hide a marker: where it begins, with the first offset that may be lost.
    Damage {
        at: At,
        damage: Damage,
        /// Records are lost because a file is missing.
        no_file: bool,
    },
    /// A record that can be read, whosoever's: the first of a unit, or behind damage.
    Readable {
        at: At,
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
            Self::Marker { at, .. }
            | Self::Damage { at, .. }
            | Self::Readable { at }
            | Self::Group { at, .. }
            | Self::Unknown { at, .. } => at,
        }
    }

    /// The offset key that it writes to.
    pub(crate) const fn key(&self) -> Option<&OffsetKey> {
        match self {
            Self::Write(write) => Some(&write.key),
            _ => None,
        }
    }

    const fn at_mut(&mut self) -> &mut At {
        match self {
            Self::Write(write) => &mut write.at,
            Self::Marker { at, .. }
            | Self::Damage { at, .. }
            | Self::Readable { at }
            | Self::Group { at, .. }
            | Self::Unknown { at, .. } => at,
        }
    }
}
