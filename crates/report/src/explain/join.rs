//! Matches joined to the copies of a disk: verdicts and races that fit narrow the causes, the record at the named
//! offset is shown, and the group as a load of the log gives it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentKind};
use lastwrites_types::ByteText;
use serde_json::Value;

use super::fitting::{Fitting, GENERAL, add};
use super::matches::{DiskFacts, GroupOnDisk, Match};
use crate::build::{BuildError, report};
use crate::diagnose::{AskedProfiles, Diagnosis, RaceWindows, diagnose};
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

/// At most this many records are looked up; each reads a segment file.
const MOST_RECORDS: usize = 32;

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

    /// Adds what the disk says, and what of the line it doesn't bear out.
    pub fn join(&mut self, found: &mut Match) {
        let group = found.group_id.as_ref().and_then(|id| self.group(id));
        let partition = found.partition.or_else(|| group.as_ref().and_then(|group| group.found_in));
        let is_load = found.is_load_failure();
        let mut facts =
            DiskFacts { verdicts: Vec::new(), claims: Vec::new(), mismatch: None, record: None, group };
        let mut at = partition.filter(|_| is_load).zip(found.offset);
        // A bare exception names no partition: its text is looked for in all of them.
        if is_load || partition.is_some() && !found.issues.is_empty() {
            let fitting = self.fitting(partition.filter(|_| found.partition.is_some() || !is_load), found);
            at = at.or(fitting.place.filter(|_| is_load && fitting.same_text));
            facts.claims.clone_from(&fitting.claims);
            let here = self.diagnosis.partitions.iter().any(|copy| copy.partition == partition);
            let searched = !self.has_unsearched_races(found.partition);
            facts.mismatch = fitting.mismatch(found, here || found.partition.is_none(), searched);
            facts.verdicts = narrow(fitting, found);
        }
        facts.record = at.and_then(|(partition, offset)| self.record(partition, offset));
        if !facts.is_empty() {
            found.disk = Some(facts);
        }
    }

    /// True where not every race window of these copies was tried (LW410); of all copies without a partition.
    fn has_unsearched_races(&self, partition: Option<i32>) -> bool {
        self.diagnosis.findings.iter().any(|finding| {
            finding.code == Code::RacesUnsearched
                && (partition.is_none() || finding.partition.is_none() || finding.partition == partition)
        })
    }

    /// The verdicts and races of one partition's copies, or of all copies, that fit.
    fn fitting(&self, partition: Option<i32>, found: &Match) -> Fitting {
        let at = found.offset.filter(|_| found.is_load_failure());
        let mut fitting = Fitting::default();
        for copy in &self.diagnosis.partitions {
            if partition.is_none() || copy.partition == partition {
                fitting.collect(copy, at, found);
            }
        }
        fitting
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

/// Leaves the causes that some release's verdict or race bears out, if any does.
fn narrow(fitting: Fitting, found: &mut Match) -> Vec<String> {
    if fitting.is_empty() {
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

#[cfg(test)]
mod tests {
    use lastwrites_coordinator::rules::newest;
    use lastwrites_evidence::discover;
    use lastwrites_segment::ReadMode;
    use lastwrites_synth::incidents;

    use super::*;
    use crate::explain::Explainer;
    use crate::findings::Finding;

    /// At offset 12 the raced load of this log fails; at 14 nothing does, in any window.
    const LINE: &str = "ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-28 with epoch 2 due to \
        java.lang.RuntimeException: Replaying record CoordinatorRecord(key=k, value=v) from __consumer_offsets-28 at offset 14 \
        with producer id -1 and producer epoch -1 failed due to: Group my-broken-group is not a streams group.";

    /// What stands behind a bound of the race search may be the line's failure.
    #[test]
    fn a_line_is_not_ruled_out_by_races_that_were_not_tried() {
        let dir = tempfile::tempdir().unwrap();
        incidents::named("kafka-19862").unwrap().files().unwrap().write(dir.path()).unwrap();
        let evidence = discover(&[dir.path().join("raw")]).unwrap();
        let options = Options {
            profile: newest(),
            threads: 1,
            unit_bytes: None,
            view: None,
            redaction: None,
            offsets_retention_ms: None,
            release: None,
            read: ReadMode::Plain,
        };
        let mut disk = OnDisk::read(&evidence, &options, &Progress::default()).unwrap();
        let mut mismatch = |unsearched: Option<Option<i32>>| {
            disk.diagnosis.findings.retain(|finding| finding.code != Code::RacesUnsearched);
            disk.diagnosis.findings.extend(
                unsearched.map(|partition| Finding::new(Code::RacesUnsearched, "").in_partition(partition)),
            );
            let mut found = Vec::new();
            let mut keep = |one| {
                found.push(one);
                Ok(())
            };
            Explainer::default().read(LINE.as_bytes(), &mut keep).unwrap();
            let mut found = found.remove(0);
            disk.join(&mut found);
            found.disk.unwrap().mismatch.unwrap()
        };
        assert!(mismatch(None).starts_with("Not on this disk"));
        for partition in [Some(28), None] {
            let told = mismatch(Some(partition));
            assert!(told.starts_with("Not found so far") && told.contains("LW410"), "{told}");
        }
        assert!(mismatch(Some(Some(3))).starts_with("Not on this disk"), "races of another partition");
    }
}
