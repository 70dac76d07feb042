//! Applications that are their group's name: under a new one their offsets help nobody.

use lastwrites_recovered_offsets::Group;
use lastwrites_types::escaped;

use super::facts::{ClusterFacts, GroupFacts};
use super::reason::Reason;

/// Names and topics can look so by accident.
const OVERRIDE: &str = "--allow-application-renamed, if it is none";

/// Why this group can't get a new name.
pub(super) fn breaks(source: &Group, target: &GroupFacts, cluster: &ClusterFacts) -> Option<Reason> {
    if let Some(sign) = connect(source, target) {
        let text = format!(
            "a Kafka Connect or MirrorMaker group ({sign}): workers and connectors go on using the name in their own configuration, so offsets under another name are never read; heal the original group ({OVERRIDE})"
        );
        return Some(Reason::new("rename-connect", text));
    }
    let sign = streams(source, target, cluster)?;
    let text = format!(
        "a Kafka Streams application ({sign}): its name is the application.id, on which state stores, internal topics and transactional ids hang; heal the original group ({OVERRIDE})"
    );
    Some(Reason::new("rename-streams", text))
}

fn connect(source: &Group, target: &GroupFacts) -> Option<String> {
    let recovered = source.protocol_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let now = target.original.as_ref().map_or("", |g| g.protocol_type.as_str());
    if [recovered.as_str(), now, target.protocol_type.as_str()].contains(&"connect") {
        return Some("protocol type connect".to_owned());
    }
    // MirrorMaker's own groups and those of sink connectors, by Kafka's naming.
    let id = source.group_id.to_string();
    (id.ends_with("-mm2") || id.starts_with("connect-")).then(|| format!("named {id}, as Kafka names them"))
}

/// The sign by which the group is a classic Streams application. An empty group's record holds no protocol, so
/// what the application left elsewhere counts too.
fn streams(source: &Group, target: &GroupFacts, cluster: &ClusterFacts) -> Option<String> {
    let recovered = source.protocol.as_ref().map(ToString::to_string).unwrap_or_default();
    let now = target.original.as_ref().map_or("", |g| g.protocol.as_str());
    if recovered == "stream" || now == "stream" {
        return Some("protocol stream".to_owned());
    }
    let id = source.group_id.to_string();
    let internal = |topic: &str| {
        topic.strip_prefix(id.as_str()).is_some_and(|rest| {
            rest.starts_with('-') && (rest.ends_with("-repartition") || rest.ends_with("-changelog"))
        })
    };
    let topics = source.offsets.iter().map(|o| o.topic.to_string());
    if let Some(topic) = topics.chain(cluster.topic_names.iter().cloned()).find(|t| internal(t)) {
        return Some(format!("internal topic {}", escaped(topic.as_bytes())));
    }
    let marked = |o: &&lastwrites_recovered_offsets::RecoveredOffset| {
        o.metadata.as_str().is_some_and(is_streams_metadata)
    };
    source.offsets.iter().find(marked).map(|_| "Streams' own metadata in its commits".to_owned())
}

/// What Streams writes as metadata of a commit: Base64 of its version (1 or 2), a time of eight bytes (-1: none)
/// and, rarely, more (`TopicPartitionMetadata` in kafka-streams).
fn is_streams_metadata(metadata: &str) -> bool {
    // Version byte and the two highest bytes of a time before the year 10000 or of -1.
    const HEADS: [&str; 4] = ["AQAA", "AgAA", "Af//", "Av//"];
    let digit = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
    HEADS.iter().any(|head| metadata.starts_with(head))
        && metadata.len() >= 12
        && metadata.len().is_multiple_of(4)
        && metadata.bytes().all(digit)
}
