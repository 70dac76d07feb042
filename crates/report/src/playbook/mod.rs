//! The repair of one failed coordinator shard with Kafka's own tools: files, commands, checks, way back.
//!
//! [`playbook`] takes what [`diagnose`](crate::diagnose) found out about every broker's copy and the partition's
//! replica list, and says to which broker the leader can move, in which order to try, and when to stop. It never
//! touches a cluster, never edits the offsets topic, and says so where a move can't help.

mod brokers;
mod commands;
mod files;
mod model;
mod outlook;
mod plan;
mod steps;
mod upgrades;

pub use model::{Assumed, Broker, CopyVerdict, Deletion, PlannedFile, Playbook, Step, Trouble};
pub use plan::{Asked, PlaybookError, playbook};
