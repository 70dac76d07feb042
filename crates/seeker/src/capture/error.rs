//! Why a capture can't begin, or why a copy isn't whole.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use lastwrites_types::escaped;

use crate::client::{ClientError, ErrorCode, Partition};

/// A capture or one of its copies stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// The cluster gave no usable answer.
    Client(ClientError),
    /// The file system said no.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file isn't what this program writes there.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder holds what no capture wrote; nothing is ever added to it.
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// Another run is writing to the folder.
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is of another cluster.
    OtherCluster {
        /// The folder's cluster.
        folder: String,
        /// The cluster that answered.
        cluster: String,
    },
    /// The topic was created again since the folder's capture.
    OtherTopic {
        /// Topic.
        topic: String,
        /// The folder's topic id.
        folder: String,
        /// The id now.
        cluster: String,
    },
    /// What was asked for isn't on the cluster.
    Absent(String),
    /// This user lacks a right on the topic.
    Denied {
        /// Topic.
        topic: String,
        /// `DESCRIBE` or `READ`.
        right: &'static str,
    },
    /// A broker doesn't serve a partition.
    Broker {
        /// The broker.
        broker_id: i32,
        /// Partition.
        partition: Partition,
        /// What it answered.
        code: ErrorCode,
        /// From which offset on was asked.
        offset: i64,
    },
    /// The replica's log isn't a continuation of what was captured before.
    Diverged {
        /// The broker.
        broker_id: i32,
        /// What differs.
        reason: String,
    },
    /// The cleaner rewrote the log each time that it was copied.
    Rewritten {
        /// The broker.
        broker_id: i32,
    },
    /// The bytes at an offset begin with no whole batch.
    NoBatch {
        /// The broker.
        broker_id: i32,
        /// The offset asked for.
        offset: i64,
        /// How many bytes came.
        bytes: usize,
    },
    /// A replica tells no high watermark, so nothing says where its copy would end.
    NoHighWatermark {
        /// The broker.
        broker_id: i32,
    },
    /// The copy goes as far as its replica's own high watermark, and the partition goes on, or may.
    Behind {
        /// The broker.
        broker_id: i32,
        /// The replica's.
        high_watermark: i64,
        /// The leader's; `None`: no leader told.
        leaders: Option<i64>,
    },
    /// The leader wants this client to read elsewhere.
    ReadElsewhere {
        /// The broker asked.
        broker_id: i32,
        /// The broker it names.
        preferred: i32,
    },
}

impl CaptureError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn content(path: &Path, reason: String) -> Self {
        Self::Content { path: path.to_owned(), reason }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(e) => e.fmt(f),
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Content { path, reason } => {
                write!(f, "{} isn't as capture leaves it: {reason}; take a new folder", path.display())
            }
            Self::NotOurs { path } => {
                write!(
                    f,
                    "{} wasn't made by capture; take a new folder, this one stays as it is",
                    path.display()
                )
            }
            Self::InUse { path } => write!(f, "another run is writing to {}", path.display()),
            Self::OtherCluster { folder, cluster } => {
                write!(f, "the folder is of cluster {folder}, this is {cluster}; take a new folder")
            }
            Self::OtherTopic { topic, folder, cluster } => write!(
                f,
                "{} was created again: the folder is of topic id {folder}, now it is {cluster}; take a new folder",
                escaped(topic.as_bytes())
            ),
            Self::Absent(what) => f.write_str(what),
            Self::Denied { topic, right } => write!(
                f,
                "no {right} on topic {0}: capture needs DESCRIBE and READ there \
                 (kafka-acls.sh --add --allow-principal User:... --operation Describe --operation Read --topic {0})",
                escaped(topic.as_bytes())
            ),
            Self::Broker { broker_id, partition, code, offset } => {
                write!(f, "broker {broker_id} answered {code} for {partition} from offset {offset} on")?;
                f.write_str(match code.0 {
                    5 | 6 | 9 => {
                        "; it has no copy that it serves (before 2.3 only leaders do), or leaders are moving"
                    }
                    3 => "; it knows no such topic or partition: deleted meanwhile, or not known there yet",
                    2 | -1 => "; it can't read its own log there",
                    56 => "; its disk is offline",
                    _ => "",
                })
            }
            Self::Diverged { broker_id, reason } => write!(
                f,
                "the log of broker {broker_id} isn't the one captured before: {reason}; take a new folder, this copy stays as it is"
            ),
            Self::Rewritten { broker_id } => write!(
                f,
                "the cleaner of broker {broker_id} rewrote the log while it was copied, each time, so this copy may mix two of its states; the same command tries again"
            ),
            Self::NoBatch { broker_id, offset, bytes } => write!(
                f,
                "broker {broker_id} sent {bytes} bytes from offset {offset} on that begin with no whole batch: its log is damaged there"
            ),
            Self::NoHighWatermark { broker_id } => write!(
                f,
                "broker {broker_id} tells no high watermark, so where its log ends isn't known; it may be starting"
            ),
            Self::Behind { broker_id, high_watermark, leaders: Some(leaders) } => write!(
                f,
                "broker {broker_id} is behind: its own high watermark is {high_watermark}, the leader's {leaders}"
            ),
            Self::Behind { broker_id, high_watermark, leaders: None } => write!(
                f,
                "no leader says where the partition ends; broker {broker_id} may be behind with its own high watermark, {high_watermark}"
            ),
            Self::ReadElsewhere { broker_id, preferred } => write!(
                f,
                "broker {broker_id} sends readers to broker {preferred} (replica.selector.class); --from {preferred} asks that one"
            ),
        }
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Client(e) => Some(e),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<ClientError> for CaptureError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}
