//! Chooses the copy and the snapshot to start from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, CLUSTER_METADATA_TOPIC, CONSUMER_OFFSETS_TOPIC, Uuid};

use super::captured::captured_cluster;
use super::committed::{Reach, UncommittedTail, uncommitted_tail};
use super::epochs::{CopyEpochs, EpochStart, QuorumFiles};
use super::image::{ClusterImage, RemovedTopics};
use super::log::{Replay, Stop};
use crate::copy::{Evidence, MetadataSnapshot, OtherPartition, SegmentFile};
use crate::dir_name::DirKind;
use crate::file_name::SegmentKind;

/// The cluster as the newest copy of its metadata has it, and how far that goes.
#[derive(Debug, Clone)]
pub struct ClusterMetadata {
    /// Brokers, topics, leaders.
    pub image: ClusterImage,
    /// `cluster.id` of the log dir it was read in.
    pub cluster_id: Option<String>,
    /// Offset of the last record that counts; -1 when there is none, `None` for a description or a capture.
    pub as_of_offset: Option<i64>,
    /// Timestamp of that record's batch, ms since 1970; of a capture when the cluster was asked.
    pub as_of_ms: Option<i64>,
    /// The directory it was read in.
    pub path: PathBuf,
    /// Copies of the metadata that were read.
    pub copies: usize,
    /// True when the moment asked for lies before everything that is left.
    pub later_than_asked: bool,
    /// Where the log begins behind the moment asked for, its first record's timestamp, ms since 1970: then nothing of the
    /// cluster is known.
    pub begins_ms: Option<i64>,
    /// The end of the log that isn't known to be committed.
    pub uncommitted: Option<UncommittedTail>,
    /// True when the moment asked for lies behind the end of what was copied: later changes are not known.
    pub ends_before_asked: bool,
    /// Records of known types in versions that aren't known: passed over.
    pub passed_over: u64,
    /// Why the reading ended before the log did, in words.
    pub damage: Option<String>,
    /// Other cluster ids among the copies; their metadata was left aside.
    pub other_clusters: Vec<String>,
    /// Copies whose last batch carries a leader epoch that nothing else knows, and that epoch: it didn't count.
    pub doubted_epochs: Vec<(PathBuf, i32)>,
    /// Topics that were deleted, as far back as the log and the snapshots beside it go.
    pub removed_topics: RemovedTopics,
}

impl ClusterMetadata {
    /// What somebody was told of a cluster: a description, or a capture's document.
    pub(super) fn told(path: &Path, image: ClusterImage) -> Self {
        Self {
            image,
            cluster_id: None,
            as_of_offset: None,
            as_of_ms: None,
            path: path.to_owned(),
            copies: 1,
            later_than_asked: false,
            begins_ms: None,
            uncommitted: None,
            ends_before_asked: false,
            passed_over: 0,
            damage: None,
            other_clusters: Vec::new(),
            doubted_epochs: Vec::new(),
            removed_topics: RemovedTopics::new(),
        }
    }

    /// True for the cluster's own log: a description or a capture names some topics, and others may exist.
    #[must_use]
    pub fn names_every_topic(&self) -> bool {
        self.as_of_offset.is_some()
    }
}

/// Reads the KRaft metadata in `evidence`: the newest of its copies, up to `as_of_ms` when given.
///
/// Newest is, as in a Raft election, the copy whose last record has the highest leader epoch, then the highest
/// offset; an epoch that nothing but one batch knows doesn't count. Which of its last records aren't known to be committed stands in `uncommitted`.
/// Another cluster's log than that of the offsets partitions here decides nothing ([`foreign_metadata`]).
///
/// `None` when there is no copy with anything to read (ZooKeeper clusters have none).
#[must_use]
pub fn cluster_metadata(
    evidence: &Evidence,
    as_of_ms: Option<i64>,
    read: ReadMode,
) -> Option<ClusterMetadata> {
    let ours = our_clusters(evidence);
    let copies = metadata_copies(evidence).filter(|copy| !is_foreign(evidence, copy, &ours));
    let mut found: Vec<CopyRead> =
        copies.filter_map(|copy| read_copy(evidence, copy, as_of_ms, read)).collect();
    let topic_ids: BTreeSet<Uuid> = evidence.copies.iter().filter_map(|copy| copy.topic_id).collect();
    found.retain(|copy| copy.metadata.cluster_id.is_some() || names_topic(&copy.metadata, &topic_ids));
    let doubted_epochs = settle_epochs(&mut found);
    // A copy that answers for the moment asked goes before one that is too young for it.
    let newest = (0..found.len()).rev().max_by_key(|at| {
        found.get(*at).map(|copy| (!copy.metadata.later_than_asked, copy.reach.epoch, copy.settled_to))
    })?;
    let copies = found.len();
    let chosen = found.swap_remove(newest);
    let mut metadata = chosen.metadata;
    (metadata.copies, metadata.doubted_epochs) = (copies, doubted_epochs);
    if let Some(redaction) = &evidence.redaction {
        metadata.redact_names(redaction);
    }
    let same_cluster = found.iter().filter(|other| other.metadata.cluster_id == metadata.cluster_id);
    let reaches: Vec<Reach> = same_cluster.map(|other| other.reach.clone()).chain([chosen.reach]).collect();
    metadata.uncommitted =
        uncommitted_tail(chosen.settled_to, &chosen.believed, chosen.voters.as_deref(), &reaches);
    let other_ids = found.into_iter().filter_map(|other| other.metadata.cluster_id);
    metadata.other_clusters = other_ids.filter(|id| Some(id) != metadata.cluster_id.as_ref()).collect();
    metadata.other_clusters.sort();
    metadata.other_clusters.dedup();
    Some(metadata)
}

