//! The only online part: takes a reviewed document of recovered offsets to a group, and never hurts.
//!
//! A commit that a broker accepts can still strand a consumer: an offset beyond the log's end, a leader epoch
//! the partition never had, a group that isn't what it seems. This crate knows those ways. It reads a document,
//! looks at the cluster, decides per partition, and writes only when told to, after a rollback file is on disk.

pub mod apply;
pub mod capture;
pub mod client;
pub mod config;
pub mod json;
pub mod layout;
mod names;
mod parallel;
pub mod plan;
mod progress;
pub mod rollback;
pub mod security;
pub mod seeds;
pub mod verify;

pub use progress::Progress;
