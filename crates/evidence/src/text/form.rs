//! The kinds of text that are read.

/// Which tool printed a text; what each leaves out is a limit of what it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// `kafka-dump-log --offsets-decoder` of 3.8 and later: JSON keys and payloads.
    DumpLog,
    /// `kafka-dump-log --offsets-decoder` up to 3.7: `offset_commit::group=...`.
    OldDumpLog,
    /// A console consumer with a JSON formatter (3.9 and later).
    Formatter,
    /// A console consumer with the formatter of before: `[group,topic,partition]::OffsetAndMetadata(...)`.
    OldFormatter,
}

impl TextForm {
    /// The tool, for a person.
    #[must_use]
    pub const fn tool(self) -> &'static str {
        match self {
            Self::DumpLog => "kafka-dump-log 3.8 or later",
            Self::OldDumpLog => "kafka-dump-log 3.7 or earlier",
            Self::Formatter => "a console consumer's JSON formatter",
            Self::OldFormatter => "a console consumer's offsets formatter",
        }
    }

    /// True for what kafka-dump-log prints: every record of a segment.
    pub(crate) const fn is_dump(self) -> bool {
        matches!(self, Self::DumpLog | Self::OldDumpLog)
    }

    /// What the text leaves out.
    #[must_use]
    pub const fn limits(self) -> &'static str {
        match self {
            Self::DumpLog => "the bytes themselves and their checksums",
            Self::OldDumpLog => {
                "leader epochs, commit times (the record's own time stands in their place), clients and subscriptions of \
                 members, and records of newer groups"
            }
            Self::Formatter => {
                "record offsets (counted from 0 here), transactions (aborted and open commits look committed), \
                 times of records, which partition each came from, and all records but those of its formatter, so that \
                 types, states and members of groups are guesses"
            }
            Self::OldFormatter => {
                "record offsets (counted from 0 here), transactions (aborted and open commits look committed), \
                 groups and their members, and which partition each came from"
            }
        }
    }
}
