//! A record's key and value as one of the messages this crate declares.

use lastwrites_types::{ByteText, Release};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value as Json;

use crate::layouts::layouts_of;
use crate::messages::early_access::*;
use crate::messages::*;
use crate::wire::{Context, FieldName, JsonError, Message, Reader, Wire, WireError, named};

/// Above every release there is: the schema with everything in it.
pub(crate) const NEWEST: Release = Release::new(u8::MAX, u8::MAX, u8::MAX);

pub(crate) fn read<M: Message>(r: &mut Reader<'_>, version: i16, release: Release) -> Result<M, WireError> {
    M::read(r, M::context(version, release), FieldName::of(M::NAME))
}

fn context<M: Message>(_: &M, version: i16) -> Context {
    M::context(version, NEWEST)
}

macro_rules! keys {
    ($($(#[$doc:meta])* $number:literal $name:ident: $ty:ty,)*) => {
        /// A key whose record type is known.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Key { $($(#[$doc])* $name($ty),)* }

        impl Key {
            /// The number in front of the key (`apiKey` from 4.1, "key version" before).
            #[must_use]
            pub const fn record_type(&self) -> i16 {
                match self { $(Self::$name(_) => $number,)* }
            }

            /// Kafka's name of the record type, without `Key`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The group the record belongs to; every type has one.
            #[must_use]
            pub const fn group(&self) -> &ByteText {
                match self { $(Self::$name(key) => key.group(),)* }
            }

            /// The same, to be replaced.
            pub(crate) const fn group_mut(&mut self) -> &mut ByteText {
                match self { $(Self::$name(key) => key.group_mut(),)* }
            }

            /// The member the record is about; `None` for a type without one.
            #[must_use]
            pub const fn member_id(&self) -> Option<&ByteText> {
                match self { $(Self::$name(key) => key.member_id(),)* }
            }

            /// The same, to be replaced.
            pub(crate) const fn member_id_mut(&mut self) -> Option<&mut ByteText> {
                match self { $(Self::$name(key) => key.member_id_mut(),)* }
            }

            /// One schema a type.
            pub(crate) fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
                vec![$(named::<$ty>(generator)),*]
            }

            /// The form Kafka's JSON converter gives.
            #[must_use]
            pub fn json(&self) -> Json {
                match self { $(Self::$name(key) => key.json(context(key, 0)),)* }
            }

            /// The bytes as stored, record type in front.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                let mut out = self.record_type().to_be_bytes().to_vec();
                match self { $(Self::$name(key) => key.write(&mut out, context(key, 0)),)* }
                out
            }

            /// Takes [`Key::json`] back; `None` for a record type that isn't known.
            #[must_use]
            pub fn from_json(record_type: i16, json: &Json) -> Option<Result<Self, JsonError>> {
                Some(match record_type {
                    $($number => <$ty>::from_json(json, <$ty>::context(0, NEWEST)).map(Self::$name),)*
                    _ => return None,
                })
            }

            /// Reads the body of a key; `None` for a record type that isn't known.
            pub(crate) fn read(record_type: i16, r: &mut Reader<'_>) -> Option<Result<Self, WireError>> {
                Some(match record_type {
                    $($number => read(r, 0, NEWEST).map(Self::$name),)*
                    _ => return None,
                })
            }
        }
    };
}

keys! {
    /// A committed offset as 0.8.2 wrote it.
    0 LegacyOffsetCommit: OffsetCommitKey,
    /// A committed offset.
    1 OffsetCommit: OffsetCommitKey,
    /// A classic group.
    2 GroupMetadata: GroupMetadataKey,
    /// A consumer group's epoch.
    3 ConsumerGroupMetadata: GroupKey,
    /// A consumer group's topics (up to 4.0).
    4 ConsumerGroupPartitionMetadata: GroupKey,
    /// A consumer group member.
    5 ConsumerGroupMemberMetadata: MemberKey,
    /// A consumer group's assignment epoch.
    6 ConsumerGroupTargetAssignmentMetadata: GroupKey,
    /// A member's target assignment.
    7 ConsumerGroupTargetAssignmentMember: MemberKey,
    /// A member's current assignment.
    8 ConsumerGroupCurrentMemberAssignment: MemberKey,
    /// A share group's topics (up to 4.0).
    9 ShareGroupPartitionMetadata: GroupKey,
    /// A share group member.
    10 ShareGroupMemberMetadata: MemberKey,
    /// A share group's epoch.
    11 ShareGroupMetadata: GroupKey,
    /// A share group's assignment epoch.
    12 ShareGroupTargetAssignmentMetadata: GroupKey,
    /// A share group member's target assignment.
    13 ShareGroupTargetAssignmentMember: MemberKey,
    /// A share group member's current assignment.
    14 ShareGroupCurrentMemberAssignment: MemberKey,
    /// A share group's initialised partitions.
    15 ShareGroupStatePartitionMetadata: GroupKey,
    /// Topics a regular expression resolved to.
    16 ConsumerGroupRegularExpression: ConsumerGroupRegularExpressionKey,
    /// A streams group's epoch.
    17 StreamsGroupMetadata: GroupKey,
    /// A streams group member.
    19 StreamsGroupMemberMetadata: MemberKey,
    /// A streams group's assignment epoch.
    20 StreamsGroupTargetAssignmentMetadata: GroupKey,
    /// A streams group member's target tasks.
    21 StreamsGroupTargetAssignmentMember: MemberKey,
    /// A streams group member's current tasks.
    22 StreamsGroupCurrentMemberAssignment: MemberKey,
    /// A streams group's topology.
    23 StreamsGroupTopology: GroupKey,
    /// Topic ids of a streams group's target assignment.
    24 StreamsGroupTargetAssignmentResolvedTopicIds: GroupKey,
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $ty:ty,)*) => {
        /// A value in one of its layouts. A number at the end of a name is the last release that wrote
        /// that layout (`37`: 3.7); without one it is the newest.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Value { $($(#[$doc])* $name($ty),)* }

        impl Value {
            /// One schema a layout.
            pub(crate) fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
                vec![$(named::<$ty>(generator)),*]
            }

            /// The form Kafka's JSON converter gives for that version.
            #[must_use]
            pub fn json(&self, version: i16) -> Json {
                match self { $(Self::$name(value) => value.json(context(value, version)),)* }
            }

            /// The bytes as stored, version in front.
            #[must_use]
            pub fn encode(&self, version: i16) -> Vec<u8> {
                let mut out = version.to_be_bytes().to_vec();
                match self { $(Self::$name(value) => value.write(&mut out, context(value, version)),)* }
                out
            }
        }

        $(impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::$name(value)
            }
        })*
    };
}

