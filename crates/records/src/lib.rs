//! Coordinator records: one declaration per message, decoded, encoded and printed as Kafka does

pub mod messages;
pub mod wire;
