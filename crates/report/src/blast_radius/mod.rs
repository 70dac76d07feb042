//! Who is hit: from brokers over the offsets partitions they lead to groups and their application topics.
//!
//! [`blast_radius`] puts three things together: the cluster's metadata, the groups of the offsets partitions, and
//! what `diagnose` says of each partition. Nothing is judged anew here, and no cluster is asked.

mod build;
mod doubts;
mod groups;
mod metadata;
mod model;

pub use build::{Question, Selection, blast_radius, radius};
pub(crate) use doubts::{fails_to_load, not_all_groups};
pub use model::{BlastRadius, BrokerRadius, GroupRadius, PartitionRadius, Radius, TopicRadius};
