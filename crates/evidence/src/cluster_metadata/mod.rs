//! What `__cluster_metadata-0` of a copied disk says: brokers, topics, who leads what.
//!
//! [`cluster_metadata`] takes the newest of the copies found, starts from its newest usable snapshot and applies
//! the log after it, as a broker does at start. It never asks a cluster and never guesses: damage ends the reading
//! there, and the answer says up to which offset and moment it holds.
//!
//! [`cluster_layout`] takes a capture's document or nothing where no disk has that log: enough for who leads what, not
//! for which topics exist.

mod captured;
mod committed;
mod describe;
mod epochs;
mod image;
mod log;
mod read;

pub(crate) use captured::read_capture;
pub use committed::UncommittedTail;
pub use describe::{DescribeError, described_cluster, is_made_up};
pub use image::{BrokerImage, ClusterImage, PartitionImage, RemovedTopic, RemovedTopics, TopicImage};
pub use read::{
    ClusterMetadata, cluster_layout, cluster_metadata, foreign_metadata, metadata_without_beginning,
};
