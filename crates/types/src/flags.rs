//! Doubts and circumstances beside a recovered offset.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// One circumstance of a recovered offset; a closed list (the machine-output contract).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Flag { $($(#[$doc])* $name,)* }

        impl Flag {
            /// Every flag, in the order they are printed.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word of the machine-output contract.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

flags! {
    /// The record lies above the high-watermark checkpoint (which lags: a lower bound).
    AboveHighWatermark => "above-high-watermark",
    /// Written in a transaction that the log never closes.
    Pending => "pending",
    /// Its transaction's marker may be in a damaged gap.
    InDoubt => "in-doubt",
    /// Settled by `__transaction_state`, not by a marker in this log.
    CommittedByTransactionLog => "committed-by-transaction-log",
    /// A tombstone came after it.
    Deleted => "deleted",
    /// A broker would expire it soon, or has.
    Expired => "expired",
    /// Below the topic partition's log start.
    BelowLogStart => "below-log-start",
    /// Beyond the topic partition's log end.
    BeyondLogEnd => "beyond-log-end",
    /// The topic was deleted and created again since the commit.
    TopicRecreated => "topic-recreated",
    /// The topic no longer exists.
    TopicGone => "topic-gone",
    /// Found in a partition that the group id does not hash to.
    ForeignPartition => "foreign-partition",
    /// Its group object is gone: a 4.x broker does not serve it.
    Orphan => "orphan",
    /// The log is damaged between the record and its end: a later commit may be lost.
    BeforeGap => "before-gap",
    /// What was current at the moment asked for may have been compacted away.
    AsOfUnknown => "as-of-unknown",
    /// Two caught-up copies disagree.
    Contested => "contested",
    /// Only a forked copy has it: no other replica acknowledged it, or an unclean election cut it off.
    Unacknowledged => "unacknowledged",
}

/// A set of [`Flag`]s, iterated and printed in the contract's order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u32);

impl Flags {
    /// No flag at all.
    pub const NONE: Self = Self(0);

    /// Adds one flag.
    pub const fn insert(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u32;
    }

    /// Takes one flag away.
    pub const fn remove(&mut self, flag: Flag) {
        self.0 &= !(1 << flag as u32);
    }

    /// True when the flag is set.
    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    /// True when no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flags that are set, in order.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.iter().copied().filter(move |flag| self.contains(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        let mut set = Self::NONE;
        flags.into_iter().for_each(|flag| set.insert(flag));
        set
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for flag in self.iter() {
            seq.serialize_element(&flag)?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL.iter().copied().find(|flag| flag.as_str() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|flag| flag.as_str()).collect();
            de::Error::custom(format_args!("unknown flag {word:?} (known: {})", known.join(", ")))
        })
    }
}

/// Reads a list of flags in any order; a flag named twice is the same as once.
impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> de::Visitor<'de> for List {
            type Value = Flags;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of flags")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Flags, A::Error> {
                let mut flags = Flags::NONE;
                while let Some(flag) = seq.next_element()? {
                    flags.insert(flag);
                }
                Ok(flags)
            }
        }

        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_goes_both_ways_and_refuses_unknown_words() {
        let all: Flags = Flag::ALL.iter().copied().collect();
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Flags>(&json).unwrap(), all);
        assert_eq!(
            serde_json::from_str::<Flags>(r#"["orphan","deleted","orphan"]"#).unwrap(),
            [Flag::Deleted, Flag::Orphan].into_iter().collect()
        );
        let error = serde_json::from_str::<Flags>(r#"["lost"]"#).unwrap_err().to_string();
        assert!(error.starts_with("unknown flag \"lost\" (known: above-high-watermark, pending"), "{error}");
    }
}
