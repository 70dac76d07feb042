//! The stable finding codes.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Groups are stuck or offsets are lost or wrong.
    Error,
    /// Doubt: something may be missing or go wrong.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word as printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal $severity:ident $title:literal,)*) => {
        /// A stable finding code. Codes are never reused; `docs/findings.md` has a page each.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as printed, such as `LW101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Severity, unless the circumstances say otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// A few words for lists.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// A coordinator would go FAILED on this log.
    LoadFails = "LW100" Error "does not load",
    /// KAFKA-19862: a partition handed over between members, one of the records cleaned away.
    EpochConflict = "LW101" Error "partition epochs conflict (KAFKA-19862)",
    /// KAFKA-20254: a streams group's records follow the offsets of a classic group of the same name.
    StreamsAfterClassicOffsets = "LW102" Error "streams group after classic offsets (KAFKA-20254)",
    /// KAFKA-19453: share group records whose group the cleaner has taken away.
    ShareGroupNotFound = "LW103" Error "share group not found (KAFKA-19453)",
    /// KAFKA-17306: a compacted consumer group, which the 3.7 to 3.9 coordinators can't load.
    CompactedGroup = "LW104" Error "compacted consumer group (KAFKA-17306)",
    /// KAFKA-20845: the broker itself wrote records in an order it can't load.
    BadWriteSequence = "LW105" Error "written in an order that can't be loaded (KAFKA-20845)",
    /// KAFKA-21117: a consumer group that was downgraded to a classic one while it ran.
    OnlineDowngrade = "LW106" Error "online downgrade (KAFKA-21117)",
    /// KAFKA-21102: tombstones of a group conversion are checked too strictly.
    ConversionTombstone = "LW107" Error "tombstones of a group conversion (KAFKA-21102)",
    /// KAFKA-20570: subscription bytes that the loader can't parse.
    MalformedSubscription = "LW108" Error "malformed subscription bytes (KAFKA-20570)",
    /// KAFKA-18672: a value version that a release does not read (a downgrade).
    ValueVersion = "LW109" Error "value version unknown to a release (KAFKA-18672)",
    /// KAFKA-19716: transactional commits that a load keeps in memory until their marker.
    HeapRisk = "LW110" Warning "load may exhaust the heap (KAFKA-19716)",
    /// An old coordinator would swallow an error and serve the partition without its groups.
    LoadsEmpty = "LW111" Error "loads without its groups",
    /// The copy mixes states of different moments.
    TornCopy = "LW112" Warning "torn copy",
    /// A record type that a release does not know (type 15 on 4.0 among them).
    UnknownType = "LW113" Error "record type unknown to a release",
    /// Streams records in the order that 4.1.0 and 4.1.1 can't load.
    StreamsOrdering = "LW114" Error "streams records in an order 4.1.0/1 can't load",
    /// An offset key of version 0 with a value of version 1 to 3, unreadable from 4.1 on.
    LegacyOffsetKey = "LW115" Error "legacy offset key unreadable from 4.1 on",
    /// A member's tombstone while its assignment is still there.
    MemberTombstone = "LW116" Error "member tombstone without its assignment's",
    /// `ShareGroupMetadata` in the 4.0 layout, unreadable from 4.1 on.
    ShareMetadataLayout = "LW117" Error "share group metadata in the 4.0 layout",
    /// Share group records on top of plain offset commits.
    ShareOverOffsets = "LW118" Error "share group over committed offsets",
    /// A load succeeds, but a live owner's partitions or tasks are lost.
    SilentlyWrong = "LW119" Warning "loads into a wrong state",
    /// Records of two group types under one id, the first group never deleted.
    TwoGroupTypes = "LW120" Error "one group id, two group types",
    /// A broker that starts on the copy cuts its log, and committed offsets with it.
    StartCuts = "LW121" Error "a broker's start cuts committed offsets",
    /// Group members that no longer exist, kept alive by records.
    GhostMembers = "LW201" Warning "ghost members",
    /// An open transaction that keeps the cleaner from going on.
    PinnedCompaction = "LW202" Warning "open transaction pins compaction",
    /// The partition is far larger than its live keys need.
    TooLarge = "LW203" Warning "partition far too large",
    /// Transactions that the log never closes.
    OpenTransaction = "LW204" Note "open transaction",
    /// Committed offsets whose group object is gone.
    OrphanOffsets = "LW205" Note "orphan offsets",
    /// A group found in a partition its id does not hash to.
    ForeignPartition = "LW206" Warning "group in a foreign partition",
    /// Record types this version does not know.
    UnknownRecord = "LW207" Note "unknown records",
    /// Records that could not be decoded.
    UndecodableRecord = "LW208" Warning "undecodable records",
    /// The cleaner has not run for long.
    CleanerNotRunning = "LW209" Warning "cleaner not running",
    /// A complete transaction without a marker in the offsets partition.
    MarkerDropped = "LW210" Warning "marker of a complete transaction missing",
    /// Offsets of groups without members, and when a broker would delete them.
    OffsetsExpire = "LW211" Note "offsets that expire",
    /// MirrorMaker 2 writes to this cluster.
    MirrorMaker = "LW212" Note "MirrorMaker writes here",
    /// Rebalances that follow each other without rest.
    RebalanceStorm = "LW213" Note "rebalance storm",
    /// Members that left their group and came back, again and again.
    MembersReturn = "LW214" Note "members fall out and come back",
    /// Session or rebalance timeouts that are too short or too long for what is seen.
    TimeoutMisfit = "LW215" Note "timeout doesn't fit what is seen",
    /// Partitions whose commits stopped while their group stayed as it was.
    CommitsStopped = "LW216" Note "commits stopped in a stable group",
    /// A long time without commits in a group that stayed as it was.
    CommitGap = "LW217" Note "long commit gap",
    /// Commits without a topic id that may be for a deleted topic of the same name.
    FormerTopic = "LW218" Warning "offsets may be of a deleted topic",
    /// Groups of applications whose place is more than committed offsets.
    BeyondOffsets = "LW219" Note "committed offsets are not the whole place",
    /// Bytes that hold no batch, or a batch whose records can't be read.
    DamagedBytes = "LW301" Warning "damaged bytes",
    /// A batch decodes though its checksum is wrong.
    WrongChecksum = "LW302" Warning "wrong checksum",
    /// A file in which nothing could be decoded.
    NothingDecoded = "LW303" Warning "nothing decoded",
    /// Part of the evidence could not be read.
    Unreadable = "LW304" Warning "evidence that can't be read",
    /// A companion file is damaged.
    DamagedCompanion = "LW305" Warning "damaged companion file",
    /// A tool's output stands in for a segment.
    TextEvidence = "LW306" Warning "text in place of a segment",
    /// A batch whose base offset contradicts its place in the log.
    OutOfPlace = "LW307" Warning "batch out of place",
    /// A control record that a starting broker refuses.
    UnknownMarker = "LW308" Warning "control record that stops a broker's start",
    /// Several copies of one partition: how they stand to each other, or which was left aside.
    SeveralCopies = "LW310" Note "several copies of one partition",
    /// A replica's log ends before another's of the same history.
    ReplicaBehind = "LW311" Note "replica behind",
    /// A replica holds records behind the point where its history parts from the others'.
    ReplicaForked = "LW312" Warning "replica forked",
    /// Caught-up replicas disagree on committed offsets.
    ContestedOffsets = "LW313" Warning "contested offsets",
    /// Copies with one partition number and different topic or cluster ids.
    DifferentPartitions = "LW314" Warning "different partitions with one number",
    /// Several copies of one broker's partition, taken at different moments.
    SnapshotsOfOneBroker = "LW315" Note "snapshots of one broker",
    /// The way of looking that was asked for can't be had of a copy.
    ViewNotBuilt = "LW316" Note "view can't be built",
    /// One broker has the partition in two log dirs.
    TwoLogDirs = "LW317" Warning "one partition in two log dirs of a broker",
    /// Nothing says which brokers the copies are of: replicas, or one broker at several moments.
    UnknownBroker = "LW318" Note "replicas or snapshots: not known",
    /// An older coordinator would have answered differently.
    OtherRules = "LW401" Note "older coordinators answer differently",
    /// The number of offsets partitions is assumed.
    AssumedPartitions = "LW402" Note "number of partitions assumed",
    /// No `__cluster_metadata-0` among the copies.
    NoClusterMetadata = "LW403" Note "no cluster metadata",
    /// Of which moment the cluster metadata is.
    MetadataMoment = "LW404" Note "moment of the cluster metadata",
    /// The log before the moment asked for was compacted: some answers are unknown.
    CompactedMoment = "LW405" Warning "moment in the compacted part of the log",
    /// Batches stand in another order than their timestamps.
    ClockBackwards = "LW406" Warning "clock ran backwards",
    /// A group whose records only the cleaner's leftovers still hold.
    KnownFromLeftovers = "LW407" Note "group known from leftovers",
    /// A release was asked for whose rules were never checked.
    UncheckedRelease = "LW408" Warning "release judged by another's rules",
    /// What was asked contradicts what the evidence tells.
    ContradictsEvidence = "LW409" Warning "question contradicts the evidence",
    /// A group's history has more race windows than were tried.
    RacesUnsearched = "LW410" Note "races not searched to the end",
}

