//! Would a coordinator load this? Verdicts of every release on every view, races, and what to do.
//!
//! [`diagnose`] judges every copy it is given and makes one [`Diagnosis`]; terminal and JSON render it. What a
//! failure means ([`Cause`]) is told from the exception, the release and the records around it.

mod build;
mod cause;
mod issues;
mod model;
mod options;
mod race_windows;
mod scan;
mod verdicts;
mod views;

pub use build::diagnose;
pub use cause::Cause;
pub use model::{Diagnosis, PartitionDiagnosis, Race, ReleaseVerdict};
pub use options::{Asked, AskedProfiles, RaceWindows};
