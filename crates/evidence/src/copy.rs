//! Everything that was found, partition by partition.

use std::path::PathBuf;
use std::sync::Arc;

use lastwrites_records::redact::Redaction;
use lastwrites_segment::{ByteSource, OpenError, ReadMode, open, open_file};
use lastwrites_types::Uuid;

use crate::cluster_metadata::ClusterMetadata;
use crate::companion::EpochEntry;
use crate::companion_file::CompanionFile;
use crate::dir_name::DirKind;
use crate::file_name::SegmentKind;
use crate::log_dir::LogDir;
use crate::problem::Problem;
use crate::text::TextSegment;

/// What lies on the copied disks.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Log dirs, sorted by path.
    pub log_dirs: Vec<LogDir>,
    /// Partition directories of `__consumer_offsets`, sorted by partition (unknown ones last), then path.
    pub copies: Vec<PartitionCopy>,
    /// Partition directories of `__transaction_state`, in the same order.
    pub transaction_logs: Vec<PartitionCopy>,
    /// Partition directories of every other topic, sorted by topic, partition, path.
    pub other_partitions: Vec<OtherPartition>,
    /// The clusters as captures were told, by path.
    pub captures: Vec<ClusterMetadata>,
    /// What could not be read or looks odd, in the order met.
    pub problems: Vec<Problem>,
    /// Pseudonyms under which topics are shown; `None` for their own names.
    pub redaction: Option<Arc<Redaction>>,
}

/// One broker's (or one snapshot's) copy of a partition of `__consumer_offsets` or `__transaction_state`.
#[derive(Debug, Clone)]
pub struct PartitionCopy {
    /// The partition directory.
    pub path: PathBuf,
    /// Topic name: `__consumer_offsets` or `__transaction_state`.
    pub topic: String,
    /// Partition number; `None` when segments lie in a directory whose name doesn't say.
    pub partition: Option<i32>,
    /// Whether the directory is in use, or on its way in or out.
    pub kind: DirKind,
    /// Index into [`Evidence::log_dirs`]; `None` when the directory's name is no partition's.
    pub log_dir: Option<usize>,
    /// `directory.id` of the log dir's `meta.properties`; releases before 3.7 wrote none.
    pub directory_id: Option<String>,
    /// `topic_id` of `partition.metadata`.
    pub topic_id: Option<Uuid>,
    /// `leader-epoch-checkpoint`, in file order.
    pub leader_epochs: Vec<EpochEntry>,
    /// Segment files, sorted by base offset, then kind.
    pub files: Vec<SegmentFile>,
    /// The other files of the directory, sorted by name; read when asked for.
    pub companions: Vec<CompanionFile>,
    /// What the log dir's root files say about this partition.
    pub checkpoints: CopyCheckpoints,
    /// What the capture that made this copy tells of it; `None` where no `capture.json` lists it.
    pub capture: Option<CaptureNote>,
}

/// What a `capture.json` (lastwrites-seek) tells of one of its copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaptureNote {
    /// Why the copy is partial, in the capture's words; `None` where it's whole.
    pub partial: Option<String>,
    /// Highest high watermark, exclusive, that the brokers told the capture of this partition, whichever replica told it:
    /// also one whose copy isn't here. `None` where none was told.
    pub log_reached: Option<i64>,
}

/// One segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    /// Where it is.
    pub path: PathBuf,
    /// File name; every offset of a report names the file of its record, so it is shared.
    pub name: Arc<str>,
    /// What its suffix says; `Log` for a file of another name that was given as PATH.
    pub kind: SegmentKind,
    /// Offset in its name; for a file of another name the first batch's offset field.
    pub base_offset: i64,
    /// Size in bytes when it was found.
    pub size_bytes: u64,
    /// The made-up segment, when the file is a tool's output; `path` is then that text, and name and positions are
    /// the text's.
    pub text: Option<TextSegment>,
}

/// What the root files of a log dir say about one partition. A `-delete` or `-stray` directory has none:
/// entries under its name belong to the log in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyCheckpoints {
    /// Broker the log dir belongs to.
    pub broker_id: Option<i32>,
    /// True when the log dir has a `.kafka_cleanshutdown`.
    pub clean_shutdown: bool,
    /// Entry of `replication-offset-checkpoint`: a lower bound of the high watermark.
    pub high_watermark: Option<i64>,
    /// Entry of `log-start-offset-checkpoint`.
    pub log_start_offset: Option<i64>,
    /// Entry of `recovery-point-offset-checkpoint`.
    pub recovery_point: Option<i64>,
    /// Entry of `cleaner-offset-checkpoint`.
    pub first_dirty_offset: Option<i64>,
}