impl Code {
    /// True for the codes that tell why a load fails.
    #[must_use]
    pub const fn is_load_failure(self) -> bool {
        matches!(
            self,
            Self::LoadFails
                | Self::EpochConflict
                | Self::StreamsAfterClassicOffsets
                | Self::ShareGroupNotFound
                | Self::CompactedGroup
                | Self::BadWriteSequence
                | Self::OnlineDowngrade
                | Self::ConversionTombstone
                | Self::MalformedSubscription
                | Self::ValueVersion
                | Self::LoadsEmpty
                | Self::UnknownType
                | Self::StreamsOrdering
                | Self::LegacyOffsetKey
                | Self::MemberTombstone
                | Self::ShareMetadataLayout
                | Self::ShareOverOffsets
                | Self::TwoGroupTypes
        )
    }

    /// It says what the committed offsets of groups don't tell.
    pub(crate) const fn is_of_applications(self) -> bool {
        matches!(self, Self::MirrorMaker | Self::BeyondOffsets)
    }

    /// It says that a copy of an offsets partition may name groups that are gone, or lack some.
    pub(crate) const fn doubts_a_copy(self) -> bool {
        matches!(
            self,
            Self::TornCopy
                | Self::DamagedBytes
                | Self::WrongChecksum
                | Self::NothingDecoded
                | Self::OutOfPlace
                | Self::ReplicaBehind
                | Self::ReplicaForked
                | Self::ContestedOffsets
                | Self::DifferentPartitions
                | Self::TwoLogDirs
        )
    }

    /// It tells what isn't known of a moment that was asked about.
    pub(crate) const fn is_of_moment(self) -> bool {
        matches!(self, Self::CompactedMoment | Self::ClockBackwards)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text)).ok_or(())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Code of a finding: docs/findings.md has a page each; new ones come with releases.",
            "type": "string",
            "pattern": "^LW[0-9]{3}$",
        })
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
