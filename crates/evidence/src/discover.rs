//! From paths to evidence: what was listed becomes log dirs and partition copies.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_types::{CLUSTER_METADATA_TOPIC, CONSUMER_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC, Uuid};

use crate::capture_state::{MAX_CAPTURE_BYTES, note_captures};
use crate::cluster_metadata::{ClusterMetadata, read_capture};
use crate::companion::EpochEntry;
use crate::companion_file::{Companion, CompanionFile};
use crate::copy::{CopyCheckpoints, Evidence, OtherPartition, PartitionCopy, SegmentFile};
use crate::dir_name::{DirKind, PartitionDirName};
use crate::file_name::{CompanionKind, SegmentKind};
use crate::listing::{Listing, Listings};
use crate::log_dir::LogDir;
use crate::log_dirs::LogDirs;
use crate::problem::{Problem, ProblemKind};
use crate::read_file::read_file;
use crate::text::{TextForm, read_text};

/// Topic of the share coordinator's records (Kafka's `Topic.SHARE_GROUP_STATE_TOPIC_NAME`).
const SHARE_GROUP_STATE_TOPIC: &str = "__share_group_state";

/// Nothing to work on.
#[derive(Debug, Clone)]
pub enum DiscoverError {
    /// No path led to a segment.
    NothingFound {
        /// The paths as given.
        paths: Vec<PathBuf>,
        /// What was met instead.
        problems: Vec<Problem>,
    },
}

/// Finds everything of Kafka's in `paths`: segment files, partition directories, log dirs, or any folder above
/// them, of one broker or several.
///
/// A directory holding segments under a name that is no partition's counts as a copy of an unknown partition
/// of the offsets topic; so does a segment file given as PATH, unless its directory names an internal topic.
/// A segment that can't be opened stays listed and is named in `problems` too.
///
/// # Errors
/// When no path led to a single segment file or metadata snapshot. Anything less is in [`Evidence::problems`].
pub fn discover(paths: &[PathBuf]) -> Result<Evidence, DiscoverError> {
    let mut listings = Listings::of(paths);
    let mut names: BTreeMap<PathBuf, PartitionDirName> = listings
        .by_dir
        .iter()
        .filter_map(|(dir, listing)| Some((dir.clone(), partition_name(dir, listing)?)))
        .collect();
    let LogDirs { log_dirs, index_of } = LogDirs::of(&mut listings, names.keys());
    let Listings { by_dir, mut problems, texts, .. } = listings;

    let mut evidence = Evidence { log_dirs, ..Evidence::default() };
    for (dir, listing) in by_dir {
        let name = names.remove(&dir);
        let log_dir = name.as_ref().and_then(|_| index_of.get(dir.parent()?).copied());
        if let Some(path) = &listing.capture {
            match capture(path) {
                Ok(capture) => evidence.captures.push(capture),
                Err(problem) => problems.push(problem),
            }
        }
        evidence.take(listing, name, log_dir, &mut problems);
    }
    for (path, form) in texts {
        evidence.take_text(&path, form, &mut problems);
    }
    for copies in [&mut evidence.copies, &mut evidence.transaction_logs] {
        copies.sort_by(|a, b| {
            (a.partition.is_none(), a.partition, &a.path).cmp(&(b.partition.is_none(), b.partition, &b.path))
        });
    }
    let other_key = |other: &OtherPartition| (other.topic.clone(), other.partition, other.path.clone());
    evidence.other_partitions.sort_by_cached_key(other_key);
    let mut replayed = evidence.copies.iter().chain(&evidence.transaction_logs);
    let anything = replayed.any(|copy| !copy.files.is_empty())
        || evidence
            .other_partitions
            .iter()
            .any(|other| !(other.files.is_empty() && other.snapshots.is_empty()));
    if !anything {
        return Err(DiscoverError::NothingFound { paths: paths.to_vec(), problems });
    }
    // A broker's folder alone still knows the cluster it was taken from.
    let mut above = note_captures(&mut evidence.copies);
    above.extend(note_captures(&mut evidence.transaction_logs));
    evidence.captures.iter().filter_map(|read| fs::canonicalize(&read.path).ok()).for_each(|read| {
        above.remove(&read);
    });
    evidence.captures.extend(above.iter().filter_map(|path| capture(path).ok()));
    evidence.problems = problems;
    Ok(evidence)
}

