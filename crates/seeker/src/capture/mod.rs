//! `capture`: copies of replicas' logs over Fetch, for those who can't have the brokers' disks.
//!
//! Fetch returns stored batches unchanged, so the `.log` files are as the replica's own, up to its high watermark.
//! Around them stand the small files that every offline command reads. Nothing is changed on the cluster. A run
//! that stopped anywhere goes on where the folder ends.

mod answer;
mod aside;
mod ask;
mod copy;
mod durable;
mod error;
mod extent;
mod log_files;
mod manifest;
mod pace;
mod select;
mod witness;

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use error::CaptureError;
pub use manifest::{
    BrokerFacts, CopyFacts, FILE_NAME, FORMAT, Manifest, OffsetRange, PartitionFacts, State, TopicFacts,
    broker_folder,
};
pub use select::{Source, Wanted};

use crate::client::{Cluster, CoordinatorClient, ReplicaClient};
use crate::parallel;
use aside::{set_aside, set_aside_before};
use copy::Copying;
use durable::{make_folder, replace, sync_folder};
use log_files::LogFiles;
use pace::Pace;
use select::{Replica, Selection};

/// Logs that are copied at the same time.
const THREADS: usize = 4;
/// So many times in one run a log is copied that the cleaner rewrites meanwhile.
const MOST_TRIES: u32 = 3;
/// What no capture has, because Fetch doesn't serve it; said every time, because a report on a copy can't know it.
pub const NEVER: [&str; 4] = [
    "what the cleaner or a deletion took (.deleted, .cleaned and .swap files)",
    "what lies below a log's start",
    "what lies above its high watermark",
    "the cleaner's checkpoint",
];
/// Kafka's `Topic.MAX_NAME_LENGTH`.
const LONGEST_TOPIC: usize = 249;

/// Told about progress, from several threads.
pub trait CaptureProgress: Sync {
    /// So many more offsets are to come (cleaned logs hold fewer records).
    fn expect(&self, offsets: u64);
    /// So many offsets are on disk now, and so many bytes came for them.
    fn advance(&self, offsets: u64, bytes: usize);
    /// A broker's quota makes this client wait.
    fn throttled(&self, wait: Duration);
}

/// Nobody watches.
impl CaptureProgress for () {
    fn expect(&self, _: u64) {}
    fn advance(&self, _: u64, _: usize) {}
    fn throttled(&self, _: Duration) {}
}

/// What a run brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The copies of this run, by partition and broker.
    pub copies: Vec<CopyFacts>,
    /// Their partitions as the cluster has them.
    pub partitions: Vec<PartitionFacts>,
    /// Partitions that nobody could be asked for, and why.
    pub nobody: Vec<String>,
    /// Everything in the folder.
    pub manifest: Manifest,
}

impl Outcome {
    /// True when every copy that was asked for is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.nobody.is_empty() && self.copies.iter().all(|copy| copy.state == State::Whole)
    }
}

/// Copies what is wanted into `folder`, or goes on with what a former run left there.
///
/// What keeps one copy from being whole stands in its facts; the others are finished.
///
/// # Errors
/// Nothing could be begun: no cluster, no such topic, no right to see it, or a folder that isn't this program's.
pub fn run<C: CoordinatorClient + ReplicaClient>(
    client: &C,
    wanted: &Wanted,
    folder: &Path,
    now_ms: impl Fn() -> i64 + Sync,
    progress: &dyn CaptureProgress,
) -> Result<Outcome, CaptureError> {
    legal(&wanted.topic)?;
    let cluster = client.metadata(Some(std::slice::from_ref(&wanted.topic)))?;
    let selection = Selection::of(&cluster, wanted, now_ms())?;
    let every_topic = client.metadata(None)?;
    make_folder(folder)?;
    let _lock = lock(folder)?;
    let mut manifest = opened(folder, &cluster)?;
    for facts in &selection.of_topic {
        same_topic(&manifest, facts)?;
        manifest.put_partition(facts.clone());
    }
    manifest.add_topics(&every_topic, now_ms());
    for replica in &selection.replicas {
        is_ours(folder, &manifest, replica)?;
    }
    for replica in &selection.replicas {
        let facts = planned(&manifest, replica, now_ms());
        manifest.put_copy(facts);
    }
    // First: from here on the folders below are known as this program's.
    manifest.write(folder)?;
    for replica in &selection.replicas {
        prepare(folder, &manifest, replica)?;
    }

    let pace = Pace::new(wanted.max_bytes_per_second);
    let work =
        Work { client, cluster: &cluster, folder, manifest: Mutex::new(manifest), pace, progress, now_ms };
    parallel::map(&selection.replicas, THREADS, |replica| work.copy(replica))
        .into_iter()
        .collect::<Result<(), _>>()?;
    let manifest = work.manifest.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Again, for copies that were done before another replica told a higher mark.
    for replica in &selection.replicas {
        manifest.write_checkpoints(folder, replica.broker_id)?;
    }
    let copies = selection.replicas.iter().filter_map(|r| manifest.copy(&r.partition, r.broker_id).cloned());
    Ok(Outcome {
        copies: copies.collect(),
        partitions: selection.partitions,
        nobody: selection.nobody,
        manifest,
    })
}

