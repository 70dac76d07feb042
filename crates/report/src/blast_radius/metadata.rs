//! What the cluster's metadata, or the copies where there is none, say of brokers and offsets partitions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use lastwrites_evidence::{
    ClusterMetadata, DirKind, Evidence, PartitionCopy, PartitionImage, UncommittedTail, is_made_up,
    metadata_without_beginning,
};
use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC};

use super::model::{BrokerRadius, PartitionRadius};
use crate::build::{offsets_partitions, path_text};
use crate::findings::{Code, Finding, Severity};
use crate::terminal::{grouped, moment};

/// The evidence without disks of other clusters than the metadata's, and what to say of them: one cluster's leaders tell
/// nothing of another's groups. A description has no cluster id, only the topic's.
pub(super) fn of_this_cluster<'e>(
    evidence: &'e Evidence,
    metadata: Option<&ClusterMetadata>,
) -> (Cow<'e, Evidence>, Option<Finding>) {
    let all = (Cow::Borrowed(evidence), None);
    let Some(metadata) = metadata else { return all };
    let topic_id = metadata.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC)).map(|(id, _)| id);
    let topic_id = topic_id.filter(|id| !is_made_up(*id));
    let stranger = |copy: &PartitionCopy| match (&metadata.cluster_id, evidence.cluster_of(copy.log_dir)) {
        (Some(ours), Some(cluster)) => cluster != ours,
        _ => copy.topic_id.zip(topic_id).is_some_and(|(copy, known)| copy != known),
    };
    let Some(first) = evidence.copies.iter().find(|copy| stranger(copy)) else { return all };
    let message = "this copy is of another cluster (or another __consumer_offsets) than the metadata that names the \
                   leaders: it and its like were left aside, look at each cluster by itself";
    let mut finding = Finding::new(Code::MetadataMoment, message).in_file(path_text(&first.path), None);
    finding.severity = Severity::Warning;
    let mut own = evidence.clone();
    own.copies.retain(|copy| !stranger(copy));
    (Cow::Owned(own), Some(finding))
}

/// Every broker that the metadata, else the copies, know.
pub(super) fn brokers(evidence: &Evidence, metadata: Option<&ClusterMetadata>) -> Vec<BrokerRadius> {
    let Some(metadata) = metadata else { return brokers_of_copies(evidence) };
    let offsets = offsets_partitions(Some(metadata));
    let of = |wanted: &dyn Fn(&PartitionImage) -> bool| -> Vec<i32> {
        let all = offsets.into_iter().flatten();
        all.filter(|(_, partition)| wanted(partition)).map(|(number, _)| *number).collect()
    };
    let broker = |(id, image): (&i32, &lastwrites_evidence::BrokerImage)| BrokerRadius {
        broker_id: *id,
        host: image.host.clone(),
        port: image.port,
        rack: image.rack.clone(),
        fenced: Some(image.fenced),
        leads: Some(of(&|partition| partition.leader == Some(*id))),
        replica_of: of(&|partition| partition.replicas.contains(id)),
    };
    metadata.image.brokers.iter().map(broker).collect()
}

fn brokers_of_copies(evidence: &Evidence) -> Vec<BrokerRadius> {
    let ids: BTreeSet<i32> = evidence.log_dirs.iter().filter_map(|log_dir| log_dir.broker_id).collect();
    let broker = |id: i32| {
        let copies = evidence.copies.iter().filter(|copy| copy.broker_id() == Some(id));
        let in_use = copies.filter(|copy| copy.kind == DirKind::Normal);
        let replica_of: BTreeSet<i32> = in_use.filter_map(|copy| copy.partition).collect();
        BrokerRadius {
            broker_id: id,
            host: None,
            port: None,
            rack: None,
            fenced: None,
            leads: None,
            replica_of: replica_of.into_iter().collect(),
        }
    };
    ids.into_iter().map(broker).collect()
}

/// Every offsets partition that the metadata, else the copies, know; `fails` is filled in later.
pub(super) fn partitions(evidence: &Evidence, metadata: Option<&ClusterMetadata>) -> Vec<PartitionRadius> {
    if let Some(offsets) = offsets_partitions(metadata) {
        let partition = |(number, image): (&i32, &PartitionImage)| PartitionRadius {
            partition: *number,
            leader: image.leader,
            leader_epoch: Some(image.leader_epoch).filter(|epoch| *epoch >= 0),
            replicas: image.replicas.clone(),
            isr: image.isr.clone(),
            fails: None,
            groups_complete: None,
        };
        return offsets.iter().map(partition).collect();
    }
    let numbers: BTreeSet<i32> = evidence.copies.iter().filter_map(|copy| copy.partition).collect();
    let partition = |partition| PartitionRadius {
        partition,
        leader: None,
        leader_epoch: None,
        replicas: Vec::new(),
        isr: Vec::new(),
        fails: None,
        groups_complete: None,
    };
    numbers.into_iter().map(partition).collect()
}

