//! Findings, recovery choice and every rendering of one report.
//!
//! [`report`] replays the evidence once into a [`Report`], bounded by live keys and findings; terminal, JSON
//! and tables render that value and decide nothing. What is unbounded (records) streams: see [`dump`],
//! [`log_rows`] and [`history`].

mod applications;
pub mod blast_radius;
mod build;
pub mod chart;
pub mod diagnose;
mod digest;
pub mod dump;
pub mod explain;
pub mod findings;
pub mod formats;
mod health;
pub mod history;
pub mod html;
mod ledger;
mod log_events;
pub mod log_rows;
mod merge;
mod model;
pub mod moment;
mod offset_keys;
mod options;
pub mod partition_for;
pub mod playbook;
pub mod recover;
pub mod rows;
pub mod schema;
mod shell;
pub mod terminal;
mod transaction_log;

pub use build::{
    BuildError, DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS, PartitionCount, ScanReport, partition_count,
    report, scan_report,
};
pub use digest::{FileDigest, digests};
pub use log_events::{StreamError, StreamTotals};
pub use merge::Role;
pub use model::{
    AlternativeReport, AssignmentReport, CopyReport, Damage, FileReport, GroupReport, Load, MemberReport,
    OffsetReport, PartitionReport, PendingReport, RecordPlace, ReplicaReport, Report, SubtopologyTasks,
    TasksReport,
};
pub use options::Options;
