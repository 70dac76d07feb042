//! The offsets of one copy as its log goes by: what stood at each key before, and what open transactions would commit.
//!
//! Memory is one entry a key and the commits of transactions open at one moment, which Kafka bounds by
//! `transaction.max.timeout.ms`.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::fold::{Commit, Damage, KeyHasher};
use lastwrites_coordinator::load::{CommitOrder, Deletes, OffsetSemantics};
use lastwrites_types::Uuid;

use crate::log_events::{LogEvent, Write};
use crate::offset_keys::OffsetKeys;
use crate::rows::Reason;

/// Every key seen, and the open transactions.
pub(crate) struct Ledger {
    semantics: OffsetSemantics,
    hasher: KeyHasher,
    /// By number of the key.
    stories: Vec<Story>,
    open: BTreeMap<i64, Vec<Held>>,
    /// Batches with a wrong checksum so far.
    unsure: u64,
}

/// What is known of one key.
#[derive(Clone, Copy)]
struct Story {
    last: Option<Last>,
    /// Record offset of the newest tombstone, -1 for none.
    newest_tombstone: i64,
    /// Steps forward so far.
    steps: u32,
    /// The largest of them.
    largest_step: i64,
}

/// The committed value of a key.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    pub(crate) offset: i64,
    /// When the broker took the commit, ms since 1970.
    pub(crate) commit_timestamp: i64,
    /// When it expires by itself, ms since 1970; -1 for by retention.
    pub(crate) expire_timestamp: i64,
    /// Id of the topic it was committed for; zero where the commit doesn't say.
    pub(crate) topic_id: Uuid,
    order: CommitOrder,
    /// Hash of the metadata text.
    metadata: u64,
}

/// A commit of an open transaction; in rules where a tombstone reaches it there, its tombstone, too.
struct Held {
    key: u32,
    write: Write,
    /// [`Ledger::unsure`] when it was written.
    unsure: u64,
}

/// A write at its marker.
pub(crate) struct Settled {
    /// Number of its key.
    pub(crate) key: u32,
    pub(crate) write: Write,
    /// What stood there before.
    pub(crate) before: Option<Last>,
    pub(crate) reasons: Vec<Reason>,
    /// A batch with a wrong checksum stands between it and its marker, or is one of the two.
    pub(crate) unsure: bool,
}

impl Settled {
    /// False for a commit that never counts.
    pub(crate) fn counts(&self) -> bool {
        !self.reasons.contains(&Reason::Superseded)
    }
}

/// Steps that must be known before one is called a jump.
const STEPS_KNOWN: u32 = 3;
/// A jump is so many times the largest step before it.
const JUMP_TIMES: i64 = 10;
/// Records that a jump leaps at least.
const JUMP_LEAST: i64 = 1_000;

impl Ledger {
    pub(crate) fn new(semantics: OffsetSemantics) -> Self {
        let hasher = KeyHasher::default();
        Self { semantics, hasher, stories: Vec::new(), open: BTreeMap::new(), unsure: 0 }
    }

    /// Takes an event; `counted` gets every commit from where it counts, at once or at its marker, and every tombstone that
    /// took a value away.
    pub(crate) fn follow(&mut self, keys: &mut OffsetKeys, event: LogEvent, mut counted: impl FnMut(Write)) {
        match event {
            LogEvent::Write(write) => {
                let key = keys.number(&write.key);
                match &write.commit {
                    None => {
                        let (write, deleted) = self.delete(key, write);
                        if deleted.is_some() {
                            counted(write);
                        }
                    }
                    Some(_) if write.waits => self.hold(key, write),
                    Some(commit) => {
                        let _before = self.commit(key, &write, commit);
                        counted(write);
                    }
                }
            }
            LogEvent::Marker { at, committed } => {
                let settled = self.marker(at.producer_id, committed);
                let counts = settled.into_iter().filter(|settled| committed && settled.counts());
                counts.for_each(|settled| counted(settled.write));
            }
            LogEvent::Damage { damage, .. } => {
                let _in_doubt = self.damage(damage);
            }
            LogEvent::Group { .. } | LogEvent::Unknown { .. } | LogEvent::Readable { .. } => {}
        }
    }

    /// A commit that counts at once: what stood there before, and how it moved.
    pub(crate) fn commit(&mut self, key: u32, write: &Write, commit: &Commit) -> (Option<Last>, Vec<Reason>) {
        let metadata = self.hasher.hash(&commit.metadata);
        self.story(key).take(write, commit, metadata)
    }

    /// A commit that waits for its marker.
    pub(crate) fn hold(&mut self, key: u32, write: Write) {
        let unsure = self.unsure;
        self.open.entry(write.at.producer_id).or_default().push(Held { key, write, unsure });
    }

