//! Several copies of one partition put together: states, never bytes.
//!
//! Every replica is replayed on its own. [`Standing`] says whose history the cluster went on with and how far the
//! others share it, from leader epochs; `resolve` decides key by key; what nothing can decide is shown from both
//! sides. `docs/decisions.md` has the rules and what real clusters taught.

mod findings;
mod groups;
mod lineage;
mod replicas;
mod resolve;
mod standing;
mod unknown_broker;

pub(crate) use findings::{broker, different_partitions, set_aside};
pub(crate) use groups::Merged;
pub(crate) use replicas::Replicas;
pub use standing::Role;
pub(crate) use standing::{Proof, ReadCopy, Standing, group_source, proved_end};
pub(crate) use unknown_broker::unknown_brokers;
