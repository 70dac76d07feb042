//! Looks at the cluster: asks, never decides, never writes.

use std::collections::BTreeSet;

use lastwrites_types::{CONSUMER_OFFSETS_TOPIC, group_to_partition};

use super::down::Down;
use super::elsewhere;
use super::facts::{ClusterFacts, GroupFacts, Kind, Unanswered};
use crate::client::{
    ClientError, CoordinatorClient, DescribedGroup, ErrorCode, LogEnd, Partition, PerPartition,
};

/// Settings that bear on a commit; asked of one broker, best effort.
const SETTINGS: &[&str] = &[
    "offset.metadata.max.bytes",
    "offsets.retention.minutes",
    "group.max.session.timeout.ms",
    "group.consumer.max.session.timeout.ms",
];

/// How often groups are listed when brokers leave while they are asked.
const LISTINGS: usize = 3;

/// Metadata of the topics, settings, and the list of groups.
///
/// # Errors
/// No broker could be asked for metadata.
pub(super) fn cluster(
    client: &dyn CoordinatorClient,
    topics: &BTreeSet<String>,
    renames: bool,
    down: &Down,
) -> Result<ClusterFacts, ClientError> {
    let mut names: Vec<String> = topics.iter().cloned().collect();
    names.push(CONSUMER_OFFSETS_TOPIC.to_owned());
    let mut facts = ClusterFacts { cluster: client.metadata(Some(&names))?, ..ClusterFacts::default() };
    if renames {
        facts.topic_names = client.metadata(None)?.topics.into_keys().collect();
    }
    // Not everyone may read settings; what depends on them then says so.
    facts.settings = facts
        .cluster
        .brokers
        .first()
        .and_then(|broker| client.broker_settings(broker, SETTINGS).ok())
        .unwrap_or_default();
    list(client, &names, &mut facts, down)?;
    Ok(facts)
}

/// Lists every broker's groups. A broker that leaves meanwhile hands its groups to others, which may have been
/// asked already: then all are asked again.
fn list(
    client: &dyn CoordinatorClient,
    names: &[String],
    facts: &mut ClusterFacts,
    down: &Down,
) -> Result<(), ClientError> {
    for _ in 0..LISTINGS {
        facts.listed.clear();
        facts.unlisted.clear();
        let mut left = false;
        for broker in &facts.cluster.brokers {
            if let Some(known) = down.broker(broker.id) {
                facts.unlisted.push(known);
                continue;
            }
            match client.list_groups(broker) {
                Ok(groups) => facts.listed.extend(groups.into_iter().map(|g| (g.group_id, g.group_type))),
                Err(e) => {
                    left |= matches!(e, ClientError::UnknownBroker { .. });
                    let failed = Unanswered::from(&e);
                    down.remember(None, Some(broker.id), &failed);
                    facts.unlisted.push(failed);
                }
            }
        }
        if !left {
            break;
        }
        facts.cluster = client.metadata(Some(names))?;
    }
    Ok(())
}

/// Both ends of each partition's log and the ends of the epochs that may be written.
///
/// # Errors
/// A leader could not be asked.
pub(super) fn logs(
    client: &dyn CoordinatorClient,
    facts: &mut ClusterFacts,
    partitions: &[Partition],
    epochs: &[(Partition, i32)],
) -> Result<(), ClientError> {
    facts.earliest = client.list_offsets(&facts.cluster, partitions, LogEnd::Earliest)?;
    facts.latest = client.list_offsets(&facts.cluster, partitions, LogEnd::Latest)?;
    // An epoch above the leader's is never written, so there is nothing to ask about it.
    let known: Vec<(Partition, i32)> = epochs
        .iter()
        .filter(|(p, epoch)| {
            facts.cluster.partition(p).and_then(|i| i.leader_epoch).is_some_and(|current| *epoch <= current)
        })
        .cloned()
        .collect();
    let ends = client.epoch_ends(&facts.cluster, &known)?;
    facts.epoch_ends = ends.into_iter().map(|(p, epoch, end)| ((p, epoch), end)).collect();
    Ok(())
}

/// The target group: coordinator, kind, members, offsets of `partitions`. `source` is its name in the document.
pub(super) fn group(
    client: &dyn CoordinatorClient,
    source: &str,
    group_id: &str,
    partitions: &[Partition],
    cluster: &ClusterFacts,
    down: &Down,
) -> GroupFacts {
    let mut facts = GroupFacts::unseen(group_id);
    facts.offsets_partition =
        cluster.offsets_partitions().and_then(|n| group_to_partition(group_id.as_bytes(), n));
    let failed = match down.shard(facts.offsets_partition) {
        Some(failed) => Some(failed),
        None => examine(client, partitions, cluster, &mut facts, down).err(),
    };
    if let Some(failed) = failed {
        down.remember(facts.offsets_partition, facts.coordinator.as_ref().map(|b| b.id), &failed);
        if failed.code.is_some_and(ErrorCode::is_coordinator_moving) {
            facts.elsewhere = elsewhere::names(client, group_id, cluster, down);
        }
        facts.unanswered = Some(failed);
    } else if source != group_id && cluster.listed.contains_key(source) {
        // Best effort: this only adds signs of an application that can't be renamed.
        facts.original = original(client, source, cluster, down);
    }
    facts
}

