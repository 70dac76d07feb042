//! Failures and warnings met on the way.

use lastwrites_segment::ControlError;

use super::offsets::Offsets;
use super::outcome::{Failure, LoadOutcome, Stage, UnknownRecord, Verdict};
use crate::group::{Group, Name};

/// What a load noted beside the state.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) failure: Option<Failure>,
    fatal_records: u64,
    warnings: Vec<UnknownRecord>,
    warnings_total: u64,
}

impl Tally {
    /// Notes something fatal; the first one makes the verdict.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.fatal_records += 1;
        self.failure.get_or_insert(failure);
    }

    /// Notes a record of an unknown type.
    pub(super) fn warn(&mut self, offset: i64, record_type: i16) {
        self.warnings_total += 1;
        if self.warnings.len() < LoadOutcome::KEPT_WARNINGS {
            self.warnings.push(UnknownRecord { offset, record_type });
        }
    }

    /// The verdict; `failed` is the one for a failure.
    pub(super) const fn verdict(&self, failed: Verdict) -> Verdict {
        if self.failure.is_some() {
            failed
        } else if self.warnings_total > 0 {
            Verdict::LoadsWithWarnings
        } else {
            Verdict::Loads
        }
    }

    pub(super) fn outcome(
        self,
        verdict: Verdict,
        groups_served: bool,
        groups: Vec<(Name, Group)>,
        offsets: Offsets,
    ) -> LoadOutcome {
        LoadOutcome {
            verdict,
            failure: self.failure,
            fatal_records: self.fatal_records,
            warnings: self.warnings,
            warnings_total: self.warnings_total,
            groups_served,
            groups,
            offsets,
        }
    }
}

impl Failure {
    /// A batch or control record that could not be read.
    pub(super) const fn outside_records(offset: i64, stage: Stage, error: String) -> Self {
        Self {
            offset: Some(offset),
            record_type: None,
            group_id: None,
            member_id: None,
            stage,
            cause: None,
            error,
        }
    }

    /// A control record that could not be read.
    pub(super) fn of_marker(offset: i64, error: &ControlError) -> Self {
        let error = error.kafka_error();
        Self::outside_records(offset, Stage::Marker, error.message.unwrap_or_else(|| error.class.to_owned()))
    }

    /// A record that could not be deserialized.
    pub(super) const fn of_record(
        offset: i64,
        record_type: Option<i16>,
        group_id: Option<Name>,
        stage: Stage,
        error: String,
    ) -> Self {
        Self { offset: Some(offset), record_type, group_id, member_id: None, stage, cause: None, error }
    }
}
