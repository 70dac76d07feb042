//! What a file name says: segments, the files beside them, and the files of a log dir's root.

use std::path::{Path, PathBuf};

use serde::ser::{Serialize, Serializer};

/// What stage of a segment's life a `.log` file's suffix names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SegmentKind {
    /// `.log`: part of the log.
    Log,
    /// `.log.deleted`: replaced by the cleaner, or dropped, and waiting for `file.delete.delay.ms`.
    Deleted,
    /// `.log.cleaned`: the cleaner's output in progress.
    Cleaned,
    /// `.log.swap`: the cleaner's finished output, about to become the `.log`.
    Swap,
}

impl SegmentKind {
    /// The word of the machine-output contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Deleted => "deleted",
            Self::Cleaned => "cleaned",
            Self::Swap => "swap",
        }
    }
}

impl Serialize for SegmentKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The files Kafka keeps beside segments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CompanionKind {
    /// `.index`.
    OffsetIndex,
    /// `.timeindex`.
    TimeIndex,
    /// `.txnindex`.
    TxnIndex,
    /// `.snapshot`: producer state before its offset.
    ProducerSnapshot,
    /// `leader-epoch-checkpoint`.
    LeaderEpochs,
    /// `partition.metadata`.
    PartitionMetadata,
}

/// The files at the root of a log dir.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum LogDirFile {
    MetaProperties,
    CleanShutdown,
    RecoveryPoints,
    HighWatermarks,
    LogStarts,
    CleanerOffsets,
}

impl LogDirFile {
    const NAMES: [(&str, Self); 6] = [
        ("meta.properties", Self::MetaProperties),
        (".kafka_cleanshutdown", Self::CleanShutdown),
        ("recovery-point-offset-checkpoint", Self::RecoveryPoints),
        ("replication-offset-checkpoint", Self::HighWatermarks),
        ("log-start-offset-checkpoint", Self::LogStarts),
        ("cleaner-offset-checkpoint", Self::CleanerOffsets),
    ];

    fn of(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
    }

    /// The root files that lie in `dir`, without listing it: a log dir may hold thousands of partitions.
    pub(crate) fn present_in(dir: &Path) -> Vec<(Self, PathBuf)> {
        let files = Self::NAMES.iter().map(|(name, file)| (*file, dir.join(name)));
        files.filter(|(_, path)| path.symlink_metadata().is_ok()).collect()
    }
}

/// What a file is, going by its name alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileRole {
    Segment {
        kind: SegmentKind,
        base_offset: i64,
    },
    Companion {
        kind: CompanionKind,
        stage: SegmentKind,
        base_offset: Option<i64>,
    },
    /// `<offset>-<epoch>.checkpoint`, a snapshot of the KRaft metadata.
    MetadataSnapshot {
        end_offset: i64,
        epoch: i32,
    },
    LogDir(LogDirFile),
    /// [`CAPTURE_FILE`].
    Capture,
}

/// The document of a capture (lastwrites-seek), beside its broker folders.
pub(crate) const CAPTURE_FILE: &str = "capture.json";

/// Digits of an offset in a file name (`LogFileUtils.filenamePrefixFromOffset`).
const OFFSET_DIGITS: usize = 20;
/// Digits of an epoch in the name of a metadata snapshot.
const EPOCH_DIGITS: usize = 10;

impl FileRole {
    /// Reads a file name; `None` for anything that neither Kafka nor a capture would have written.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if let Some(file) = LogDirFile::of(name) {
            return Some(Self::LogDir(file));
        }
        let companion = |kind| Some(Self::Companion { kind, stage: SegmentKind::Log, base_offset: None });
        match name {
            "leader-epoch-checkpoint" => companion(CompanionKind::LeaderEpochs),
            "partition.metadata" => companion(CompanionKind::PartitionMetadata),
            CAPTURE_FILE => Some(Self::Capture),
            _ => Self::of_offset_name(name),
        }
    }

    fn of_offset_name(name: &str) -> Option<Self> {
        let (base_offset, rest) = digits::<i64>(name, OFFSET_DIGITS)?;
        if let Some(rest) = rest.strip_prefix('-') {
            let (epoch, rest) = digits::<i32>(rest, EPOCH_DIGITS)?;
            return (rest == ".checkpoint")
                .then_some(Self::MetadataSnapshot { end_offset: base_offset, epoch });
        }
        let mut suffixes = rest.strip_prefix('.')?.split('.');
        let file = suffixes.next()?;
        let stage = match suffixes.next() {
            None => SegmentKind::Log,
            Some("deleted") => SegmentKind::Deleted,
            Some("cleaned") => SegmentKind::Cleaned,
            Some("swap") => SegmentKind::Swap,
            Some(_) => return None,
        };
        if suffixes.next().is_some() {
            return None;
        }
        let companion = |kind| Some(Self::Companion { kind, stage, base_offset: Some(base_offset) });
        match file {
            "log" => Some(Self::Segment { kind: stage, base_offset }),
            "index" => companion(CompanionKind::OffsetIndex),
            "timeindex" => companion(CompanionKind::TimeIndex),
            "txnindex" => companion(CompanionKind::TxnIndex),
            "snapshot" => companion(CompanionKind::ProducerSnapshot),
            _ => None,
        }
    }
}

/// A number of exactly `width` digits and what follows it; `None` when it doesn't fit the type.
fn digits<N: std::str::FromStr>(text: &str, width: usize) -> Option<(N, &str)> {
    let (number, rest) = text.split_at_checked(width)?;
    let all_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((all_digits.then(|| number.parse().ok()).flatten()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kafkas_and_nothing_else() {
        let segment = |kind| Some(FileRole::Segment { kind, base_offset: 38 });
        assert_eq!(FileRole::of("00000000000000000038.log"), segment(SegmentKind::Log));
        assert_eq!(FileRole::of("00000000000000000038.log.deleted"), segment(SegmentKind::Deleted));
        assert_eq!(FileRole::of("00000000000000000038.log.cleaned"), segment(SegmentKind::Cleaned));
        assert_eq!(FileRole::of("00000000000000000038.log.swap"), segment(SegmentKind::Swap));
        assert_eq!(
            FileRole::of("00000000000000000007.txnindex.deleted"),
            Some(FileRole::Companion {
                kind: CompanionKind::TxnIndex,
                stage: SegmentKind::Deleted,
                base_offset: Some(7)
            })
        );
        assert_eq!(
            FileRole::of("00000000000000000103-0000000001.checkpoint"),
            Some(FileRole::MetadataSnapshot { end_offset: 103, epoch: 1 })
        );
        for other in [
            "38.log",
            "server.log",
            "00000000000000000038.log.gz",
            "99999999999999999999.log",
            "00000000000000000038.log.deleted.swap",
            "00000000000000000038",
            "+0000000000000000038.log",
            "0000000000000000003\u{e9}.log",
        ] {
            assert_eq!(FileRole::of(other), None, "{other}");
        }
    }
}
