//! What can be said of the writer without a reader: it is deterministic, the committed fixtures are its work, and its
//! records are those Kafka's own classes write.

mod fixtures_committed;
mod kafka_written;
mod logs;
