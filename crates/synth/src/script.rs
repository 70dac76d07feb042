//! A log being written batch by batch, the way a coordinator appends: offsets and clock run on by themselves, and every
//! offset commit is entered into the [`Model`] beside it.
//!
//! Incidents and random workloads are told through it.

use crate::batch::{Batch, BatchBuilder, Magic, Marker};
use crate::codec::Codec;
use crate::model::{Committed, Event, Model, OffsetKey};
use crate::values::Entry;
use crate::values::offsets::{OffsetCommit, offset_commit_key};

/// 2026-01-01T00:00:00Z, when every script starts.
pub const EPOCH_MS: i64 = 1_767_225_600_000;

/// A producer inside a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// Producer id.
    pub id: i64,
    /// Producer epoch.
    pub epoch: i16,
    /// Sequence of its next record in this partition.
    pub sequence: i32,
}

/// The log so far.
#[derive(Clone, Debug)]
pub struct Script {
    batches: Vec<Batch>,
    model: Model,
    next_offset: i64,
    clock_ms: i64,
    magic: Magic,
    codec: Codec,
    leader_epoch: i32,
}

impl Script {
    /// An empty log whose first record gets `first_offset`.
    pub fn new(first_offset: i64) -> Self {
        Self {
            batches: Vec::new(),
            model: Model::default(),
            next_offset: first_offset,
            clock_ms: EPOCH_MS,
            magic: Magic::V2,
            codec: Codec::None,
            leader_epoch: 0,
        }
    }

    /// Message format and compression of all further batches.
    #[must_use]
    pub fn format(mut self, magic: Magic, codec: Codec) -> Self {
        self.magic = magic;
        self.codec = codec;
        self
    }

    /// Offset of the next record.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Time of the next record, milliseconds since the epoch.
    pub fn clock_ms(&self) -> i64 {
        self.clock_ms
    }

    /// Lets time pass.
    pub fn wait_ms(&mut self, ms: i64) {
        self.clock_ms += ms;
    }

    /// Skips offsets, as records that are not here any more would have.
    pub fn skip_offsets(&mut self, offsets: i64) {
        self.next_offset += offsets;
    }

    /// Raises the partition leader epoch for all further batches.
    pub fn new_leader(&mut self) {
        self.leader_epoch += 1;
    }

    /// One coordinator operation: its records in one batch.
    pub fn append(&mut self, entries: Vec<Entry>) {
        let batch = self.builder().records(entries).build();
        self.push(batch);
    }

    /// The parts of a batch this script decides: offset, time, format.
    pub fn builder(&self) -> BatchBuilder {
        BatchBuilder::new(self.next_offset, self.clock_ms)
            .magic(self.magic)
            .codec(self.codec)
            .leader_epoch(self.leader_epoch)
    }

    /// Adds a finished batch; it must start at [`Script::next_offset`] or later.
    pub fn push(&mut self, batch: Batch) {
        self.next_offset = batch.next_offset();
        self.clock_ms += 1000;
        self.batches.push(batch);
    }

    /// Plain commits of one request, all in the given value version.
    pub fn commit(&mut self, version: i16, commits: &[(OffsetKey, OffsetCommit)]) {
        self.enter(version, commits, None);
        self.append(entries(version, commits));
    }

    /// Commits inside a producer's transaction, in a batch of their own.
    pub fn commit_in(
        &mut self,
        producer: &mut Producer,
        version: i16,
        commits: &[(OffsetKey, OffsetCommit)],
    ) {
        self.enter(version, commits, Some(producer.id));
        let batch = self.transactional(producer).records(entries(version, commits)).build();
        producer.sequence += crate::wire::count(commits.len());
        self.push(batch);
    }

    /// Deletes offsets.
    pub fn delete(&mut self, keys: &[OffsetKey]) {
        self.append(self.deletions(keys));
        self.enter_deletions(keys);
    }

    /// Deletes offsets in a batch that belongs to a transaction.
    pub fn delete_in(&mut self, producer: &mut Producer, keys: &[OffsetKey]) {
        let batch = self.transactional(producer).records(self.deletions(keys)).build();
        producer.sequence += crate::wire::count(keys.len());
        self.push(batch);
        self.enter_deletions(keys);
    }

    /// Ends a producer's transaction (or writes another control record in its name).
    pub fn marker(&mut self, producer: Producer, marker: Marker) {
        if matches!(marker, Marker::Commit | Marker::Abort) {
            let event = Event::Marker { producer_id: producer.id, commit: marker == Marker::Commit };
            self.model.push(self.next_offset, event);
        }
        let batch =
            BatchBuilder::marker(self.next_offset, self.clock_ms, producer.id, producer.epoch, marker);
        self.push(Batch { leader_epoch: self.leader_epoch, ..batch });
    }

    /// Enters what [`Script::append`] cannot know: that one of its records was an offset commit.
    pub fn enter_event(&mut self, offset: i64, event: Event) {
        self.model.push(offset, event);
    }

    /// The log.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// The log and what was committed in it.
    pub fn finish(self) -> (Vec<Batch>, Model) {
        (self.batches, self.model)
    }

    fn transactional(&self, producer: &Producer) -> BatchBuilder {
        self.builder().transactional(producer.id, producer.epoch, producer.sequence)
    }

    fn deletions(&self, keys: &[OffsetKey]) -> Vec<Entry> {
        keys.iter().map(|key| (offset_commit_key(&key.group, &key.topic, key.partition), None)).collect()
    }

    /// To be called after the batch was pushed: its records end at the next offset.
    fn enter_deletions(&mut self, keys: &[OffsetKey]) {
        let first = self.next_offset - keys.len() as i64;
        for (offset, key) in (first..).zip(keys) {
            self.model.push(offset, Event::Tombstone(key.clone()));
        }
    }

    fn enter(&mut self, version: i16, commits: &[(OffsetKey, OffsetCommit)], producer_id: Option<i64>) {
        for (record_offset, (key, commit)) in (self.next_offset..).zip(commits) {
            let committed = Committed {
                offset: commit.offset,
                leader_epoch: if version >= 3 { commit.leader_epoch } else { -1 },
                metadata: commit.metadata.clone(),
                commit_timestamp_ms: commit.commit_timestamp_ms,
                record_offset,
            };
            self.model.push(record_offset, Event::Commit(key.clone(), committed, producer_id));
        }
    }
}

fn entries(version: i16, commits: &[(OffsetKey, OffsetCommit)]) -> Vec<Entry> {
    commits
        .iter()
        .map(|(key, commit)| {
            (offset_commit_key(&key.group, &key.topic, key.partition), Some(commit.value(version)))
        })
        .collect()
}