impl Value {
    /// Takes [`Value::json`] back, in the newest layout of the record type that fits.
    ///
    /// # Errors
    /// It fits none; the reason is the newest layout's.
    pub fn from_json(record_type: i16, version: i16, json: &Json) -> Result<Self, JsonError> {
        let mut first_error = None;
        for layout in layouts_of(record_type) {
            match layout.read_json(json, version) {
                Ok(value) => return Ok(value),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(JsonError::expected("a record type that has values")))
    }
}

values! {
    /// Types 0 and 1.
    OffsetCommit: OffsetCommitValue,
    /// Type 2.
    GroupMetadata: GroupMetadataValue,
    /// Type 3.
    ConsumerGroupMetadata: ConsumerGroupMetadataValue,
    /// Type 4.
    ConsumerGroupPartitionMetadata: ConsumerGroupPartitionMetadataValue,
    /// Type 4 in 3.6 and 3.7.
    ConsumerGroupPartitionMetadata37: ConsumerGroupPartitionMetadataValue37,
    /// Type 4 in 3.5.
    ConsumerGroupPartitionMetadata35: ConsumerGroupPartitionMetadataValue35,
    /// Type 5.
    ConsumerGroupMemberMetadata: ConsumerGroupMemberMetadataValue,
    /// Type 5 in 3.6 and 3.7.
    ConsumerGroupMemberMetadata37: ConsumerGroupMemberMetadataValue37,
    /// Type 5 in 3.5.
    ConsumerGroupMemberMetadata35: ConsumerGroupMemberMetadataValue35,
    /// Type 6.
    ConsumerGroupTargetAssignmentMetadata: ConsumerGroupTargetAssignmentMetadataValue,
    /// Type 7.
    ConsumerGroupTargetAssignmentMember: ConsumerGroupTargetAssignmentMemberValue,
    /// Type 7 in 3.5 to 3.7.
    ConsumerGroupTargetAssignmentMember37: ConsumerGroupTargetAssignmentMemberValue37,
    /// Type 8.
    ConsumerGroupCurrentMemberAssignment: ConsumerGroupCurrentMemberAssignmentValue,
    /// Type 8 in 3.6 and 3.7.
    ConsumerGroupCurrentMemberAssignment37: ConsumerGroupCurrentMemberAssignmentValue37,
    /// Type 8 in 3.5.
    ConsumerGroupCurrentMemberAssignment35: ConsumerGroupCurrentMemberAssignmentValue35,
    /// Type 9 in 4.0.
    ShareGroupPartitionMetadata: ShareGroupPartitionMetadataValue,
    /// Type 10.
    ShareGroupMemberMetadata: ShareGroupMemberMetadataValue,
    /// Type 11.
    ShareGroupMetadata: ShareGroupMetadataValue,
    /// Type 11 in 3.9 and 4.0.
    ShareGroupMetadata40: ShareGroupMetadataValue40,
    /// Type 12.
    ShareGroupTargetAssignmentMetadata: ShareGroupTargetAssignmentMetadataValue,
    /// Type 13.
    ShareGroupTargetAssignmentMember: ShareGroupTargetAssignmentMemberValue,
    /// Type 14.
    ShareGroupCurrentMemberAssignment: ShareGroupCurrentMemberAssignmentValue,
    /// Type 15.
    ShareGroupStatePartitionMetadata: ShareGroupStatePartitionMetadataValue,
    /// Type 9 in 3.9 and type 15 in 4.0.
    ShareGroupStatePartitionMetadata40: ShareGroupStatePartitionMetadataValue40,
    /// Type 16.
    ConsumerGroupRegularExpression: ConsumerGroupRegularExpressionValue,
    /// Type 17.
    StreamsGroupMetadata: StreamsGroupMetadataValue,
    /// Type 19.
    StreamsGroupMemberMetadata: StreamsGroupMemberMetadataValue,
    /// Type 20.
    StreamsGroupTargetAssignmentMetadata: StreamsGroupTargetAssignmentMetadataValue,
    /// Type 21.
    StreamsGroupTargetAssignmentMember: StreamsGroupTargetAssignmentMemberValue,
    /// Type 22.
    StreamsGroupCurrentMemberAssignment: StreamsGroupCurrentMemberAssignmentValue,
    /// Type 23.
    StreamsGroupTopology: StreamsGroupTopologyValue,
    /// Type 24.
    StreamsGroupTargetAssignmentResolvedTopicIds: StreamsGroupTargetAssignmentResolvedTopicIdsValue,
}
