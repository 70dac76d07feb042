//! What a log's offset commits amount to, by the plainest reading of the rules.
//!
//! The rules are those of the coordinator since Kafka 3.8 (`OffsetMetadataManager`): a plain commit stores, a
//! transactional one waits for its marker, a tombstone removes the stored offset and every waiting one, a commit marker
//! stores what waited unless a later record has stored already, an abort marker forgets it. Replayed event by event
//! from the start for every question, so that there is nothing to get wrong; it never reads bytes.

use std::collections::BTreeMap;

/// Whose offset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OffsetKey {
    /// Group id.
    pub group: String,
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
}

impl OffsetKey {
    /// A key from its parts.
    pub fn new(group: &str, topic: &str, partition: i32) -> Self {
        Self { group: group.to_owned(), topic: topic.to_owned(), partition }
    }
}

/// A commit as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The committed offset.
    pub offset: i64,
    /// -1 when the value version stores none.
    pub leader_epoch: i32,
    /// The client's own text.
    pub metadata: String,
    /// Milliseconds since the epoch.
    pub commit_timestamp_ms: i64,
    /// Offset of the commit's own record in the log.
    pub record_offset: i64,
}

/// Something that moves committed offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A commit; with a producer id it waits for that producer's marker.
    Commit(OffsetKey, Committed, Option<i64>),
    /// A deleted offset, inside a transaction or not.
    Tombstone(OffsetKey),
    /// The end of a producer's transaction.
    Marker {
        /// Whose transaction.
        producer_id: i64,
        /// Commit or abort.
        commit: bool,
    },
}

/// Committed and waiting offsets at one point of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetsState {
    /// What a client would fetch.
    pub committed: BTreeMap<OffsetKey, Committed>,
    /// What waits for a marker, by producer id; producers without any are absent.
    pub pending: BTreeMap<i64, BTreeMap<OffsetKey, Committed>>,
}

/// The events of a log in log order, each with the offset of its record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    events: Vec<(i64, Event)>,
}

impl Model {
    /// Adds the event of the record at `offset`; offsets must ascend.
    pub fn push(&mut self, offset: i64, event: Event) {
        self.events.push((offset, event));
    }

    /// The events.
    pub fn events(&self) -> &[(i64, Event)] {
        &self.events
    }

    /// The state after every record below `end_offset`.
    pub fn before(&self, end_offset: i64) -> OffsetsState {
        let mut state = OffsetsState::default();
        for (_, event) in self.events.iter().take_while(|(offset, _)| *offset < end_offset) {
            state.apply(event);
        }
        state
    }

    /// The state after the last record.
    pub fn last(&self) -> OffsetsState {
        self.before(i64::MAX)
    }
}

impl OffsetsState {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Commit(key, value, None) => {
                self.committed.insert(key.clone(), value.clone());
            }
            Event::Commit(key, value, Some(producer_id)) => {
                self.pending.entry(*producer_id).or_default().insert(key.clone(), value.clone());
            }
            Event::Tombstone(key) => {
                self.committed.remove(key);
                self.pending.retain(|_, waiting| {
                    waiting.remove(key);
                    !waiting.is_empty()
                });
            }
            Event::Marker { producer_id, commit } => {
                let waiting = self.pending.remove(producer_id).unwrap_or_default();
                for (key, value) in waiting.into_iter().filter(|_| *commit) {
                    let stored = self.committed.get(&key).map_or(-1, |stored| stored.record_offset);
                    if stored < value.record_offset {
                        self.committed.insert(key, value);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(offset: i64, record_offset: i64) -> Committed {
        Committed { offset, leader_epoch: -1, metadata: String::new(), commit_timestamp_ms: 0, record_offset }
    }

    #[test]
    fn a_plain_commit_made_inside_an_open_transaction_wins_over_it() {
        let key = OffsetKey::new("g", "t", 0);
        let mut model = Model::default();
        model.push(0, Event::Commit(key.clone(), commit(5, 0), Some(7)));
        model.push(1, Event::Commit(key.clone(), commit(3, 1), None));
        model.push(2, Event::Marker { producer_id: 7, commit: true });
        assert_eq!(model.last().committed.get(&key), Some(&commit(3, 1)));
        assert_eq!(model.before(1).committed.get(&key), None);
        assert_eq!(model.before(2).pending.len(), 1);
    }

    #[test]
    fn a_tombstone_also_removes_what_waits() {
        let key = OffsetKey::new("g", "t", 0);
        let mut model = Model::default();
        model.push(0, Event::Commit(key.clone(), commit(5, 0), Some(7)));
        model.push(1, Event::Tombstone(key));
        model.push(2, Event::Marker { producer_id: 7, commit: true });
        assert_eq!(model.last(), OffsetsState::default());
    }
}
