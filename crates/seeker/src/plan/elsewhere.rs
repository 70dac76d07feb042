//! Names near a group's own whose shard works: where its offsets can go while its own shard is down.

use lastwrites_types::{CONSUMER_OFFSETS_TOPIC, group_to_partition};

use super::down::Down;
use super::facts::{ClusterFacts, Unanswered};
use crate::client::{CoordinatorClient, ErrorCode};

/// How many names are offered.
const OFFERED: usize = 3;
/// How many shards may fail while looking; each costs the whole retry time once.
const FAILURES: usize = 2;

/// Up to three free names that hash to another partition and whose coordinator was seen to answer.
pub(super) fn names(
    client: &dyn CoordinatorClient,
    group_id: &str,
    cluster: &ClusterFacts,
    down: &Down,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut failures = 0;
    let Some(count) = cluster.offsets_partitions() else { return found };
    for name in (2..100).map(|n| format!("{group_id}-v{n}")) {
        let shard = group_to_partition(name.as_bytes(), count);
        if down.shard(shard).is_some() || !is_led(cluster, shard) || cluster.listed.contains_key(&name) {
            continue;
        }
        match client.describe_classic(&name) {
            Ok(described) if described.error.is_coordinator_moving() => {
                down.remember(shard, None, &Unanswered::describe(described.error));
                failures += 1;
            }
            // Newer brokers answer 69 for a free name, older ones call it Dead.
            Ok(d) if d.error == ErrorCode::GROUP_ID_NOT_FOUND || d.state == "Dead" => found.push(name),
            Ok(_) => {}
            Err(e) => {
                down.remember(shard, None, &Unanswered::from(&e));
                failures += 1;
            }
        }
        if found.len() >= OFFERED || failures >= FAILURES {
            break;
        }
    }
    found
}

fn is_led(cluster: &ClusterFacts, shard: Option<i32>) -> bool {
    let partitions = cluster.cluster.topics.get(CONSUMER_OFFSETS_TOPIC).map(|t| &t.partitions);
    partitions
        .zip(shard)
        .and_then(|(partitions, shard)| partitions.get(&shard)?.leader)
        .is_some_and(|broker| cluster.cluster.is_alive(broker))
}
