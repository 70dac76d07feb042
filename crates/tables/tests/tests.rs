//! Tables written and read back by other eyes than the writer's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code, helpers included"
)]

mod page;
mod read_back;
mod readers;
mod rows;
mod streaming;
