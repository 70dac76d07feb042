//! The `Diagnosis`: what every release would make of every copy. Field names are the machine-output contract.

use lastwrites_coordinator::group::ReplayError;
use lastwrites_coordinator::load::{Stage, Verdict};
use lastwrites_coordinator::rules::Profile;
use lastwrites_evidence::ViewKind;
use lastwrites_types::{ByteText, Release};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::cause::Cause;
use super::extent::Extent;
use super::incident::Incident;
use super::ownership::Ownership;
use super::start_cut::StartCut;
use crate::findings::Finding;
use crate::model::{CopyReport, RecordPlace};

/// Verdicts, races and findings for every copy.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Diagnosis {
    /// The view the findings rest on: `as-found`. Each verdict names its own.
    pub view: ViewKind,
    /// The newest rules that were asked for, such as `4.3.1/new`.
    pub rules: String,
    /// The copies that were judged.
    pub copies: Vec<CopyReport>,
    /// One entry a copy, in the same order.
    pub partitions: Vec<PartitionDiagnosis>,
    /// What a reader should know, most severe first.
    pub findings: Vec<Finding>,
}

/// One copy of one partition.
#[derive(Serialize, JsonSchema, Debug)]
pub struct PartitionDiagnosis {
    /// The partition directory as given.
    pub path: String,
    /// Partition number; `null` when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// Broker the copy was taken from; `null` where it does not tell.
    pub broker_id: Option<i32>,
    /// How much of the partition it holds.
    #[serde(skip)]
    pub extent: Extent,
    /// What a broker's start takes from it; `None` where that is no committed offset. A finding says it in JSON.
    #[serde(skip)]
    pub(crate) start_cut: Option<StartCut>,
    /// By view, then release, the old coordinator before the new one; empty for a copy that is a tool's text, which can't tell.
    pub verdicts: Vec<ReleaseVerdict>,
    /// Windows in which a load that races the cleaner fails, on releases that load the log at rest.
    pub races: Vec<Race>,
    /// Who held what in those windows: one entry a group and failing record, of the newest release that loses it.
    pub race_ownership: Vec<Ownership>,
    /// The failing records, each with all releases that fail there.
    pub incidents: Vec<Incident>,
}

impl PartitionDiagnosis {
    /// Why this copy, where it loads, does not tell how its broker's own log loads; `None` where nothing shows it.
    /// `all` are the copies at hand: what one knows of the high watermark counts for every copy of its partition.
    pub(crate) fn incomplete<'d>(
        &self,
        all: impl IntoIterator<Item = &'d PartitionDiagnosis>,
    ) -> Option<String> {
        let same = all.into_iter().filter(|copy| copy.partition == self.partition);
        self.extent.incomplete(same.filter_map(|copy| copy.extent.acknowledged).max())
    }

    /// Every place on disk that it names.
    pub(super) fn records_mut(&mut self) -> impl Iterator<Item = &mut RecordPlace> {
        let verdicts = self.verdicts.iter_mut().filter_map(|verdict| verdict.record.as_mut());
        let incidents = self.incidents.iter_mut().flat_map(|incident| {
            let contest = incident.contest.as_mut();
            let claims = contest.into_iter().flat_map(|contest| {
                [
                    contest.claimed_by.record.as_mut(),
                    contest.held_by.as_mut().and_then(|held| held.record.as_mut()),
                ]
            });
            claims.flatten().chain(&mut incident.record)
        });
        verdicts.chain(incidents)
    }
}

/// What one release makes of one view.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct ReleaseVerdict {
    /// The release as it was asked for.
    pub kafka: Release,
    /// `old` or `new`.
    #[schemars(schema_with = "crate::schema::words::coordinator")]
    pub coordinator: &'static str,
    /// Which way of looking at the copy.
    pub view: ViewKind,
    /// The verdict.
    #[serde(serialize_with = "verdict_word")]
    #[schemars(schema_with = "crate::schema::words::verdict")]
    pub verdict: Verdict,
    /// Offset of the record (or batch) that decides it; `null` for a load that succeeds, and where it struck after
    /// the last record.
    pub offset: Option<i64>,
    /// Record type of that record; `null` without one.
    pub record_type: Option<i16>,
    /// Group it is about; `null` without one.
    pub group_id: Option<ByteText>,
    /// Member it is about; `null` without one.
    pub member_id: Option<ByteText>,
    /// The innermost exception's text; `null` for a load that succeeds.
    pub error: Option<String>,
    /// Candidates in Kafka's issue tracker.
    pub issues: Vec<&'static str>,
    /// What the failure is; `null` for a load that succeeds.
    pub cause: Option<Cause>,
    /// Whose rules were followed: the release's own, or its nearest relative's.
    pub rules: String,
    /// Where the record lies; `null` without one.
    pub record: Option<RecordPlace>,
    /// True where the old coordinator serves its groups in spite of the failure.
    #[serde(skip)]
    pub groups_served: bool,
    /// The rules themselves.
    #[serde(skip)]
    pub profile: Profile,
    /// At which step it failed.
    #[serde(skip)]
    pub stage: Option<Stage>,
    /// What was refused, where the state before the record refused it.
    #[serde(skip)]
    pub refused: Option<ReplayError>,
}

/// The first release whose new coordinator runs unless told otherwise.
const NEW_BY_DEFAULT: Release = Release::new(4, 0, 0);

impl ReleaseVerdict {
    /// True when every group would be served as the log has it.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        self.verdict.is_loaded()
    }

    /// True where groups are lost in silence: an old coordinator swallows the error and serves none of them.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.verdict == Verdict::LoadsEmpty && !self.groups_served
    }

    /// True where this coordinator runs unless told otherwise: the old one up to 3.9, the new one from 4.0 on.
    #[must_use]
    pub fn runs_by_default(&self) -> bool {
        (self.coordinator == "new") == (self.kafka >= NEW_BY_DEFAULT)
    }
}

/// A window in which a racing load fails.
#[derive(Serialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
pub struct Race {
    /// The release.
    pub kafka: Release,
    /// Whose window it is: a load of the log as it lies that the cleaner's next pass overtakes (`as-found`), or one that
    /// its last pass overtook, with the originals still here (`before-compaction`).
    pub view: ViewKind,
    /// The group whose record fails.
    pub group_id: ByteText,
    /// First offset the loader read after the swap.
    pub loader_at: i64,
    /// First offset the cleaner had not cleaned.
    pub cleaned_to: i64,
    /// Offset of the failing record.
    pub offset: i64,
    /// Its type.
    pub record_type: i16,
    /// Member it is about; `null` without one.
    pub member_id: Option<ByteText>,
    /// The innermost exception's text.
    pub error: String,
    /// Candidates in Kafka's issue tracker; none where no issue is known.
    pub issues: Vec<&'static str>,
    /// What the failure is.
    pub cause: Cause,
    /// How many windows, counted by this group's batch boundaries, fail at this record; 1 with all windows told.
    pub windows: u64,
}

impl Race {
    /// True where the coordinator that loses it, the new one, runs unless told otherwise.
    pub(crate) fn runs_by_default(&self) -> bool {
        self.kafka >= NEW_BY_DEFAULT
    }
}

fn verdict_word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.as_str())
}
