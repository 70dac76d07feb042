//! From evidence to a [`Report`](crate::Report).

mod believed;
mod choose;
mod copies;
mod expiry;
mod former_topic;
mod groups;
mod lag;
mod members;
mod offsets;
mod outdated;
mod partition_count;
mod reading;
mod report;
mod scan;
mod transactions;
mod views;

pub(crate) use believed::{believed, offsets_partitions};
pub use choose::Chosen;
pub(crate) use copies::{copy_report, file_reports, path_text};
pub use expiry::DEFAULT_RETENTION_MS;
pub(crate) use groups::{GroupContext, group_reports};
pub(crate) use lag::add as add_lag;
pub(crate) use members::{TopicNames, classic_assignment, modern_assignment};
pub(crate) use offsets::{Surroundings, leader_epoch, topic_id};
pub use partition_count::{DEFAULT_PARTITIONS, PartitionCount, partition_count};
pub use report::{BuildError, report};
pub(crate) use report::{load, nothing_opened, topic_names};
pub use scan::{ScanReport, scan_report};
pub(crate) use views::{Views, copy_view};
