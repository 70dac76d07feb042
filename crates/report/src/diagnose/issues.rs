//! From an exception to its cause: text, release and the records around the failing one.

use lastwrites_coordinator::group::{Change, ModernKind, ReplayError};
use lastwrites_coordinator::judge::HistoryRecord;
use lastwrites_coordinator::load::{self, Decoded, Failure, Stage};
use lastwrites_coordinator::rules::{
    Coordinator, PartitionEpochRule, Profile, Rules, StatePartitions, TaskProcessRule, newest,
};
use lastwrites_types::Release;

use super::cause::Cause;

/// Record types (`CoordinatorRecordType`).
const LEGACY_OFFSET_COMMIT: i16 = 0;
const GROUP_METADATA: i16 = 2;
const SHARE_GROUP_METADATA: i16 = 11;
const SHARE_GROUP_STATE: i16 = 15;

/// What surrounds a failing record in its log.
#[derive(Clone, Copy)]
pub(crate) struct Around<'h> {
    /// Group records of the failing group, in log order; empty where they weren't read.
    pub(crate) records: &'h [HistoryRecord],
    /// Below this offset the cleaner has taken records away; `None` where every offset has its record.
    pub(crate) absent_below: Option<i64>,
    /// The load raced the cleaner, so it saw another log than the records tell.
    pub(crate) raced: bool,
}

/// Why this failure happened.
pub(crate) fn cause(profile: &Profile, failure: &Failure, around: Around<'_>) -> Cause {
    match failure.stage {
        Stage::Read | Stage::Marker => Cause::DamagedBytes,
        Stage::OnLoaded if profile.coordinator() == Coordinator::Old => Cause::UnexpectedUnload,
        Stage::OnLoaded => Cause::Other,
        Stage::Deserialize => unreadable(profile, failure),
        Stage::Replay => match &failure.cause {
            Some(refused) => refusal(profile, failure, refused, around),
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

fn refusal(profile: &Profile, failure: &Failure, refused: &ReplayError, around: Around<'_>) -> Cause {
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
        ReplayError::WrongType { kind, .. } => {
            wrong_type(rules.consumer_lookup.wants_creation_order(), *kind, failure, around)
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
            Some(8) if rules.partition_epochs == PartitionEpochRule::Strict => Cause::EpochConflict,
            Some(22) if rules.task_processes == TaskProcessRule::Strict => Cause::StreamsOrder,
            _ => Cause::Other,
        },
    }
}

/// A record of one group type met a group of another: what stood there tells the cause.
fn wrong_type(early: bool, kind: ModernKind, failure: &Failure, around: Around<'_>) -> Cause {
    let at = failure.offset.unwrap_or(i64::MAX);
    let before = || around.records.iter().filter(|record| record.offset < at);
    let classic = before().rfind(|record| record.record_type == GROUP_METADATA);
    // A modern record behind the classic one would have failed first, so the last classic value still stands; a
    // load that raced the cleaner may hold any earlier one.
    let real = if around.raced {
        before().rfind(|record| record.record_type == GROUP_METADATA && is_real_group(record))
    } else {
        classic.filter(|record| is_real_group(record))
    };
    match (kind, real) {
        (ModernKind::Streams, None) => Cause::StreamsAfterOffsets,
        (ModernKind::Share, None) => Cause::ShareOverOffsets,
        (ModernKind::Consumer, None) if early => Cause::CreationOrder,
        (ModernKind::Consumer, None) => Cause::Other,
        (_, Some(classic)) => {
            let whole = !around.raced && around.absent_below.is_none_or(|absent| classic.offset >= absent);
            if whole { Cause::BadWriteSequence } else { Cause::OnlineDowngrade }
        }
    }
}

/// True for a classic group record that makes more than a holder of offsets (`ClassicGroup.isSimpleGroup`).
fn is_real_group(record: &HistoryRecord) -> bool {
    match load::decode(&newest(), Some(&record.key), record.value.as_deref()) {
        Decoded::Group { change: Change::Classic(Some(Ok(group))), .. } => !group.is_simple(),
        _ => false,
    }
}
