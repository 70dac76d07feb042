//! Coordinator records: one declaration per message, decoded, encoded and printed as Kafka does
