//! Bytes of a Kafka log segment to batches and records: framing, CRC, codecs, damage
