//! Keys. None is flexible and none has a version of its own: the number in front is the record type.

use crate::wire::message;
use lastwrites_types::ByteText;

message! {
    /// Key of types 0 and 1.
    pub struct OffsetCommitKey, flexible never {
        /// Group id.
        group: ByteText, 0..;
        /// Topic name.
        topic: ByteText, 0..;
        /// Partition number.
        partition: i32, 0..;
    }

    /// Key of type 2.
    pub struct GroupMetadataKey, flexible never {
        /// Group id.
        group: ByteText, 0..;
    }

    /// Key of the types that have one record a group.
    pub struct GroupKey, flexible never {
        /// Group id.
        group_id: ByteText, 0..;
    }

    /// Key of the types that have one record a member.
    pub struct MemberKey, flexible never {
        /// Group id.
        group_id: ByteText, 0..;
        /// Member id.
        member_id: ByteText, 0..;
    }

    /// Key of type 16.
    pub struct ConsumerGroupRegularExpressionKey, flexible never {
        /// Group id.
        group_id: ByteText, 0..;
        /// The expression as subscribed to.
        regular_expression: ByteText, 0..;
    }
}
