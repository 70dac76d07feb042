//! Which copies answer for a moment: those of the brokers that led then.

use std::collections::BTreeMap;

use lastwrites_evidence::{ClusterMetadata, DirKind, Evidence, PartitionCopy, PartitionImage};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC};

/// The offsets topic's partitions; `None` when the metadata doesn't tell.
pub(crate) fn offsets_partitions(
    metadata: Option<&ClusterMetadata>,
) -> Option<&BTreeMap<i32, PartitionImage>> {
    let (_, topic) = metadata?.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC))?;
    Some(&topic.partitions)
}

/// The copies to believe: those of a partition's leader; without one, those of replicas that may become it.
///
/// Where none of them was copied, all copies of the partition stay.
pub(crate) fn believed(evidence: &Evidence, offsets: Option<&BTreeMap<i32, PartitionImage>>) -> Evidence {
    let mut believed = evidence.clone();
    let Some(offsets) = offsets else { return believed };
    for (number, partition) in offsets {
        let candidates: Vec<i32> = match partition.leader {
            Some(leader) => vec![leader],
            None => partition.isr.iter().chain(&partition.eligible_leaders).copied().collect(),
        };
        let theirs = |copy: &PartitionCopy| {
            copy.kind == DirKind::Normal && copy.broker_id().is_some_and(|id| candidates.contains(&id))
        };
        if evidence.copies.iter().any(|copy| copy.partition == Some(*number) && theirs(copy)) {
            believed.copies.retain(|copy| copy.partition != Some(*number) || theirs(copy));
        }
    }
    believed
}
