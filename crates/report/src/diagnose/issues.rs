//! From an exception to its cause: text, release and the records around the failing one.

use lastwrites_coordinator::group::{ModernKind, ReplayError, Standing};
use lastwrites_coordinator::judge::HistoryRecord;
use lastwrites_coordinator::load::{Failure, Stage};
use lastwrites_coordinator::rules::{
    Coordinator, PartitionEpochRule, Profile, Rules, StatePartitions, TaskProcessRule,
};
use lastwrites_types::Release;

use super::cause::Cause;
use super::written::{Unbroken, is_written};

/// Record types (`CoordinatorRecordType`).
const LEGACY_OFFSET_COMMIT: i16 = 0;
const GROUP_METADATA: i16 = 2;
const CURRENT_ASSIGNMENT: i16 = 8;
const SHARE_GROUP_METADATA: i16 = 11;
const SHARE_GROUP_STATE: i16 = 15;

/// What surrounds a failing record in its log.
#[derive(Clone, Copy)]
pub(crate) struct Around<'h> {
    /// Group records of the failing group, in log order; empty where they weren't read.
    pub(crate) records: &'h [HistoryRecord],
    /// How much of the log in front of it is here.
    pub(crate) unbroken: Unbroken,
}

/// Why this failure happened.
pub(crate) fn cause(profile: &Profile, failure: &Failure, around: Around<'_>) -> Cause {
    match failure.stage {
        Stage::Read | Stage::Marker => Cause::DamagedBytes,
        Stage::OnLoaded if profile.coordinator() == Coordinator::Old => Cause::UnexpectedUnload,
        Stage::OnLoaded => Cause::Other,
        Stage::Deserialize => unreadable(profile, failure),
        Stage::Replay => match &failure.cause {
            Some(refused) => {
                let cause = refusal(profile, failure, refused);
                if is_written(profile, failure, refused, around) { cause.written() } else { cause }
            }
            None => Cause::Other,
        },
    }
}

fn unreadable(profile: &Profile, failure: &Failure) -> Cause {
    let Some(record_type) = failure.record_type else { return Cause::UnreadableRecord };
    let release = profile.release();
    if failure.error.starts_with("Unknown group metadata message version: ")
        && profile.coordinator() == Coordinator::Old
        && record_type > GROUP_METADATA
    {
        return Cause::UnknownType;
    }
    let version = failure.error.starts_with("Found an unknown record version ")
        || failure.error.starts_with("Unknown offset message version: ")
        || failure.error.starts_with("Unknown group metadata message version: ");
    match record_type {
        LEGACY_OFFSET_COMMIT if version => Cause::LegacyOffsetKey,
        _ if version => Cause::ValueVersion,
        SHARE_GROUP_STATE if release < Release::new(4, 1, 0) => Cause::ShareStateOn40,
        SHARE_GROUP_METADATA | SHARE_GROUP_STATE if release >= Release::new(4, 1, 0) => Cause::ShareLayout40,
        // Types 3 to 8 changed their layouts between the early access (3.5 - 3.7) and 3.8, share groups' after 4.0.
        3..=8 => Cause::EarlyAccessLayout,
        9..=15 if release < Release::new(4, 1, 0) => Cause::EarlyAccessLayout,
        _ => Cause::UnreadableRecord,
    }
}

/// The cause as the refusal alone tells it: of those that a race or the log itself can bring about, the race.
fn refusal(profile: &Profile, failure: &Failure, refused: &ReplayError) -> Cause {
    let Rules::New(rules) = &profile.rules else {
        return match refused {
            ReplayError::StaticMemberTwice { .. } => Cause::Other,
            _ if failure.record_type == Some(GROUP_METADATA) => Cause::MalformedSubscription,
            _ => Cause::Other,
        };
    };
    match refused {
        ReplayError::PartitionOwned { .. }
        | ReplayError::PartitionOwnedByAnother { .. }
        | ReplayError::TopicUnowned { .. } => {
            if rules.partition_epochs == PartitionEpochRule::Strict {
                Cause::EpochConflict
            } else if failure.record_type == Some(CURRENT_ASSIGNMENT) {
                Cause::RestartedEpochs
            } else {
                Cause::ResidualConflict
            }
        }
        ReplayError::TaskOwned { .. } => Cause::EpochConflict,
        // Without a process id the member's metadata was not seen before its tasks.
        ReplayError::TaskOwnedByAnother { process: None, .. }
        | ReplayError::SubtopologyUnowned { process: None, .. }
        | ReplayError::TaskNotOwned { process: None, .. }
        | ReplayError::SubtopologyNotOwned { process: None, .. } => Cause::StreamsOrder,
        ReplayError::TaskOwnedByAnother { .. }
        | ReplayError::SubtopologyUnowned { .. }
        | ReplayError::TaskNotOwned { .. }
        | ReplayError::SubtopologyNotOwned { .. } => Cause::EpochConflict,
        ReplayError::WrongType { kind, found, .. } => {
            wrong_type(rules.consumer_lookup.wants_creation_order(), *kind, *found)
        }
        ReplayError::GroupNotFound { kind: ModernKind::Share, .. } => Cause::ShareGroupNotFound,
        ReplayError::GroupNotFound { .. } => Cause::CreationOrder,
        ReplayError::UnknownMember { .. } => match failure.record_type {
            Some(10..=15) => Cause::ShareGroupNotFound,
            _ => Cause::CreationOrder,
        },
        ReplayError::GroupHasMembers { .. }
        | ReplayError::GroupHasTargets { .. }
        | ReplayError::GroupHasTargetEpoch { .. }
        | ReplayError::TargetHasMembers { .. } => Cause::GroupTombstone,
        ReplayError::MemberNotLeft { .. } | ReplayError::MemberInTarget { .. } => Cause::MemberTombstone,
        ReplayError::DuplicateKey { .. } => Cause::DuplicateKey,
        ReplayError::StaticMemberTwice { .. } => Cause::Other,
        ReplayError::Other(_) => match failure.record_type {
            Some(GROUP_METADATA) => Cause::MalformedSubscription,
            Some(SHARE_GROUP_STATE) if rules.state_partitions == StatePartitions::Unreplayable => {
                Cause::ShareStateOn40
            }
            Some(CURRENT_ASSIGNMENT) if rules.partition_epochs == PartitionEpochRule::Strict => {
                Cause::EpochConflict
            }
            Some(22) if rules.task_processes == TaskProcessRule::Strict => Cause::StreamsOrder,
            _ => Cause::Other,
        },
    }
}

/// A record of one group type met a group of another: what stood there tells the cause.
const fn wrong_type(early: bool, kind: ModernKind, found: Standing) -> Cause {
    match (found, kind) {
        (Standing::Classic, _) => Cause::OnlineDowngrade,
        (Standing::Modern(_), _) => Cause::RacedTypes,
        (Standing::Offsets, ModernKind::Streams) => Cause::StreamsAfterOffsets,
        (Standing::Offsets, ModernKind::Share) => Cause::ShareOverOffsets,
        (Standing::Offsets, ModernKind::Consumer) if early => Cause::CreationOrder,
        (Standing::Offsets, ModernKind::Consumer) => Cause::Other,
    }
}
