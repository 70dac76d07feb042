//! What can be said of the writer without a reader: it is deterministic, the committed fixtures are its work, and its
//! records are those Kafka's own classes write.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that is skipped says so"
)]

mod fixtures_committed;
mod kafka_written;
mod logs;
