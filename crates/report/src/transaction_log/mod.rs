//! How transactions ended that the offsets partitions leave open: what `__transaction_state` of the same cluster says.
//!
//! The transaction coordinator decides before it sends markers: PrepareCommit in its log means committed, whether or not a
//! marker ever reached the offsets partition. That log is a partition with replicas like any other, so its copies stand
//! to each other as those of the offsets topic do, and where damage, a stale copy or an end that nobody acknowledged
//! may hide what was decided, nothing counts as decided.

mod cluster;
mod entry;
mod read;
mod told;

pub(crate) use cluster::Home;
pub(crate) use entry::{Outcome, Written};
pub(crate) use read::TransactionLogs;
pub(crate) use told::{Log, Verdict};
