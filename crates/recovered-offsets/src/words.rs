//! Closed lists of words in the document. A new word is a new version of the document.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which reading of a partition's files the offsets come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DocumentView")]
pub enum View {
    /// The `.log` files as they lie, damage skipped.
    AsFound,
    /// What a starting broker's own recovery would leave.
    AsLoaded,
    /// `.deleted` originals in place of the files the cleaner made of them.
    BeforeCompaction,
    /// Several copies of a partition, replayed apart and merged key by key.
    Merged,
}

/// What kind of group the records describe (Kafka's `Group.GroupType`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupType {
    /// The original join/sync protocol, simple (`assign`) groups included.
    Classic,
    /// KIP-848 consumer group.
    Consumer,
    /// KIP-932 share group.
    Share,
    /// KIP-1071 streams group.
    Streams,
    /// Offsets without a live group record: a 4.x broker answers -1 for them. Also where the group's records of the
    /// moment asked for may have been compacted away, as a warning of the group says then.
    None,
}

impl View {
    /// The word as written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsFound => "as-found",
            Self::AsLoaded => "as-loaded",
            Self::BeforeCompaction => "before-compaction",
            Self::Merged => "merged",
        }
    }
}

impl GroupType {
    /// The word as written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
            Self::None => "none",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_the_json_word() {
        for view in [View::AsFound, View::AsLoaded, View::BeforeCompaction, View::Merged] {
            assert_eq!(serde_json::to_string(&view).unwrap(), format!("\"{view}\""));
        }
        let types =
            [GroupType::Classic, GroupType::Consumer, GroupType::Share, GroupType::Streams, GroupType::None];
        for kind in types {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