fn original(
    client: &dyn CoordinatorClient,
    source: &str,
    cluster: &ClusterFacts,
    down: &Down,
) -> Option<DescribedGroup> {
    let shard = cluster.offsets_partitions().and_then(|n| group_to_partition(source.as_bytes(), n));
    if down.shard(shard).is_some() {
        return None;
    }
    let coordinator = client.find_coordinator(source).ok()?;
    if down.broker(coordinator.id).is_some() {
        return None;
    }
    client.describe_classic(source).ok()
}

fn examine(
    client: &dyn CoordinatorClient,
    partitions: &[Partition],
    cluster: &ClusterFacts,
    facts: &mut GroupFacts,
    down: &Down,
) -> Result<(), Unanswered> {
    let failed = |e: ClientError| Unanswered::from(&e);
    let group_id = facts.group_id.clone();
    let coordinator = client.find_coordinator(&group_id).map_err(failed)?;
    let known = down.broker(coordinator.id);
    facts.coordinator = Some(coordinator);
    if let Some(known) = known {
        return Err(known);
    }
    let described = kind(client, cluster, facts).map_err(failed)?;
    if let Some(described) = described {
        if !described.error.is_none() && described.error != ErrorCode::GROUP_ID_NOT_FOUND {
            return Err(Unanswered::describe(described.error));
        }
        facts.state = described.state;
        facts.protocol_type = described.protocol_type;
        facts.protocol = described.protocol;
        facts.members = described.members;
        facts.allowed = described.allowed;
    }
    if facts.kind == Kind::Absent && !cluster.unlisted.is_empty() {
        // Streams groups show only in that list.
        let text = cluster.unlisted.iter().map(|u| u.text.clone()).collect::<Vec<_>>().join("; ");
        return Err(Unanswered {
            code: None,
            unreachable: false,
            text: format!("its type is unknown, because groups couldn't be listed: {text}"),
        });
    }
    if matches!(facts.kind, Kind::Share | Kind::Streams | Kind::Other(_)) {
        return Ok(());
    }
    facts.offsets = match partitions {
        [] => PerPartition::new(),
        some => client.fetch_offsets(&group_id, some).map_err(failed)?,
    };
    let unstable = facts.offsets.values().any(|f| *f == Err(ErrorCode::UNSTABLE_OFFSET_COMMIT));
    if let Some(shard) = facts.offsets_partition.filter(|_| unstable) {
        let shard = Partition::new(CONSUMER_OFFSETS_TOPIC, shard);
        facts.transactions =
            client.open_transactions(&cluster.cluster, &shard).ok().flatten().unwrap_or_default();
    }
    Ok(())
}

/// Finds the kind first: a classic describe calls an active KIP-848 or share group "Dead, 0 members".
fn kind(
    client: &dyn CoordinatorClient,
    cluster: &ClusterFacts,
    facts: &mut GroupFacts,
) -> Result<Option<DescribedGroup>, ClientError> {
    let group_id = facts.group_id.clone();
    let listed = cluster.listed.get(&group_id).cloned().flatten();
    match listed.as_deref() {
        Some("share") => {
            facts.kind = Kind::Share;
            return client.describe_share(&group_id);
        }
        Some("streams") => {
            facts.kind = Kind::Streams;
            return Ok(None);
        }
        Some("classic" | "consumer") | None => {}
        Some(other) => {
            facts.kind = Kind::Other(other.to_owned());
            return Ok(None);
        }
    }
    // Even a listed type may have changed since; both requests answer 69 (35 on 3.9) for other kinds.
    if let Some(described) = client.describe_consumer(&group_id)?.filter(is_one) {
        facts.kind = Kind::Consumer;
        return Ok(Some(described));
    }
    if let Some(described) = client.describe_share(&group_id)?.filter(is_one) {
        facts.kind = Kind::Share;
        return Ok(Some(described));
    }
    let described = client.describe_classic(&group_id)?;
    let absent = described.error == ErrorCode::GROUP_ID_NOT_FOUND || described.state == "Dead";
    facts.kind = if absent { Kind::Absent } else { Kind::Classic };
    Ok(Some(described))
}

/// The describe request found a group of its kind (or one it may not show: then the error has to be seen).
fn is_one(described: &DescribedGroup) -> bool {
    !matches!(described.error, ErrorCode::GROUP_ID_NOT_FOUND | ErrorCode::UNSUPPORTED_VERSION)
}
