//! What a failure is: the families of load failures, each with its code, issue and way out.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::findings::Code;

/// Why a load fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// Two members claim one partition or task, on a release that refuses any second owner (KAFKA-19862).
    EpochConflict,
    /// The same on a release with that fix: a member's old claim came back with a record of its metadata.
    ResidualConflict,
    /// The same there, at a member's own assignment: its epoch is not the higher one, as after a group's epochs restarted.
    RestartedEpochs,
    /// The first of these, where the log itself says it: every record between the two claims is there.
    WrittenConflict,
    /// The second or third of them, in the same way.
    WrittenResidual,
    /// Streams records over a group that only holds offsets (KAFKA-20254).
    StreamsAfterOffsets,
    /// A share record whose group or member was never seen (KAFKA-19453).
    ShareGroupNotFound,
    /// Consumer records out of creation order on 3.7 to 3.9 (KAFKA-17306).
    CreationOrder,
    /// Consumer records over a classic group, with nothing cleaned between (KAFKA-20845).
    BadWriteSequence,
    /// Consumer records over a classic group, with records cleaned away between (KAFKA-21117).
    OnlineDowngrade,
    /// A group's tombstone while parts of the group are left (KAFKA-21102).
    GroupTombstone,
    /// The same, where the log itself says it: nothing of the group was cleaned away before its tombstone.
    WrittenTombstone,
    /// A member's tombstone while its assignment is left (KAFKA-21102).
    MemberTombstone,
    /// Subscription bytes that can't be parsed (KAFKA-20570).
    MalformedSubscription,
    /// A value version the release doesn't read (KAFKA-18672).
    ValueVersion,
    /// A record type the release doesn't know and doesn't skip (KAFKA-14869).
    UnknownType,
    /// Share state records (type 15) on 4.0, which reads them and can't replay them.
    ShareStateOn40,
    /// A streams member's assignment before its metadata, on 4.1.0 and 4.1.1.
    StreamsOrder,
    /// Key type 0 with a value of version 1 or more, on 4.1 and later.
    LegacyOffsetKey,
    /// Share group records in the 4.0 layout, on 4.1 and later.
    ShareLayout40,
    /// Share records over a group that only holds offsets.
    ShareOverOffsets,
    /// Records of a consumer, share or streams group over a group of another of these types, both in the log.
    TwoTypes,
    /// The same, with records cleaned away between.
    RacedTypes,
    /// Records of the KIP-848 early access, or of its final form on an early-access release.
    EarlyAccessLayout,
    /// The old coordinator finds a deleted group with an open transaction (`Unexpected unload`).
    UnexpectedUnload,
    /// Bytes a broker's reader stops at.
    DamagedBytes,
    /// A record of a known type that can't be read.
    UnreadableRecord,
    /// A list in a record names one key twice.
    DuplicateKey,
    /// Anything else.
    Other,
}

/// Whether a failure comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persistence {
    /// The load met the cleaner at work; the log at rest loads.
    Race,
    /// The record stays, so every load fails.
    OnDisk,
}

