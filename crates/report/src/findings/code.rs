//! The stable finding codes.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Groups are stuck or offsets are lost or wrong.
    Error,
    /// Doubt: something may be missing or go wrong.
    Warning,
    /// Worth knowing.
    Note,
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
    /// An old coordinator would swallow an error and serve the partition without its groups.
    LoadsEmpty = "LW111" Error "loads without its groups",
    /// The copy mixes states of different moments.
    TornCopy = "LW112" Warning "torn copy",
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
    /// Several copies of one partition; the one used is named.
    SeveralCopies = "LW310" Note "several copies of one partition",
    /// An older coordinator would have answered differently.
    OtherRules = "LW401" Note "older coordinators answer differently",
    /// The number of offsets partitions is assumed.
    AssumedPartitions = "LW402" Note "number of partitions assumed",
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

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
