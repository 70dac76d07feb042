//! Where the logs of other topics begin and end, as far as a copied disk tells: checkpoints, and segments if copied.
//!
//! Nothing here is certain to the record: a high watermark is checkpointed every few seconds, and a log end is that
//! of the copy. So what is known are bounds, and the type says which.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_segment::{Framed, Framer, ReadMode, open};
use lastwrites_types::{ByteRange, ByteText, Uuid};

use crate::cluster_metadata::{ClusterImage, PartitionImage, is_made_up};
use crate::companion::Checkpoint;
use crate::companion_file::{Companion, CompanionFile};
use crate::copy::{Evidence, OtherPartition, SegmentFile};
use crate::dir_name::DirKind;
use crate::file_name::{CompanionKind, SegmentKind};

/// What is known of one partition's log over all its copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TopicLog {
    /// Highest log start of any copy: no record before it can be read. `None` where nothing tells; a local log of
    /// a tiered topic doesn't.
    pub log_start_offset: Option<i64>,
    /// Highest checkpointed high watermark: the log reached at least this far. After an unclean election that of replicas
    /// in sync alone, as others may hold what was lost. `None` where a checkpoint's entry may be of the topic's former life.
    pub high_watermark: Option<i64>,
    /// Highest end of a copied log: the log reached at most this far when it was copied. `None` without segments, and where
    /// the copies lack the end.
    pub log_end_offset: Option<i64>,
    /// The copied segments end in damage, or below what checkpoints, indexes, epochs or producer snapshots tell of the
    /// log: where it ended is not known.
    pub lacks_end: bool,
}

/// The logs of all topics but the offsets topic's own.
#[derive(Debug, Clone)]
pub struct TopicLogs<'e> {
    evidence: &'e Evidence,
    image: Option<&'e ClusterImage>,
    dirs: BTreeMap<(&'e str, i32), Vec<&'e OtherPartition>>,
    /// Ids of all directories of a topic's name, deleted ones included.
    ids: BTreeMap<&'e str, BTreeSet<Uuid>>,
    read: ReadMode,
}

/// Dynamic config of a topic whose older segments lie elsewhere (KIP-405).
const TIERED: &str = "remote.storage.enable";

impl<'e> TopicLogs<'e> {
    /// The logs in `evidence`. With the cluster's metadata, copies of a topic's former life (another topic id) are
    /// left aside.
    #[must_use]
    pub fn of(evidence: &'e Evidence, image: Option<&'e ClusterImage>, read: ReadMode) -> Self {
        let mut dirs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for other in evidence.other_partitions.iter().filter(|other| other.kind == DirKind::Normal) {
            dirs.entry((other.topic.as_str(), other.partition)).or_default().push(other);
        }
        let mut ids: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for other in &evidence.other_partitions {
            ids.entry(other.topic.as_str()).or_default().extend(other.topic_id);
        }
        Self { evidence, image, dirs, ids, read }
    }

    /// What is known of one partition. Reads the headers of each copy's last segment, and the small files beside it.
    #[must_use]
    pub fn log(&self, topic: &str, partition: i32) -> TopicLog {
        let name = ByteText::from(topic);
        let known = self.image.and_then(|image| image.topic(&name));
        let current = known.map(|(id, _)| id).filter(|id| !is_made_up(*id));
        let copies = self.dirs.get(&(topic, partition)).map_or(&[][..], Vec::as_slice);
        let lived_before = self.has_leftovers(topic, current)
            || known.is_some_and(|(_, topic)| topic.recreated_at_ms.is_some());
        let mut log = TopicLog::default();
        // Nothing tells which of them is the topic of today.
        if current.is_none() && lived_before {
            return log;
        }
        // Only a directory of the topic of today shows that a checkpoint's entry is of it.
        let is_current = |copy: &&&OtherPartition| !lived_before || copy.topic_id == current;
        let in_sync = known.and_then(|(_, topic)| in_sync(topic.partitions.get(&partition)?));
        for (at, log_dir) in self.evidence.log_dirs.iter().enumerate() {
            let here = || copies.iter().filter(|copy| copy.log_dir == Some(at));
            if here().any(|copy| !is_current(&copy)) || (lived_before && here().next().is_none()) {
                continue;
            }
            let entry = |checkpoint: &Option<Checkpoint>| checkpoint.as_ref()?.get(topic, partition);
            // A replica out of sync may hold a fork that the others never had.
            if in_sync.as_ref().is_none_or(|ids| log_dir.broker_id.is_none_or(|id| ids.contains(&id))) {
                log.high_watermark = log.high_watermark.max(entry(&log_dir.high_watermarks));
            }
            log.log_start_offset = log.log_start_offset.max(entry(&log_dir.log_starts));
        }
        // The checkpoint always has an entry for a tiered topic, whose local segments begin later.
        let tiered = if known.is_some() { self.is_tiered(topic) } else { log.log_start_offset.is_some() };
        let mut reached = log.high_watermark;
        let mut any_segments = false;
        for copy in copies.iter().filter(is_current) {
            let logs: Vec<&SegmentFile> =
                copy.files.iter().filter(|file| file.kind == SegmentKind::Log).collect();
            let Some(last) = logs.last() else { continue };
            any_segments = true;
            let (end, is_whole) = self.end_of(last);
            reached = reached.max(Some(end)).max(self.told_beside(copy));
            if is_whole {
                log.log_end_offset = log.log_end_offset.max(Some(end));
            }
            if !tiered {
                log.log_start_offset = log.log_start_offset.max(logs.first().map(|first| first.base_offset));
            }
        }
        // A log that ends below what was there once has lost its end, or was copied before.
        log.log_end_offset = log.log_end_offset.filter(|end| reached <= Some(*end));
        log.lacks_end = any_segments && log.log_end_offset.is_none();
        log
    }

