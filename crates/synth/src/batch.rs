//! A batch as a plain value: what a coordinator wrote and what the cleaner may take away again.
//!
//! Everything in this crate passes batches around in this form and encodes them last ([`Batch::encode`]), so the
//! cleaner model and the incidents never touch bytes.

use std::io;

use crate::codec::{Codec, Compressor};
use crate::{batch_v2, message_set};

/// Message format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Magic {
    /// Message set without timestamps (0.8, 0.9).
    V0,
    /// Message set with timestamps (0.10).
    V1,
    /// Record batches (0.11 and later).
    #[default]
    V2,
}

impl Magic {
    /// The byte on disk.
    pub fn byte(self) -> u8 {
        match self {
            Magic::V0 => 0,
            Magic::V1 => 1,
            Magic::V2 => 2,
        }
    }
}

/// One record; its offset is the batch's base offset plus `offset_delta`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Distance from the batch's base offset.
    pub offset_delta: i32,
    /// Milliseconds since the epoch; not stored by magic 0.
    pub timestamp_ms: i64,
    /// Record key.
    pub key: Option<Vec<u8>>,
    /// Record value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers (magic 2 only).
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A batch. With magic 0 or 1: the entries of one append, wrapped into one when compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Message format.
    pub magic: Magic,
    /// First offset the batch covers; the cleaner keeps it.
    pub base_offset: i64,
    /// Last offset the batch covers, relative to `base_offset`; the cleaner keeps it.
    pub last_offset_delta: i32,
    /// Partition leader epoch (magic 2).
    pub leader_epoch: i32,
    /// Compression.
    pub codec: Codec,
    /// `Some`: log-append time, and the time of every record of the batch.
    pub log_append_time_ms: Option<i64>,
    /// `Some`: attribute bit 6 and what the base timestamp field then means (KIP-534).
    pub delete_horizon_ms: Option<i64>,
    /// Largest timestamp of the batch as written; the cleaner recomputes it unless the batch is emptied.
    pub max_timestamp_ms: i64,
    /// Attribute bit 4.
    pub transactional: bool,
    /// Attribute bit 5.
    pub control: bool,
    /// -1 for writes outside transactions.
    pub producer_id: i64,
    /// -1 for writes outside transactions.
    pub producer_epoch: i16,
    /// Sequence of the first record; current coordinators write 0 even without a producer id.
    pub base_sequence: i32,
    /// The records, ascending by offset; empty for a batch the cleaner emptied.
    pub records: Vec<Record>,
}

/// What a control record says; the number is the control record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Type 0.
    Abort,
    /// Type 1.
    Commit,
    /// Any other type: leader change (2), snapshot header (3), and types nobody defined.
    Other(i16),
}

impl Marker {
    /// The control record type on disk.
    pub fn code(self) -> i16 {
        match self {
            Marker::Abort => 0,
            Marker::Commit => 1,
            Marker::Other(code) => code,
        }
    }
}

impl Batch {
    /// Offset of the last record the batch covers.
    pub fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// The offset after the batch.
    pub fn next_offset(&self) -> i64 {
        self.last_offset() + 1
    }

    /// Offset of `record` in this batch.
    pub fn offset_of(&self, record: &Record) -> i64 {
        self.base_offset + i64::from(record.offset_delta)
    }

    /// The records with their offsets.
    pub fn offsets(&self) -> impl Iterator<Item = (i64, &Record)> {
        self.records.iter().map(|record| (self.offset_of(record), record))
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        self.encode_with(&mut Compressor::default())
    }

    /// Bytes on disk, compressed with contexts that are kept.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn encode_with(&self, contexts: &mut Compressor) -> io::Result<Vec<u8>> {
        match self.magic {
            Magic::V2 => batch_v2::encode(self, contexts),
            Magic::V0 | Magic::V1 => message_set::encode(self, contexts),
        }
    }
}

/// Builds a [`Batch`] record by record.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    batch: Batch,
    next_delta: i32,
    clock_ms: i64,
    tick_ms: i64,
}

impl BatchBuilder {
    /// A magic-2 batch at `base_offset`, outside any transaction. Its first record gets `clock_ms`, each further one
    /// a millisecond more.
    pub fn new(base_offset: i64, clock_ms: i64) -> Self {
        let batch = Batch {
            magic: Magic::V2,
            base_offset,
            last_offset_delta: 0,
            leader_epoch: 0,
            codec: Codec::None,
            log_append_time_ms: None,
            delete_horizon_ms: None,
            max_timestamp_ms: -1,
            transactional: false,
            control: false,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: 0,
            records: Vec::new(),
        };
        Self { batch, next_delta: 0, clock_ms, tick_ms: 1 }
    }