/// Metadata logs that nothing can be read of, as what stood before their first record is in a snapshot that isn't here.
pub(super) fn without_beginning(evidence: &Evidence, read: ReadMode) -> Vec<Finding> {
    let finding = |(path, offset): (PathBuf, i64)| {
        let message = format!(
            "this copy of the metadata log begins at offset {}, and no readable snapshot (<offset>-<epoch>.checkpoint) says \
             what was before: its brokers, topics and leaders are unknown. Copy the snapshots that lie beside the log",
            grouped(offset)
        );
        let finding = Finding::new(Code::MetadataMoment, message).in_file(path_text(&path), None);
        Finding { severity: Severity::Warning, ..finding }
    };
    metadata_without_beginning(evidence, read).into_iter().map(finding).collect()
}

/// How far the metadata can be believed.
pub(super) fn findings(metadata: Option<&ClusterMetadata>, as_of_ms: Option<i64>) -> Vec<Finding> {
    let Some(metadata) = metadata else {
        let message = "no readable __cluster_metadata-0 among the copies: who leads what is unknown; copy that \
                       directory from a controller or broker, or give what kafka-topics --describe prints with --described";
        return vec![Finding::new(Code::NoClusterMetadata, message)];
    };
    let note = |message: String| {
        Finding::new(Code::MetadataMoment, message).in_file(path_text(&metadata.path), None)
    };
    let Some(as_of_offset) = metadata.as_of_offset else {
        let message = match (metadata.as_of_ms.map(moment), metadata.later_than_asked) {
            (None, _) => {
                "leaders are as the pasted description has them; of which moment that is, it doesn't say"
                    .to_owned()
            }
            (Some(at), false) => format!("leaders are as the cluster named them to the capture at {at}"),
            (Some(at), true) => format!(
                "leaders are as the cluster named them to the capture at {at}, later than the moment asked for"
            ),
        };
        let mut found = vec![note(message)];
        found.extend(metadata.damage.as_ref().map(|lacking| Finding {
            severity: Severity::Warning,
            ..note(format!("the description is not whole: {lacking}; who leads the others is unknown"))
        }));
        return found;
    };
    let mut found = Vec::new();
    let at = metadata.as_of_ms.map_or_else(|| "an unknown moment".to_owned(), moment);
    match as_of_ms {
        None => found.push(note(format!(
            "leaders are as of {at} (metadata offset {}), the newest among {} copies; brokers that stop move \
             leaders away or leave none, so ask with --as-of for a moment before the stop",
            as_of_offset, metadata.copies
        ))),
        Some(asked) if metadata.begins_ms.is_some() => found.push(note(format!(
            "the cluster's metadata begins at {}, after {}: who led then is unknown, ask for a later moment",
            metadata.begins_ms.map_or_else(String::new, moment),
            moment(asked)
        ))),
        Some(asked) if metadata.later_than_asked => found.push(note(format!(
            "nothing is left of the metadata of {}: the oldest that is left, as of {at}, is shown",
            moment(asked)
        ))),
        Some(asked) if metadata.ends_before_asked => {
            let message = format!(
                "the copied metadata ends at {at} (offset {as_of_offset}), before {}: leaders may have moved in between",
                moment(asked)
            );
            found.push(Finding { severity: Severity::Warning, ..note(message) });
        }
        Some(asked) => found.push(note(format!(
            "leaders and groups are as of {} (last change {at}, metadata offset {}); verdicts are those of the copies as \
             they lie",
            moment(asked),
            as_of_offset
        ))),
    }
    if let Some(damage) = &metadata.damage {
        let message =
            format!("the metadata log ends early: {damage}; later changes of leaders are not known");
        let mut finding = note(message);
        finding.severity = Severity::Warning;
        found.push(finding);
    }
    found.extend(metadata.uncommitted.as_ref().map(|tail| note(uncommitted(tail, as_of_offset))));
    for (path, epoch) in &metadata.doubted_epochs {
        let message = format!(
            "the last batch of this copy of the metadata carries leader epoch {epoch}, which nothing else knows (it stands \
             outside the checksum): it doesn't make this copy the newest"
        );
        let finding = Finding::new(Code::MetadataMoment, message).in_file(path_text(path), None);
        found.push(Finding { severity: Severity::Warning, ..finding });
    }
    if metadata.passed_over > 0 {
        let message = format!(
            "{} metadata records have versions that are not known here and were passed over: leaders may be others",
            metadata.passed_over
        );
        found.push(Finding { severity: Severity::Warning, ..note(message) });
    }
    if !metadata.other_clusters.is_empty() {
        found.push(note(format!(
            "there are copies of other clusters too ({}); their metadata was left aside",
            metadata.other_clusters.join(", ")
        )));
    }
    found
}

/// What a majority of the controllers isn't known to have: a controller elected by others would have cut it off.
fn uncommitted(tail: &UncommittedTail, last_offset: i64) -> String {
    let copies = match tail.voters {
        Some(voters) => format!("{} of {voters} controllers' copies are here", tail.copied),
        None => "nothing tells how many controllers vote".to_owned(),
    };
    format!(
        "metadata from offset {} to {last_offset} isn't known to be committed ({copies}, and no snapshot reaches it): \
         changes of leaders there may have been taken back. Copy __cluster_metadata-0 of a majority of the controllers",
        tail.from_offset
    )
}