/// Copies of the metadata log that begin above 0 without a sound snapshot of what was before: nothing of them can be read.
/// Each with its directory and the offset it begins at.
#[must_use]
pub fn metadata_without_beginning(evidence: &Evidence, read: ReadMode) -> Vec<(PathBuf, i64)> {
    let without = |copy: &OtherPartition| {
        let first = copy.files.iter().find(|file| file.kind == SegmentKind::Log)?.base_offset;
        (first > 0 && start(copy, Some(first), None, read).is_none()).then(|| (copy.path.clone(), first))
    };
    metadata_copies(evidence).filter_map(without).collect()
}

/// Copies of the metadata log that are of another cluster than the offsets partitions here, with its id: they decide nothing.
/// None where no file tells whose these partitions are.
#[must_use]
pub fn foreign_metadata(evidence: &Evidence) -> Vec<(PathBuf, String)> {
    let ours = our_clusters(evidence);
    let foreign = metadata_copies(evidence).filter(|copy| is_foreign(evidence, copy, &ours));
    foreign.filter_map(|copy| Some((copy.path.clone(), evidence.cluster_of(copy.log_dir)?.clone()))).collect()
}

/// Clusters that the copied offsets partitions are of, as far as `meta.properties` tells.
fn our_clusters(evidence: &Evidence) -> BTreeSet<&String> {
    evidence.copies.iter().filter_map(|copy| evidence.cluster_of(copy.log_dir)).collect()
}

fn is_foreign(evidence: &Evidence, copy: &OtherPartition, ours: &BTreeSet<&String>) -> bool {
    let told = evidence.cluster_of(copy.log_dir);
    !ours.is_empty() && told.is_some_and(|cluster| !ours.contains(cluster))
}

/// A log of which no file says whose it is may be ours unless its offsets topic is another than that of the copies.
fn names_topic(metadata: &ClusterMetadata, topic_ids: &BTreeSet<Uuid>) -> bool {
    let known = metadata.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC));
    topic_ids.is_empty() || known.is_none_or(|(id, _)| topic_ids.contains(&id))
}

fn metadata_copies(evidence: &Evidence) -> impl Iterator<Item = &OtherPartition> {
    evidence.other_partitions.iter().filter(|other| {
        other.topic == CLUSTER_METADATA_TOPIC && other.partition == 0 && other.kind == DirKind::Normal
    })
}

/// Who leads what: [`cluster_metadata`], else what the newest capture was told by its cluster.
///
/// A capture names the topics it was made of and no others, so a topic that is missing here may well exist.
#[must_use]
pub fn cluster_layout(evidence: &Evidence, as_of_ms: Option<i64>, read: ReadMode) -> Option<ClusterMetadata> {
    cluster_metadata(evidence, as_of_ms, read).or_else(|| captured_cluster(evidence, as_of_ms))
}

/// One copy as it was read.
struct CopyRead {
    metadata: ClusterMetadata,
    /// Offset after the last record that counts.
    settled_to: i64,
    reach: Reach,
    epochs: CopyEpochs,
    /// Those of the epochs that count, once all copies are read.
    believed: Vec<EpochStart>,
    /// Controllers that vote; `None` where the copy doesn't tell.
    voters: Option<Vec<i32>>,
}

/// Settles which epochs of each copy count beside the others', and gives those that don't.
fn settle_epochs(found: &mut [CopyRead]) -> Vec<(PathBuf, i32)> {
    let of_copy = |(at, copy): (usize, &CopyRead)| {
        let others = found
            .iter()
            .enumerate()
            .filter(|(other, one)| *other != at && one.metadata.cluster_id == copy.metadata.cluster_id);
        copy.epochs.believed(&others.map(|(_, one)| &one.epochs).collect::<Vec<_>>())
    };
    let believed: Vec<Vec<EpochStart>> = found.iter().enumerate().map(of_copy).collect();
    let mut doubted = Vec::new();
    for (copy, believed) in found.iter_mut().zip(believed) {
        let of_batches = copy.epochs.of_batches.spans();
        let newest = of_batches.last().filter(|_| believed.len() < of_batches.len());
        doubted.extend(newest.map(|newest| (copy.metadata.path.clone(), newest.epoch)));
        copy.reach.epoch = believed.last().map_or(0, |(epoch, _)| *epoch);
        copy.believed = believed;
    }
    doubted
}

