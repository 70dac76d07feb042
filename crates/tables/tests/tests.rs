//! Tables written and read back by other eyes than the writer's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code, helpers included"
)]

mod duckdb;
mod read_back;
mod rows;
mod streaming;
