//! The cluster as a pasted `kafka-topics --describe` text has it: for clusters without KRaft metadata to copy
//! (ZooKeeper, managed clouds).

use std::collections::BTreeMap;
use std::path::Path;

use lastwrites_types::{ByteText, Uuid};

use super::image::{BrokerImage, ClusterImage, PartitionImage};
use super::read::ClusterMetadata;

/// Reads the lines that `kafka-topics --describe` prints: a line a topic, then an indented line a
/// partition, fields of `Name: value`. Other lines are passed over.
///
/// `None` when no partition is described. Brokers are known by id alone; a topic without `TopicId` (before 2.8) gets
/// an id that [`is_made_up`].
#[must_use]
pub fn described_cluster(path: &Path, text: &str) -> Option<ClusterMetadata> {
    let mut image = ClusterImage::default();
    let mut ids: BTreeMap<ByteText, Uuid> = BTreeMap::new();
    let mut described = 0;
    for line in text.lines() {
        let field = |name| field(line, name);
        let Some(topic) = field("Topic") else { continue };
        let topic = ByteText::from(topic);
        if let Some(id) = field("TopicId").and_then(|id| id.parse().ok()) {
            ids.insert(topic.clone(), id);
        }
        let Some(number) = field("Partition").and_then(|number| number.parse().ok()) else { continue };
        described += 1;
        let id = ids.get(&topic).copied().unwrap_or_else(|| made_up(ids.len()));
        ids.insert(topic.clone(), id);
        let partition = PartitionImage {
            replicas: numbers(field("Replicas")),
            isr: numbers(field("Isr")),
            eligible_leaders: numbers(field("Elr")),
            leader: field("Leader").and_then(|leader| leader.parse().ok()).filter(|leader| *leader >= 0),
            leader_epoch: -1,
            elected_unclean: false,
        };
        for broker in &partition.replicas {
            let unknown = BrokerImage { host: None, port: None, rack: None, fenced: false };
            image.brokers.entry(*broker).or_insert(unknown);
        }
        image.describe(topic, id, number, partition);
    }
    (described > 0).then(|| ClusterMetadata::told(path, image))
}

/// True for the id of a topic whose description had none.
#[must_use]
pub fn is_made_up(id: Uuid) -> bool {
    id.0.iter().take(12).all(|byte| *byte == 0xff)
}

pub(super) fn made_up(number: usize) -> Uuid {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = [0xff; 16];
    for (byte, value) in bytes.iter_mut().skip(12).zip(number) {
        *byte = value;
    }
    Uuid(bytes)
}

/// The value of `Name: value` in a line, whatever stands between fields.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if word.strip_suffix(':') == Some(name) {
            return words.next().filter(|value| !value.ends_with(':'));
        }
    }
    None
}

fn numbers(list: Option<&str>) -> Vec<i32> {
    list.into_iter().flat_map(|list| list.split(',')).filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `TopicCommand` prints it since 4.0 and before 2.8.
    #[test]
    fn both_generations_of_the_text_are_read() {
        let text = "Topic: orders\tTopicId: pHCEPzgGQDG-oWgYpmSGuA\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n\
                    \tTopic: orders\tPartition: 0\tLeader: 2\tReplicas: 2,3\tIsr: 2\tElr: 3\tLastKnownElr: \n\
                    \tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 3,1\tIsr: \tElr: \tLastKnownElr: 3\n\
                    Topic:old\tPartitionCount:1\n\
                    Topic: older\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: a=b\n\
                    \tTopic: older\tPartition: 0\tLeader: -1\tReplicas: 1\tIsr: 1\n";
        let known = described_cluster(Path::new("t"), text).unwrap();
        let (id, orders) = known.image.topic(&ByteText::from("orders")).unwrap();
        assert_eq!(id.to_string(), "pHCEPzgGQDG-oWgYpmSGuA");
        let leaders: Vec<_> = orders
            .partitions
            .values()
            .map(|p| (p.leader, p.isr.clone(), p.eligible_leaders.clone()))
            .collect();
        assert_eq!(leaders, [(Some(2), vec![2], vec![3]), (None, vec![], vec![])]);
        let (id, older) = known.image.topic(&ByteText::from("older")).unwrap();
        assert!(is_made_up(id) && older.partitions[&0].leader.is_none());
        assert_eq!(known.image.brokers.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(described_cluster(Path::new("t"), "no topics\nat all: here\n").is_none());
    }
}
