//! One record as the loader of a release takes it: read by its layouts, turned into what it does.

use lastwrites_records::{Key, LoaderRecord, Value, decode_as};
use lastwrites_types::{ByteText, Uuid};

use super::key::key_group;
use super::offsets::{OffsetKey, StoredOffset};
use super::outcome::Stage;
use super::prepare::{classic, consumer, share, state_partitions_40, streams};
use crate::group::{Change, Epoch, ModernChange, ModernKind, Name, ReplayError};
use crate::rules::{NewRules, Profile, Rules, StatePartitions};

/// What one record is to a loader.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// An offset commit, or the tombstone of one.
    Commit {
        /// Whose offset.
        key: OffsetKey,
        /// The commit, its place not filled in; `None` for a tombstone.
        value: Option<StoredOffset>,
    },
    /// A group record.
    Group {
        /// Group id.
        group: Name,
        /// Record type.
        record_type: i16,
        /// What it does.
        change: Change,
    },
    /// A type the release does not know and skips with a warning.
    Unknown {
        /// Record type.
        record_type: i16,
    },
    /// The release can't read it: the load fails.
    Fatal {
        /// Record type; -1 for a null key and one shorter than two bytes, which the old coordinator gives no type.
        record_type: Option<i16>,
        /// Group id, where the key is long enough to hold it.
        group: Option<Name>,
        /// The exception's message.
        text: String,
        /// At which step.
        stage: Stage,
    },
}

