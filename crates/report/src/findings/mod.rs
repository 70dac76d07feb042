//! Findings: what a reader should know, each with a stable code.
//!
//! `docs/findings.md` has a page a code, which `lastwrites explain CODE` prints.

mod code;
mod copy;
mod evidence;
mod torn;

pub use code::{Code, Severity};
pub(crate) use copy::{copy_findings, left_behind, moment_findings, replica_findings, unknown_marker};
pub(crate) use evidence::{evidence_findings, other_metadata};
pub(crate) use torn::{AtEnds, FilesRead, missing, short_files, torn_copy};

use lastwrites_types::ByteText;
use schemars::JsonSchema;
use serde::Serialize;

/// One finding, with the places it speaks of.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code such as `LW101`.
    pub code: Code,
    /// How bad it is: `error`, `warning` or `note`.
    pub severity: Severity,
    /// One sentence for a person.
    pub message: String,
    /// Offsets partition it is about; `null` without one.
    pub partition: Option<i32>,
    /// Group it is about; `null` without one.
    pub group_id: Option<ByteText>,
    /// File it is about, path as given; `null` without one.
    pub file: Option<String>,
    /// Byte position in that file; `null` without one.
    pub position: Option<u64>,
    /// Offset in the offsets partition; `null` without one.
    pub offset: Option<i64>,
    /// What shows it: places on disk, epochs, log lines to look for; one thing a line. Left out where there is
    /// nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<String>,
    /// Where it is fixed, whether it stays, what helps and what doesn't; one thing a line. Left out where there is
    /// nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<String>,
    /// The verdict on a copy tells it, with its proof: what lists findings beside the verdict leaves it out.
    #[serde(skip)]
    pub(crate) of_verdict: bool,
}

impl Finding {
    /// A finding with the code's usual severity and no place yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            partition: None,
            group_id: None,
            file: None,
            position: None,
            offset: None,
            proof: Vec::new(),
            remedy: Vec::new(),
            of_verdict: false,
        }
    }

    /// Adds what shows it.
    #[must_use]
    pub fn shown_by(mut self, proof: Vec<String>) -> Self {
        self.proof = proof;
        self
    }

    /// Adds what helps.
    #[must_use]
    pub fn helped_by(mut self, remedy: Vec<String>) -> Self {
        self.remedy = remedy;
        self
    }

    /// Adds the offsets partition.
    #[must_use]
    pub fn in_partition(mut self, partition: Option<i32>) -> Self {
        self.partition = partition;
        self
    }

    /// Adds the group.
    #[must_use]
    pub fn of_group(mut self, group_id: impl Into<ByteText>) -> Self {
        self.group_id = Some(group_id.into());
        self
    }

    /// Adds the file and, when known, the byte position.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>, position: Option<u64>) -> Self {
        self.file = Some(file.into());
        self.position = position;
        self
    }

    /// Adds the offset.
    #[must_use]
    pub fn at_offset(mut self, offset: Option<i64>) -> Self {
        self.offset = offset;
        self
    }
}

/// Orders findings for a reader: most severe first, then by code and place.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.severity, f.code, f.partition, f.offset, f.position);
        key(a)
            .cmp(&key(b))
            .then_with(|| (&a.group_id, &a.file, &a.message).cmp(&(&b.group_id, &b.file, &b.message)))
    });
}