/// A run's common ground.
struct Work<'a, C, N> {
    client: &'a C,
    cluster: &'a Cluster,
    folder: &'a Path,
    manifest: Mutex<Manifest>,
    pace: Pace,
    progress: &'a dyn CaptureProgress,
    now_ms: N,
}

impl<C: CoordinatorClient + ReplicaClient, N: Fn() -> i64> Work<'_, C, N> {
    /// Copies one log and writes down how far that came.
    ///
    /// # Errors
    /// Not even that could be written.
    fn copy(&self, replica: &Replica) -> Result<(), CaptureError> {
        let known = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut facts = planned(&known, replica, (self.now_ms)());
        drop(known);
        facts.earlier = set_aside_before(self.folder, &facts.path);
        let stopped = self.attempt(replica, &mut facts);
        facts.state = if stopped.is_ok() { State::Whole } else { State::Partial };
        facts.why = stopped.err().map(|e| e.to_string());
        facts.captured_at_ms = (self.now_ms)();
        self.note(&facts)
    }

    fn attempt(&self, replica: &Replica, facts: &mut CopyFacts) -> Result<(), CaptureError> {
        let Some(broker) = &replica.broker else {
            let down = format!("broker {} isn't among the live brokers (down?)", replica.broker_id);
            return Err(CaptureError::Absent(down));
        };
        let copying = Copying {
            client: self.client,
            cluster: self.cluster,
            broker,
            partition: &replica.partition,
            pace: &self.pace,
            progress: self.progress,
        };
        let path = self.folder.join(&facts.path);
        let mut files = LogFiles::open(&path, i64::MIN)?;
        let extent = copying.extent()?;
        copying.continues(&files, extent)?;
        facts.log_start_offset = Some(extent.log_start_offset);
        facts.high_watermark = Some(extent.high_watermark);
        facts.log_end_offset = extent.log_end_offset;
        facts.leader_high_watermark = extent.leader_high_watermark;
        self.note(facts)?;
        for nth in 1.. {
            let filled = copying.fill(&mut files, extent, &mut facts.gone);
            facts.count(&files);
            let epochs = replace(&path.join("leader-epoch-checkpoint"), &files.leader_epoch_checkpoint());
            filled.and(files.sync()).and(epochs).and(sync_folder(&path))?;
            extent.up_to_date(replica.broker_id)?;
            if copying.is_still(&path, extent)? {
                break;
            }
            if nth == MOST_TRIES {
                return Err(CaptureError::Rewritten { broker_id: replica.broker_id });
            }
            files = self.anew(replica, facts, files)?;
            facts.gone.clear();
            facts.count(&files);
            self.note(facts)?;
        }
        Ok(())
    }

    /// Files of a copy from its beginning on. What is there is kept elsewhere: of what the cleaner took meanwhile it may be
    /// all that is left.
    fn anew(
        &self,
        replica: &Replica,
        facts: &mut CopyFacts,
        files: LogFiles,
    ) -> Result<LogFiles, CaptureError> {
        let path = self.folder.join(&facts.path);
        if !files.is_empty() {
            drop(files);
            let manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
            set_aside(self.folder, &manifest, facts)?;
            facts.earlier = set_aside_before(self.folder, &facts.path);
            prepare(self.folder, &manifest, replica)?;
        }
        LogFiles::open(&path, i64::MIN)
    }

    /// Writes facts down, in the manifest and in what follows from it.
    fn note(&self, facts: &CopyFacts) -> Result<(), CaptureError> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        manifest.put_copy(facts.clone());
        manifest.write(self.folder)?;
        manifest.write_checkpoints(self.folder, facts.broker_id)
    }
}

impl CopyFacts {
    /// Counts what is on disk.
    fn count(&mut self, files: &LogFiles) {
        let tally = files.tally();
        self.captured_to = files.next_offset();
        self.batches = tally.batches;
        self.bytes = tally.bytes;
        self.wrong_checksums = tally.wrong_checksums;
        self.other_bytes = tally.other_bytes;
    }
}

