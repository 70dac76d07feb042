//! Names of groups and topics in a record, and their pseudonyms.
//!
//! What a name tells of its application by form alone stays: `-changelog` and `-repartition` of Streams, `connect-` of a
//! sink, the endings of MirrorMaker. Kafka's own topics keep their names.

use lastwrites_types::ByteText;

use super::{Redaction, Role};
use crate::embedded;
use crate::messages::{ShareTopicInfo, ShareTopicPartitionsInfo, StreamsTopicInfo, TopicMetadata};
use crate::record::{Key, Value};

/// Topics of Kafka itself.
const OF_KAFKA: [&[u8]; 5] = [
    b"__consumer_offsets",
    b"__transaction_state",
    b"__share_group_state",
    b"__cluster_metadata",
    b"__remote_log_metadata",
];
/// What stays of a name.
const BEGINNINGS: [&str; 2] = ["connect-", "mm2-"];
const ENDINGS: [&str; 4] = ["-changelog", "-repartition", ".checkpoints.internal", ".internal"];

impl Redaction {
    /// The group as outputs show it.
    #[must_use]
    pub fn group(&self, id: &ByteText) -> ByteText {
        if self.names { self.in_form(Role::Group, id) } else { id.clone() }
    }

    /// The topic as outputs show it.
    #[must_use]
    pub fn topic(&self, name: &ByteText) -> ByteText {
        if self.names && !OF_KAFKA.contains(&name.as_bytes()) {
            self.in_form(Role::Topic, name)
        } else {
            name.clone()
        }
    }

    /// The group behind a pseudonym: its true id decides on which partition it lives.
    #[must_use]
    pub fn true_group(&self, shown: &[u8]) -> ByteText {
        let known = std::str::from_utf8(shown).ok().and_then(|shown| self.original(Role::Group, shown));
        known.unwrap_or_else(|| shown.into())
    }

    fn in_form(&self, role: Role, name: &ByteText) -> ByteText {
        let text = String::from_utf8_lossy(name.as_bytes());
        let begins = BEGINNINGS.into_iter().find(|word| text.starts_with(word)).unwrap_or_default();
        let ends = ENDINGS.into_iter().find(|word| text.ends_with(word)).unwrap_or_default();
        self.pseudonym_within(role, name, begins, ends)
    }

    fn in_topic(&self, name: &mut ByteText) {
        *name = self.topic(name);
    }

    fn in_pattern(&self, pattern: &mut ByteText) {
        *pattern = self.pseudonym(Role::Pattern, pattern);
    }

    pub(super) fn names_in_key(&self, key: &mut Key) {
        match key {
            Key::LegacyOffsetCommit(key) | Key::OffsetCommit(key) => self.in_topic(&mut key.topic),
            Key::ConsumerGroupRegularExpression(key) => self.in_pattern(&mut key.regular_expression),
            _ => {}
        }
        let group = key.group_mut();
        *group = self.group(group);
    }

    /// False where the value holds no name.
    pub(super) fn names_in_value(&self, value: &mut Value) -> bool {
        let topics = |names: &mut Vec<ByteText>| names.iter_mut().for_each(|name| self.in_topic(name));
        let described = |all: &mut Vec<TopicMetadata>| {
            all.iter_mut().for_each(|one| self.in_topic(&mut one.topic_name));
        };
        let partitions = |all: &mut Vec<ShareTopicPartitionsInfo>| {
            all.iter_mut().for_each(|one| self.in_topic(&mut one.topic_name));
        };
        let plain = |all: &mut Vec<ShareTopicInfo>| {
            all.iter_mut().for_each(|one| self.in_topic(&mut one.topic_name));
        };
        let internal = |all: &mut Vec<StreamsTopicInfo>| {
            all.iter_mut().for_each(|one| self.in_topic(&mut one.name));
        };
        match value {
            Value::GroupMetadata(value) if value.protocol_type.as_bytes() == b"consumer" => {
                for member in &mut value.members {
                    member.subscription = self.subscription(&member.subscription);
                    member.assignment = self.assignment(&member.assignment);
                }
            }
            Value::ConsumerGroupPartitionMetadata(value) => described(&mut value.topics),
            Value::ConsumerGroupPartitionMetadata37(value) => described(&mut value.topics),
            Value::ShareGroupPartitionMetadata(value) => described(&mut value.topics),
            Value::ConsumerGroupMemberMetadata(value) => {
                topics(&mut value.subscribed_topic_names);
                value.subscribed_topic_regex.iter_mut().for_each(|pattern| self.in_pattern(pattern));
                let protocols =
                    value.classic_member_metadata.iter_mut().flat_map(|m| &mut m.supported_protocols);
                protocols.for_each(|protocol| protocol.metadata = self.subscription(&protocol.metadata));
            }
            Value::ConsumerGroupMemberMetadata37(value) => {
                topics(&mut value.subscribed_topic_names);
                value.subscribed_topic_regex.iter_mut().for_each(|pattern| self.in_pattern(pattern));
            }
            Value::ConsumerGroupMemberMetadata35(value) => {
                topics(&mut value.subscribed_topic_names);
                value.subscribed_topic_regex.iter_mut().for_each(|pattern| self.in_pattern(pattern));
            }
            Value::ConsumerGroupRegularExpression(value) => topics(&mut value.topics),
            Value::ShareGroupMemberMetadata(value) => topics(&mut value.subscribed_topic_names),
            Value::ShareGroupStatePartitionMetadata(value) => {
                partitions(&mut value.initializing_topics);
                partitions(&mut value.initialized_topics);
                plain(&mut value.deleting_topics);
            }
            Value::ShareGroupStatePartitionMetadata40(value) => {
                partitions(&mut value.initialized_topics);
                plain(&mut value.deleting_topics);
            }
            Value::StreamsGroupTopology(value) => {
                for part in &mut value.subtopologies {
                    topics(&mut part.source_topics);
                    part.source_topic_regex.iter_mut().for_each(|pattern| self.in_pattern(pattern));
                    internal(&mut part.state_changelog_topics);
                    topics(&mut part.repartition_sink_topics);
                    internal(&mut part.repartition_source_topics);
                }
            }
            _ => return false,
        }
        true
    }

    /// A subscription with pseudonyms; one that can't be read has lost its words already.
    fn subscription(&self, blob: &[u8]) -> Vec<u8> {
        let Ok(mut read) = embedded::subscription(blob) else { return blob.to_vec() };
        if read.trailing > 0 {
            return blob.to_vec();
        }
        read.data.topics.iter_mut().for_each(|topic| self.in_topic(topic));
        read.data.owned_partitions.iter_mut().for_each(|owned| self.in_topic(&mut owned.topic));
        read.encode()
    }

    /// The same of an assignment.
    fn assignment(&self, blob: &[u8]) -> Vec<u8> {
        let Ok(mut read) = embedded::assignment(blob) else { return blob.to_vec() };
        if read.trailing > 0 {
            return blob.to_vec();
        }
        read.data.assigned_partitions.iter_mut().for_each(|held| self.in_topic(&mut held.topic));
        read.encode()
    }
}
