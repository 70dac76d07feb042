//! A broker's log dir: partition directories with their companion files, checkpoints, `meta.properties`.
//!
//! It builds a list of files in memory ([`Tree`]); writing them is one step at the end, so a fixture can be compared
//! without touching a disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::batch::Batch;
use crate::segment::{Segment, stem};
use crate::wire::{Uuid, Wire};

/// Files by relative path, `/` between the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<String, Vec<u8>>);

impl Tree {
    /// Adds a file.
    pub fn file(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), content.into());
    }

    /// Adds all of `other` below `prefix`.
    pub fn nest(&mut self, prefix: &str, other: Tree) {
        self.0.extend(other.0.into_iter().map(|(path, content)| (format!("{prefix}/{path}"), content)));
    }

    /// Writes every file below `dir`.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when `dir` exists and is not an empty directory; otherwise what the
    /// filesystem reports.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        refuse_used(dir)?;
        for (path, content) in &self.0 {
            let path = dir.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, content)?;
        }
        Ok(())
    }
}

/// Nothing is ever written over.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when `dir` exists and is not an empty directory.
pub fn refuse_used(dir: &Path) -> io::Result<()> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", dir.display()))),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{}: not empty, and nothing is written over", dir.display()),
        )),
    }
}

/// Topic id of `__consumer_offsets` in everything written here.
pub const OFFSETS_TOPIC_ID: Uuid = Uuid(*b"offsets-topic-id");

/// One partition of the offsets topic.
#[derive(Clone, Debug, Default)]
pub struct PartitionDir {
    /// Segments in order, each with the base offset that names it.
    pub segments: Vec<(i64, Vec<Batch>)>,
    /// Originals the cleaner has replaced, waiting to be deleted.
    pub deleted: Vec<(i64, Vec<Batch>)>,
    /// First offset the cleaner has not touched; `None` if it never ran here.
    pub first_dirty: Option<i64>,
}

impl PartitionDir {
    /// A partition with one segment.
    pub fn single(batches: Vec<Batch>) -> Self {
        let base_offset = batches.first().map_or(0, |batch| batch.base_offset);
        Self { segments: vec![(base_offset, batches)], deleted: Vec::new(), first_dirty: None }
    }

    /// The offset after the last record.
    pub fn end_offset(&self) -> i64 {
        let last = self.segments.last();
        last.map_or(0, |(base, batches)| batches.last().map_or(*base, Batch::next_offset))
    }

    /// The directory's files.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn files(&self) -> io::Result<Tree> {
        let mut tree = Tree::default();
        for (index, (base_offset, batches)) in self.segments.iter().enumerate() {
            segment_files(&mut tree, *base_offset, batches, "")?;
            if index > 0 {
                tree.file(format!("{}.snapshot", stem(*base_offset)), empty_producer_snapshot());
            }
        }
        for (base_offset, batches) in &self.deleted {
            segment_files(&mut tree, *base_offset, batches, ".deleted")?;
        }
        tree.file("leader-epoch-checkpoint", self.leader_epochs());
        tree.file("partition.metadata", format!("version: 0\ntopic_id: {}", OFFSETS_TOPIC_ID.text()));
        Ok(tree)
    }

    fn leader_epochs(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut current = None;
        for batch in self.segments.iter().flat_map(|(_, batches)| batches) {
            if current < Some(batch.leader_epoch) {
                current = Some(batch.leader_epoch);
                lines.push(format!("{} {}\n", batch.leader_epoch, batch.base_offset));
            }
        }
        format!("0\n{}\n{}", lines.len(), lines.concat())
    }
}

fn segment_files(tree: &mut Tree, base_offset: i64, batches: &[Batch], suffix: &str) -> io::Result<()> {
    let segment = Segment::of(base_offset, batches)?;
    let stem = segment.stem();
    tree.file(format!("{stem}.index{suffix}"), segment.offset_index());
    tree.file(format!("{stem}.timeindex{suffix}"), segment.time_index());
    tree.file(format!("{stem}.log{suffix}"), segment.bytes);
    Ok(())
}

/// Producer state of a log without producers: version 1, checksum over what follows it, no entries.
fn empty_producer_snapshot() -> Vec<u8> {
    let entries = 0_i32.to_be_bytes();
    let mut snapshot = Wire::new();
    snapshot.i16(1).u32(crc32c::crc32c(&entries)).raw(&entries);
    snapshot.into_bytes()
}

/// A log dir with some partitions of the offsets topic.
#[derive(Clone, Debug, Default)]
pub struct BrokerDir {
    /// `node.id`.
    pub node_id: i32,
    /// Partitions by number.
    pub partitions: BTreeMap<i32, PartitionDir>,
}

impl BrokerDir {
    /// The log dir's files, as after a crash: no `.kafka_cleanshutdown`, recovery point at 0.
    ///
    /// # Errors
    /// What the compression library reports.
    pub fn files(&self) -> io::Result<Tree> {
        let mut tree = Tree::default();
        for (number, partition) in &self.partitions {
            tree.nest(&format!("__consumer_offsets-{number}"), partition.files()?);
        }
        let each = |value: fn(&PartitionDir) -> Option<i64>| {
            let known = self.partitions.iter().filter_map(move |(number, dir)| Some((*number, value(dir)?)));
            checkpoint(&known.collect::<Vec<_>>())
        };
        tree.file("cleaner-offset-checkpoint", each(|dir| dir.first_dirty));
        tree.file("log-start-offset-checkpoint", checkpoint(&[]));
        tree.file("recovery-point-offset-checkpoint", each(|_| Some(0)));
        tree.file("replication-offset-checkpoint", each(|dir| Some(dir.end_offset())));
        tree.file(
            "meta.properties",
            format!(
                "#\n#Thu Jan 01 00:00:00 UTC 2026\ncluster.id={}\ndirectory.id={}\nnode.id={}\nversion=1\n",
                Uuid(*b"lastwrites-synth").text(),
                Uuid::numbered(self.node_id.unsigned_abs().into()).text(),
                self.node_id,
            ),
        );
        Ok(tree)
    }
}

fn checkpoint(offsets: &[(i32, i64)]) -> String {
    let lines: String =
        offsets.iter().map(|(number, offset)| format!("__consumer_offsets {number} {offset}\n")).collect();
    format!("0\n{}\n{lines}", offsets.len())
}
