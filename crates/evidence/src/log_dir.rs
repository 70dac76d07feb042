//! A log dir: who it belongs to and what its checkpoints say.

use std::path::PathBuf;

use crate::companion::{
    Checkpoint, CleanShutdown, CompanionError, MetaProperties, parse_checkpoint, parse_clean_shutdown,
    parse_meta_properties,
};
use crate::file_name::LogDirFile;
use crate::problem::{Problem, ProblemKind};
use crate::read_file::read_file;

/// Largest root file read: a checkpoint of half a million partitions fits.
const MAX_BYTES: u64 = 64 << 20;

/// One log dir (an entry of `log.dirs`) as copied. Any of its files may be missing.
#[derive(Debug, Clone, Default)]
pub struct LogDir {
    /// The directory.
    pub path: PathBuf,
    /// `node.id` or `broker.id` of `meta.properties`.
    pub broker_id: Option<i32>,
    /// `cluster.id` of `meta.properties`.
    pub cluster_id: Option<String>,
    /// `directory.id` of `meta.properties`.
    pub directory_id: Option<String>,
    /// `meta.properties`.
    pub meta: Option<MetaProperties>,
    /// `.kafka_cleanshutdown`: present (even if unreadable) when the broker stopped in order.
    pub clean_shutdown: Option<CleanShutdown>,
    /// `recovery-point-offset-checkpoint`: up to where each log was known flushed.
    pub recovery_points: Option<Checkpoint>,
    /// `replication-offset-checkpoint`: high watermarks, written every few seconds, so a lower bound.
    pub high_watermarks: Option<Checkpoint>,
    /// `log-start-offset-checkpoint`: has an entry only where the log start lies above the first segment's base.
    pub log_starts: Option<Checkpoint>,
    /// `cleaner-offset-checkpoint`: first offset not yet cleaned.
    pub cleaner_offsets: Option<Checkpoint>,
}

impl LogDir {
    /// Reads the root files that were found in `path`.
    pub(crate) fn read(path: PathBuf, files: &[(LogDirFile, PathBuf)], problems: &mut Vec<Problem>) -> Self {
        let mut log_dir = Self { path, ..Self::default() };
        for (file, path) in files {
            // The marker says what it has to say by being there.
            if *file == LogDirFile::CleanShutdown {
                log_dir.clean_shutdown = Some(CleanShutdown::default());
            }
            match read_file(path, MAX_BYTES) {
                Ok(bytes) => {
                    for flaw in log_dir.take(*file, &bytes) {
                        problems.push(Problem::new(path, ProblemKind::Companion(flaw)));
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        log_dir
    }

    fn take(&mut self, file: LogDirFile, bytes: &[u8]) -> Vec<CompanionError> {
        let slot = match file {
            LogDirFile::MetaProperties => {
                return match parse_meta_properties(bytes) {
                    Ok(meta) => {
                        self.broker_id = meta.node_id;
                        self.cluster_id.clone_from(&meta.cluster_id);
                        self.directory_id.clone_from(&meta.directory_id);
                        self.meta = Some(meta);
                        Vec::new()
                    }
                    Err(error) => vec![error],
                };
            }
            LogDirFile::CleanShutdown => {
                return match parse_clean_shutdown(bytes) {
                    Ok(marker) => {
                        self.clean_shutdown = Some(marker);
                        Vec::new()
                    }
                    Err(error) => vec![error],
                };
            }
            LogDirFile::RecoveryPoints => &mut self.recovery_points,
            LogDirFile::HighWatermarks => &mut self.high_watermarks,
            LogDirFile::LogStarts => &mut self.log_starts,
            LogDirFile::CleanerOffsets => &mut self.cleaner_offsets,
        };
        match parse_checkpoint(bytes) {
            Ok(checkpoint) => {
                let flaws = checkpoint.flaws.clone();
                *slot = Some(checkpoint);
                flaws
            }
            Err(error) => vec![error],
        }
    }
}
