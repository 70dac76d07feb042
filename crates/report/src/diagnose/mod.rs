//! Would a coordinator load this? Verdicts of every release on every view, races, and what to do.
//!
//! [`diagnose`] judges every copy it is given and makes one [`Diagnosis`]; terminal and JSON render it. What a
//! failure means ([`Cause`]) is told from the exception, the release and the records around it.

mod advice;
mod assigned;
mod build;
mod cause;
mod closer_look;
mod contested;
mod examination;
mod extent;
mod health;
mod incident;
mod issues;
mod merged;
mod model;
mod options;
mod owners;
mod ownership;
mod race_originals;
mod race_windows;
mod raced;
mod releases;
mod repeats;
mod scan;
mod severity;
mod start_cut;
mod told;
mod verdicts;
mod views;
mod with_fix;
mod written;

pub use advice::Advice;
pub use build::diagnose;
pub use cause::{Cause, Persistence};
pub use examination::{Examination, NextStep, SummaryPart};
pub use extent::Extent;
pub use incident::Incident;
pub(crate) use incident::RACE_UNPROVEN;
pub(crate) use issues::{Around, cause};
pub use model::{Diagnosis, PartitionDiagnosis, Race, ReleaseVerdict};
pub use options::{Asked, AskedProfiles, RaceWindows};
pub use owners::{Claim, Contest};
pub use ownership::{Ownership, Tenure};
pub use releases::{runs, span, spans};
pub(crate) use start_cut::StartCut;
pub(crate) use told::{failing_record, proof, remedy};
pub(crate) use with_fix::has_fix;
pub(crate) use written::Unbroken;
