//! What distinguishes one release of the old (Scala) coordinator's loader from another.

/// Switches of the old loader (`kafka.coordinator.group.GroupMetadataManager.doLoadGroupsAndOffsets`).
///
/// The algorithm is one and the same from 0.11 on; what a release can read lies in its layouts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OldRules {
    /// Two members with one instance id in a group record: loaded by 2.8, refused by 3.4 and later.
    pub duplicate_static_member: DuplicateStaticMember,
}

/// What `GroupMetadata.add` does with the second member of one `group.instance.id`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DuplicateStaticMember {
    /// The later one takes over the mapping (2.8).
    Replaced,
    /// `IllegalStateException` (3.4 and later; the releases between were not checked).
    Refused,
}
