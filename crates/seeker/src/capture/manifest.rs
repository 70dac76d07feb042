//! `capture.json`: what a capture is of, how far it came, and what it can't have. Beside the broker folders.
//!
//! It's written before anything else and again whenever something new is known, so a folder tells at any moment
//! what it holds. A broker folder that it doesn't name isn't ours, and nothing is ever written there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::durable::{replace, replace_durably};
use crate::client::{Cluster, Partition, Topic};

/// The document's `format` field.
pub const FORMAT: &str = "lastwrites/capture";
/// Name of the document.
pub const FILE_NAME: &str = "capture.json";

/// What one or more runs of `capture` brought into a folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always 1.
    pub version: u64,
    /// Program and version.
    pub created_by: String,
    /// The cluster; `null` where its brokers do not say.
    pub cluster_id: Option<String>,
    /// Brokers that were alive at the last run.
    pub brokers: Vec<BrokerFacts>,
    /// Who led and who had copies, by topic and partition.
    pub partitions: Vec<PartitionFacts>,
    /// Every topic with an id that the cluster showed, by name: those of the groups, too, so that a topic that was made
    /// anew since can be told. Without the right to describe a topic it isn't shown. Absent in older documents.
    #[serde(default)]
    pub topics: Vec<TopicFacts>,
    /// The copies, by topic, partition and broker.
    pub copies: Vec<CopyFacts>,
}

/// A live broker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct BrokerFacts {
    /// `node.id`.
    pub broker_id: i32,
    /// Advertised host.
    pub host: String,
    /// Advertised port.
    pub port: u16,
}

/// A partition as the cluster's metadata had it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct PartitionFacts {
    /// Topic.
    pub topic: String,
    /// The topic's id; `null` from brokers that have none.
    pub topic_id: Option<String>,
    /// Partition.
    pub partition: i32,
    /// Leader; `null`: there was none.
    pub leader: Option<i32>,
    /// Its epoch; `null` where the cluster does not say.
    pub leader_epoch: Option<i32>,
    /// Brokers that shall have a copy.
    pub replicas: Vec<i32>,
    /// Those in sync.
    pub in_sync: Vec<i32>,
    /// When that was so, in ms since the epoch.
    pub seen_at_ms: i64,
}

/// A topic as the cluster's metadata had it when a run first saw it; a later run leaves its id so, because copies may be as
/// old.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct TopicFacts {
    /// Topic.
    pub topic: String,
    /// Its id.
    pub topic_id: String,
    /// How many partitions it has, the most that a run saw under this id: which of them a group never committed can be
    /// told. `null`: not counted, by an older program.
    #[serde(default)]
    pub partitions: Option<usize>,
    /// When a run first saw it so, in ms since the epoch.
    pub seen_at_ms: i64,
}

/// How far a copy came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Everything from the log start offset to the high watermark, which is the leader's, too.
    Whole,
    /// Some of it; the same command goes on.
    Partial,
}

/// One replica's copy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct CopyFacts {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Whose log it is.
    pub broker_id: i32,
    /// The folder, below the capture's.
    pub path: String,
    /// How far it came.
    pub state: State,
    /// Why it isn't whole; `null` where it is.
    pub why: Option<String>,
    /// The replica's log start offset; what lies below is gone. `null` where it could not be asked.
    pub log_start_offset: Option<i64>,
    /// The replica's high watermark when the run began: where the copy ends if it's whole. `null` where it could not
    /// be asked.
    pub high_watermark: Option<i64>,
    /// The high watermark that the partition's leader told before; `null`: none told. Above the replica's own, the
    /// replica is behind, and its copy is partial.
    pub leader_high_watermark: Option<i64>,
    /// First offset that is not in the copy; `null` where nothing came.
    pub captured_to: Option<i64>,
    /// Where the replica's own log ended then. What lies above the high watermark can't be fetched. `null` where it
    /// could not be asked.
    pub log_end_offset: Option<i64>,
    /// Whole batches.
    pub batches: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Batches whose checksum is wrong, kept as they came. Nothing that their headers say was believed: the copy
    /// goes on with what the broker has after them.
    pub wrong_checksums: u64,
    /// Bytes between batches that are none, kept as they came.
    pub other_bytes: u64,
    /// Offsets below the log start by the time they were asked for, ascending: deleted while, or between the runs in
    /// which, the log was copied.
    pub gone: Vec<OffsetRange>,
    /// Folders below the capture's with what had been copied of this log before the broker rewrote it: captures of their own,
    /// partial for good. Absent in older documents.
    #[serde(default)]
    pub earlier: Vec<String>,
    /// When the run ended, in ms since the epoch.
    pub captured_at_ms: i64,
}

/// Offsets of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
pub struct OffsetRange {
    /// The first.
    pub from: i64,
    /// The first that isn't meant any more.
    pub to: i64,
}

impl CopyFacts {
    /// A copy of which nothing is known yet.
    #[must_use]
    pub fn new(partition: &Partition, broker_id: i32, now_ms: i64) -> Self {
        Self {
            topic: partition.topic.clone(),
            partition: partition.partition,
            broker_id,
            path: format!("{}/{partition}", broker_folder(broker_id)),
            state: State::Partial,
            why: Some("not finished".to_owned()),
            log_start_offset: None,
            high_watermark: None,
            leader_high_watermark: None,
            captured_to: None,
            log_end_offset: None,
            batches: 0,
            bytes: 0,
            wrong_checksums: 0,
            other_bytes: 0,
            gone: Vec::new(),
            earlier: Vec::new(),
            captured_at_ms: now_ms,
        }
    }

