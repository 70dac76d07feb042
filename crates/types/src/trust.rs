//! How a recovered fact is known.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// How we know a recovered fact, weakest first: when facts combine, the weakest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Trust {
    /// From text (a tool's output) or bytes whose checksum could not be verified.
    Unverified,
    /// From a damaged region: decoded, but the batch's CRC is wrong or its surroundings are.
    Salvaged,
    /// From another broker's copy, because this copy's bytes are damaged or missing.
    Replica,
    /// From a `.deleted`, `.cleaned` or `.swap` file: what the log held before or beside compaction.
    PreImage,
    /// CRC good, but the log from the record to its end was rewritten by the cleaner.
    Compacted,
    /// CRC good, live segment, and the log unbroken from the record to its end.
    Intact,
}

impl Trust {
    /// Every word, weakest first.
    pub const ALL: [Self; 6] =
        [Self::Unverified, Self::Salvaged, Self::Replica, Self::PreImage, Self::Compacted, Self::Intact];

    /// The word of the machine-output contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Salvaged => "salvaged",
            Self::Replica => "replica",
            Self::PreImage => "pre-image",
            Self::Compacted => "compacted",
            Self::Intact => "intact",
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Trust {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Trust {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL.into_iter().find(|trust| trust.as_str() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            de::Error::custom(format_args!("unknown trust {word:?} (known: {known})"))
        })
    }
}
