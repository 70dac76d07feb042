//! Which replicas to ask, from what was wanted and what the cluster's metadata says.

use std::collections::BTreeSet;

use lastwrites_types::{escaped, group_to_partition};

use super::CaptureError;
use super::manifest::PartitionFacts;
use crate::client::{Broker, Cluster, ErrorCode, Partition, Topic, TopicPartitionInfo};

/// Whose logs to copy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// The leader's of each partition.
    #[default]
    Leader,
    /// Every replica's.
    Replicas,
    /// These brokers', where they have a copy.
    Brokers(BTreeSet<i32>),
}

/// What to capture.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// The topic.
    pub topic: String,
    /// Partitions; with `groups` empty too: all.
    pub partitions: BTreeSet<i32>,
    /// Groups whose partitions are wanted too.
    pub groups: Vec<String>,
    /// Whose logs.
    pub from: Source,
    /// At most so many bytes a second.
    pub max_bytes_per_second: Option<u64>,
}

/// One log to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Replica {
    pub(super) partition: Partition,
    pub(super) broker_id: i32,
    /// Where it is; `None`: not among the live ones.
    pub(super) broker: Option<Broker>,
}

/// The logs to copy, in order of partition and broker, and what the metadata says of their partitions.
pub(super) struct Selection {
    pub(super) replicas: Vec<Replica>,
    pub(super) partitions: Vec<PartitionFacts>,
    /// All partitions of the topic: who coordinates what isn't captured counts too.
    pub(super) of_topic: Vec<PartitionFacts>,
    /// Partitions of which nothing can be asked, and why.
    pub(super) nobody: Vec<String>,
}

impl Selection {
    pub(super) fn of(cluster: &Cluster, wanted: &Wanted, now_ms: i64) -> Result<Self, CaptureError> {
        let topic = usable(cluster, &wanted.topic)?;
        let of_topic = topic
            .partitions
            .iter()
            .map(|(number, info)| facts(&Partition::new(wanted.topic.clone(), *number), topic, info, now_ms));
        let of_topic = of_topic.collect();
        let mut selection =
            Self { replicas: Vec::new(), partitions: Vec::new(), of_topic, nobody: Vec::new() };
        for number in numbers(topic, wanted)? {
            let partition = Partition::new(wanted.topic.clone(), number);
            let Some(info) = topic.partitions.get(&number) else {
                let found = topic.partitions.len();
                return Err(CaptureError::Absent(format!("{partition} doesn't exist: {found} partitions")));
            };
            selection.partitions.push(facts(&partition, topic, info, now_ms));
            let brokers = brokers(&wanted.from, info);
            if brokers.is_empty() {
                selection.nobody.push(match wanted.from {
                    Source::Leader => format!("{partition} has no leader; --from replicas asks the others"),
                    _ => format!("{partition} has no replica on these brokers, only on {:?}", info.replicas),
                });
            }
            selection.replicas.extend(brokers.into_iter().map(|broker_id| Replica {
                partition: partition.clone(),
                broker_id,
                broker: cluster.brokers.iter().find(|b| b.id == broker_id).cloned(),
            }));
        }
        Ok(selection)
    }
}

fn usable<'c>(cluster: &'c Cluster, name: &str) -> Result<&'c Topic, CaptureError> {
    let absent = || CaptureError::Absent(format!("the cluster has no topic {}", escaped(name.as_bytes())));
    let topic = cluster.topics.get(name).ok_or_else(absent)?;
    match topic.error {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            Err(CaptureError::Denied { topic: name.to_owned(), right: "DESCRIBE" })
        }
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => Err(absent()),
        code if !code.is_none() => Err(CaptureError::Absent(format!(
            "topic {}: the cluster answered {code}",
            escaped(name.as_bytes())
        ))),
        _ => Ok(topic),
    }
}

fn numbers(topic: &Topic, wanted: &Wanted) -> Result<BTreeSet<i32>, CaptureError> {
    if wanted.partitions.is_empty() && wanted.groups.is_empty() {
        return Ok(topic.partitions.keys().copied().collect());
    }
    let mut numbers = wanted.partitions.clone();
    let count = i32::try_from(topic.partitions.len()).unwrap_or_default();
    for group in &wanted.groups {
        let number = group_to_partition(group.as_bytes(), count);
        numbers.insert(number.ok_or_else(|| CaptureError::Absent("the topic has no partitions".to_owned()))?);
    }
    Ok(numbers)
}

fn brokers(from: &Source, info: &TopicPartitionInfo) -> BTreeSet<i32> {
    match from {
        Source::Leader => info.leader.into_iter().collect(),
        Source::Replicas => info.replicas.iter().copied().collect(),
        Source::Brokers(wanted) => info.replicas.iter().copied().filter(|id| wanted.contains(id)).collect(),
    }
}

fn facts(partition: &Partition, topic: &Topic, info: &TopicPartitionInfo, now_ms: i64) -> PartitionFacts {
    PartitionFacts {
        topic: partition.topic.clone(),
        topic_id: topic.topic_id.map(|id| id.to_string()),
        partition: partition.partition,
        leader: info.leader,
        leader_epoch: info.leader_epoch,
        replicas: info.replicas.clone(),
        in_sync: info.in_sync.clone(),
        seen_at_ms: now_ms,
    }
}