    fn key(&self) -> (&str, i32, i32) {
        (&self.topic, self.partition, self.broker_id)
    }
}

/// Name of a broker's folder.
#[must_use]
pub fn broker_folder(broker_id: i32) -> String {
    format!("broker-{broker_id}")
}

impl Manifest {
    /// Of a folder without any.
    #[must_use]
    pub fn new(cluster_id: Option<String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: 1,
            created_by: concat!("lastwrites-seek ", env!("CARGO_PKG_VERSION")).to_owned(),
            cluster_id,
            brokers: Vec::new(),
            partitions: Vec::new(),
            topics: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// The folder's document; `None` if it has none.
    ///
    /// # Errors
    /// It can't be read, or isn't one.
    pub fn read(folder: &Path) -> Result<Option<Self>, CaptureError> {
        let path = folder.join(FILE_NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(CaptureError::io(&path, e)),
        };
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|e| CaptureError::content(&path, e.to_string()))?;
        if (manifest.format.as_str(), manifest.version) != (FORMAT, 1) {
            let found = format!("{} {}, not {FORMAT} 1", manifest.format, manifest.version);
            return Err(CaptureError::content(&path, found));
        }
        Ok(Some(manifest))
    }

    /// Writes the document.
    ///
    /// # Errors
    /// The file system says no.
    pub fn write(&self, folder: &Path) -> Result<(), CaptureError> {
        let path = folder.join(FILE_NAME);
        let text =
            serde_json::to_string_pretty(self).map_err(|e| CaptureError::content(&path, e.to_string()))?;
        replace_durably(&path, &format!("{text}\n"))
    }

    /// Writes the checkpoints of a broker's folder: high watermarks and log start offsets of its copies.
    ///
    /// The high watermark is there before the records are, so that a copy that ends early shows it. Of a partial
    /// copy it's the highest that anybody told of the partition: its own may be an old one, at which it would end
    /// as if nothing lacked.
    ///
    /// # Errors
    /// The file system says no.
    pub fn write_checkpoints(&self, folder: &Path, broker_id: i32) -> Result<(), CaptureError> {
        let home = folder.join(broker_folder(broker_id));
        let checkpoint = |offset: &dyn Fn(&CopyFacts) -> Option<i64>| {
            let of_broker = self.copies.iter().filter(|copy| copy.broker_id == broker_id);
            let lines: Vec<String> = of_broker
                .filter_map(|copy| Some(format!("{} {} {}\n", copy.topic, copy.partition, offset(copy)?)))
                .collect();
            format!("0\n{}\n{}", lines.len(), lines.concat())
        };
        replace(&home.join("replication-offset-checkpoint"), &checkpoint(&|copy| self.high_watermark(copy)))?;
        replace(&home.join("log-start-offset-checkpoint"), &checkpoint(&|copy| copy.log_start_offset))
    }

    fn high_watermark(&self, copy: &CopyFacts) -> Option<i64> {
        if copy.state == State::Whole {
            return copy.high_watermark;
        }
        let same = self.copies.iter().filter(|c| (&c.topic, c.partition) == (&copy.topic, copy.partition));
        same.map(|c| c.high_watermark.max(c.leader_high_watermark)).max().flatten()
    }

    /// The copy of a partition by a broker.
    #[must_use]
    pub fn copy(&self, partition: &Partition, broker_id: i32) -> Option<&CopyFacts> {
        let key = (partition.topic.as_str(), partition.partition, broker_id);
        self.copies.iter().find(|copy| copy.key() == key)
    }

    /// True when a broker's folder is named.
    #[must_use]
    pub fn has_broker(&self, broker_id: i32) -> bool {
        self.copies.iter().any(|copy| copy.broker_id == broker_id)
    }

    /// Puts a copy's facts in place of what was known of it.
    pub fn put_copy(&mut self, facts: CopyFacts) {
        self.copies.retain(|copy| copy.key() != facts.key());
        self.copies.push(facts);
        self.copies.sort_by(|a, b| a.key().cmp(&b.key()));
    }

    /// Adds the topics of `cluster` that aren't known yet, and partitions that a known one has got since.
    pub fn add_topics(&mut self, cluster: &Cluster, now_ms: i64) {
        let facts = |(name, topic): (&String, &Topic)| {
            Some(TopicFacts {
                topic: name.clone(),
                topic_id: topic.topic_id.filter(|_| topic.error.is_none())?.to_string(),
                partitions: Some(topic.partitions.len()),
                seen_at_ms: now_ms,
            })
        };
        for known in &mut self.topics {
            let now = cluster.topics.get_key_value(&known.topic).and_then(facts);
            if let Some(now) = now.filter(|now| now.topic_id == known.topic_id) {
                known.partitions = known.partitions.max(now.partitions);
            }
        }
        let known: BTreeSet<String> = self.topics.iter().map(|topic| topic.topic.clone()).collect();
        let new = cluster.topics.iter().filter(|(name, _)| !known.contains(*name));
        self.topics.extend(new.filter_map(facts));
        self.topics.sort_by(|a, b| a.topic.cmp(&b.topic));
    }

    /// Puts a partition's facts in place of what was known of it.
    pub fn put_partition(&mut self, facts: PartitionFacts) {
        fn key(p: &PartitionFacts) -> (&str, i32) {
            (&p.topic, p.partition)
        }
        self.partitions.retain(|p| key(p) != key(&facts));
        self.partitions.push(facts);
        self.partitions.sort_by(|a, b| key(a).cmp(&key(b)));
    }
}
