//! The kinds of text that are read.

use super::dump_log::STARTS;
use super::formatter;
use super::lines::MARK;

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

/// What kind of text a file starts like. Other lines may stand before the first that tells, as a tool's Java writes some; no
/// byte of them is zero.
pub(crate) fn text_form(start: &[u8]) -> Option<TextForm> {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches(MARK).trim_start();
    if STARTS.iter().any(|start| text.starts_with(start)) && !text.starts_with("Exception") {
        return Some(TextForm::DumpLog);
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.contains('\0') {
            return None;
        }
        if DUMP_STARTS.iter().any(|start| line.starts_with(start)) {
            return Some(TextForm::DumpLog);
        }
        if formatter::begins_line(line) {
            return Some(TextForm::OldFormatter);
        }
        // On one line, as the formatter prints it, or laid out by another tool.
        let member =
            text.get(at..).and_then(|text| text.strip_prefix('{')?.trim_start().strip_prefix(r#""key""#));
        if member.is_some_and(|behind| behind.trim_start().starts_with(':')) {
            return Some(TextForm::Formatter);
        }
        at += line.len();
    }
    None
}

/// Lines of kafka-dump-log that no other text has.
const DUMP_STARTS: [&str; 5] =
    ["Dumping ", "Log starting offset: ", "Starting offset: ", "baseOffset: ", "| offset: "];
