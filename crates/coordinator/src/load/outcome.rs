//! What a load came to.

use lastwrites_types::Uuid;

use super::offsets::Offsets;
use crate::group::{Group, Name, ReplayError};

/// The verdict on a load, a closed list (the machine-output contract).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Every record was replayed.
    Loads,
    /// Every record was replayed or skipped with a warning.
    LoadsWithWarnings,
    /// The new coordinator's shard goes FAILED and answers `NOT_COORDINATOR`.
    Fails,
    /// The old coordinator swallowed an error and serves the partition without its groups.
    LoadsEmpty,
}

impl Verdict {
    /// The word of the machine-output contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loads => "loads",
            Self::LoadsWithWarnings => "loads-with-warnings",
            Self::Fails => "fails",
            Self::LoadsEmpty => "loads-empty",
        }
    }

    /// True when every group is served as the log has it.
    #[must_use]
    pub const fn is_loaded(self) -> bool {
        matches!(self, Self::Loads | Self::LoadsWithWarnings)
    }
}

/// At which step a load failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// The broker's reader could not read a batch.
    Read,
    /// Key or value could not be deserialized.
    Deserialize,
    /// The record was refused by the state before it.
    Replay,
    /// A control record could not be read.
    Marker,
    /// After the last record.
    OnLoaded,
}

/// The first thing that fails a load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Offset of the failing record; `None` when it struck after the last one.
    pub offset: Option<i64>,
    /// Record type in the failing record's key; `None` when it is not a record that failed, or its key is too short.
    pub record_type: Option<i16>,
    /// Group the record is about, where that is known.
    pub group_id: Option<Name>,
    /// Member the record is about.
    pub member_id: Option<Name>,
    /// At which step.
    pub stage: Stage,
    /// What was refused, where the state before it refused it.
    pub cause: Option<ReplayError>,
    /// The innermost exception's message.
    pub error: String,
}

impl Failure {
    /// The contested partition, when two claims of one partition are what failed.
    #[must_use]
    pub fn contested_partition(&self) -> Option<(Uuid, i32)> {
        match self.cause.as_ref()? {
            ReplayError::PartitionOwned { topic_id, partition, .. }
            | ReplayError::PartitionOwnedByAnother { topic_id, partition, .. } => {
                Some((*topic_id, *partition))
            }
            _ => None,
        }
    }
}

/// A record that a load skips with a warning in the broker's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownRecord {
    /// Offset of the record.
    pub offset: i64,
    /// Its type.
    pub record_type: i16,
}

/// What a load came to: the verdict, and the state with every fatal record skipped.
#[derive(Debug)]
pub struct LoadOutcome {
    /// The verdict.
    pub verdict: Verdict,
    /// What failed first, if anything.
    pub failure: Option<Failure>,
    /// Fatal records, the first one included: each was skipped alone to get the state below.
    pub fatal_records: u64,
    /// Records of unknown types. At most [`LoadOutcome::KEPT_WARNINGS`] are kept.
    pub warnings: Vec<UnknownRecord>,
    /// All records of unknown types, kept or not.
    pub warnings_total: u64,
    /// True where the old coordinator serves its groups in spite of the failure.
    pub groups_served: bool,
    /// Groups by id.
    pub groups: Vec<(Name, Group)>,
    /// Offsets.
    pub offsets: Offsets,
}

impl LoadOutcome {
    /// How many warnings are kept: a damaged or foreign log may hold any number.
    pub const KEPT_WARNINGS: usize = 1_000;

    /// The group of one id.
    #[must_use]
    pub fn group(&self, id: &[u8]) -> Option<&Group> {
        let at = self.groups.binary_search_by(|(other, _)| (**other).cmp(id)).ok()?;
        self.groups.get(at).map(|(_, group)| group)
    }
}
