//! Whose transactions a transaction log decides: those of its own cluster, while the topic is the one of today.

use lastwrites_evidence::{ClusterMetadata, Evidence, PartitionCopy};
use lastwrites_types::{ByteText, TRANSACTION_STATE_TOPIC, Uuid};

/// Where a copy says it is from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Home {
    cluster_id: Option<String>,
    topic_id: Option<Uuid>,
    /// The offsets topic of a known cluster lies in the same log dir, or the cluster's metadata names the topic id.
    vouched_for: bool,
}

impl Home {
    /// The cluster of a copy of the offsets topic.
    pub(crate) fn of_offsets(evidence: &Evidence, copy: &PartitionCopy) -> Self {
        let cluster_id = evidence.cluster_of(copy.log_dir).cloned();
        Self { cluster_id, topic_id: None, vouched_for: true }
    }

    /// What the copies of one partition of the transaction log tell together.
    pub(super) fn of_log(
        evidence: &Evidence,
        metadata: Option<&ClusterMetadata>,
        copies: &[&PartitionCopy],
    ) -> Self {
        let cluster_id = copies.iter().find_map(|copy| evidence.cluster_of(copy.log_dir)).cloned();
        let topic_id = copies.iter().find_map(|copy| copy.topic_id);
        let beside_offsets = copies
            .iter()
            .filter_map(|copy| copy.log_dir)
            .any(|log_dir| evidence.copies.iter().any(|offsets| offsets.log_dir == Some(log_dir)));
        let named = known_topic(metadata).is_some_and(|known| Some(known) == topic_id);
        Self { cluster_id, topic_id, vouched_for: beside_offsets || named }
    }

    /// Whether this log decides the transactions of a cluster.
    pub(super) fn decides(&self, of: &Self, metadata: Option<&ClusterMetadata>, clusters: usize) -> bool {
        let of_metadata = |home: &Self| {
            let known = metadata.and_then(|metadata| metadata.cluster_id.as_ref());
            known.zip(home.cluster_id.as_ref()).is_none_or(|(known, own)| known == own)
        };
        // The cluster knows its topic by another id: this one was deleted, or is another cluster's.
        let other_topic = known_topic(metadata).zip(self.topic_id).is_some_and(|(known, own)| known != own);
        if other_topic && of_metadata(of) && of_metadata(self) {
            return false;
        }
        match (&self.cluster_id, &of.cluster_id) {
            (Some(own), Some(other)) => own == other,
            (None, Some(_)) => self.vouched_for,
            (Some(_), None) => clusters < 2,
            (None, None) => true,
        }
    }

    /// Whether a log dir of this `cluster.id` may be of the same cluster.
    pub(super) fn is_of(&self, cluster_id: Option<&String>) -> bool {
        self.cluster_id.as_ref().zip(cluster_id).is_none_or(|(own, other)| own == other)
    }

    /// How many partitions the transaction log of this cluster has, by its metadata.
    pub(super) fn partitions_of_log(&self, metadata: &ClusterMetadata) -> Option<i32> {
        if !self.is_of(metadata.cluster_id.as_ref()) {
            return None;
        }
        let (_, topic) = metadata.image.topic(&ByteText::from(TRANSACTION_STATE_TOPIC))?;
        topic.partition_count.or_else(|| i32::try_from(topic.partitions.len()).ok())
    }

    /// Topic id, where a file tells.
    pub(super) const fn topic_id(&self) -> Option<Uuid> {
        self.topic_id
    }
}

/// The id by which the cluster's metadata knows the topic of the transaction log.
fn known_topic(metadata: Option<&ClusterMetadata>) -> Option<Uuid> {
    let (id, _) = metadata?.image.topic(&ByteText::from(TRANSACTION_STATE_TOPIC))?;
    Some(id)
}
