//! Requests about the cluster and its topics: metadata, log ends, epochs, settings, open transactions.

use std::collections::BTreeMap;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{
    BrokerId, DescribeConfigsRequest, DescribeProducersRequest, ListOffsetsRequest, MetadataRequest,
    OffsetForLeaderEpochRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use lastwrites_types::Uuid;

use super::connection::Connection;
use super::{
    Broker, ClientError, Cluster, EpochEnd, EpochEnds, ErrorCode, LogEnd, OpenTransaction, Operations,
    Partition, PerPartition, Topic, TopicPartitionInfo,
};

/// `ConfigResource.Type.BROKER`.
const BROKER_RESOURCE: i8 = 4;

pub(super) fn name(value: &str) -> TopicName {
    TopicName(StrBytes::from_string(value.to_owned()))
}

pub(super) fn metadata(
    connection: &mut Connection,
    names: Option<&[String]>,
) -> Result<Cluster, ClientError> {
    let topic = |n: &String| MetadataRequestTopic::default().with_name(Some(name(n)));
    let request = MetadataRequest::default()
        .with_topics(names.map(|names| names.iter().map(topic).collect()))
        .with_allow_auto_topic_creation(false)
        .with_include_topic_authorized_operations(connection.version::<MetadataRequest>()? >= 8);
    let answer = connection.call(&request)?;
    Ok(Cluster {
        cluster_id: answer.cluster_id.as_ref().map(ToString::to_string),
        brokers: answer
            .brokers
            .iter()
            .filter_map(|b| {
                Some(Broker { id: b.node_id.0, host: b.host.to_string(), port: u16::try_from(b.port).ok()? })
            })
            .collect(),
        topics: answer
            .topics
            .iter()
            .filter_map(|t| Some((t.name.as_ref()?.to_string(), described(t))))
            .collect(),
    })
}

fn described(topic: &MetadataResponseTopic) -> Topic {
    let id = Uuid(topic.topic_id.into_bytes());
    Topic {
        error: ErrorCode(topic.error_code),
        topic_id: (!id.is_zero()).then_some(id),
        partitions: topic
            .partitions
            .iter()
            .map(|p| {
                let info = TopicPartitionInfo {
                    leader: (p.leader_id.0 >= 0).then_some(p.leader_id.0),
                    leader_epoch: (p.leader_epoch >= 0).then_some(p.leader_epoch),
                    replicas: p.replica_nodes.iter().map(|id| id.0).collect(),
                    in_sync: p.isr_nodes.iter().map(|id| id.0).collect(),
                };
                (p.partition_index, info)
            })
            .collect(),
        allowed: Operations::from_wire(topic.topic_authorized_operations),
    }
}

/// Who asks where a log begins or ends.
#[derive(Clone, Copy)]
pub(super) enum Asker {
    /// An ordinary consumer: only the leader answers, and the end is the high watermark, open transactions included.
    Consumer,
    /// `ListOffsetsRequest.DEBUGGING_REPLICA_ID`: any replica answers for its own log, and the end is its last record.
    Debugger,
}

pub(super) fn list_offsets(
    connection: &mut Connection,
    partitions: &[&Partition],
    end: LogEnd,
    asker: Asker,
) -> Result<PerPartition<Result<i64, ErrorCode>>, ClientError> {
    let timestamp = match end {
        LogEnd::Earliest => -2,
        LogEnd::Latest => -1,
    };
    let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
    for p in partitions {
        topics.entry(&p.topic).or_default().push(
            ListOffsetsPartition::default()
                .with_partition_index(p.partition)
                .with_current_leader_epoch(-1)
                .with_timestamp(timestamp),
        );
    }
    let topic = |(n, list): (&str, _)| ListOffsetsTopic::default().with_name(name(n)).with_partitions(list);
    let replica_id = match asker {
        Asker::Consumer => -1,
        Asker::Debugger => -2,
    };
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(replica_id))
        .with_isolation_level(0)
        .with_topics(topics.into_iter().map(topic).collect());
    let answer = connection.call(&request)?;
    let mut ends = PerPartition::new();
    for topic in &answer.topics {
        for p in &topic.partitions {
            let value = if p.error_code == 0 { Ok(p.offset) } else { Err(ErrorCode(p.error_code)) };
            ends.insert(Partition::new(topic.name.to_string(), p.partition_index), value);
        }
    }
    Ok(ends)
}

