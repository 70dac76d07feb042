//! Where the logs of other topics begin and end, as far as a copied disk tells: checkpoints, and segments if copied.
//!
//! Nothing here is certain to the record: a high watermark is checkpointed every few seconds, and a log end is that
//! of the copy. So what is known are bounds, and the type says which.

use std::collections::BTreeMap;

use lastwrites_segment::{Framed, Framer, ReadMode, open};
use lastwrites_types::{ByteRange, ByteText, Uuid};

use crate::cluster_metadata::ClusterImage;
use crate::copy::{Evidence, OtherPartition, SegmentFile};
use crate::dir_name::DirKind;
use crate::file_name::SegmentKind;

/// What is known of one partition's log over all its copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TopicLog {
    /// Highest log start of any copy: no record before it can be read. `None` where nothing tells; a local log of
    /// a tiered topic doesn't.
    pub log_start_offset: Option<i64>,
    /// Highest checkpointed high watermark: the log reached at least this far.
    pub high_watermark: Option<i64>,
    /// Highest end of a copied log: the log reached at most this far when it was copied. `None` without segments.
    pub log_end_offset: Option<i64>,
}

/// The logs of all topics but the offsets topic's own.
#[derive(Debug, Clone)]
pub struct TopicLogs<'e> {
    evidence: &'e Evidence,
    image: Option<&'e ClusterImage>,
    dirs: BTreeMap<(&'e str, i32), Vec<&'e OtherPartition>>,
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
        Self { evidence, image, dirs, read }
    }

    /// What is known of one partition. Reads the headers of each copy's last segment.
    #[must_use]
    pub fn log(&self, topic: &str, partition: i32) -> TopicLog {
        let current = self.image.and_then(|image| Some(image.topic(&ByteText::from(topic))?.0));
        let copies = self.dirs.get(&(topic, partition)).map_or(&[][..], Vec::as_slice);
        let mut log = TopicLog::default();
        for (at, log_dir) in self.evidence.log_dirs.iter().enumerate() {
            let mut here = copies.iter().filter(|copy| copy.log_dir == Some(at));
            if here.any(|copy| is_former(copy, current)) {
                continue;
            }
            let entry = |checkpoint: &Option<crate::companion::Checkpoint>| {
                checkpoint.as_ref().and_then(|checkpoint| checkpoint.get(topic, partition))
            };
            log.high_watermark = log.high_watermark.max(entry(&log_dir.high_watermarks));
            log.log_start_offset = log.log_start_offset.max(entry(&log_dir.log_starts));
        }
        let tiered = self.is_tiered(topic);
        for copy in copies.iter().filter(|copy| !is_former(copy, current)) {
            let logs: Vec<&SegmentFile> =
                copy.files.iter().filter(|file| file.kind == SegmentKind::Log).collect();
            log.log_end_offset = log.log_end_offset.max(logs.last().and_then(|last| self.end_of(last)));
            if !tiered {
                log.log_start_offset = log.log_start_offset.max(logs.first().map(|first| first.base_offset));
            }
        }
        log
    }

    fn is_tiered(&self, topic: &str) -> bool {
        // 2 is a topic's resource type.
        let key = (2, ByteText::from(topic), ByteText::from(TIERED));
        self.image
            .is_some_and(|image| image.configs.get(&key).is_some_and(|value| value.as_str() == Some("true")))
    }

    /// The offset after a segment's last batch; its base offset where it has none; `None` when it can't be read.
    fn end_of(&self, file: &SegmentFile) -> Option<i64> {
        let source = open(&file.path, self.read).ok()?;
        let mut scratch = Vec::new();
        let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut scratch);
        let mut end = file.base_offset;
        while let Some(item) = framer.next().ok()? {
            if let Framed::Batch(batch) = item {
                end = end.max(batch.header.next_offset());
            }
        }
        Some(end)
    }
}

/// True for the log of a deleted topic of the same name.
fn is_former(copy: &OtherPartition, current: Option<Uuid>) -> bool {
    matches!((copy.topic_id, current), (Some(copied), Some(current)) if copied != current)
}
