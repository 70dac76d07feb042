//! The project as a whole: its shape, its promises, and the binary as a person runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code, helpers included"
)]

mod agree;
mod blast_radius;
mod bounds;
mod broker_fixtures;
mod browser;
mod captured;
mod charts;
mod cli;
mod closer_look;
mod cluster_fixtures;
mod contested;
mod corpus;
mod determinism;
mod doubts;
mod explain;
#[cfg(feature = "tables")]
mod export;
mod flipped_bits;
mod health;
mod history;
mod incident_doc;
mod json_schema;
mod kafka_dump_log;
mod kafka_loads;
mod kafka_mutations;
mod kafka_run;
mod lag;
mod layers;
mod load_cases;
mod lost_markers;
mod moments;
mod network;
mod page;
mod partition_for;
mod playbook;
mod readme;
mod recover_formats;
mod redact;
mod replicas;
mod screens;
mod silent_loss;
mod start_cuts;
mod support;
mod text_evidence;
mod top_level;
mod transaction_log;
mod truth;
