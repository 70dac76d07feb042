//! The JSON that Kafka's tools read: `ReassignPartitionsCommand` and `LeaderElectionCommand`.

use lastwrites_types::CONSUMER_OFFSETS_TOPIC;
use serde_json::{Value, json};

/// The partition's replicas in this order; the first is the preferred leader.
pub(super) fn reassignment(partition: i32, replicas: &[i32]) -> Value {
    json!({
        "version": 1,
        "partitions": [{ "topic": CONSUMER_OFFSETS_TOPIC, "partition": partition, "replicas": replicas }],
    })
}

/// The partition to elect a leader for.
pub(super) fn election(partition: i32) -> Value {
    json!({ "partitions": [{ "topic": CONSUMER_OFFSETS_TOPIC, "partition": partition }] })
}

/// The same replicas with `first` in front.
pub(super) fn led_by(first: i32, replicas: &[i32]) -> Vec<i32> {
    let others = replicas.iter().copied().filter(|broker| *broker != first);
    std::iter::once(first).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replica_set_stays_and_only_the_order_changes() {
        assert_eq!(led_by(3, &[1, 2, 3]), [3, 1, 2]);
        assert_eq!(led_by(1, &[1, 2, 3]), [1, 2, 3]);
    }
}