    /// Damage that may hide a marker: the writes that no later marker surely settles, in log order, each with the number
    /// of its key (`lastwrites_coordinator::fold::Damage`).
    pub(crate) fn damage(&mut self, damage: Damage) -> Vec<(u32, Write)> {
        if damage == Damage::Unsure {
            self.unsure += 1;
            return Vec::new();
        }
        let held = std::mem::take(&mut self.open).into_values().flatten();
        let mut writes: Vec<(u32, Write)> = held.map(|held| (held.key, held.write)).collect();
        writes.sort_by_key(|(_, write)| write.at.place.order());
        writes
    }

    /// A tombstone: what it deleted.
    pub(crate) fn delete(&mut self, key: u32, write: Write) -> (Write, Option<Last>) {
        match self.semantics.deletes(write.transactional) {
            Deletes::PendingOfItsProducer => {
                if let Some(held) = self.open.get_mut(&write.at.producer_id) {
                    held.retain(|held| held.key != key);
                }
                (write, None)
            }
            Deletes::Committed => {
                let before = self.story(key).last.take();
                (write, before)
            }
            Deletes::CommittedAndPending => {
                let story = self.story(key);
                story.newest_tombstone = story.newest_tombstone.max(write.at.place.record_offset);
                (write, story.last.take())
            }
        }
    }

    /// The marker of a producer: its writes in log order, with what became of each.
    pub(crate) fn marker(&mut self, producer_id: i64, committed: bool) -> Vec<Settled> {
        let held = self.open.remove(&producer_id).unwrap_or_default();
        // Of several writes of one key in a transaction the coordinator holds the last.
        let mut later = BTreeSet::new();
        let last: Vec<bool> = held.iter().rev().map(|held| later.insert(held.key)).collect();
        let settle = |(held, is_last): (Held, bool)| {
            let Held { key, write, unsure } = held;
            let unsure = unsure < self.unsure;
            let (before, reasons) = match (&write.commit, committed) {
                (Some(commit), true) => self.settle(key, &write, commit, is_last),
                _ => (self.story(key).last, Vec::new()),
            };
            Settled { key, write, before, reasons, unsure }
        };
        held.into_iter().zip(last.into_iter().rev()).map(settle).collect()
    }

    fn settle(
        &mut self,
        key: u32,
        write: &Write,
        commit: &Commit,
        is_last: bool,
    ) -> (Option<Last>, Vec<Reason>) {
        let semantics = self.semantics;
        let metadata = self.hasher.hash(&commit.metadata);
        let story = self.story(key);
        let deleted = story.newest_tombstone > write.at.place.record_offset;
        let wins = story.last.is_none_or(|last| semantics.settles_over(last.order, order(write)));
        if is_last && wins && !deleted {
            story.take(write, commit, metadata)
        } else {
            (story.last, vec![Reason::Superseded])
        }
    }

    #[expect(clippy::indexing_slicing, reason = "made just before, where it wasn't there")]
    fn story(&mut self, key: u32) -> &mut Story {
        let key = key as usize;
        if self.stories.len() <= key {
            self.stories.resize(key + 1, Story::NEW);
        }
        &mut self.stories[key]
    }
}

impl Story {
    const NEW: Self = Self { last: None, newest_tombstone: -1, steps: 0, largest_step: 0 };

    /// Takes a commit that counts; `metadata` is the hash of its text.
    fn take(&mut self, write: &Write, commit: &Commit, metadata: u64) -> (Option<Last>, Vec<Reason>) {
        let before = self.last.replace(Last {
            offset: commit.offset,
            commit_timestamp: commit.commit_timestamp,
            expire_timestamp: commit.expire_timestamp,
            topic_id: commit.topic_id,
            order: order(write),
            metadata,
        });
        let Some(before) = before else { return (None, Vec::new()) };
        let step = commit.offset.saturating_sub(before.offset);
        let jumped =
            self.steps >= STEPS_KNOWN && step >= self.largest_step.saturating_mul(JUMP_TIMES).max(JUMP_LEAST);
        let reason = match step {
            ..0 => Some(Reason::Rewind),
            0 => (metadata != before.metadata).then_some(Reason::MetadataChanged),
            _ => jumped.then_some(Reason::Jump),
        };
        if step > 0 && !jumped {
            self.steps = self.steps.saturating_add(1);
            self.largest_step = self.largest_step.max(step);
        }
        (Some(before), reason.into_iter().collect())
    }
}

const fn order(write: &Write) -> CommitOrder {
    CommitOrder {
        record_offset: write.at.place.record_offset,
        batch_first_offset: write.at.batch_first_offset,
    }
}