/// One answer per question; the request can't hold a partition twice, so further epochs of one go in a round
/// of their own.
pub(super) fn epoch_ends(
    connection: &mut Connection,
    epochs: &[&(Partition, i32)],
) -> Result<EpochEnds, ClientError> {
    if connection.version::<OffsetForLeaderEpochRequest>().is_err() {
        return Ok(Vec::new());
    }
    let mut answers = Vec::new();
    let mut waiting: Vec<&(Partition, i32)> = epochs.to_vec();
    while !waiting.is_empty() {
        let mut round: BTreeMap<&Partition, i32> = BTreeMap::new();
        waiting.retain(|(p, epoch)| {
            let taken = round.contains_key(p);
            if !taken {
                round.insert(p, *epoch);
            }
            taken
        });
        epoch_round(connection, &round, &mut answers)?;
    }
    Ok(answers)
}

fn epoch_round(
    connection: &mut Connection,
    round: &BTreeMap<&Partition, i32>,
    answers: &mut EpochEnds,
) -> Result<(), ClientError> {
    let mut topics: BTreeMap<&str, Vec<OffsetForLeaderPartition>> = BTreeMap::new();
    for (p, epoch) in round {
        topics.entry(&p.topic).or_default().push(
            OffsetForLeaderPartition::default()
                .with_partition(p.partition)
                .with_current_leader_epoch(-1)
                .with_leader_epoch(*epoch),
        );
    }
    let topic =
        |(n, list): (&str, _)| OffsetForLeaderTopic::default().with_topic(name(n)).with_partitions(list);
    let request = OffsetForLeaderEpochRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(topics.into_iter().map(topic).collect());
    let answer = connection.call(&request)?;
    for topic in &answer.topics {
        for p in &topic.partitions {
            let partition = Partition::new(topic.topic.to_string(), p.partition);
            let Some(epoch) = round.get(&partition) else { continue };
            let end = EpochEnd {
                leader_epoch: (p.leader_epoch >= 0).then_some(p.leader_epoch),
                end_offset: (p.end_offset >= 0).then_some(p.end_offset),
            };
            let value = if p.error_code == 0 { Ok(end) } else { Err(ErrorCode(p.error_code)) };
            answers.push((partition, *epoch, value));
        }
    }
    Ok(())
}

pub(super) fn broker_settings(
    connection: &mut Connection,
    broker: i32,
    names: &[&str],
) -> Result<BTreeMap<String, String>, ClientError> {
    let text = |value: &str| StrBytes::from_string(value.to_owned());
    let resource = DescribeConfigsResource::default()
        .with_resource_type(BROKER_RESOURCE)
        .with_resource_name(text(&broker.to_string()))
        .with_configuration_keys(Some(names.iter().map(|n| text(n)).collect()));
    let answer = connection.call(&DescribeConfigsRequest::default().with_resources(vec![resource]))?;
    let mut settings = BTreeMap::new();
    for result in &answer.results {
        if result.error_code != 0 {
            return Err(ClientError::Broker {
                address: connection.address().to_owned(),
                api: "DescribeConfigs",
                about: format!("broker {broker}"),
                code: ErrorCode(result.error_code),
                message: result.error_message.as_ref().map(ToString::to_string),
            });
        }
        for config in &result.configs {
            if let Some(value) = config.value.as_ref().filter(|_| !config.is_sensitive) {
                settings.insert(config.name.to_string(), value.to_string());
            }
        }
    }
    Ok(settings)
}

pub(super) fn open_transactions(
    connection: &mut Connection,
    partition: &Partition,
) -> Result<Option<Vec<OpenTransaction>>, ClientError> {
    if connection.version::<DescribeProducersRequest>().is_err() {
        return Ok(None);
    }
    let request = DescribeProducersRequest::default().with_topics(vec![
        TopicRequest::default()
            .with_name(name(&partition.topic))
            .with_partition_indexes(vec![partition.partition]),
    ]);
    let answer = connection.call(&request)?;
    let mut open = Vec::new();
    for found in answer.topics.iter().flat_map(|t| &t.partitions) {
        if found.error_code != 0 {
            return Err(ClientError::Broker {
                address: connection.address().to_owned(),
                api: "DescribeProducers",
                about: partition.to_string(),
                code: ErrorCode(found.error_code),
                message: found.error_message.as_ref().map(ToString::to_string),
            });
        }
        open.extend(found.active_producers.iter().filter(|p| p.current_txn_start_offset >= 0).map(|p| {
            OpenTransaction {
                producer_id: p.producer_id.0,
                producer_epoch: p.producer_epoch,
                start_offset: p.current_txn_start_offset,
            }
        }));
    }
    Ok(Some(open))
}