/// A partition directory of a topic other than `__consumer_offsets` and `__transaction_state`.
#[derive(Debug, Clone)]
pub struct OtherPartition {
    /// The partition directory.
    pub path: PathBuf,
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Whether the directory is in use, or on its way in or out.
    pub kind: DirKind,
    /// Index into [`Evidence::log_dirs`].
    pub log_dir: Option<usize>,
    /// `topic_id` of `partition.metadata`.
    pub topic_id: Option<Uuid>,
    /// Segment files, sorted by base offset, then kind.
    pub files: Vec<SegmentFile>,
    /// The other files of the directory, sorted by name; read when asked for.
    pub companions: Vec<CompanionFile>,
    /// Snapshots of the KRaft metadata (`__cluster_metadata-0` only), sorted by end offset.
    pub snapshots: Vec<MetadataSnapshot>,
}

/// A snapshot of the KRaft metadata, `<offset>-<epoch>.checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataSnapshot {
    /// Where it is.
    pub path: PathBuf,
    /// Offset after the last one it holds.
    pub end_offset: i64,
    /// Epoch of that last offset.
    pub epoch: i32,
    /// Size in bytes.
    pub size_bytes: u64,
}

impl SegmentFile {
    /// Opens its bytes: those of the file, or of the segment made up from a text.
    ///
    /// # Errors
    /// It is gone, not readable, or no regular file.
    pub fn open(&self, how: ReadMode) -> Result<Box<dyn ByteSource>, OpenError> {
        match &self.text {
            Some(text) => open_file(text.file(), &self.path, how),
            None => open(&self.path, how),
        }
    }
}

impl Evidence {
    /// `cluster.id` of a log dir, by its index; `None` where it isn't known.
    #[must_use]
    pub fn cluster_of(&self, log_dir: Option<usize>) -> Option<&String> {
        self.log_dirs.get(log_dir?)?.cluster_id.as_ref()
    }
}

impl PartitionCopy {
    /// Why a capture left this copy partial.
    #[must_use]
    pub fn capture_partial(&self) -> Option<&str> {
        self.capture.as_ref()?.partial.as_deref()
    }

    /// True when it was made up from a tool's output: nothing in it is more than `unverified`.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.files.iter().any(|file| file.text.is_some())
    }

    /// False for a text that lacks records of groups: what a group without one is, is not known then.
    #[must_use]
    pub fn tells_group_types(&self) -> bool {
        self.files.iter().all(|file| file.text.as_ref().is_none_or(|text| text.tells_types))
    }

    /// False for a text that shows commits of open and aborted transactions like any other.
    #[must_use]
    pub fn tells_transactions(&self) -> bool {
        self.files.iter().all(|file| file.text.as_ref().is_none_or(|text| text.tells_transactions))
    }

    /// The broker, where `meta.properties` was copied with the partition.
    #[must_use]
    pub fn broker_id(&self) -> Option<i32> {
        self.checkpoints.broker_id
    }

    /// The checkpointed high watermark: a lower bound, it lags by seconds.
    #[must_use]
    pub fn high_watermark(&self) -> Option<i64> {
        self.checkpoints.high_watermark
    }

    /// The checkpoint's log start offset, else the base offset of the first `.log` file.
    #[must_use]
    pub fn log_start_offset(&self) -> Option<i64> {
        self.checkpoints
            .log_start_offset
            .or_else(|| self.log_files().next().map(|(_, file)| file.base_offset))
    }

    /// First offset the cleaner had not cleaned.
    #[must_use]
    pub fn first_dirty_offset(&self) -> Option<i64> {
        self.checkpoints.first_dirty_offset
    }

    /// The `.log` files with their indexes in `files`, in log order.
    pub fn log_files(&self) -> impl Iterator<Item = (usize, &SegmentFile)> {
        self.files.iter().enumerate().filter(|(_, file)| file.kind == SegmentKind::Log)
    }
}
