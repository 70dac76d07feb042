//! From evidence to a [`Report`](crate::Report).

mod choose;
mod copies;
mod groups;
mod lag;
mod members;
mod offsets;
mod partition_count;
mod report;
mod scan;
mod transactions;

pub use choose::Chosen;
pub(crate) use copies::{copy_report, file_reports, path_text};
pub(crate) use groups::group_reports;
pub(crate) use members::{TopicNames, classic_assignment, modern_assignment};
pub(crate) use offsets::Surroundings;
pub use partition_count::{PartitionCount, partition_count};
pub(crate) use report::opened;
pub use report::{BuildError, report};
pub use scan::{ScanReport, scan_report};