/// `None` where nothing can be read.
fn read_copy(
    evidence: &Evidence,
    copy: &OtherPartition,
    as_of_ms: Option<i64>,
    read: ReadMode,
) -> Option<CopyRead> {
    let logs: Vec<_> = copy.files.iter().filter(|file| file.kind == SegmentKind::Log).collect();
    let (mut replay, later_than_asked) =
        start(copy, logs.first().map(|file| file.base_offset), as_of_ms, read)?;
    if let Some(before) = before_snapshot(copy, &logs, replay.next_offset, as_of_ms, read) {
        replay.image.recall(before.image);
    }
    let mut damage = None;
    let mut ends_before_asked = as_of_ms.is_some() && !later_than_asked;
    let mut begins_ms = None;
    for file in logs.iter().filter(|_| !later_than_asked) {
        match replay.segment(&file.path, as_of_ms, read) {
            Ok(()) => {}
            Err(Stop::LaterThanAsked(first)) => {
                ends_before_asked = false;
                begins_ms = (replay.next_offset == 0).then_some(first);
                break;
            }
            Err(Stop::Damaged(what)) => {
                damage = Some(what);
                break;
            }
        }
    }
    let removed_topics = replay.image.finish();
    let files = QuorumFiles::beside(&copy.path);
    let log_dir = copy.log_dir.and_then(|at| evidence.log_dirs.get(at));
    let reach = Reach {
        node: log_dir.and_then(|log_dir| log_dir.broker_id),
        epoch: 0,
        end: replay.next_offset,
        snapshot_end: copy.snapshots.iter().map(|snapshot| snapshot.end_offset).max().unwrap_or(0),
    };
    let metadata = ClusterMetadata {
        cluster_id: log_dir.and_then(|log_dir| log_dir.cluster_id.clone()),
        as_of_offset: Some(replay.settled_to.saturating_sub(1)),
        as_of_ms: replay.timestamp_ms,
        path: copy.path.clone(),
        copies: 1,
        later_than_asked: later_than_asked || begins_ms.is_some(),
        begins_ms,
        uncommitted: None,
        ends_before_asked,
        passed_over: replay.passed_over,
        damage,
        other_clusters: Vec::new(),
        doubted_epochs: Vec::new(),
        removed_topics,
        image: replay.image,
    };
    (replay.settled_to > 0 || begins_ms.is_some()).then(|| CopyRead {
        metadata,
        settled_to: replay.settled_to,
        reach,
        voters: replay.voters.or_else(|| files.voters.clone()),
        epochs: CopyEpochs { of_batches: replay.epochs, elected: replay.elected, files },
        believed: Vec::new(),
    })
}

/// The log before the snapshot that reading starts from, which doesn't say what it replaced; `None` without one.
fn before_snapshot(
    copy: &OtherPartition,
    logs: &[&SegmentFile],
    start_offset: i64,
    as_of_ms: Option<i64>,
    read: ReadMode,
) -> Option<Replay> {
    let older = |snapshot: &&MetadataSnapshot| snapshot.end_offset < start_offset;
    let mut before = if start_offset > 0 && logs.first().is_some_and(|file| file.base_offset == 0) {
        Replay::default()
    } else {
        copy.snapshots.iter().filter(older).find_map(|snapshot| {
            Replay::of_snapshot(&snapshot.path, snapshot.end_offset, snapshot.epoch, as_of_ms, read)
        })?
    };
    for file in logs {
        if before.next_offset >= start_offset || before.segment(&file.path, as_of_ms, read).is_err() {
            break;
        }
    }
    Some(before)
}

/// The newest sound snapshot that isn't too young, else the log's beginning, else (flagged) the oldest snapshot.
fn start(
    copy: &OtherPartition,
    log_start: Option<i64>,
    as_of_ms: Option<i64>,
    read: ReadMode,
) -> Option<(Replay, bool)> {
    let snapshot = |at: usize, as_of_ms| {
        let snapshot = copy.snapshots.get(at)?;
        Replay::of_snapshot(&snapshot.path, snapshot.end_offset, snapshot.epoch, as_of_ms, read)
    };
    let count = copy.snapshots.len();
    if let Some(replay) = (0..count).rev().find_map(|at| snapshot(at, as_of_ms)) {
        return Some((replay, false));
    }
    if log_start == Some(0) {
        return Some((Replay::default(), false));
    }
    let oldest = (0..count).find_map(|at| snapshot(at, None))?;
    Some((oldest, as_of_ms.is_some()))
}
