//! A companion file that was found but is read only when asked for.

use std::fmt;
use std::path::PathBuf;

use crate::companion::{
    CompanionError, LeaderEpochs, OffsetIndex, PartitionMetadata, ProducerSnapshot, TimeIndex, TxnIndex,
    parse_leader_epochs, parse_offset_index, parse_partition_metadata, parse_producer_snapshot,
    parse_time_index, parse_txn_index,
};
use crate::file_name::{CompanionKind, SegmentKind};
use crate::problem::Problem;
use crate::read_file::read_file;

/// Largest companion file read: above what any segment of 2 GiB can need (`log.index.size.max.bytes` is
/// 10 MiB by default).
const MAX_BYTES: u64 = 64 << 20;

/// A file beside the segments of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionFile {
    /// Where it is.
    pub path: PathBuf,
    /// File name.
    pub name: String,
    /// What it is.
    pub kind: CompanionKind,
    /// The suffix it shares with its segment: `Deleted` for `.index.deleted` and so on.
    pub stage: SegmentKind,
    /// The offset in its name: the segment's base offset, or the offset a producer snapshot was taken at.
    pub base_offset: Option<i64>,
    /// Size in bytes.
    pub size_bytes: u64,
}

/// The content of a companion file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Companion {
    /// Of an `.index`.
    OffsetIndex(OffsetIndex),
    /// Of a `.timeindex`.
    TimeIndex(TimeIndex),
    /// Of a `.txnindex`.
    TxnIndex(TxnIndex),
    /// Of a `.snapshot`.
    ProducerSnapshot(ProducerSnapshot),
    /// Of a `leader-epoch-checkpoint`.
    LeaderEpochs(LeaderEpochs),
    /// Of a `partition.metadata`.
    PartitionMetadata(PartitionMetadata),
}

/// Why a companion file gave nothing.
#[derive(Debug, Clone)]
pub enum LoadCompanionError {
    /// It could not be opened or read.
    Unreadable(Problem),
    /// Its bytes are not what Kafka writes.
    Malformed(Problem),
}

impl CompanionFile {
    /// Reads and parses the file.
    ///
    /// # Errors
    /// When it can't be read, or its bytes are not what its name says.
    pub fn load(&self) -> Result<Companion, LoadCompanionError> {
        let bytes = read_file(&self.path, MAX_BYTES).map_err(LoadCompanionError::Unreadable)?;
        self.parse(&bytes).map_err(|error| {
            LoadCompanionError::Malformed(Problem::new(
                &self.path,
                crate::problem::ProblemKind::Companion(error),
            ))
        })
    }

    fn parse(&self, bytes: &[u8]) -> Result<Companion, CompanionError> {
        let base_offset = self.base_offset.unwrap_or(0);
        Ok(match self.kind {
            CompanionKind::OffsetIndex => Companion::OffsetIndex(parse_offset_index(bytes, base_offset)),
            CompanionKind::TimeIndex => Companion::TimeIndex(parse_time_index(bytes, base_offset)),
            CompanionKind::TxnIndex => Companion::TxnIndex(parse_txn_index(bytes)?),
            CompanionKind::ProducerSnapshot => Companion::ProducerSnapshot(parse_producer_snapshot(bytes)?),
            CompanionKind::LeaderEpochs => Companion::LeaderEpochs(parse_leader_epochs(bytes)?),
            CompanionKind::PartitionMetadata => {
                Companion::PartitionMetadata(parse_partition_metadata(bytes)?)
            }
        })
    }
}

impl Companion {
    /// What a broker would refuse or rebuild the file for, beside what could be read of it.
    #[must_use]
    pub fn flaws(&self) -> Vec<CompanionError> {
        match self {
            Self::OffsetIndex(index) => index.flaw.iter().cloned().collect(),
            Self::TimeIndex(index) => index.flaw.iter().cloned().collect(),
            Self::LeaderEpochs(epochs) => epochs.flaws.clone(),
            Self::TxnIndex(_) | Self::ProducerSnapshot(_) | Self::PartitionMetadata(_) => Vec::new(),
        }
    }
}

impl LoadCompanionError {
    /// The same, as an entry for a list of problems.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Unreadable(problem) | Self::Malformed(problem) => problem,
        }
    }
}

impl fmt::Display for LoadCompanionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(problem) | Self::Malformed(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for LoadCompanionError {}
