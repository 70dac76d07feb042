#![doc = "Writes `__consumer_offsets` segments, damage and incidents for tests and benchmarks."]
//!
//! It stands beside the readers and shares neither code nor constants with them, so that a wrong idea about the format
//! cannot cancel itself out. Batches are plain values ([`batch::Batch`]) that incidents build, the cleaner model
//! ([`cleaner`]) thins out and [`segment`] turns into bytes; [`damage`] then breaks the bytes by name. Kafka's own
//! `kafka-dump-log` is the judge of what is written here.

pub mod batch;
mod batch_v2;
pub mod benchmark;
pub mod broker_dir;
pub mod cleaner;
pub mod codec;
pub mod damage;
pub mod fixtures;
pub mod incidents;
mod message_set;
pub mod model;
pub mod partitioner;
pub mod prng;
pub mod script;
pub mod segment;
pub mod values;
pub mod wire;
pub mod workload;
