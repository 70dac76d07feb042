//! The three group types whose state is spread over many records, and the words their checks use.

use std::fmt;

/// Type of a group that is not classic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ModernKind {
    /// KIP-848 consumer group.
    Consumer,
    /// KIP-932 share group.
    Share,
    /// KIP-1071 streams group.
    Streams,
}

impl ModernKind {
    /// The word of the machine-output contract, which is Kafka's own.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        }
    }

    pub(super) const fn capitalized(self) -> &'static str {
        match self {
            Self::Consumer => "Consumer",
            Self::Share => "Share",
            Self::Streams => "Streams",
        }
    }

    pub(super) const fn no_target_epoch_tombstone(self) -> &'static str {
        match self {
            Self::Consumer => "did not receive ConsumerGroupTargetAssignmentMetadataValue tombstone.",
            Self::Share => "target assignment epoch in invalid.",
            Self::Streams => "did not receive StreamsGroupTargetAssignmentMetadataValue tombstone.",
        }
    }

    pub(super) const fn member_not_left(self) -> &'static str {
        match self {
            Self::Consumer => "but did not receive ConsumerGroupCurrentMemberAssignmentValue tombstone.",
            Self::Share => "with invalid leave group epoch.",
            Self::Streams => "but did not receive StreamsGroupCurrentMemberAssignmentValue tombstone.",
        }
    }

    /// The text names the metadata record where the member's own target assignment is meant: so does Kafka.
    pub(super) const fn member_in_target(self) -> &'static str {
        match self {
            Self::Consumer => "but did not receive ConsumerGroupTargetAssignmentMetadataValue tombstone.",
            Self::Share => "but member exists in target assignment.",
            Self::Streams => "but did not receive StreamsGroupTargetAssignmentMetadataValue tombstone.",
        }
    }
}

impl fmt::Display for ModernKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
