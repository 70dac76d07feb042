//! Matches joined to the copies of a disk: verdicts and races that fit narrow the causes, the record at the named
//! offset is shown, and the group as a load of the log gives it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use lastwrites_coordinator::load::Verdict;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentKind};
use lastwrites_types::ByteText;
use serde_json::Value;

use super::matches::{DiskFacts, GroupOnDisk, Match};
use crate::build::{BuildError, report};
use crate::diagnose::{AskedProfiles, Diagnosis, PartitionDiagnosis, RaceWindows, diagnose};
use crate::dump::{DumpError, DumpFormat, DumpOptions, dump};
use crate::findings::Code;
use crate::model::Report;
use crate::options::Options;

/// Why matches can't be joined.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// Nothing can be read.
    Build(BuildError),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<BuildError> for JoinError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

/// Kinds of lines that tell of a failed load.
const LOAD_FAILURES: &[&str] = &["load-failed", "load-swallowed", "load-cause", "load-heap"];
/// Codes that stand for any reason.
const GENERAL: &[Code] = &[Code::LoadFails, Code::LoadsEmpty];

/// At most this many records are looked up; each reads a segment file.
const MOST_RECORDS: usize = 32;
/// Of the verdicts that fit, this many are told.
const MOST_VERDICTS: usize = 24;

/// What the copies hold, read once.
pub struct OnDisk<'e> {
    evidence: &'e Evidence,
    options: &'e Options,
    diagnosis: Diagnosis,
    report: Report,
    records: BTreeMap<(i32, i64), Option<Value>>,
}

impl<'e> OnDisk<'e> {
    /// Judges and replays the copies.
    ///
    /// # Errors
    /// When nothing at all can be read.
    pub fn read(
        evidence: &'e Evidence,
        options: &'e Options,
        progress: &Progress,
    ) -> Result<Self, JoinError> {
        let diagnosis = diagnose(evidence, options, &AskedProfiles::all(), RaceWindows::Smallest, progress)?;
        let report = report(evidence, options, progress)?;
        Ok(Self { evidence, options, diagnosis, report, records: BTreeMap::new() })
    }

    /// Adds what the disk says; a match about a partition that isn't there stays as it is.
    pub fn join(&mut self, found: &mut Match) {
        let group = found.group_id.as_ref().and_then(|id| self.group(id));
        let partition = found.partition.or_else(|| group.as_ref().and_then(|group| group.found_in));
        let is_load = LOAD_FAILURES.contains(&found.kind);
        let verdicts = match partition.filter(|_| is_load || !found.issues.is_empty()) {
            Some(partition) => self.narrow(partition, is_load, found),
            None => Vec::new(),
        };
        let record = match (partition.filter(|_| is_load), found.offset) {
            (Some(partition), Some(offset)) => self.record(partition, offset),
            _ => None,
        };
        if group.is_some() || record.is_some() || !verdicts.is_empty() {
            found.disk = Some(DiskFacts { verdicts, record, group });
        }
    }

    fn group(&self, id: &ByteText) -> Option<GroupOnDisk> {
        let group = self.report.groups.iter().find(|group| group.group_id == *id)?;
        Some(GroupOnDisk {
            group_type: group.group_type,
            state: group.state,
            found_in: group.found_in,
            members: group.members.len(),
            offsets: group.offsets.len(),
        })
    }

    /// Leaves the causes that some release's verdict or race on these copies bears out, if any does.
    fn narrow(&self, partition: i32, is_load: bool, found: &mut Match) -> Vec<String> {
        let at = found.offset.filter(|_| is_load);
        let mut fitting = Fitting::default();
        for copy in self.diagnosis.partitions.iter().filter(|copy| copy.partition == Some(partition)) {
            fitting.collect(copy, at, found);
        }
        if fitting.told.is_empty() {
            return Vec::new();
        }
        let mut issues = fitting.issues.clone();
        let codes = &fitting.codes;
        issues.retain(|issue| found.issues.is_empty() || found.issues.contains(issue));
        found.issues = issues;
        // Races alone name no code.
        if !codes.is_empty() {
            found.codes.retain(|code| GENERAL.contains(code) || codes.contains(code));
        }
        codes.iter().for_each(|code| add(&mut found.codes, *code));
        fitting.sentences()
    }

