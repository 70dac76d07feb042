//! The generated logs of `docs/performance.md`, streamed to disk: 3.6 records a batch, about 128 bytes a record, half
//! the commits in value version 3 and half in version 4 with a topic id.
//!
//! Deterministic: the same settings give the same bytes. Memory holds the keys and one batch, whatever the size.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::batch::{BatchBuilder, Marker};
use crate::codec::{Codec, Compressor};
use crate::partitioner::names_in;
use crate::prng::SplitMix64;
use crate::script::EPOCH_MS;
use crate::segment::stem;
use crate::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use crate::values::offsets::{OffsetCommit, offset_commit_key};
use crate::wire::Uuid;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Size of all segments together on disk; reached within one batch.
    pub bytes: u64,
    /// Distinct offset commit keys.
    pub keys: u64,
    /// Compression.
    pub codec: Codec,
    /// Share of commit batches inside transactions.
    pub transactional: f64,
    /// Share of batches that hold a `GroupMetadata` record.
    pub group_metadata: f64,
    /// Share of batches that delete an offset.
    pub tombstones: f64,
    /// A new segment starts when the current one has reached this size.
    pub segment_bytes: u64,
    /// Seed of all choices.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            keys: 40_000,
            codec: Codec::None,
            transactional: 0.05,
            group_metadata: 0.01,
            tombstones: 0.01,
            segment_bytes: 100 << 20,
            seed: 1,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes of all segments.
    pub bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Batches, control batches included.
    pub batches: u64,
    /// Records, control records included.
    pub records: u64,
}

/// The partition the log pretends to be, of 50; every group belongs there.
pub const PARTITION: i32 = 28;
const TOPICS: u64 = 5;
const PARTITIONS: u64 = 20;
/// Records per commit batch; their mean is 3.6.
const BATCH_SIZES: [u64; 10] = [1, 2, 3, 3, 3, 4, 4, 5, 5, 6];
const METADATA: &str = "benchmark-consumer-1/instance-0001";

/// Writes `__consumer_offsets-28` below `dir`.
///
/// # Errors
/// Files that cannot be created or written.
pub fn write(dir: &Path, settings: &Settings) -> io::Result<Written> {
    let dir = dir.join(format!("__consumer_offsets-{PARTITION}"));
    fs::create_dir_all(&dir)?;
    let mut generator = Generator::new(settings);
    let mut written = Written::default();
    while written.bytes < settings.bytes {
        let path = dir.join(format!("{}.log", stem(generator.next_offset)));
        let mut file = BufWriter::with_capacity(1 << 20, File::create_new(path)?);
        written.segments += 1;
        let end = settings.bytes.min(written.bytes.saturating_add(settings.segment_bytes.max(1)));
        while written.bytes < end {
            let (bytes, records) = generator.batch()?;
            file.write_all(&bytes)?;
            written.bytes += bytes.len() as u64;
            written.batches += 1;
            written.records += records as u64;
        }
        file.flush()?;
    }
    Ok(written)
}

struct Generator<'a> {
    settings: &'a Settings,
    random: SplitMix64,
    groups: Vec<String>,
    /// Commit keys, group by group; the committed offset goes with each.
    keys: Vec<(Vec<u8>, i64)>,
    next_offset: i64,
    clock_ms: i64,
    /// Producers with an open transaction, oldest first.
    open: std::collections::VecDeque<i64>,
    next_producer: i64,
    contexts: Compressor,
}

impl<'a> Generator<'a> {
    fn new(settings: &'a Settings) -> Self {
        let per_group = TOPICS * PARTITIONS;
        let groups: Vec<String> =
            names_in("group-", PARTITION, 50).take(settings.keys.div_ceil(per_group) as usize).collect();
        let keys = groups
            .iter()
            .flat_map(|group| {
                (0..per_group).map(move |number| {
                    let topic = format!("benchmark.topic-{:02}", number / PARTITIONS);
                    (offset_commit_key(group, &topic, (number % PARTITIONS) as i32), 0)
                })
            })
            .take(settings.keys.max(1) as usize)
            .collect();
        let random = SplitMix64::new(settings.seed);
        let open = std::collections::VecDeque::new();
        Self {
            settings,
            random,
            groups,
            keys,
            next_offset: 0,
            clock_ms: EPOCH_MS,
            open,
            next_producer: 1000,
            contexts: Compressor::default(),
        }
    }

    fn batch(&mut self) -> io::Result<(Vec<u8>, usize)> {
        self.clock_ms += 5;
        let batch = if self.open.len() > 8
            && let Some(producer) = self.open.pop_front()
        {
            let marker = if self.random.chance(0.1) { Marker::Abort } else { Marker::Commit };
            BatchBuilder::marker(self.next_offset, self.clock_ms, producer, 0, marker)
        } else if self.random.chance(self.settings.group_metadata) {
            self.group_metadata().build()
        } else if self.random.chance(self.settings.tombstones) {
            let key = self.random.pick(&self.keys).map(|(key, _)| key.clone()).unwrap_or_default();
            self.builder().record(key, None).build()
        } else {
            self.commits().build()
        };
        self.next_offset = batch.next_offset();
        Ok((batch.encode_with(&mut self.contexts)?, batch.records.len()))
    }

    fn builder(&self) -> BatchBuilder {
        BatchBuilder::new(self.next_offset, self.clock_ms).codec(self.settings.codec).tick_ms(0)
    }

    fn commits(&mut self) -> BatchBuilder {
        let size = self.random.pick(&BATCH_SIZES).copied().unwrap_or(1);
        let first = self.random.below(self.keys.len() as u64);
        let mut builder = self.builder();
        if self.random.chance(self.settings.transactional) {
            builder = builder.transactional(self.next_producer, 0, 0);
            self.open.push_back(self.next_producer);
            self.next_producer += 1;
        }
        for number in first..first + size {
            let number = number % self.settings.keys.max(1);
            let Some((key, committed)) = self.keys.get_mut(number as usize) else { continue };
            *committed += self.random.between(1, 500);
            let commit = OffsetCommit {
                leader_epoch: 7,
                metadata: METADATA.to_owned(),
                topic_id: Some(Uuid::numbered(number / PARTITIONS % TOPICS)),
                ..OffsetCommit::plain(*committed, self.clock_ms)
            };
            let version = if self.random.next_u64() & 1 == 0 { 3 } else { 4 };
            builder = builder.record(key.clone(), Some(commit.value(version)));
        }
        builder
    }

    fn group_metadata(&mut self) -> BatchBuilder {
        let group = self.random.pick(&self.groups).cloned().unwrap_or_default();
        let member = |number: u8| {
            ClassicMember::consumer(
                &format!("consumer-{number}-00000000-0000-4000-8000-00000000000{number}"),
                &format!("consumer-{number}"),
                &["benchmark.topic-00"],
                &[("benchmark.topic-00", &[i32::from(number)])],
            )
        };
        let generation = self.random.between(1, 1000) as i32;
        let value = GroupMetadata::stable(generation, self.clock_ms, vec![member(1), member(2)]);
        self.builder().record(group_metadata_key(&group), Some(value.value(3)))
    }
}