fn capture(path: &Path) -> Result<ClusterMetadata, Problem> {
    let bytes = read_file(path, MAX_CAPTURE_BYTES)?;
    read_capture(path, &bytes).map_err(|why| Problem::new(path, ProblemKind::Capture(why)))
}

/// The directory's name as a partition's: as it was reached, else as it is called when links are resolved.
fn partition_name(dir: &Path, listing: &Listing) -> Option<PartitionDirName> {
    let parse = |path: &Path| PartitionDirName::parse(path.file_name()?.to_str()?);
    let name = parse(&listing.path).or_else(|| parse(dir))?;
    if name.topic == CONSUMER_OFFSETS_TOPIC {
        return Some(name);
    }
    let internal = [TRANSACTION_STATE_TOPIC, CLUSTER_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC]
        .contains(&name.topic.as_str());
    // `broker-3/` with checkpoints in it is no partition; nor is `copy-3/` whose segment was named outright.
    (listing.is_partition() && (internal || !listing.files_named)).then_some(name)
}

impl Evidence {
    fn take(
        &mut self,
        listing: Listing,
        name: Option<PartitionDirName>,
        log_dir: Option<usize>,
        problems: &mut Vec<Problem>,
    ) {
        match name {
            Some(name) if name.topic == TRANSACTION_STATE_TOPIC => {
                let copy = self.copy(
                    listing,
                    TRANSACTION_STATE_TOPIC,
                    (Some(name.partition), name.kind),
                    log_dir,
                    problems,
                );
                self.transaction_logs.push(copy);
            }
            Some(name) if name.topic != CONSUMER_OFFSETS_TOPIC => {
                let topic_id = topic_id(&listing.companions, problems);
                let mut snapshots = listing.snapshots;
                snapshots.sort_by_key(|snapshot| (snapshot.end_offset, snapshot.epoch));
                let PartitionDirName { topic, partition, kind } = name;
                let files = sorted(listing.segments);
                let path = listing.path;
                self.other_partitions.push(OtherPartition {
                    path,
                    topic,
                    partition,
                    kind,
                    log_dir,
                    topic_id,
                    files,
                    companions: listing.companions,
                    snapshots,
                });
            }
            None if listing.segments.is_empty() => {}
            name => {
                let known = name.map_or((None, DirKind::Normal), |name| (Some(name.partition), name.kind));
                let copy = self.copy(listing, CONSUMER_OFFSETS_TOPIC, known, log_dir, problems);
                self.copies.push(copy);
            }
        }
    }

    /// Each partition that a text speaks of becomes a copy at the text's path.
    fn take_text(&mut self, path: &Path, form: TextForm, problems: &mut Vec<Problem>) {
        let (partitions, doubts) = match read_text(path, form) {
            Ok(read) => read,
            Err(problem) => return problems.push(problem),
        };
        problems.push(Problem::new(path, ProblemKind::Text(doubts)));
        for (partition, mut files) in partitions {
            for text in files.iter_mut().filter_map(|file| file.text.as_mut()) {
                text.tells_types = doubts.tells_types();
                text.tells_transactions = form.is_dump();
            }
            self.copies.push(PartitionCopy {
                path: path.to_owned(),
                topic: CONSUMER_OFFSETS_TOPIC.to_owned(),
                partition,
                kind: DirKind::Normal,
                log_dir: None,
                directory_id: None,
                topic_id: None,
                leader_epochs: Vec::new(),
                files: sorted(files),
                companions: Vec::new(),
                checkpoints: CopyCheckpoints::default(),
                capture: None,
            });
        }
    }

    fn copy(
        &self,
        listing: Listing,
        topic: &str,
        (partition, kind): (Option<i32>, DirKind),
        log_dir: Option<usize>,
        problems: &mut Vec<Problem>,
    ) -> PartitionCopy {
        let topic_id = topic_id(&listing.companions, problems);
        let leader_epochs = leader_epochs(&listing.companions, problems);
        let files = sorted(listing.segments);
        // The transaction log is asked only where something pends.
        if topic == CONSUMER_OFFSETS_TOPIC || !files.is_empty() {
            note_files(&listing.path, &files, listing.files_named, problems);
        }
        let checkpoints = log_dir
            .and_then(|at| self.log_dirs.get(at))
            .map_or_else(CopyCheckpoints::default, |log_dir| checkpoints(log_dir, topic, partition, &kind));
        PartitionCopy {
            path: listing.path,
            topic: topic.to_owned(),
            partition,
            kind,
            log_dir,
            directory_id: log_dir.and_then(|at| self.log_dirs.get(at)?.directory_id.clone()),
            topic_id,
            leader_epochs,
            files,
            companions: listing.companions,
            checkpoints,
            capture: None,
        }
    }
}

