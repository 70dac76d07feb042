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
mod out_of_place;
mod outdated;
mod partition_count;
mod reading;
mod replayed;
mod report;
mod scan;
mod transactions;
mod views;

pub(crate) use believed::{believed, offsets_partitions};
pub use choose::Chosen;
pub(crate) use copies::{copy_report, file_reports, found_copy, path_text};
pub use expiry::DEFAULT_RETENTION_MS;
pub(crate) use groups::{GroupContext, group_reports, has_record, true_group};
pub(crate) use lag::add as add_lag;
pub(crate) use members::{TopicNames, classic_assignment, modern_assignment};
pub(crate) use offsets::{Surroundings, leader_epoch, topic_id};
pub(crate) use outdated::mark as mark_outdated;
pub use partition_count::{DEFAULT_PARTITIONS, PartitionCount, partition_count};
pub use reading::copies_left_aside;
pub(crate) use replayed::Replayed;
pub use report::{BuildError, report};
pub(crate) use report::{load, mirror_maker, nothing_opened, replica_report};
pub use scan::{ScanReport, scan_report};
pub(crate) use transactions::add as add_transactions;
pub(crate) use views::{Views, copy_view};