    /// True where directories of this name are of another topic than `current` (of several, without it): one of them
    /// was deleted.
    #[must_use]
    pub fn has_leftovers(&self, topic: &str, current: Option<Uuid>) -> bool {
        let ids = self.ids.get(topic);
        let others = ids.into_iter().flatten().filter(|id| current.is_none_or(|current| **id != current));
        others.count() > usize::from(current.is_none())
    }

    fn is_tiered(&self, topic: &str) -> bool {
        // 2 is a topic's resource type.
        let key = (2, ByteText::from(topic), ByteText::from(TIERED));
        self.image
            .is_some_and(|image| image.configs.get(&key).is_some_and(|value| value.as_str() == Some("true")))
    }

    /// The offset after a segment's last readable batch, its base offset where it has none; false where something unreadable
    /// follows.
    fn end_of(&self, file: &SegmentFile) -> (i64, bool) {
        let mut end = file.base_offset;
        let Ok(source) = open(&file.path, self.read) else { return (end, false) };
        let mut scratch = Vec::new();
        let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut scratch);
        let mut is_whole = true;
        loop {
            match framer.next() {
                Ok(Some(Framed::Batch(batch))) => {
                    end = end.max(batch.header.next_offset());
                    is_whole = true;
                }
                // Where the log went on, nobody knows how far.
                Ok(Some(Framed::Gap(gap))) => is_whole = gap.is_empty_space(),
                Ok(None) => return (end, is_whole),
                Err(_) => return (end, false),
            }
        }
    }

    /// How far the log of a copy reached at least, by its own checkpoints and the small files beside its segments.
    fn told_beside(&self, copy: &OtherPartition) -> Option<i64> {
        let log_dir = copy.log_dir.and_then(|at| self.evidence.log_dirs.get(at));
        let entry = |checkpoint: &Option<Checkpoint>| checkpoint.as_ref()?.get(&copy.topic, copy.partition);
        let flushed = log_dir.and_then(|log_dir| entry(&log_dir.recovery_points));
        let live = copy.companions.iter().filter(|file| file.stage == SegmentKind::Log);
        live.filter_map(reaches).chain(flushed).max()
    }
}

/// How far a small file beside the segments tells that its log went.
fn reaches(file: &CompanionFile) -> Option<i64> {
    match file.kind {
        CompanionKind::ProducerSnapshot => file.base_offset,
        CompanionKind::OffsetIndex | CompanionKind::LeaderEpochs => match file.load().ok()? {
            Companion::OffsetIndex(index) => index.entries.last().map(|entry| entry.offset.saturating_add(1)),
            Companion::LeaderEpochs(epochs) => epochs.entries.iter().map(|entry| entry.start_offset).max(),
            _ => None,
        },
        _ => None,
    }
}

/// Brokers whose high watermark is the partition's; `None` where any replica's is.
fn in_sync(partition: &PartitionImage) -> Option<BTreeSet<i32>> {
    if !partition.elected_unclean {
        return None;
    }
    let named = partition.leader.iter().chain(&partition.isr).chain(&partition.eligible_leaders);
    let named: BTreeSet<i32> = named.copied().collect();
    Some(named)
}
