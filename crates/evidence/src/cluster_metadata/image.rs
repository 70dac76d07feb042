//! The cluster as the metadata records applied so far have it (Kafka's `MetadataImage`).

use std::collections::BTreeMap;

use lastwrites_records::messages::metadata::{
    BrokerRegistrationChangeRecord, ConfigRecord, MetadataRecord, PartitionChangeRecord, PartitionRecord,
    RegisterBrokerRecord,
};
use lastwrites_types::{ByteText, Uuid};

/// `resource_type` of a topic's configs (`ConfigResource.Type.TOPIC`).
const TOPIC_RESOURCE: i8 = 2;

/// Brokers, topics and configs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterImage {
    /// Registered brokers by id. Controllers that are nodes of their own aren't among them.
    pub brokers: BTreeMap<i32, BrokerImage>,
    /// Topics by id.
    pub topics: BTreeMap<Uuid, TopicImage>,
    /// Dynamic configs: resource type (2 topic, 4 broker), resource name, config name.
    pub configs: BTreeMap<(i8, ByteText, ByteText), ByteText>,
    ids: BTreeMap<ByteText, Uuid>,
    /// Topics that were deleted, by name.
    removed: RemovedTopics,
}

/// Topics that the metadata log saw deleted, by name, each name's in log order.
pub type RemovedTopics = BTreeMap<ByteText, Vec<RemovedTopic>>;

/// A topic that was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovedTopic {
    /// Its id.
    pub topic_id: Uuid,
    /// When, by the controller's clock, ms since 1970; `None` where the record's batch doesn't say.
    pub at_ms: Option<i64>,
}

