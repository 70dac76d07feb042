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

/// What a key is about: its group, and its member where it has one.
macro_rules! about {
    ($($name:ident: $group:ident $(, $member:ident)?;)*) => {$(
        impl $name {
            pub(crate) const fn group(&self) -> &ByteText {
                &self.$group
            }

            pub(crate) const fn group_mut(&mut self) -> &mut ByteText {
                &mut self.$group
            }

            pub(crate) const fn member_id(&self) -> Option<&ByteText> {
                $(return Some(&self.$member);)?
                #[allow(unreachable_code, reason = "a key with a member has returned")]
                None
            }

            pub(crate) const fn member_id_mut(&mut self) -> Option<&mut ByteText> {
                $(return Some(&mut self.$member);)?
                #[allow(unreachable_code, reason = "a key with a member has returned")]
                None
            }
        }
    )*};
}

about! {
    OffsetCommitKey: group;
    GroupMetadataKey: group;
    GroupKey: group_id;
    MemberKey: group_id, member_id;
    ConsumerGroupRegularExpressionKey: group_id;
}
