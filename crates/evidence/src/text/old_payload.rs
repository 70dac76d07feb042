//! Keys and payloads as kafka-dump-log printed them up to 3.7 (`GroupMetadataManager.formatRecordKeyAndValue`).

use lastwrites_records::embedded::assignment_from_json;
use lastwrites_records::messages::{
    GroupMetadataKey, GroupMetadataValue, MemberMetadata, OffsetCommitKey, OffsetCommitValue,
};
use lastwrites_records::{Key, Value};
use lastwrites_types::ByteText;
use serde_json::{Value as Json, json};

use super::record::Parts;

/// Bytes of a key beside its names: type, two lengths, partition.
const KEY_OVERHEAD: i64 = 10;
/// Bytes of a value beside its metadata, and the version that has so many; the text leaves out what they hold.
const VALUE_OVERHEADS: [(i64, i16); 3] = [(24, 3), (28, 1), (20, 2)];

/// `offset_commit::group=G,partition=TOPIC-N payload: offset=O[,metadata=M]`, or `<DELETE>`.
///
/// Names and metadata stand there as they are; sizes tell where one ends and the next begins.
pub(super) fn offset(text: &str, key_size: i64, value_size: i64, timestamp_ms: i64) -> Option<Parts> {
    let text = text.strip_prefix("offset_commit::group=")?;
    text.match_indices(",partition=").find_map(|(at, separator)| {
        let group = text.get(..at)?;
        let rest = text.get(at + separator.len()..)?;
        rest.match_indices(" payload: ").find_map(|(at, separator)| {
            let (topic, partition) = rest.get(..at)?.rsplit_once('-')?;
            let sizes = i64::try_from(group.len() + topic.len()).ok()?;
            if sizes + KEY_OVERHEAD != key_size {
                return None;
            }
            let key = OffsetCommitKey {
                group: group.into(),
                topic: topic.into(),
                partition: partition.parse().ok()?,
                ..OffsetCommitKey::default()
            };
            let value = commit(rest.get(at + separator.len()..)?, value_size, timestamp_ms)?;
            Some((Key::OffsetCommit(key).encode(), value))
        })
    })
}

fn commit(payload: &str, value_size: i64, timestamp_ms: i64) -> Option<Option<Vec<u8>>> {
    if payload == "<DELETE>" {
        return (value_size < 0).then_some(None);
    }
    let rest = payload.strip_prefix("offset=")?;
    let (offset, metadata) = match rest.split_once(",metadata=") {
        Some((offset, metadata)) => (offset, metadata),
        None => (rest, ""),
    };
    let length = value_size - i64::try_from(metadata.len()).ok()?;
    let (_, version) = VALUE_OVERHEADS.into_iter().find(|(overhead, _)| *overhead == length)?;
    let value = OffsetCommitValue {
        offset: offset.parse().ok()?,
        metadata: metadata.into(),
        commit_timestamp: timestamp_ms,
        ..OffsetCommitValue::default()
    };
    Some(Some(Value::OffsetCommit(value).encode(version)))
}

/// `group_metadata::group=G` and `{"protocolType":..,"protocol":..,"generationId":..,"assignment":"{M=[T-0, T-1],..}"}`.
pub(super) fn group(key: &str, payload: &str, value_size: i64) -> Option<Parts> {
    let group = key.strip_prefix("group_metadata::group=")?;
    let key = GroupMetadataKey { group: group.into(), ..GroupMetadataKey::default() };
    let key = Key::GroupMetadata(key).encode();
    if payload == "<DELETE>" {
        return (value_size < 0).then_some((key, None));
    }
    let payload: Json = serde_json::from_str(payload).ok()?;
    let text = |name: &str| payload.get(name).and_then(Json::as_str);
    let value = GroupMetadataValue {
        protocol_type: text("protocolType").unwrap_or_default().into(),
        generation: i32::try_from(payload.get("generationId")?.as_i64()?).ok()?,
        protocol: text("protocol").map(ByteText::from),
        leader: None,
        members: members(text("assignment").unwrap_or("{}"))?,
        ..GroupMetadataValue::default()
    };
    Some((key, Some(Value::GroupMetadata(value).encode(3))))
}

fn members(text: &str) -> Option<Vec<MemberMetadata>> {
    let text = text.strip_prefix('{')?.strip_suffix('}')?;
    let Some(text) = text.strip_suffix(']') else { return text.is_empty().then(Vec::new) };
    text.split("],").map(member).collect()
}

fn member(text: &str) -> Option<MemberMetadata> {
    let (member_id, partitions) = text.split_once("=[")?;
    let mut topics: Vec<Json> = Vec::new();
    for (topic, partition) in partitions
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(|name| name.rsplit_once('-'))
        .collect::<Option<Vec<_>>>()?
    {
        let partition: i32 = partition.parse().ok()?;
        topics.push(json!({ "topic": topic, "partitions": [partition] }));
    }
    let assignment = assignment_from_json(&json!({ "assignedPartitions": topics, "userData": null })).ok()?;
    Some(MemberMetadata { member_id: member_id.into(), assignment, ..MemberMetadata::default() })
}