impl Cause {
    /// The finding's code.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::EpochConflict
            | Self::ResidualConflict
            | Self::RestartedEpochs
            | Self::WrittenConflict
            | Self::WrittenResidual => Code::EpochConflict,
            Self::StreamsAfterOffsets => Code::StreamsAfterClassicOffsets,
            Self::ShareGroupNotFound => Code::ShareGroupNotFound,
            Self::CreationOrder => Code::CompactedGroup,
            Self::BadWriteSequence => Code::BadWriteSequence,
            Self::OnlineDowngrade => Code::OnlineDowngrade,
            Self::GroupTombstone | Self::WrittenTombstone => Code::ConversionTombstone,
            Self::TwoTypes | Self::RacedTypes => Code::TwoGroupTypes,
            Self::MemberTombstone => Code::MemberTombstone,
            Self::MalformedSubscription => Code::MalformedSubscription,
            Self::ValueVersion => Code::ValueVersion,
            Self::UnknownType | Self::ShareStateOn40 => Code::UnknownType,
            Self::StreamsOrder => Code::StreamsOrdering,
            Self::LegacyOffsetKey => Code::LegacyOffsetKey,
            Self::ShareLayout40 => Code::ShareMetadataLayout,
            Self::ShareOverOffsets => Code::ShareOverOffsets,
            Self::UnexpectedUnload => Code::LoadsEmpty,
            Self::EarlyAccessLayout
            | Self::DamagedBytes
            | Self::UnreadableRecord
            | Self::DuplicateKey
            | Self::Other => Code::LoadFails,
        }
    }

    /// The issues in Kafka's tracker that tell of it.
    #[must_use]
    pub const fn issues(self) -> &'static [&'static str] {
        match self {
            Self::EpochConflict | Self::WrittenConflict => &["KAFKA-19862"],
            Self::StreamsAfterOffsets => &["KAFKA-20254"],
            Self::ShareGroupNotFound => &["KAFKA-19453"],
            Self::CreationOrder => &["KAFKA-17306"],
            Self::BadWriteSequence => &["KAFKA-20845"],
            Self::OnlineDowngrade => &["KAFKA-21117"],
            Self::GroupTombstone | Self::WrittenTombstone | Self::MemberTombstone => &["KAFKA-21102"],
            Self::MalformedSubscription => &["KAFKA-20570"],
            Self::ValueVersion => &["KAFKA-18672"],
            Self::UnknownType => &["KAFKA-14869"],
            _ => &[],
        }
    }

    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EpochConflict => "epoch-conflict",
            Self::ResidualConflict => "residual-epoch-conflict",
            Self::RestartedEpochs => "restarted-epochs",
            Self::WrittenConflict => "epoch-conflict-on-disk",
            Self::WrittenResidual => "residual-epoch-conflict-on-disk",
            Self::StreamsAfterOffsets => "streams-after-offsets",
            Self::ShareGroupNotFound => "share-group-not-found",
            Self::CreationOrder => "creation-order",
            Self::BadWriteSequence => "bad-write-sequence",
            Self::OnlineDowngrade => "online-downgrade",
            Self::GroupTombstone => "group-tombstone",
            Self::WrittenTombstone => "group-tombstone-on-disk",
            Self::MemberTombstone => "member-tombstone",
            Self::MalformedSubscription => "malformed-subscription",
            Self::ValueVersion => "value-version",
            Self::UnknownType => "unknown-type",
            Self::ShareStateOn40 => "share-state-on-4.0",
            Self::StreamsOrder => "streams-order",
            Self::LegacyOffsetKey => "legacy-offset-key",
            Self::ShareLayout40 => "share-layout-4.0",
            Self::ShareOverOffsets => "share-over-offsets",
            Self::TwoTypes => "two-group-types",
            Self::RacedTypes => "raced-group-types",
            Self::EarlyAccessLayout => "early-access-layout",
            Self::UnexpectedUnload => "unexpected-unload",
            Self::DamagedBytes => "damaged-bytes",
            Self::UnreadableRecord => "unreadable-record",
            Self::DuplicateKey => "duplicate-key",
            Self::Other => "other",
        }
    }

    /// Whether it comes back, as far as the cause alone tells.
    #[must_use]
    pub const fn persistence(self) -> Persistence {
        match self {
            Self::EpochConflict
            | Self::ResidualConflict
            | Self::RestartedEpochs
            | Self::OnlineDowngrade
            | Self::GroupTombstone
            | Self::RacedTypes => Persistence::Race,
            _ => Persistence::OnDisk,
        }
    }

    /// What it is where the log itself says what the failing record met, so that no race can have made it.
    #[must_use]
    pub(super) const fn written(self) -> Self {
        match self {
            Self::EpochConflict => Self::WrittenConflict,
            Self::ResidualConflict | Self::RestartedEpochs => Self::WrittenResidual,
            Self::OnlineDowngrade => Self::BadWriteSequence,
            Self::GroupTombstone => Self::WrittenTombstone,
            Self::RacedTypes => Self::TwoTypes,
            other => other,
        }
    }

    /// Records newer than the release: nobody runs it on such a log, unless after a downgrade.
    #[must_use]
    pub const fn is_too_old_a_release(self) -> bool {
        matches!(self, Self::UnknownType | Self::EarlyAccessLayout | Self::ValueVersion)
    }

    /// Whether the failing records were written like that, so that every replica has them until its own cleaner takes them
    /// away. Other failures on disk are one copy's: damage, or what one cleaner left.
    #[must_use]
    pub const fn is_replicated(self) -> bool {
        matches!(
            self,
            Self::WrittenConflict
                | Self::WrittenResidual
                | Self::WrittenTombstone
                | Self::TwoTypes
                | Self::StreamsAfterOffsets
                | Self::BadWriteSequence
                | Self::MalformedSubscription
                | Self::ValueVersion
                | Self::UnknownType
                | Self::ShareStateOn40
                | Self::LegacyOffsetKey
                | Self::ShareLayout40
                | Self::ShareOverOffsets
                | Self::EarlyAccessLayout
                | Self::DuplicateKey
        )
    }
}

impl JsonSchema for Cause {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cause".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Why a load fails, in a word such as epoch-conflict; new ones come with releases.",
            "type": "string",
        })
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
