//! Why something is refused, left alone or doubtful: a word for programs, a sentence for people.

/// A refusal or a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// Stable kebab-case word.
    pub code: &'static str,
    /// What is wrong and what to do about it, for people. Evidence in it is escaped.
    pub text: String,
}

impl Reason {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// What shall happen with a partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Write the offset.
    Commit,
    /// The group has exactly this already.
    AlreadyThere,
    /// Nothing is written, by decision of the operator or because nothing is needed.
    Leave(Reason),
    /// Nothing is written until the operator decides or the cause is gone.
    Refuse(Reason),
}

impl Verdict {
    /// The word in tables and JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::AlreadyThere => "already there",
            Self::Leave(_) => "leave",
            Self::Refuse(_) => "refuse",
        }
    }

    /// The reason of a refusal or of leaving a partition alone.
    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Leave(reason) | Self::Refuse(reason) => Some(reason),
            Self::Commit | Self::AlreadyThere => None,
        }
    }
}
