//! What lies on a copied disk: log dirs, partition directories, segment files, companion files, views.
//!
//! Sits between the bytes of one segment (`lastwrites-segment`) and the meaning of records: it walks folders,
//! names what is there, reads the small files beside the segments, and says in which order which byte ranges
//! make up a log. Of records it reads those of the cluster's metadata ([`cluster_metadata()`]) alone. It never writes, locks or renames anything, and never opens what is not a regular
//! file. Whatever can't be read becomes a [`Problem`]; only "nothing was found" is an error.

mod capture_state;
mod cluster_metadata;
pub mod companion;
mod companion_file;
mod copy;
mod dir_name;
mod discover;
mod file_name;
mod framed_scan;
mod listing;
mod load;
mod log_dir;
mod log_dirs;
mod moment;
mod pre_image;
mod problem;
mod read_file;
mod redact;
mod text;
mod topic_logs;
mod torn;
mod view;

pub use cluster_metadata::{
    BrokerImage, ClusterImage, ClusterMetadata, DescribeError, PartitionImage, RemovedTopic, RemovedTopics,
    TopicImage, UncommittedTail, cluster_layout, cluster_metadata, described_cluster, foreign_metadata,
    is_made_up, metadata_without_beginning,
};
pub use companion_file::{Companion, CompanionFile, LoadCompanionError};
pub use copy::{
    CaptureNote, CopyCheckpoints, Evidence, MetadataSnapshot, OtherPartition, PartitionCopy, SegmentFile,
};
pub use dir_name::{DirKind, PartitionDirName};
pub use discover::{DiscoverError, discover};
pub use file_name::{CompanionKind, SegmentKind};
pub use framed_scan::FramedScan;
pub use load::{LoadAction, LoadedLog};
pub use log_dir::LogDir;
pub use moment::{Cut, Moment};
pub use problem::{FileKind, Problem, ProblemKind};
pub use text::{TextDoubts, TextSegment};
pub use topic_logs::{TopicLog, TopicLogs};
pub use torn::{CheckpointKind, SegmentSpan, Tail, TornSign, torn_signs};
pub use view::{LogView, Origin, SegmentFacts, SegmentScan, ViewKind, ViewRange};
