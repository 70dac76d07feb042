//! Committed offsets held against the rest of the disk: how far behind, and whether the topic is still the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::{ClusterMetadata, Evidence, PartitionCopy, TopicLog, TopicLogs};
use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, Flag};

use super::former_topic::{FormerTopic, FormerTopics};
use crate::findings::Finding;
use crate::model::{GroupReport, OffsetReport};

/// Adds what checkpoints, segments and the cluster's metadata tell of every committed offset; the findings name offsets
/// that may be of a topic's former life.
pub(crate) fn add(
    groups: &mut [GroupReport],
    evidence: &Evidence,
    copies: &[&PartitionCopy],
    metadata: Option<&ClusterMetadata>,
    read: ReadMode,
) -> Vec<Finding> {
    let clusters = Clusters::of(evidence, metadata);
    let logs = TopicLogs::of(&clusters.evidence, metadata.map(|metadata| &metadata.image), read);
    let mut known: BTreeMap<(ByteText, i32), TopicLog> = BTreeMap::new();
    let mut doubts = FormerTopics::default();
    for group in groups {
        for offset in &mut group.offsets {
            let copy = offset.record.as_ref().and_then(|record| copies.get(record.copy));
            if copy.is_some_and(|copy| !clusters.tell_of(copy)) {
                continue;
            }
            let key = (offset.topic.clone(), offset.partition);
            let log = known.entry(key).or_insert_with(|| {
                offset
                    .topic
                    .as_str()
                    .map_or_else(TopicLog::default, |topic| logs.log(topic, offset.partition))
            });
            measure(offset, *log);
            if let Some(metadata) = metadata {
                let doubt = compare(offset, metadata, &logs);
                doubts.note(&group.group_id, &offset.topic, doubt);
            }
        }
    }
    doubts.findings()
}

/// Whose topics are known: with disks of several clusters those of the metadata's cluster, or nobody's.
struct Clusters<'a> {
    /// What lies on the disks of that cluster.
    evidence: Cow<'a, Evidence>,
    only: Option<Option<&'a String>>,
}

impl<'a> Clusters<'a> {
    fn of(evidence: &'a Evidence, metadata: Option<&'a ClusterMetadata>) -> Self {
        let ids: BTreeSet<&String> =
            evidence.log_dirs.iter().filter_map(|log_dir| log_dir.cluster_id.as_ref()).collect();
        if ids.len() < 2 {
            return Self { evidence: Cow::Borrowed(evidence), only: None };
        }
        let only = metadata.and_then(|metadata| metadata.cluster_id.as_ref());
        let mut own = evidence.clone();
        own.other_partitions.retain(|other| evidence.cluster_of(other.log_dir) == only);
        Self { evidence: Cow::Owned(own), only: Some(only) }
    }

    fn tell_of(&self, copy: &PartitionCopy) -> bool {
        let same = |only: Option<&String>| only.is_some() && self.evidence.cluster_of(copy.log_dir) == only;
        self.only.is_none_or(same)
    }
}

fn measure(offset: &mut OffsetReport, log: TopicLog) {
    offset.log_start_offset = log.log_start_offset;
    offset.log_end_offset = log.log_end_offset;
    offset.high_watermark = log.high_watermark;
    offset.log_lacks_end = log.lacks_end;
    let Some(committed) = offset.offset else { return };
    let behind = |end: i64| end.saturating_sub(committed).max(0);
    // A value whose transaction is committed, or may be, and whose marker isn't here: nobody knows which of the two is
    // served, so the lag is at least that of the farther one.
    let farther = served_perhaps(offset).into_iter().chain([committed]).max();
    let behind_farther = |end: i64| end.saturating_sub(farther.unwrap_or(committed)).max(0);
    offset.lag_at_least = log.high_watermark.map(behind_farther);
    // What ends before the commit was copied earlier, or lost its end: it doesn't tell how far the log goes.
    offset.lag_at_most = log.log_end_offset.filter(|end| *end >= committed).map(behind);
    if log.log_start_offset.is_some_and(|start| committed < start) {
        offset.flags.insert(Flag::BelowLogStart);
    }
    // Without the log itself its end isn't known, only that it reached the checkpointed high watermark.
    if log.log_end_offset.is_some_and(|end| committed > end) {
        offset.flags.insert(Flag::BeyondLogEnd);
        offset.lag_at_least = None;
    }
}

/// The farthest offset that a marker would put, or has put, in the committed one's place.
fn served_perhaps(offset: &OffsetReport) -> Option<i64> {
    let in_doubt = offset.flags.contains(Flag::InDoubt);
    let written = offset.record.as_ref().map(|record| record.offset);
    let pending = offset.pending.iter().filter(|pending| written.is_none_or(|at| pending.record_offset > at));
    let may_count = pending.filter(|pending| {
        pending.transaction == Some("committed") || (in_doubt && pending.transaction.is_none())
    });
    may_count.map(|pending| pending.offset).max()
}

/// Is the topic still there, and the one the commit was for? A topic never loses a partition while it lives. The answer
/// is what can't be told.
fn compare(
    offset: &mut OffsetReport,
    metadata: &ClusterMetadata,
    logs: &TopicLogs<'_>,
) -> Option<FormerTopic> {
    let Some((current, topic)) = metadata.image.topic(&offset.topic) else {
        // In a metadata log that ends early it may have been created later.
        if metadata.damage.is_none() {
            offset.flags.insert(Flag::TopicGone);
        }
        return None;
    };
    let other_id = offset.topic_id.is_some_and(|committed| committed != current);
    let no_partition = metadata.damage.is_none() && !topic.partitions.contains_key(&offset.partition);
    if other_id || no_partition {
        offset.flags.insert(Flag::TopicRecreated);
    }
    if offset.topic_id.is_some() || no_partition {
        return None;
    }
    // By the coordinator's clock and the controller's: an older commit was for the topic before.
    let older = |than: Option<i64>| offset.committed_at_ms.zip(than).map(|(at, than)| at < than);
    let leftovers = || offset.topic.as_str().is_some_and(|name| logs.has_leftovers(name, Some(current)));
    match (older(topic.recreated_at_ms), older(topic.created_at_ms)) {
        (Some(true), _) => offset.flags.insert(Flag::TopicRecreated),
        (None, Some(true)) if leftovers() => offset.flags.insert(Flag::TopicRecreated),
        (None, Some(true)) => return topic.created_at_ms.map(FormerTopic::OlderThan),
        (None, None) if offset.committed_at_ms.is_some() && leftovers() => {
            return Some(FormerTopic::Leftovers);
        }
        _ => {}
    }
    None
}
