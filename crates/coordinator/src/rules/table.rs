//! The releases, one entry each: a new release is one more line.
//!
//! Releases not listed follow the newest listed one below them of the same coordinator (see [`profile_for`]):
//! patch releases seldom change replay, and a verdict for a release that nobody checked says whose rules it used.

use std::fmt;

use lastwrites_types::Release;

use super::new::{
    AssignmentEpochs, ConsumerLookup, FailureLog, NewRules, PartitionEpochRule, Repeated, ShareLookup,
    StatePartitions, StreamsOverOffsets, StreamsReady, SubscriptionParsing, TaskProcessRule,
    TransactionalOffsets,
};
use super::profile::Profile;
use super::old::{DuplicateStaticMember, OldRules};

/// One of the two group coordinators Kafka had.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CoordinatorKind {
    /// The Scala coordinator: the only one up to 3.6, selectable up to 4.0.
    Old,
    /// The Java coordinator: selectable from 3.7, the default from 4.0, the only one from 4.1.
    New,
}

impl CoordinatorKind {
    /// The word of the machine-output contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// Two algorithms; versions are data inside each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rules {
    /// The old coordinator.
    Old(OldRules),
    /// The new coordinator.
    New(NewRules),
}

/// A release and the rules it replays by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReleaseProfile {
    /// The release.
    pub release: Release,
    /// Which of its coordinators.
    pub coordinator: CoordinatorKind,
    /// The rules.
    pub rules: Rules,
}

impl fmt::Display for ReleaseProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.release, self.coordinator.as_str()))
    }
}

const OLD: OldRules = OldRules { duplicate_static_member: DuplicateStaticMember::Refused };
const OLD_2_8: OldRules = OldRules { duplicate_static_member: DuplicateStaticMember::Replaced };

const NEW_3_7: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::EarlyAccess,
    share_lookup: ShareLookup::CreationOrder,
    streams_over_offsets: StreamsOverOffsets::Refused,
    partition_epochs: PartitionEpochRule::Unchecked,
    task_processes: TaskProcessRule::Strict,
    transactional_offsets: TransactionalOffsets::MarkerOrder,
    repeated_topic: Repeated::Refused,
    repeated_subtopology: Repeated::Refused,
    assignment_epochs: AssignmentEpochs::Absent,
    first_assignment_epoch: 0,
    streams_ready: StreamsReady::NotAfterLoad,
    subscription: SubscriptionParsing::Escapes,
    state_partitions: StatePartitions::Replayed,
    failure_log: FailureLog::CauseOnly,
    snapshots_while_loading: false,
};
const NEW_3_8: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::CreationOrder,
    partition_epochs: PartitionEpochRule::Strict,
    transactional_offsets: TransactionalOffsets::RecordOffset,
    ..NEW_3_7
};
const NEW_4_0_0: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::AnyOrder,
    state_partitions: StatePartitions::Unreplayable,
    failure_log: FailureLog::DueTo,
    ..NEW_3_8
};
const NEW_4_0_2: NewRules =
    NewRules { partition_epochs: PartitionEpochRule::Lenient, snapshots_while_loading: true, ..NEW_4_0_0 };
const NEW_4_1_0: NewRules = NewRules {
    share_lookup: ShareLookup::AnyOrder,
    state_partitions: StatePartitions::Replayed,
    ..NEW_4_0_0
};
const NEW_4_1_1: NewRules = NewRules { snapshots_while_loading: true, ..NEW_4_1_0 };
const NEW_4_1_2: NewRules = NewRules {
    partition_epochs: PartitionEpochRule::Lenient,
    task_processes: TaskProcessRule::Lenient,
    ..NEW_4_1_1
};
const NEW_4_2_0: NewRules = NewRules {
    repeated_subtopology: Repeated::LastWins,
    assignment_epochs: AssignmentEpochs::StreamsChecked,
    streams_ready: StreamsReady::ValidatedTopology,
    failure_log: FailureLog::StackTrace,
    ..NEW_4_1_2
};
const NEW_4_2_1: NewRules = NewRules { streams_over_offsets: StreamsOverOffsets::Replaces, ..NEW_4_2_0 };
const NEW_4_3_0: NewRules = NewRules {
    repeated_topic: Repeated::LastWins,
    assignment_epochs: AssignmentEpochs::Lenient,
    first_assignment_epoch: 1,
    ..NEW_4_2_1
};

const fn old(major: u8, minor: u8, patch: u8, rules: OldRules) -> ReleaseProfile {
    let release = Release::new(major, minor, patch);
    ReleaseProfile { release, coordinator: CoordinatorKind::Old, rules: Rules::Old(rules) }
}

const fn new(major: u8, minor: u8, patch: u8, rules: NewRules) -> ReleaseProfile {
    let release = Release::new(major, minor, patch);
    ReleaseProfile { release, coordinator: CoordinatorKind::New, rules: Rules::New(rules) }
}

/// Known releases, ascending; where a release has both coordinators the old one comes first.
const TABLE: &[ReleaseProfile] = &[
    old(2, 8, 2, OLD_2_8),
    old(3, 4, 0, OLD),
    old(3, 4, 1, OLD),
    old(3, 6, 2, OLD),
    old(3, 7, 2, OLD),
    new(3, 7, 2, NEW_3_7),
    old(3, 8, 1, OLD),
    new(3, 8, 1, NEW_3_8),
    old(3, 9, 1, OLD),
    new(3, 9, 1, NEW_3_8),
    old(3, 9, 2, OLD),
    new(3, 9, 2, NEW_3_8),
    old(4, 0, 0, OLD),
    new(4, 0, 0, NEW_4_0_0),
    old(4, 0, 1, OLD),
    new(4, 0, 1, NEW_4_0_0),
    old(4, 0, 2, OLD),
    new(4, 0, 2, NEW_4_0_2),
    new(4, 1, 0, NEW_4_1_0),
    new(4, 1, 1, NEW_4_1_1),
    new(4, 1, 2, NEW_4_1_2),
    new(4, 2, 0, NEW_4_2_0),
    new(4, 2, 1, NEW_4_2_1),
    new(4, 3, 0, NEW_4_3_0),
    new(4, 3, 1, NEW_4_3_0),
];

/// Every release with an entry of its own, ascending.
#[must_use]
pub const fn known() -> &'static [ReleaseProfile] {
    TABLE
}

/// The newest release and coordinator, the default of every command.
#[must_use]
pub fn newest() -> Profile {
    Profile::new(new(4, 3, 1, NEW_4_3_0))
}

/// The profile of a release under one of its coordinators; `None` where it does not have that coordinator.
///
/// A release without an entry of its own follows the newest entry of its minor release that is not above it,
/// else the oldest of its minor release, else the newest below it.
#[must_use]
pub fn profile_for(release: Release, coordinator: CoordinatorKind) -> Option<Profile> {
    let has_it = match coordinator {
        CoordinatorKind::Old => release < Release::new(4, 1, 0),
        CoordinatorKind::New => release >= Release::new(3, 7, 0),
    };
    let of_kind = || TABLE.iter().filter(move |entry| entry.coordinator == coordinator);
    let of_minor =
        || of_kind().filter(move |entry| (entry.release.major, entry.release.minor) == (release.major, release.minor));
    let entry = of_minor()
        .rfind(|entry| entry.release <= release)
        .or_else(|| of_minor().next())
        .or_else(|| of_kind().rfind(|entry| entry.release <= release))
        .or_else(|| of_kind().next())?;
    has_it.then(|| Profile::new(*entry))
}