/// A registered broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerImage {
    /// Host of its first listener.
    pub host: Option<ByteText>,
    /// Port of its first listener.
    pub port: Option<u16>,
    /// Its rack.
    pub rack: Option<ByteText>,
    /// True while the controller holds it for dead or not yet caught up.
    pub fenced: bool,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicImage {
    /// Topic name.
    pub name: ByteText,
    /// Partitions by number.
    pub partitions: BTreeMap<i32, PartitionImage>,
    /// How many partitions it has, at least 0, where a capture tells no more of them than that.
    pub partition_count: Option<i32>,
    /// When it was created, ms since 1970; `None` where only a snapshot or a description has it, which don't say.
    pub created_at_ms: Option<i64>,
    /// When it took the place of a deleted topic of its name, ms since 1970; `None` for the first of its name, and where
    /// only a snapshot or a description has it, which don't say.
    pub recreated_at_ms: Option<i64>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionImage {
    /// Replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Replicas in sync.
    pub isr: Vec<i32>,
    /// Eligible leaders outside the ISR (KIP-966).
    pub eligible_leaders: Vec<i32>,
    /// The leader; `None` while there is none.
    pub leader: Option<i32>,
    /// Leader epoch.
    pub leader_epoch: i32,
    /// A leader was elected that was not in sync, as far as the log tells: replicas out of sync may hold what was lost.
    pub elected_unclean: bool,
}

impl ClusterImage {
    /// A topic by name, with its id.
    #[must_use]
    pub fn topic(&self, name: &ByteText) -> Option<(Uuid, &TopicImage)> {
        let id = *self.ids.get(name)?;
        Some((id, self.topics.get(&id)?))
    }

    /// Puts other names in place of the topics'.
    pub(crate) fn rename_topics(&mut self, name: impl Fn(&ByteText) -> ByteText) {
        for topic in self.topics.values_mut() {
            topic.name = name(&topic.name);
        }
        let ids = std::mem::take(&mut self.ids);
        self.ids = ids.into_iter().map(|(topic, id)| (name(&topic), id)).collect();
    }

    /// Adds a partition as a description has it.
    pub(super) fn describe(&mut self, name: ByteText, id: Uuid, number: i32, partition: PartitionImage) {
        self.name_topic(name, id).partitions.insert(number, partition);
    }

    /// A topic of which no more than its name and id is known.
    pub(super) fn name_topic(&mut self, name: ByteText, id: Uuid) -> &mut TopicImage {
        self.ids.insert(name.clone(), id);
        self.topics.entry(id).or_insert_with(|| TopicImage {
            name,
            partitions: BTreeMap::new(),
            partition_count: None,
            created_at_ms: None,
            recreated_at_ms: None,
        })
    }

    /// Takes over what a snapshot doesn't say: when topics were created, which took a deleted one's place, and which
    /// partitions lost records in an election.
    pub(super) fn recall(&mut self, before: Self) {
        for (id, topic) in &mut self.topics {
            let before = before.topics.get(id);
            topic.created_at_ms = before.and_then(|before| before.created_at_ms);
            topic.recreated_at_ms = before.and_then(|before| before.recreated_at_ms);
            for (number, partition) in &mut topic.partitions {
                let before = before.and_then(|before| before.partitions.get(number));
                partition.elected_unclean |= before.is_some_and(|before| before.elected_unclean);
            }
        }
        self.removed = before.removed;
    }

    /// The log is read: gives the topics it saw deleted, which depend on where reading began and are no part of the image.
    pub(super) fn finish(&mut self) -> RemovedTopics {
        std::mem::take(&mut self.removed)
    }

    /// Applies one record; `at_ms` is its time in the log. What speaks of a topic or broker that isn't there changes
    /// nothing.
    pub(super) fn apply(&mut self, record: MetadataRecord, at_ms: Option<i64>) {
        match record {
            MetadataRecord::RegisterBroker(broker) => self.register(broker),
            MetadataRecord::UnregisterBroker(broker) => {
                self.brokers.remove(&broker.broker_id);
            }
            MetadataRecord::FenceBroker(broker) => self.fence(broker.id, true),
            MetadataRecord::UnfenceBroker(broker) => self.fence(broker.id, false),
            MetadataRecord::BrokerRegistrationChange(change) => self.change_broker(&change),
            MetadataRecord::Topic(topic) => {
                self.ids.insert(topic.name.clone(), topic.topic_id);
                let recreated_at_ms = at_ms.filter(|_| self.removed.contains_key(&topic.name));
                let (name, partitions) = (topic.name, BTreeMap::new());
                let image = TopicImage {
                    name,
                    partitions,
                    partition_count: None,
                    created_at_ms: at_ms,
                    recreated_at_ms,
                };
                self.topics.insert(topic.topic_id, image);
            }
            MetadataRecord::RemoveTopic(topic) => self.remove_topic(topic.topic_id, at_ms),
            MetadataRecord::Partition(partition) => self.partition(partition),
            MetadataRecord::PartitionChange(change) => self.change_partition(change),
            MetadataRecord::Config(config) => self.config(config),
            MetadataRecord::ClearElr(clear) => self.clear_eligible_leaders(&clear.topic_name),
            MetadataRecord::BeginTransaction
            | MetadataRecord::EndTransaction
            | MetadataRecord::AbortTransaction
            | MetadataRecord::Other(_)
            | MetadataRecord::UnknownVersion { .. } => {}
        }
    }

    fn register(&mut self, broker: RegisterBrokerRecord) {
        let first = broker.end_points.into_iter().next();
        let (host, port) = first.map(|end_point| (end_point.host, end_point.port)).unzip();
        let image = BrokerImage { host, port, rack: broker.rack, fenced: broker.fenced != 0 };
        self.brokers.insert(broker.broker_id, image);
    }

    fn change_broker(&mut self, change: &BrokerRegistrationChangeRecord) {
        if change.fenced != 0 {
            self.fence(change.broker_id, change.fenced > 0);
        }
    }

    fn fence(&mut self, broker: i32, fenced: bool) {
        if let Some(broker) = self.brokers.get_mut(&broker) {
            broker.fenced = fenced;
        }
    }

    fn remove_topic(&mut self, id: Uuid, at_ms: Option<i64>) {
        let Some(topic) = self.topics.remove(&id) else { return };
        let removed = RemovedTopic { topic_id: id, at_ms };
        self.removed.entry(topic.name.clone()).or_default().push(removed);
        if self.ids.get(&topic.name) == Some(&id) {
            self.ids.remove(&topic.name);
        }
        let from = (TOPIC_RESOURCE, topic.name.clone(), ByteText::default());
        let of_topic =
            |(kind, name, _): &(i8, ByteText, ByteText)| *kind == TOPIC_RESOURCE && *name == topic.name;
        let gone: Vec<_> =
            self.configs.range(from..).map(|(key, _)| key.clone()).take_while(|key| of_topic(key)).collect();
        for key in gone {
            self.configs.remove(&key);
        }
    }

    fn partition(&mut self, partition: PartitionRecord) {
        let Some(topic) = self.topics.get_mut(&partition.topic_id) else { return };
        let image = PartitionImage {
            replicas: partition.replicas,
            isr: partition.isr,
            eligible_leaders: partition.eligible_leader_replicas.unwrap_or_default(),
            leader: leader(partition.leader),
            leader_epoch: partition.leader_epoch,
            elected_unclean: partition.leader_recovery_state == RECOVERING,
        };
        topic.partitions.insert(partition.partition_id, image);
    }

    /// As `PartitionRegistration.merge`: naming a leader, even the same one, counts up the leader epoch.
    fn change_partition(&mut self, change: PartitionChangeRecord) {
        let topic = self.topics.get_mut(&change.topic_id);
        let Some(partition) = topic.and_then(|topic| topic.partitions.get_mut(&change.partition_id)) else {
            return;
        };
        let in_sync =
            partition.isr.contains(&change.leader) || partition.eligible_leaders.contains(&change.leader);
        let elected = change.leader >= 0 && partition.leader != Some(change.leader);
        partition.elected_unclean |= change.leader_recovery_state == RECOVERING || (elected && !in_sync);
        if let Some(isr) = change.isr {
            partition.isr = isr;
        }
        if let Some(replicas) = change.replicas {
            partition.replicas = replicas;
        }
        if let Some(eligible) = change.eligible_leader_replicas {
            partition.eligible_leaders = eligible;
        }
        if change.leader != LEADER_UNCHANGED {
            partition.leader = leader(change.leader);
            partition.leader_epoch = partition.leader_epoch.saturating_add(1);
        }
    }

    fn config(&mut self, config: ConfigRecord) {
        let key = (config.resource_type, config.resource_name, config.name);
        match config.value {
            Some(value) => self.configs.insert(key, value),
            None => self.configs.remove(&key),
        };
    }

    fn clear_eligible_leaders(&mut self, topic: &ByteText) {
        let topics = self.topics.values_mut().filter(|image| topic.is_empty() || image.name == *topic);
        for partition in topics.flat_map(|image| image.partitions.values_mut()) {
            partition.eligible_leaders.clear();
        }
    }
}

/// `PartitionChangeRecord.leader` when the leader stays.
const LEADER_UNCHANGED: i32 = -2;

/// `LeaderRecoveryState.RECOVERING`: the leader was elected from outside the ISR.
const RECOVERING: i8 = 1;

fn leader(stored: i32) -> Option<i32> {
    (stored >= 0).then_some(stored)
}
