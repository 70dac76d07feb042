//! One view's judgement as the report has it.

use lastwrites_coordinator::judge::{HistoryRecord, Judged, Judgement, OnDisk};
use lastwrites_coordinator::rules::Coordinator;
use lastwrites_evidence::{PartitionCopy, ViewKind};
use lastwrites_types::ByteText;

use super::cause::Cause;
use super::issues::{Around, cause};
use super::model::ReleaseVerdict;
use super::options::AskedProfiles;
use super::written::Unbroken;
use crate::model::RecordPlace;

/// Which copy, and what is known of its failing groups.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) copy: &'a PartitionCopy,
    /// Index of the copy in the report.
    pub(super) index: usize,
    /// Group records of failing groups in this view, in log order.
    pub(super) records: &'a [HistoryRecord],
    /// First offset the cleaner had not cleaned, as far as its checkpoint and absent records tell.
    pub(super) cleaned_to: Option<i64>,
    /// True where only absent records tell that: the cleaner may have got further.
    pub(super) cleaned_to_is_least: bool,
}

impl<'a> Of<'a> {
    /// A copy in one view.
    pub(super) fn new(
        copy: &'a PartitionCopy,
        index: usize,
        judgement: &Judgement,
        records: &'a [HistoryRecord],
    ) -> Self {
        let (checkpoint, absent) = (copy.first_dirty_offset(), judgement.continuity.absent_below);
        let cleaned_to = checkpoint.max(absent);
        Self { copy, index, records, cleaned_to, cleaned_to_is_least: absent > checkpoint }
    }
}

/// The verdicts of one view, release by release.
pub(super) fn verdicts(
    of: Of<'_>,
    view: ViewKind,
    judgement: &Judgement,
    asked: &AskedProfiles,
) -> Vec<ReleaseVerdict> {
    let verdict = |(asked, judged): (&super::Asked, &Judged)| {
        let failure = judged.failure.as_ref().filter(|_| !judged.verdict.is_loaded());
        let records = failure.and_then(|failure| failure.group_id.as_ref());
        let records: Vec<HistoryRecord> = records.map_or_else(Vec::new, |group| {
            of.records.iter().filter(|record| record.group_id == *group).cloned().collect()
        });
        let unbroken = judged.unbroken_from.map_or(Unbroken::Unknown, Unbroken::From);
        let around = Around { records: &records, unbroken };
        let cause = failure.map(|failure| cause(&asked.profile, failure, around));
        let text = |name: &lastwrites_coordinator::group::Name| ByteText::from(name.as_ref());
        let offset = failure.and_then(|failure| failure.offset);
        ReleaseVerdict {
            kafka: asked.release,
            coordinator: match asked.profile.coordinator() {
                Coordinator::Old => "old",
                Coordinator::New => "new",
            },
            view,
            verdict: judged.verdict,
            offset,
            record_type: failure.and_then(|failure| failure.record_type),
            group_id: failure.and_then(|failure| failure.group_id.as_ref()).map(text),
            member_id: failure.and_then(|failure| failure.member_id.as_ref()).map(text),
            error: failure.map(|failure| failure.error.clone()),
            issues: cause.map_or_else(Vec::new, |cause: Cause| cause.issues().to_vec()),
            cause,
            rules: asked.profile.to_string(),
            record: failure.and_then(|_| place(of, judged.place?, offset?)),
            groups_served: judged.groups_served,
            profile: asked.profile,
            stage: failure.map(|failure| failure.stage),
            refused: failure.and_then(|failure| failure.cause.clone()),
        }
    };
    asked.iter().zip(&judgement.verdicts).map(verdict).collect()
}

/// A place on disk as the report has it.
pub(super) fn place(of: Of<'_>, at: OnDisk, offset: i64) -> Option<RecordPlace> {
    let file = of.copy.files.get(usize::try_from(at.file).ok()?)?;
    Some(RecordPlace { copy: of.index, file: file.name.clone(), offset, position: at.position })
}
