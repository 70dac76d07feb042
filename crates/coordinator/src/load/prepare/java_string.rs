//! `toString()` of the few generated messages whose text ends up in an exception.

use lastwrites_records::messages::early_access::ShareGroupStatePartitionMetadataValue40;
use lastwrites_records::messages::{KeyValue, StreamsCopartitionGroup, StreamsSubtopology, StreamsTopicInfo};
use lastwrites_types::{ByteText, java_text};

use crate::group::Name;

/// The record of type 15 as 4.0 prints it when it finds no replay method for it.
pub(in crate::load) fn state_partitions_40(
    group_id: &Name,
    value: Option<(&ShareGroupStatePartitionMetadataValue40, i16)>,
) -> String {
    let value = value.map_or("null".to_owned(), |(value, version)| {
        let initialized = list(&value.initialized_topics, |topic| {
            format!(
                "TopicPartitionsInfo(topicId={}, topicName={}, partitions={})",
                topic.topic_id,
                quoted(&topic.topic_name),
                list(&topic.partitions, ToString::to_string)
            )
        });
        let deleting = list(&value.deleting_topics, |topic| {
            format!("TopicInfo(topicId={}, topicName={})", topic.topic_id, quoted(&topic.topic_name))
        });
        format!(
            "ApiMessageAndVersion(ShareGroupStatePartitionMetadataValue(initializedTopics={initialized}, \
             deletingTopics={deleting}) at version {version})"
        )
    });
    format!(
        "CoordinatorRecord(key=ApiMessageAndVersion(ShareGroupStatePartitionMetadataKey(groupId='{}') at version 15), \
         value={value})",
        java_text(group_id)
    )
}

/// `StreamsGroupTopologyValue.Subtopology`.
pub(super) fn subtopology(value: &StreamsSubtopology) -> String {
    format!(
        "Subtopology(subtopologyId={}, sourceTopics={}, sourceTopicRegex={}, stateChangelogTopics={}, \
         repartitionSinkTopics={}, repartitionSourceTopics={}, copartitionGroups={})",
        quoted(&value.subtopology_id),
        list(&value.source_topics, plain),
        list(&value.source_topic_regex, plain),
        list(&value.state_changelog_topics, topic_info),
        list(&value.repartition_sink_topics, plain),
        list(&value.repartition_source_topics, topic_info),
        list(&value.copartition_groups, copartition_group)
    )
}

fn topic_info(value: &StreamsTopicInfo) -> String {
    format!(
        "TopicInfo(name={}, partitions={}, replicationFactor={}, topicConfigs={})",
        quoted(&value.name),
        value.partitions,
        value.replication_factor,
        list(&value.topic_configs, topic_config)
    )
}

fn topic_config(value: &KeyValue) -> String {
    format!("TopicConfig(key={}, value={})", quoted(&value.key), quoted(&value.value))
}

fn copartition_group(value: &StreamsCopartitionGroup) -> String {
    format!(
        "CopartitionGroup(sourceTopics={}, sourceTopicRegex={}, repartitionSourceTopics={})",
        list(&value.source_topics, ToString::to_string),
        list(&value.source_topic_regex, ToString::to_string),
        list(&value.repartition_source_topics, ToString::to_string)
    )
}

/// `MessageUtil.deepToString`.
fn list<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", "))
}

fn plain(text: &ByteText) -> String {
    java_text(text.as_bytes()).into_owned()
}

fn quoted(text: &ByteText) -> String {
    format!("'{}'", java_text(text.as_bytes()))
}