/// What is known of a copy before its turn: not whole again until its log was asked again.
fn planned(manifest: &Manifest, replica: &Replica, now_ms: i64) -> CopyFacts {
    let new = CopyFacts::new(&replica.partition, replica.broker_id, now_ms);
    match manifest.copy(&replica.partition, replica.broker_id) {
        Some(known) => CopyFacts { state: new.state, why: new.why, ..known.clone() },
        None => new,
    }
}

/// A topic name that Kafka allows, and that is therefore safe in paths and checkpoints.
fn legal(topic: &str) -> Result<(), CaptureError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if topic.is_empty()
        || topic.len() > LONGEST_TOPIC
        || [".", ".."].contains(&topic)
        || !topic.chars().all(allowed)
    {
        return Err(CaptureError::Absent(format!("{topic:?} is no name of a topic")));
    }
    Ok(())
}

/// Keeps a second run out for as long as it lives, where the system can.
fn lock(folder: &Path) -> Result<Option<File>, CaptureError> {
    let Ok(file) = File::open(folder) else { return Ok(None) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(CaptureError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(_)) => Ok(None),
        Ok(()) => Ok(Some(file)),
    }
}

/// The folder's manifest, brought up to date about the cluster. A folder with anything else in it is refused.
fn opened(folder: &Path, cluster: &Cluster) -> Result<Manifest, CaptureError> {
    let mut manifest = match Manifest::read(folder)? {
        Some(manifest) => manifest,
        None if is_empty(folder)? => Manifest::new(cluster.cluster_id.clone()),
        None => return Err(CaptureError::NotOurs { path: folder.to_owned() }),
    };
    match (&manifest.cluster_id, &cluster.cluster_id) {
        (Some(folder), Some(cluster)) if folder != cluster => {
            return Err(CaptureError::OtherCluster { folder: folder.clone(), cluster: cluster.clone() });
        }
        _ => {}
    }
    manifest.brokers = cluster
        .brokers
        .iter()
        .map(|b| BrokerFacts { broker_id: b.id, host: b.host.clone(), port: b.port })
        .collect();
    manifest.brokers.sort_by_key(|b| b.broker_id);
    Ok(manifest)
}

/// True when nothing is in a folder but what a run left that was killed in its first moment.
fn is_empty(folder: &Path) -> Result<bool, CaptureError> {
    let failed = |e| CaptureError::io(folder, e);
    for entry in fs::read_dir(folder).map_err(failed)? {
        if entry.map_err(failed)?.file_name() != format!("{FILE_NAME}.tmp").as_str() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_topic(manifest: &Manifest, now: &PartitionFacts) -> Result<(), CaptureError> {
    let before = manifest.partitions.iter().filter(|p| p.topic == now.topic).find_map(|p| p.topic_id.clone());
    match (before, &now.topic_id) {
        (Some(folder), Some(cluster)) if folder != *cluster => {
            Err(CaptureError::OtherTopic { topic: now.topic.clone(), folder, cluster: cluster.clone() })
        }
        _ => Ok(()),
    }
}

/// Refuses folders that an earlier run didn't make: they may be somebody's evidence.
fn is_ours(folder: &Path, manifest: &Manifest, replica: &Replica) -> Result<(), CaptureError> {
    let home = folder.join(broker_folder(replica.broker_id));
    let path = home.join(replica.partition.to_string());
    for (there, known) in [
        (home, manifest.has_broker(replica.broker_id)),
        (path, manifest.copy(&replica.partition, replica.broker_id).is_some()),
    ] {
        if there.exists() && !known && !is_empty(&there)? {
            return Err(CaptureError::NotOurs { path: there });
        }
    }
    Ok(())
}

/// Makes the folder of a copy with the files that say whose it is.
fn prepare(folder: &Path, manifest: &Manifest, replica: &Replica) -> Result<(), CaptureError> {
    let home = folder.join(broker_folder(replica.broker_id));
    let path = home.join(replica.partition.to_string());
    make_folder(&path)?;
    let mut properties = format!(
        "# Captured by {} over Fetch, not from this broker's disk.\nversion=1\nnode.id={}\n",
        manifest.created_by, replica.broker_id
    );
    let plain = |id: &&String| id.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if let Some(id) = manifest.cluster_id.as_ref().filter(plain) {
        properties.push_str(&format!("cluster.id={id}\n"));
    }
    replace(&home.join("meta.properties"), &properties)?;
    let mut of_topic = manifest.partitions.iter().filter(|p| p.topic == replica.partition.topic);
    if let Some(id) = of_topic.find_map(|p| p.topic_id.as_ref()) {
        replace(&path.join("partition.metadata"), &format!("version: 0\ntopic_id: {id}\n"))?;
    }
    Ok(())
}