    /// The record at an offset of a partition, from the newest copy that has it.
    fn record(&mut self, partition: i32, offset: i64) -> Option<Value> {
        if let Some(known) = self.records.get(&(partition, offset)) {
            return known.clone();
        }
        if self.records.len() >= MOST_RECORDS {
            return None;
        }
        let found = self.look_up(partition, offset).unwrap_or_default();
        self.records.insert((partition, offset), found.clone());
        found
    }

    fn look_up(&self, partition: i32, offset: i64) -> Result<Option<Value>, DumpError> {
        let mut evidence = self.evidence.clone();
        evidence.copies.retain(|copy| copy.partition == Some(partition));
        for copy in &mut evidence.copies {
            keep_holder(copy, offset);
        }
        evidence.copies.retain(|copy| !copy.files.is_empty());
        if evidence.copies.is_empty() {
            return Ok(None);
        }
        let what = DumpOptions { format: DumpFormat::Json, written_by: None, leftovers: false };
        let mut wanted = Wanted { offset, line: Vec::new(), found: None };
        dump(&evidence, self.options, &what, &Progress::default(), &mut wanted)?;
        Ok(wanted.found)
    }
}

/// Verdicts and races that fit a match.
#[derive(Default)]
struct Fitting {
    codes: Vec<Code>,
    issues: Vec<&'static str>,
    /// What happens, and on which releases.
    told: Vec<(String, Vec<String>)>,
}

impl Fitting {
    fn collect(&mut self, copy: &PartitionDiagnosis, at: Option<i64>, found: &Match) {
        // One text may stand for several causes: any of the match's codes fits, and the general ones fit all.
        let general = found.codes.iter().all(|code| GENERAL.contains(code));
        let visible = !found.codes.contains(&Code::LoadsEmpty);
        for verdict in copy.verdicts.iter().filter(|verdict| !verdict.is_loaded()) {
            let Some(cause) = verdict.cause else { continue };
            let fits = general || found.codes.contains(&cause.code());
            let swallowed = verdict.verdict == Verdict::LoadsEmpty;
            if !fits || swallowed == visible || at.is_some() && at != verdict.offset {
                continue;
            }
            add(&mut self.codes, cause.code());
            verdict.issues.iter().for_each(|issue| add(&mut self.issues, *issue));
            let offset = verdict.offset.map(|offset| format!(" at offset {offset}")).unwrap_or_default();
            let error = verdict.error.as_deref().unwrap_or_default();
            let what = format!("{}{offset}: {error}", verdict.verdict.as_str());
            self.tell(what, format!("{}/{}", verdict.kafka, verdict.coordinator));
        }
        for race in copy.races.iter().filter(|race| at.is_none_or(|at| at == race.offset)) {
            race.issues.iter().for_each(|issue| add(&mut self.issues, *issue));
            let what =
                format!("a load that races the cleaner fails at offset {}: {}", race.offset, race.error);
            self.tell(what, race.kafka.to_string());
        }
    }

    fn tell(&mut self, what: String, release: String) {
        if let Some((_, releases)) = self.told.iter_mut().find(|(known, _)| *known == what) {
            add(releases, release);
        } else if self.told.len() < MOST_VERDICTS {
            self.told.push((what, vec![release]));
        }
    }

    fn sentences(self) -> Vec<String> {
        let sentence =
            |(what, releases): (String, Vec<String>)| format!("{what} (on {})", releases.join(", "));
        self.told.into_iter().map(sentence).collect()
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Leaves the segment file that would hold an offset.
fn keep_holder(copy: &mut PartitionCopy, offset: i64) {
    let logs = copy.files.iter().filter(|file| file.kind == SegmentKind::Log);
    let base = logs.map(|file| file.base_offset).filter(|base| *base <= offset).max();
    copy.files.retain(|file| file.kind == SegmentKind::Log && Some(file.base_offset) == base);
}

/// Takes one line out of a dump.
struct Wanted {
    offset: i64,
    line: Vec<u8>,
    found: Option<Value>,
}

impl Write for Wanted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.found.is_none() {
            self.line.extend_from_slice(bytes);
            let needle = format!("\"offset\":{},", self.offset);
            let whole = self.line.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
            for line in self.line.get(..whole).unwrap_or_default().split(|&byte| byte == b'\n') {
                if memchr::memmem::find(line, needle.as_bytes()).is_some()
                    && let Ok(record) = serde_json::from_slice::<Value>(line)
                    && record.get("offset").and_then(Value::as_i64) == Some(self.offset)
                {
                    self.found = Some(record);
                    break;
                }
            }
            self.line.drain(..whole);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
