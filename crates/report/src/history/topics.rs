//! Which topics are gone, and which tombstones came of that.
//!
//! A coordinator deletes the offsets of a topic as it learns that the topic was deleted. So a deletion explains a tombstone
//! if it lies between the commit and the tombstone, and was of the topic that the commit was for. Both times are of brokers'
//! clocks, which differ by little.

use lastwrites_evidence::{ClusterMetadata, RemovedTopic};
use lastwrites_types::ByteText;

use crate::ledger::Last;

/// What the cluster's metadata tells of topics.
pub(super) struct Topics<'a> {
    metadata: Option<&'a ClusterMetadata>,
}

/// Whether a topic's deletion explains a tombstone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deletion {
    /// It lies between the commit and the tombstone.
    Explains,
    /// The topic is gone, and nothing tells since when.
    Perhaps,
    /// There was none, or at another time.
    No,
}

impl<'a> Topics<'a> {
    pub(super) const fn new(metadata: Option<&'a ClusterMetadata>) -> Self {
        Self { metadata }
    }

    /// Whether the topic is gone at the end of the metadata.
    pub(super) fn is_gone(&self, topic: &[u8]) -> bool {
        let whole = self.metadata.filter(|metadata| metadata.damage.is_none());
        whole.is_some_and(|metadata| metadata.image.topic(&ByteText::from(topic)).is_none())
    }

    /// Whether the topic's deletion explains a tombstone of that time, ms since 1970; `last` is the commit that it deletes.
    pub(super) fn deletion(&self, topic: &[u8], last: Option<&Last>, tombstone_ms: i64) -> Deletion {
        let name = ByteText::from(topic);
        let Some(metadata) = self.metadata else { return Deletion::No };
        let current = metadata.image.topic(&name);
        let id = last.map(|last| last.topic_id).filter(|id| !id.is_zero());
        let removed = metadata.removed_topics.get(&name).map(Vec::as_slice).unwrap_or_default();
        let of_commit = |removed: &&RemovedTopic| id.is_none_or(|id| id == removed.topic_id);
        let before = removed.iter().filter(of_commit).filter_map(|removed| removed.at_ms);
        let explains = match before.filter(|at| *at <= tombstone_ms).max() {
            None => false,
            Some(at) => match (last, current) {
                (Some(last), _) => last.commit_timestamp <= at,
                (None, None) => true,
                // Of a topic that was there again nothing tells that its tombstones came of the deletion.
                (None, Some((_, topic))) => topic.created_at_ms.is_some_and(|created| tombstone_ms < created),
            },
        };
        match explains {
            true => Deletion::Explains,
            false if removed.is_empty() && self.is_gone(topic) => Deletion::Perhaps,
            false => Deletion::No,
        }
    }
}