fn sorted(mut files: Vec<SegmentFile>) -> Vec<SegmentFile> {
    files.sort_by(|a, b| (a.base_offset, a.kind, &a.name).cmp(&(b.base_offset, b.kind, &b.name)));
    files
}

/// Says what is odd about a partition's segment files, short of reading them.
fn note_files(dir: &Path, files: &[SegmentFile], files_named: bool, problems: &mut Vec<Problem>) {
    if files.is_empty() {
        problems.push(Problem::new(dir, ProblemKind::NoSegments));
    }
    let last_log = files.iter().rposition(|file| file.kind == SegmentKind::Log);
    for (at, file) in files.iter().enumerate() {
        // Files given as PATH were noted when they were listed.
        if file.size_bytes == 0 && file.kind == SegmentKind::Log && Some(at) != last_log && !files_named {
            problems.push(Problem::new(&file.path, ProblemKind::EmptySegment));
        }
        if let Err(error) = rustix::fs::access(&file.path, rustix::fs::Access::READ_OK) {
            problems.push(Problem::unreadable(&file.path, error.into()));
        }
    }
}

fn checkpoints(log_dir: &LogDir, topic: &str, partition: Option<i32>, kind: &DirKind) -> CopyCheckpoints {
    let broker = CopyCheckpoints {
        broker_id: log_dir.broker_id,
        clean_shutdown: log_dir.clean_shutdown.is_some(),
        ..CopyCheckpoints::default()
    };
    let (Some(partition), DirKind::Normal | DirKind::Future(_)) = (partition, kind) else { return broker };
    let get = |checkpoint: &Option<crate::companion::Checkpoint>| {
        checkpoint.as_ref().and_then(|checkpoint| checkpoint.get(topic, partition))
    };
    CopyCheckpoints {
        high_watermark: get(&log_dir.high_watermarks),
        log_start_offset: get(&log_dir.log_starts),
        recovery_point: get(&log_dir.recovery_points),
        first_dirty_offset: get(&log_dir.cleaner_offsets),
        ..broker
    }
}

fn load_first(
    files: &[CompanionFile],
    kind: CompanionKind,
    problems: &mut Vec<Problem>,
) -> Option<Companion> {
    let file = files.iter().find(|file| file.kind == kind)?;
    file.load().map_err(|error| problems.push(error.into_problem())).ok()
}

fn topic_id(files: &[CompanionFile], problems: &mut Vec<Problem>) -> Option<Uuid> {
    match load_first(files, CompanionKind::PartitionMetadata, problems)? {
        Companion::PartitionMetadata(metadata) => Some(metadata.topic_id),
        _ => None,
    }
}

fn leader_epochs(files: &[CompanionFile], problems: &mut Vec<Problem>) -> Vec<EpochEntry> {
    let Some(Companion::LeaderEpochs(epochs)) = load_first(files, CompanionKind::LeaderEpochs, problems)
    else {
        return Vec::new();
    };
    if let Some(file) = files.iter().find(|file| file.kind == CompanionKind::LeaderEpochs) {
        problems.extend(
            epochs.flaws.into_iter().map(|flaw| Problem::new(&file.path, ProblemKind::Companion(flaw))),
        );
    }
    epochs.entries
}

/// Problems listed in full in an error message.
const SHOWN_PROBLEMS: usize = 20;

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NothingFound { paths, problems } = self;
        let paths: Vec<_> =
            paths.iter().map(|path| lastwrites_types::escaped(path.as_os_str().as_encoded_bytes())).collect();
        write!(
            f,
            "no Kafka segment found in {}: expected a segment file (<20 digits>.log), a partition directory \
             (__consumer_offsets-N), a log dir, a folder above them, or what kafka-dump-log or a console consumer printed",
            paths.join(", ")
        )?;
        for problem in problems.iter().take(SHOWN_PROBLEMS) {
            write!(f, "\n  {problem}")?;
        }
        match problems.len().saturating_sub(SHOWN_PROBLEMS) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for DiscoverError {}