/// Reads a record as the loader of a release does.
#[must_use]
pub fn decode(profile: &Profile, key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded {
    match decode_as(&profile.layouts, key, value) {
        Ok(LoaderRecord::UnknownType(record_type)) => Decoded::Unknown { record_type },
        Ok(LoaderRecord::Known { key, value }) => known(&profile.rules, &key, value.as_ref()),
        Err(error) => Decoded::Fatal {
            record_type: record_type(&profile.rules, key),
            group: key.and_then(key_group).map(|(_, group)| group.into()),
            text: error.text,
            stage: Stage::Deserialize,
        },
    }
}

/// What the real loaders tell of the type of a key that they can't read.
fn record_type(rules: &Rules, key: Option<&[u8]>) -> Option<i16> {
    match (key, rules) {
        (Some([first, second, ..]), _) => Some(i16::from_be_bytes([*first, *second])),
        (Some(_), Rules::Old(_)) => None,
        _ => Some(-1),
    }
}

fn known(rules: &Rules, key: &Key, value: Option<&(i16, Value)>) -> Decoded {
    let group: Name = name(key.group());
    let record_type = key.record_type();
    let message = value.map(|(_, message)| message);
    let change = match (key, rules) {
        (Key::LegacyOffsetCommit(key) | Key::OffsetCommit(key), _) => {
            let key = OffsetKey { group, topic: name(&key.topic), partition: key.partition };
            return Decoded::Commit { key, value: message.and_then(stored_offset) };
        }
        (Key::GroupMetadata(_), _) => match message {
            None => Some(Change::Classic(None)),
            Some(Value::GroupMetadata(value)) => Some(Change::Classic(Some(classic(rules, &group, value)))),
            Some(_) => None,
        },
        (_, Rules::Old(_)) => None,
        (Key::ShareGroupStatePartitionMetadata(_), Rules::New(rules))
            if rules.state_partitions == StatePartitions::Unreplayable =>
        {
            Some(Change::Unreplayable(unreplayable(&group, value)))
        }
        (_, Rules::New(rules)) => modern(rules, key, message),
    };
    match change {
        Some(change) => Decoded::Group { group, record_type, change },
        // A key and a value of different kinds: the layouts don't pair them.
        None => Decoded::Unknown { record_type },
    }
}

fn stored_offset(value: &Value) -> Option<StoredOffset> {
    let Value::OffsetCommit(value) = value else { return None };
    Some(StoredOffset {
        offset: value.offset,
        leader_epoch: value.leader_epoch,
        metadata: name(&value.metadata),
        commit_timestamp: value.commit_timestamp,
        expire_timestamp: (value.expire_timestamp != -1).then_some(value.expire_timestamp),
        topic_id: (value.topic_id != Uuid::ZERO).then_some(value.topic_id),
        record_offset: -1,
        batch_first_offset: -1,
    })
}

/// The change of a consumer, share or streams record; `None` where value and key don't belong together.
fn modern(rules: &NewRules, key: &Key, value: Option<&Value>) -> Option<Change> {
    use ModernChange as C;
    use Value as V;
    let epoch = |epoch| C::Epoch(Some(Ok(Epoch { epoch, validated_topology_epoch: -1 })));
    let member = || member_id(key);
    let (kind, change) = match (tombstone(key)?, value) {
        ((kind, tombstone), None) => (kind, tombstone),
        ((kind, _), Some(value)) => (
            kind,
            match value {
                V::ConsumerGroupMetadata(value) => epoch(value.epoch),
                V::ShareGroupMetadata(value) => epoch(value.epoch),
                V::ShareGroupMetadata40(value) => epoch(value.epoch),
                V::StreamsGroupMetadata(value) => C::Epoch(Some(streams::epoch(value))),
                V::ConsumerGroupPartitionMetadata(_)
                | V::ConsumerGroupPartitionMetadata37(_)
                | V::ShareGroupPartitionMetadata(_) => C::PartitionMetadata(Some(())),
                V::ConsumerGroupMemberMetadata(value) => {
                    C::Member(member()?, Some(Ok(consumer::member(value))))
                }
                V::ConsumerGroupMemberMetadata37(value) => {
                    C::Member(member()?, Some(Ok(consumer::member_37(value))))
                }
                V::ShareGroupMemberMetadata(value) => C::Member(member()?, Some(Ok(share::member(value)))),
                V::StreamsGroupMemberMetadata(value) => C::Member(member()?, Some(streams::member(value))),
                V::ConsumerGroupTargetAssignmentMetadata(value) => {
                    C::TargetEpoch(Some(value.assignment_epoch))
                }
                V::ShareGroupTargetAssignmentMetadata(value) => C::TargetEpoch(Some(value.assignment_epoch)),
                V::StreamsGroupTargetAssignmentMetadata(value) => {
                    C::TargetEpoch(Some(value.assignment_epoch))
                }
                V::ConsumerGroupTargetAssignmentMember(value) => {
                    C::Target(member()?, Some(consumer::target(&value.topic_partitions)))
                }
                V::ConsumerGroupTargetAssignmentMember37(value) => {
                    C::Target(member()?, Some(consumer::target(&value.topic_partitions)))
                }
                V::ShareGroupTargetAssignmentMember(value) => {
                    C::Target(member()?, Some(consumer::partitions(&value.topic_partitions)))
                }
                V::StreamsGroupTargetAssignmentMember(value) => {
                    C::Target(member()?, Some(streams::target(value)))
                }
                V::ConsumerGroupCurrentMemberAssignment(value) => {
                    C::Current(member()?, Some(consumer::current(rules, value)))
                }
                V::ConsumerGroupCurrentMemberAssignment37(value) => {
                    C::Current(member()?, Some(consumer::current_37(rules, value)))
                }
                V::ShareGroupCurrentMemberAssignment(value) => {
                    C::Current(member()?, Some(share::current(rules, value)))
                }
                V::StreamsGroupCurrentMemberAssignment(value) => {
                    C::Current(member()?, Some(streams::current(rules, value)))
                }
                V::ConsumerGroupRegularExpression(_) => C::RegularExpression(Some(())),
                V::ShareGroupStatePartitionMetadata(value) => {
                    C::StatePartitions(Some(share::state_partitions(value)))
                }
                V::StreamsGroupTopology(value) => C::Topology(Some(streams::topology(value))),
                _ => return None,
            },
        ),
    };
    Some(Change::Modern(kind, change))
}

/// Group type of a key, and what a tombstone of it is.
fn tombstone(key: &Key) -> Option<(ModernKind, ModernChange)> {
    use ModernChange as C;
    use ModernKind::{Consumer, Share, Streams};
    Some(match key {
        Key::ConsumerGroupMetadata(_) => (Consumer, C::Epoch(None)),
        Key::ConsumerGroupPartitionMetadata(_) => (Consumer, C::PartitionMetadata(None)),
        Key::ConsumerGroupMemberMetadata(_) => (Consumer, C::Member(member_id(key)?, None)),
        Key::ConsumerGroupTargetAssignmentMetadata(_) => (Consumer, C::TargetEpoch(None)),
        Key::ConsumerGroupTargetAssignmentMember(_) => (Consumer, C::Target(member_id(key)?, None)),
        Key::ConsumerGroupCurrentMemberAssignment(_) => (Consumer, C::Current(member_id(key)?, None)),
        Key::ConsumerGroupRegularExpression(_) => (Consumer, C::RegularExpression(None)),
        Key::ShareGroupPartitionMetadata(_) => (Share, C::PartitionMetadata(None)),
        Key::ShareGroupMemberMetadata(_) => (Share, C::Member(member_id(key)?, None)),
        Key::ShareGroupMetadata(_) => (Share, C::Epoch(None)),
        Key::ShareGroupTargetAssignmentMetadata(_) => (Share, C::TargetEpoch(None)),
        Key::ShareGroupTargetAssignmentMember(_) => (Share, C::Target(member_id(key)?, None)),
        Key::ShareGroupCurrentMemberAssignment(_) => (Share, C::Current(member_id(key)?, None)),
        Key::ShareGroupStatePartitionMetadata(_) => (Share, C::StatePartitions(None)),
        Key::StreamsGroupMetadata(_) => (Streams, C::Epoch(None)),
        Key::StreamsGroupMemberMetadata(_) => (Streams, C::Member(member_id(key)?, None)),
        Key::StreamsGroupTargetAssignmentMetadata(_) => (Streams, C::TargetEpoch(None)),
        Key::StreamsGroupTargetAssignmentMember(_) => (Streams, C::Target(member_id(key)?, None)),
        Key::StreamsGroupCurrentMemberAssignment(_) => (Streams, C::Current(member_id(key)?, None)),
        Key::StreamsGroupTopology(_) => (Streams, C::Topology(None)),
        _ => return None,
    })
}

fn member_id(key: &Key) -> Option<Name> {
    key.member_id().map(name)
}

/// What 4.0 says of a type 15 record, which it reads and can't replay.
fn unreplayable(group: &Name, value: Option<&(i16, Value)>) -> ReplayError {
    let value = match value {
        Some((version, Value::ShareGroupStatePartitionMetadata40(value))) => Some((value, *version)),
        _ => None,
    };
    ReplayError::Other(format!("Received an unknown record type 15 in {}", state_partitions_40(group, value)))
}

fn name(text: &ByteText) -> Name {
    Name::from(text.as_bytes())
}
