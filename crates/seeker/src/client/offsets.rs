//! Requests about committed offsets: read, commit, delete.

use std::collections::BTreeMap;

use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{
    GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::connection::Connection;
use super::{ClientError, CommittedOffset, ErrorCode, Fetched, Partition, PerPartition};

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

/// Things of one topic side by side, as requests want them.
fn by_topic<'a, T>(items: impl Iterator<Item = (&'a Partition, T)>) -> BTreeMap<&'a str, Vec<(i32, T)>> {
    let mut topics: BTreeMap<&str, Vec<(i32, T)>> = BTreeMap::new();
    for (partition, item) in items {
        topics.entry(&partition.topic).or_default().push((partition.partition, item));
    }
    topics
}

pub(super) fn fetch(
    connection: &mut Connection,
    group: &str,
    partitions: &[Partition],
) -> Result<PerPartition<Fetched>, ClientError> {
    let version = connection.version::<OffsetFetchRequest>()?;
    let topics = by_topic(partitions.iter().map(|p| (p, ())));
    let indexes = |list: Vec<(i32, ())>| list.into_iter().map(|(p, ())| p).collect();
    let request = OffsetFetchRequest::default().with_require_stable(true);
    let request = if version < 8 {
        let topic = |(name, list): (&str, _)| {
            OffsetFetchRequestTopic::default()
                .with_name(TopicName(text(name)))
                .with_partition_indexes(indexes(list))
        };
        request.with_group_id(GroupId(text(group))).with_topics(Some(topics.into_iter().map(topic).collect()))
    } else {
        let topic = |(name, list): (&str, _)| {
            OffsetFetchRequestTopics::default()
                .with_name(TopicName(text(name)))
                .with_partition_indexes(indexes(list))
        };
        // Member epoch -1 and no member id: an admin's question.
        request.with_groups(vec![
            OffsetFetchRequestGroup::default()
                .with_group_id(GroupId(text(group)))
                .with_member_id(None)
                .with_member_epoch(-1)
                .with_topics(Some(topics.into_iter().map(topic).collect())),
        ])
    };
    let answer = connection.call(&request)?;
    let failed = |code: i16| ClientError::Broker {
        address: connection.address().to_owned(),
        api: "OffsetFetch",
        about: format!("group {group}"),
        code: ErrorCode(code),
        message: None,
    };
    let mut fetched = PerPartition::new();
    if version < 8 {
        if answer.error_code != 0 {
            return Err(failed(answer.error_code));
        }
        for topic in &answer.topics {
            for p in &topic.partitions {
                let value = committed(
                    p.error_code,
                    p.committed_offset,
                    p.committed_leader_epoch,
                    p.metadata.as_ref(),
                );
                fetched.insert(Partition::new(topic.name.to_string(), p.partition_index), value);
            }
        }
    } else {
        for found in answer.groups.iter().filter(|g| g.group_id.as_str() == group) {
            if found.error_code != 0 {
                return Err(failed(found.error_code));
            }
            for topic in &found.topics {
                for p in &topic.partitions {
                    let value = committed(
                        p.error_code,
                        p.committed_offset,
                        p.committed_leader_epoch,
                        p.metadata.as_ref(),
                    );
                    fetched.insert(Partition::new(topic.name.to_string(), p.partition_index), value);
                }
            }
        }
    }
    // Old coordinators answer a moving shard in each partition instead of once.
    let moving = fetched.values().find_map(|f| f.as_ref().err().filter(|code| code.is_coordinator_moving()));
    if let Some(code) = moving {
        return Err(failed(code.0));
    }
    // Silence is no answer: taken for "no offset", a rollback would delete what was there.
    match partitions.iter().find(|p| !fetched.contains_key(p)) {
        None => Ok(fetched),
        Some(silent) => Err(ClientError::Malformed {
            address: connection.address().to_owned(),
            api: "OffsetFetch",
            version,
            reason: format!("says nothing about {silent} of group {group}"),
        }),
    }
}

fn committed(code: i16, offset: i64, leader_epoch: i32, metadata: Option<&StrBytes>) -> Fetched {
    match (code, offset) {
        // -1 is "none"; other negative offsets can be committed and are shown as they are.
        (0, -1) => Ok(None),
        (0, offset) => Ok(Some(CommittedOffset {
            offset,
            leader_epoch: (leader_epoch >= 0).then_some(leader_epoch),
            metadata: metadata.map(ToString::to_string).unwrap_or_default(),
        })),
        (code, _) => Err(ErrorCode(code)),
    }
}

pub(super) fn commit(
    connection: &mut Connection,
    group: &str,
    commits: &[(Partition, CommittedOffset)],
) -> Result<PerPartition<ErrorCode>, ClientError> {
    let topics = by_topic(commits.iter().map(|(p, o)| (p, o)))
        .into_iter()
        .map(|(name, list)| {
            let partition = |(index, offset): (i32, &CommittedOffset)| {
                OffsetCommitRequestPartition::default()
                    .with_partition_index(index)
                    .with_committed_offset(offset.offset)
                    .with_committed_leader_epoch(offset.leader_epoch.unwrap_or(-1))
                    .with_committed_metadata(Some(text(&offset.metadata)))
            };
            OffsetCommitRequestTopic::default()
                .with_name(TopicName(text(name)))
                .with_partitions(list.into_iter().map(partition).collect())
        })
        .collect();
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(-1)
        .with_member_id(StrBytes::new())
        .with_group_instance_id(None)
        .with_topics(topics);
    let answer = connection.call(&request)?;
    let mut codes = PerPartition::new();
    for topic in &answer.topics {
        for p in &topic.partitions {
            codes.insert(Partition::new(topic.name.to_string(), p.partition_index), ErrorCode(p.error_code));
        }
    }
    Ok(codes)
}

pub(super) fn delete(
    connection: &mut Connection,
    group: &str,
    partitions: &[Partition],
) -> Result<PerPartition<ErrorCode>, ClientError> {
    let topics = by_topic(partitions.iter().map(|p| (p, ())))
        .into_iter()
        .map(|(name, list)| {
            let partition = |(index, ())| OffsetDeleteRequestPartition::default().with_partition_index(index);
            OffsetDeleteRequestTopic::default()
                .with_name(TopicName(text(name)))
                .with_partitions(list.into_iter().map(partition).collect())
        })
        .collect();
    let request = OffsetDeleteRequest::default().with_group_id(GroupId(text(group))).with_topics(topics);
    let answer = connection.call(&request)?;
    if answer.error_code != 0 {
        return Ok(partitions.iter().map(|p| (p.clone(), ErrorCode(answer.error_code))).collect());
    }
    let mut codes = PerPartition::new();
    for topic in &answer.topics {
        for p in &topic.partitions {
            codes.insert(Partition::new(topic.name.to_string(), p.partition_index), ErrorCode(p.error_code));
        }
    }
    Ok(codes)
}