    /// Sets the message format.
    #[must_use]
    pub fn magic(mut self, magic: Magic) -> Self {
        self.batch.magic = magic;
        self
    }

    /// Sets the compression.
    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        self.batch.codec = codec;
        self
    }

    /// Sets the partition leader epoch.
    #[must_use]
    pub fn leader_epoch(mut self, leader_epoch: i32) -> Self {
        self.batch.leader_epoch = leader_epoch;
        self
    }

    /// Milliseconds between the timestamps of records added from here on.
    #[must_use]
    pub fn tick_ms(mut self, tick_ms: i64) -> Self {
        self.tick_ms = tick_ms;
        self
    }

    /// Stamps the batch with the broker's time.
    #[must_use]
    pub fn log_append_time(mut self, time_ms: i64) -> Self {
        self.batch.log_append_time_ms = Some(time_ms);
        self
    }

    /// Marks the batch as seen by the cleaner: its tombstones go after `horizon_ms`.
    #[must_use]
    pub fn delete_horizon(mut self, horizon_ms: i64) -> Self {
        self.batch.delete_horizon_ms = Some(horizon_ms);
        self
    }

    /// Puts the batch into the open transaction of a producer.
    #[must_use]
    pub fn transactional(mut self, producer_id: i64, producer_epoch: i16, base_sequence: i32) -> Self {
        self.batch.transactional = true;
        self.producer(producer_id, producer_epoch, base_sequence)
    }

    /// Sets producer id, epoch and first sequence without the transactional bit.
    #[must_use]
    pub fn producer(mut self, producer_id: i64, producer_epoch: i16, base_sequence: i32) -> Self {
        self.batch.producer_id = producer_id;
        self.batch.producer_epoch = producer_epoch;
        self.batch.base_sequence = base_sequence;
        self
    }

    /// Appends a record; `None` as value is a tombstone.
    #[must_use]
    pub fn record(self, key: Vec<u8>, value: Option<Vec<u8>>) -> Self {
        self.nullable_record(Some(key), value)
    }

    /// Appends a record whose key may be missing.
    #[must_use]
    pub fn nullable_record(mut self, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> Self {
        self.batch.records.push(Record {
            offset_delta: self.next_delta,
            timestamp_ms: self.clock_ms,
            key,
            value,
            headers: Vec::new(),
        });
        self.batch.last_offset_delta = self.next_delta;
        self.batch.max_timestamp_ms = self.batch.max_timestamp_ms.max(self.clock_ms);
        self.next_delta += 1;
        self.clock_ms += self.tick_ms;
        self
    }

    /// Appends many records.
    #[must_use]
    pub fn records(self, records: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>) -> Self {
        records.into_iter().fold(self, |builder, (key, value)| builder.record(key, value))
    }

    /// Adds a header to the record appended last.
    #[must_use]
    pub fn header(mut self, name: &str, value: Option<&[u8]>) -> Self {
        if let Some(record) = self.batch.records.last_mut() {
            record.headers.push((name.to_owned(), value.map(<[u8]>::to_vec)));
        }
        self
    }

    /// Leaves out `offsets` offsets, as if the cleaner had taken their records.
    #[must_use]
    pub fn gap(mut self, offsets: i32) -> Self {
        self.next_delta += offsets;
        self.batch.last_offset_delta = (self.next_delta - 1).max(0);
        self
    }

    /// The batch.
    pub fn build(mut self) -> Batch {
        if let Some(time_ms) = self.batch.log_append_time_ms {
            self.batch.max_timestamp_ms = time_ms;
        }
        self.batch
    }

    /// A control batch that ends a producer's transaction (or carries another control record type).
    pub fn marker(
        base_offset: i64,
        clock_ms: i64,
        producer_id: i64,
        producer_epoch: i16,
        marker: Marker,
    ) -> Batch {
        let mut key = crate::wire::Wire::new();
        key.i16(0).i16(marker.code());
        // EndTransactionMarker value: version, coordinator epoch.
        let mut value = crate::wire::Wire::new();
        value.i16(0).i32(0);
        let mut batch = Self::new(base_offset, clock_ms)
            .transactional(producer_id, producer_epoch, -1)
            .record(key.into_bytes(), Some(value.into_bytes()))
            .build();
        batch.control = true;
        batch
    }
}
