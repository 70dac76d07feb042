//! One line that says something. Field names are the machine-output contract.

use lastwrites_records::redact::{Redaction, Role as Hidden};
use lastwrites_types::ByteText;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::catalogue::Hit;
use super::messages::{Explanation, Role, UNKNOWN_TEXT, UNTOLD};
use super::template::Filled;
use super::writer::Writer;
use crate::dump::json::RecordLine;
use crate::findings::{Code, Severity};

/// A line of a log and what it means.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Match {
    /// The line's number, from 1.
    pub line: u64,
    /// What it is about, such as `load-failed`.
    pub kind: &'static str,
    /// Findings that tell more.
    pub codes: Vec<Code>,
    /// Issues in Kafka's tracker that fit.
    pub issues: Vec<&'static str>,
    /// Partition of `__consumer_offsets`; `null` where the line names none.
    pub partition: Option<i32>,
    /// The offset it names: in the offsets partition for loads, of the topic for positions and commits. `null` where
    /// it names none.
    pub offset: Option<i64>,
    /// Group; `null` where the line names none.
    pub group_id: Option<ByteText>,
    /// Member; `null` where the line names none.
    pub member_id: Option<ByteText>,
    /// Epoch of a member, group or assignment that was asked for or is new; `null` where the line names none.
    pub epoch: Option<i32>,
    /// The epoch it collided with; `null` where the line names none.
    pub owned_epoch: Option<i32>,
    /// Leader epoch of the partition; `null` where the line names none.
    pub leader_epoch: Option<i32>,
    /// Generation of a classic group; `null` where the line names none.
    pub generation: Option<i32>,
    /// Which releases write this text.
    pub releases: &'static str,
    /// What happened, for a person.
    pub meaning: String,
    /// What may have led to it, the likeliest first.
    pub causes: Vec<&'static str>,
    /// What to do; empty where nothing is to be done.
    pub advice: &'static str,
    /// What the given copies say about it; `null` without PATH or where they say nothing.
    pub disk: Option<DiskFacts>,
    /// The line, shortened.
    #[serde(skip)]
    pub excerpt: String,
    /// The end of the line that tells why: exceptions stand behind records. Empty with pseudonyms.
    #[serde(skip)]
    pub(super) told: Vec<u8>,
    /// The codes that its own reason stands for, none where that is unknown or no record's fault; `None` where it gives no
    /// reason, so that any is possible.
    #[serde(skip)]
    pub(super) reason: Option<&'static [Code]>,
    /// It may be a record's fault, so that the disk can tell.
    #[serde(skip)]
    pub(super) blames_a_record: bool,
    /// Who may have written it.
    #[serde(skip)]
    pub(super) writer: Writer,
}

/// What the copies of a partition add to a line.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct DiskFacts {
    /// Verdicts and races that fit the line, as sentences.
    pub verdicts: Vec<String>,
    /// Where two members contest a partition or task there: who claims it and who still holds it, and the places of
    /// their records.
    pub claims: Vec<String>,
    /// What of the line the copies don't bear out; `null` where they do, or where it tells of no failed load.
    pub mismatch: Option<String>,
    /// The record at the named offset, as `dump --json` prints it, or the one that fails with the line's text; `null`
    /// where the line names none or the disk has none.
    #[schemars(with = "Option<RecordLine<'_>>")]
    pub record: Option<Value>,
    /// The group, as a load of the log gives it; `null` where the line names none or the disk has none.
    pub group: Option<GroupOnDisk>,
}

impl DiskFacts {
    /// True where the copies say nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.verdicts.is_empty() && self.mismatch.is_none() && self.record.is_none() && self.group.is_none()
    }
}

/// A group in a few words.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct GroupOnDisk {
    /// `classic`, `consumer`, `share`, `streams` or `none`.
    #[serde(rename = "type")]
    #[schemars(schema_with = "crate::schema::words::group_type")]
    pub group_type: &'static str,
    /// State after a load; `null` for type `none`.
    #[schemars(schema_with = "crate::schema::words::group_state_or_null")]
    pub state: Option<&'static str>,
    /// Offsets partition its records are in; `null` when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// Members at the end of the log.
    pub members: usize,
    /// Committed offsets.
    pub offsets: usize,
}

/// Of a line, this much is shown.
const EXCERPT_BYTES: usize = 160;
/// And this much of its end is held against what fails on a disk.
const TOLD_BYTES: usize = 1024;

/// Kinds of lines that tell of a failed load.
const LOAD_FAILURES: &[&str] = &["load-failed", "load-swallowed", "load-cause", "load-heap"];

/// The end of a line that says why.
pub(super) fn told(line: &[u8]) -> &[u8] {
    line.get(line.len().saturating_sub(TOLD_BYTES)..).unwrap_or_default()
}

