//! Random logs for property tests, with the answer beside them.
//!
//! Classic, consumer-protocol and simple groups commit plainly and in transactions, rewind, delete offsets, leave
//! and come back. Every log loads on Kafka 4.0 and later: consumer records are written in the coordinator's order, and
//! no group changes its kind. The same seed and shape give the same bytes.

use std::io;

use crate::batch::{Batch, Magic, Marker};
use crate::codec::Codec;
use crate::model::{Model, OffsetKey};
use crate::prng::SplitMix64;
use crate::script::{Producer, Script};
use crate::segment::SegmentWriter;
use crate::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use crate::values::offsets::OffsetCommit;
use crate::values::{TopicPartitions, consumer, tombstone};
use crate::wire::Uuid;

/// How a workload looks. Shares are probabilities of a step, 0.0 to 1.0; what they leave over are plain commits.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Number of groups; a third each are simple, classic and consumer-protocol groups.
    pub groups: u32,
    /// Topics each group reads.
    pub topics: u32,
    /// Partitions of each topic.
    pub partitions: u32,
    /// Coordinator operations, one batch each.
    pub steps: u32,
    /// Producers that take turns.
    pub producers: u32,
    /// Transactional commits.
    pub transactional: f64,
    /// Transaction ends, half as many aborts as commits, some for producers nobody has seen.
    pub markers: f64,
    /// Offset deletions.
    pub tombstones: f64,
    /// Group records.
    pub group_records: f64,
    /// Message format; below 2 there are no transactions.
    pub magic: Magic,
    /// Compression of all data batches.
    pub codec: Codec,
    /// First offset of the log.
    pub first_offset: i64,
    /// A new segment starts when the current one has reached this size.
    pub segment_bytes: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            groups: 6,
            topics: 2,
            partitions: 4,
            steps: 200,
            producers: 3,
            transactional: 0.2,
            markers: 0.15,
            tombstones: 0.1,
            group_records: 0.15,
            magic: Magic::V2,
            codec: Codec::None,
            first_offset: 0,
            segment_bytes: 16 * 1024,
        }
    }
}

/// A random log and what it means.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The log as batches.
    pub batches: Vec<Batch>,
    /// The log as segments: base offset and content of each `.log` file.
    pub segments: Vec<(i64, Vec<u8>)>,
    /// What was committed and what waited, at every offset.
    pub expected: Model,
}

/// The workload of `seed`.
///
/// # Errors
/// What the compression library reports.
pub fn generate(seed: u64, shape: &Shape) -> io::Result<Workload> {
    let mut writer = Writer::new(seed, shape);
    for _ in 0..shape.steps {
        writer.step(shape);
    }
    let (batches, expected) = writer.script.finish();
    let segments = segments(&batches, shape.first_offset, shape.segment_bytes)?;
    Ok(Workload { batches, segments, expected })
}

/// Cuts a log into segments of about `segment_bytes`, on batch boundaries.
///
/// # Errors
/// What the compression library reports.
pub fn segments(
    batches: &[Batch],
    first_offset: i64,
    segment_bytes: usize,
) -> io::Result<Vec<(i64, Vec<u8>)>> {
    let mut done = Vec::new();
    let mut current = SegmentWriter::new(batches.first().map_or(first_offset, |batch| batch.base_offset));
    for batch in batches {
        if !current.is_empty() && current.len() >= segment_bytes {
            let full = std::mem::replace(&mut current, SegmentWriter::new(batch.base_offset)).finish();
            done.push((full.base_offset, full.bytes));
        }
        current.append(batch)?;
    }
    let last = current.finish();
    done.push((last.base_offset, last.bytes));
    Ok(done)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Simple,
    Classic,
    Consumer,
}

struct Group {
    id: String,
    kind: Kind,
    /// Generation or group epoch; 0 while the group has no member.
    epoch: i32,
    /// Highest epoch ever, so that a re-created classic group goes on counting.
    highest_epoch: i32,
}

struct Writer {
    random: SplitMix64,
    script: Script,
    groups: Vec<Group>,
    topics: Vec<String>,
    producers: Vec<Producer>,
}

impl Writer {
    fn new(seed: u64, shape: &Shape) -> Self {
        let kinds = [Kind::Simple, Kind::Classic, Kind::Consumer];
        let groups = (0..shape.groups.max(1))
            .zip(kinds.into_iter().cycle())
            .map(|(number, kind)| Group {
                // Not every group id is ASCII.
                id: if number % 5 == 4 {
                    format!("группа-{number}")
                } else {
                    format!("group-{number}")
                },
                kind,
                epoch: 0,
                highest_epoch: 0,
            })
            .collect();
        Self {
            random: SplitMix64::new(seed),
            script: Script::new(shape.first_offset).format(shape.magic, shape.codec),
            groups,
            topics: (0..shape.topics.max(1)).map(|number| format!("topic-{number}")).collect(),
            producers: (0..shape.producers)
                .map(|number| Producer { id: 1000 + i64::from(number), epoch: 0, sequence: 0 })
                .collect(),
        }
    }

