//! The cluster as it was when a capture was taken (`capture.json` of lastwrites-seek): who led, who was in sync.

use std::path::Path;

use lastwrites_types::{ByteText, Uuid};
use serde::Deserialize;

use super::describe::made_up;
use super::image::{BrokerImage, ClusterImage, PartitionImage};
use super::read::ClusterMetadata;
use crate::copy::Evidence;

/// What this reads of the document; other fields are the seeker's own.
#[derive(Deserialize)]
struct Document {
    format: String,
    version: u64,
    cluster_id: Option<String>,
    brokers: Vec<Broker>,
    partitions: Vec<Partition>,
    #[serde(default)]
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Broker {
    broker_id: i32,
    host: String,
    port: u16,
}

#[derive(Deserialize)]
struct Topic {
    topic: String,
    topic_id: String,
    partitions: Option<i32>,
}

#[derive(Deserialize)]
struct Partition {
    topic: String,
    topic_id: Option<String>,
    partition: i32,
    leader: Option<i32>,
    leader_epoch: Option<i32>,
    replicas: Vec<i32>,
    in_sync: Vec<i32>,
    seen_at_ms: i64,
}

/// Reads the document; the error says what is wrong with it.
///
/// Brokers that hold replicas and aren't among the live ones count as fenced: the cluster didn't name them.
pub(crate) fn read_capture(path: &Path, bytes: &[u8]) -> Result<ClusterMetadata, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if document.format != "lastwrites/capture" || document.version != 1 {
        return Err(format!("format {:?} version {} is not known", document.format, document.version));
    }
    let mut image = ClusterImage::default();
    for broker in document.brokers {
        let host = Some(ByteText::from(broker.host.as_str()));
        let known = BrokerImage { host, port: Some(broker.port), rack: None, fenced: false };
        image.brokers.insert(broker.broker_id, known);
    }
    let as_of_ms = document.partitions.iter().map(|partition| partition.seen_at_ms).max();
    let mut unnamed: Vec<String> = Vec::new();
    for partition in document.partitions {
        for broker in &partition.replicas {
            let absent = BrokerImage { host: None, port: None, rack: None, fenced: true };
            image.brokers.entry(*broker).or_insert(absent);
        }
        let id: Option<Uuid> = partition.topic_id.and_then(|id| id.parse().ok());
        let id = id.unwrap_or_else(|| {
            let known = unnamed.iter().position(|topic| *topic == partition.topic);
            made_up(known.unwrap_or_else(|| {
                unnamed.push(partition.topic.clone());
                unnamed.len() - 1
            }))
        });
        let facts = PartitionImage {
            replicas: partition.replicas,
            isr: partition.in_sync,
            eligible_leaders: Vec::new(),
            leader: partition.leader,
            leader_epoch: partition.leader_epoch.unwrap_or(-1),
            elected_unclean: false,
        };
        image.describe(ByteText::from(partition.topic.as_str()), id, partition.partition, facts);
    }
    for Topic { topic, topic_id, partitions } in document.topics {
        let known = image.topic(&ByteText::from(topic.as_str())).is_some();
        if let (false, Ok(id)) = (known, topic_id.parse()) {
            let named = image.name_topic(ByteText::from(topic.as_str()), id);
            named.partition_count = partitions.filter(|count| *count >= 0);
        }
    }
    Ok(ClusterMetadata { cluster_id: document.cluster_id, as_of_ms, ..ClusterMetadata::told(path, image) })
}

/// The newest capture that isn't younger than `as_of_ms`; where there is none, the oldest, flagged.
pub(super) fn captured_cluster(evidence: &Evidence, as_of_ms: Option<i64>) -> Option<ClusterMetadata> {
    let in_time = |capture: &&ClusterMetadata| as_of_ms.is_none_or(|asked| capture.as_of_ms <= Some(asked));
    let newest = evidence.captures.iter().filter(in_time).max_by_key(|capture| capture.as_of_ms);
    let found = newest.or_else(|| evidence.captures.iter().min_by_key(|capture| capture.as_of_ms))?;
    let other_ids = evidence.captures.iter().filter_map(|capture| capture.cluster_id.clone());
    let mut other_clusters: Vec<String> =
        other_ids.filter(|id| Some(id) != found.cluster_id.as_ref()).collect();
    other_clusters.sort();
    other_clusters.dedup();
    Some(ClusterMetadata {
        copies: evidence.captures.len(),
        later_than_asked: newest.is_none(),
        ends_before_asked: newest.is_some() && as_of_ms.is_some(),
        other_clusters,
        ..found.clone()
    })
}