fn excerpt(text: &[u8]) -> String {
    match text.get(..EXCERPT_BYTES) {
        Some(start) if start.len() < text.len() => format!("{} ...", String::from_utf8_lossy(start)),
        _ => String::from_utf8_lossy(text).into_owned(),
    }
}

impl Match {
    /// True for a line whose finding is an error or a warning.
    #[must_use]
    pub fn is_severe(&self) -> bool {
        self.codes.iter().any(|code| code.severity() != Severity::Note)
    }

    /// True for a line that tells of a failed load, or why one failed.
    pub(super) fn is_load_failure(&self) -> bool {
        LOAD_FAILURES.contains(&self.kind)
    }

    /// Puts pseudonyms in place of who the clients are, and drops the line's own words.
    pub fn redact(&mut self, redaction: &Redaction) {
        self.member_id = self.member_id.take().map(|id| redaction.pseudonym(Hidden::MemberId, &id));
        self.group_id = self.group_id.take().map(|id| redaction.group(&id));
        self.excerpt = "not shown (--redact)".to_owned();
        // The disk says it with pseudonyms.
        self.told.clear();
    }

    pub(super) fn new(line: u64, text: &[u8], hit: &Hit<'_>, filled: &Filled<'_>) -> Self {
        let says = hit.message.says;
        let mut found = Self {
            line,
            kind: says.kind,
            codes: says.codes.to_vec(),
            issues: says.issues.to_vec(),
            partition: None,
            offset: None,
            group_id: None,
            member_id: None,
            epoch: None,
            owned_epoch: None,
            leader_epoch: None,
            generation: None,
            releases: hit.message.releases,
            meaning: says.meaning.to_owned(),
            causes: says.causes.to_vec(),
            advice: says.advice,
            disk: None,
            excerpt: excerpt(text),
            told: if says.role == Role::Cause { told(text).to_vec() } else { Vec::new() },
            reason: (says.role == Role::Cause).then_some(says.codes),
            blames_a_record: says.blames_a_record(),
            writer: Writer::Unknown,
        };
        found.fill(filled);
        found
    }

    /// Takes over what is not known yet.
    pub(super) fn fill(&mut self, filled: &Filled<'_>) {
        self.partition = self.partition.or(filled.partition);
        self.offset = self.offset.or(filled.offset);
        self.epoch = self.epoch.or(filled.epoch);
        self.owned_epoch = self.owned_epoch.or(filled.owned_epoch);
        self.leader_epoch = self.leader_epoch.or(filled.leader_epoch);
        self.generation = self.generation.or(filled.generation);
        if self.group_id.is_none() {
            self.group_id = filled.group.map(ByteText::from);
        }
        if self.member_id.is_none() {
            self.member_id = filled.member.map(ByteText::from);
        }
    }

    /// Places of the failed load that another line of the same event names.
    pub(super) fn fill_from(&mut self, other: &Self) {
        self.partition = self.partition.or(other.partition);
        self.offset = self.offset.or(other.offset);
        self.leader_epoch = self.leader_epoch.or(other.leader_epoch);
        self.group_id = self.group_id.take().or_else(|| other.group_id.clone());
        self.member_id = self.member_id.take().or_else(|| other.member_id.clone());
    }

    /// Says why the load failed.
    pub(super) fn explain_by(
        &mut self,
        cause: &'static Explanation,
        epochs: (Option<i32>, Option<i32>),
        told: &[u8],
    ) {
        debug_assert!(matches!(cause.role, Role::Cause | Role::CauseInLoad), "a cause");
        self.blames_a_record = cause.blames_a_record();
        self.told = told.to_vec();
        self.reason = (!std::ptr::eq(cause, &raw const UNTOLD)).then_some(cause.codes);
        // The family's own code stands in place of the general one.
        if !cause.codes.is_empty() {
            self.codes.retain(|code| *code != Code::LoadFails);
        }
        for code in cause.codes {
            if !self.codes.contains(code) {
                self.codes.push(*code);
            }
        }
        self.issues = cause.issues.to_vec();
        // Most causes are all that their meaning says; of a text that isn't known nothing is a cause.
        let unknown = std::ptr::eq(cause, &raw const UNKNOWN_TEXT);
        self.causes = match cause.causes {
            [] if unknown => Vec::new(),
            [] => vec![cause.meaning],
            causes => causes.to_vec(),
        };
        self.meaning = format!("{} {}", self.meaning, cause.meaning);
        if self.kind != "load-swallowed" {
            self.advice = cause.advice;
        }
        self.epoch = epochs.0.or(self.epoch);
        self.owned_epoch = epochs.1.or(self.owned_epoch);
    }
}