    fn step(&mut self, shape: &Shape) {
        let transactions = shape.magic == Magic::V2 && !self.producers.is_empty();
        if self.random.chance(shape.group_records) {
            return self.group_records();
        }
        if self.random.chance(shape.tombstones) {
            return self.deletions(shape, transactions);
        }
        if transactions && self.random.chance(shape.markers) {
            return self.marker();
        }
        let version = self.random.between(0, 4) as i16;
        let commits = self.commits(shape);
        if transactions && self.random.chance(shape.transactional) {
            return self.with_producer(|script, producer| script.commit_in(producer, version, &commits));
        }
        self.script.commit(version, &commits);
    }

    fn with_producer(&mut self, write: impl FnOnce(&mut Script, &mut Producer)) {
        let chosen = self.random.below(self.producers.len() as u64) as usize;
        if let Some(producer) = self.producers.get_mut(chosen) {
            write(&mut self.script, producer);
        }
    }

    fn key(&mut self, group: &str, shape: &Shape) -> OffsetKey {
        let topic = self.random.pick(&self.topics).cloned().unwrap_or_default();
        OffsetKey::new(group, &topic, self.random.below(u64::from(shape.partitions.max(1))) as i32)
    }

    fn any_group(&mut self) -> String {
        self.random.pick(&self.groups).map(|group| group.id.clone()).unwrap_or_default()
    }

    fn commits(&mut self, shape: &Shape) -> Vec<(OffsetKey, OffsetCommit)> {
        let group = self.any_group();
        (0..self.random.between(1, 6))
            .map(|_| {
                let key = self.key(&group, shape);
                // Offsets follow the log, so that most commits advance; one in eight goes back.
                let ahead = self.script.next_offset() * 10;
                let offset = if self.random.chance(0.125) { self.random.between(0, ahead) } else { ahead };
                let commit = OffsetCommit {
                    leader_epoch: self.random.between(-1, 9) as i32,
                    metadata: if self.random.chance(0.3) {
                        format!("meta ✓ {offset}")
                    } else {
                        String::new()
                    },
                    topic_id: self.random.chance(0.5).then(|| Uuid::numbered(1)),
                    ..OffsetCommit::plain(offset, self.script.clock_ms())
                };
                (key, commit)
            })
            .collect()
    }

    fn deletions(&mut self, shape: &Shape, transactions: bool) {
        let group = self.any_group();
        let keys: Vec<OffsetKey> = (0..self.random.between(1, 3)).map(|_| self.key(&group, shape)).collect();
        match transactions && self.random.chance(0.2) {
            true => self.with_producer(|script, producer| script.delete_in(producer, &keys)),
            false => self.script.delete(&keys),
        }
    }

    fn marker(&mut self) {
        let marker = match self.random.below(20) {
            0..12 => Marker::Commit,
            12..19 => Marker::Abort,
            _ => Marker::Other(99),
        };
        if self.random.chance(0.05) {
            return self.script.marker(Producer { id: 99, epoch: 0, sequence: 0 }, marker);
        }
        self.with_producer(|script, producer| script.marker(*producer, marker));
    }

    fn group_records(&mut self) {
        let chosen = self.random.below(self.groups.len() as u64) as usize;
        let delete = self.random.chance(0.25);
        let Some(group) = self.groups.get_mut(chosen) else { return };
        let entries = match group.kind {
            Kind::Simple => return,
            Kind::Classic if delete => vec![tombstone(group_metadata_key(&group.id))],
            Kind::Classic => {
                group.highest_epoch += 1;
                let member =
                    ClassicMember::consumer("member-1", "client-1", &["topic-0"], &[("topic-0", &[0, 1])]);
                let value = GroupMetadata::stable(group.highest_epoch, self.script.clock_ms(), vec![member]);
                vec![(group_metadata_key(&group.id), Some(value.value(3)))]
            }
            Kind::Consumer if delete && group.epoch > 0 => {
                group.epoch = 0;
                delete_consumer_group(&group.id)
            }
            Kind::Consumer => {
                group.epoch += 1;
                join_consumer_group(&group.id, group.epoch)
            }
        };
        self.script.append(entries);
    }
}

/// The only member joins or is assigned anew.
fn join_consumer_group(group: &str, epoch: i32) -> Vec<crate::values::Entry> {
    let assigned = TopicPartitions::of(Uuid::numbered(1), &[0, 1]);
    let member = consumer::MemberMetadata::of("client-1", &["topic-0"]);
    vec![
        (consumer::member_metadata_key(group, "member-1"), Some(member.value())),
        (consumer::metadata_key(group), Some(consumer::metadata(epoch, 42))),
        (
            consumer::target_assignment_member_key(group, "member-1"),
            Some(consumer::target_assignment_member(&assigned)),
        ),
        (consumer::target_assignment_metadata_key(group), Some(consumer::target_assignment_metadata(epoch))),
        (
            consumer::current_member_assignment_key(group, "member-1"),
            Some(consumer::current_member_assignment(epoch, epoch - 1, &assigned)),
        ),
    ]
}

fn delete_consumer_group(group: &str) -> Vec<crate::values::Entry> {
    vec![
        tombstone(consumer::current_member_assignment_key(group, "member-1")),
        tombstone(consumer::target_assignment_member_key(group, "member-1")),
        tombstone(consumer::target_assignment_metadata_key(group)),
        tombstone(consumer::member_metadata_key(group, "member-1")),
        tombstone(consumer::metadata_key(group)),
    ]
}
