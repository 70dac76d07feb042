//! Replay: committed offsets, transactions, group state, and what each Kafka release would make of the log.
//!
//! [`pass`] reads a copy once, in parallel, with results in log order. [`fold`] keeps what commutes, [`state`]
//! puts a copy's final state together. [`load`] and [`group`] replay what needs order, under the [`rules`] of
//! one release; [`judge`] gives every release's verdict in one pass; [`race`] asks what a load that raced the log cleaner would have seen. Nothing here prints or
//! chooses: it says what is so.

// Tests inside share helpers with those outside.
#[cfg(test)]
extern crate self as lastwrites_coordinator;

pub mod fold;
pub mod group;
pub mod judge;
pub mod load;
pub mod pass;
pub mod race;
pub mod rules;
pub mod state;
