//! One coordinator record as the group machines see it: decoded, normalised, owned.

use super::classic::ClassicGroup;
use super::error::ReplayError;
use super::kind::ModernKind;
use super::member::{Holding, MemberMetadata, MemberState};
use super::shared::{Name, Shared};

/// What one record does to one group.
///
/// Conversions that can fail inside a release's own code (a list that becomes a map) are carried as results,
/// because a release first looks up the group and only then converts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// An offset commit: makes a simple classic group where there is none.
    OffsetValue,
    /// A classic group record: the group it builds, or `None` for a tombstone.
    Classic(Option<Prepared<ClassicGroup>>),
    /// A record of a consumer, share or streams group.
    Modern(ModernKind, ModernChange),
    /// A record type that the release decodes but can't replay.
    Unreplayable(ReplayError),
}

/// A value a release's code builds from a record, or the exception it throws on the way.
pub type Prepared<T> = Result<Shared<T>, ReplayError>;

/// What one record does to a consumer, share or streams group; `None` stands for a tombstone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModernChange {
    /// Group epoch (types 3, 11, 17).
    Epoch(Option<Result<Epoch, ReplayError>>),
    /// Subscription metadata (types 4, 9): only looks the group up.
    PartitionMetadata(Option<()>),
    /// Member metadata (types 5, 10, 19).
    Member(Name, Option<Prepared<MemberMetadata>>),
    /// Target assignment epoch (types 6, 12, 20).
    TargetEpoch(Option<i32>),
    /// Target assignment of one member (types 7, 13, 21).
    Target(Name, Option<Prepared<Holding>>),
    /// Current assignment of one member (types 8, 14, 22).
    Current(Name, Option<Result<Current, ReplayError>>),
    /// Resolved regular expression (type 16).
    RegularExpression(Option<()>),
    /// State partitions of a share group (type 15).
    StatePartitions(Option<Result<(), ReplayError>>),
    /// Topology of a streams group (type 23): its epoch.
    Topology(Option<Result<i32, ReplayError>>),
}

/// A group epoch record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// The group's epoch.
    pub epoch: i32,
    /// Streams from 4.2: the topology epoch the group validated.
    pub validated_topology_epoch: i32,
}

/// A member's current assignment record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Current {
    /// Member epoch.
    pub epoch: i32,
    /// Member epoch before.
    pub previous_epoch: i32,
    /// 3.7: target epoch.
    pub target_epoch: Option<i32>,
    /// Member state.
    pub state: MemberState,
    /// Partitions or tasks owned.
    pub assigned: Shared<Holding>,
    /// Partitions or tasks to give up.
    pub pending_revocation: Shared<Holding>,
}

impl Change {
    /// The member the record is about.
    #[must_use]
    pub const fn member_id(&self) -> Option<&Name> {
        match self {
            Self::Modern(
                _,
                ModernChange::Member(id, _) | ModernChange::Target(id, _) | ModernChange::Current(id, _),
            ) => Some(id),
            _ => None,
        }
    }
}
