//! Who plays in the incidents, and the operations they have in common, each as the records of one batch.

use crate::model::OffsetKey;
use crate::script::Script;
use crate::values::classic::ClassicMember;
use crate::values::offsets::OffsetCommit;
use crate::values::{Entry, TopicPartitions, consumer, tombstone};
use crate::wire::Uuid;

/// A member and its client.
#[derive(Clone, Debug)]
pub struct Member {
    /// Member id.
    pub id: String,
    /// What it says about itself.
    pub metadata: consumer::MemberMetadata,
}

/// Groups, members and topics.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The group the incident is about.
    pub group: String,
    /// Another group of the same partition that only commits.
    pub bystander: String,
    /// First member.
    pub a: Member,
    /// Second member.
    pub b: Member,
    /// Name and id of the topic that changes hands.
    pub orders: (String, Uuid),
    /// Name of the other topic.
    pub payments: String,
}

impl Default for Cast {
    fn default() -> Self {
        let member = |id: &str, client: &str| Member {
            id: id.to_owned(),
            metadata: consumer::MemberMetadata::of(client, &["orders", "payments"]),
        };
        Self {
            group: "my-broken-group".to_owned(),
            bystander: "billing-22".to_owned(),
            a: member("consumer-A", "shop-worker-1"),
            b: member("consumer-B", "shop-worker-2"),
            orders: ("orders".to_owned(), Uuid::numbered(1)),
            payments: "payments".to_owned(),
        }
    }
}

impl Cast {
    pub(super) fn member_metadata(&self, member: &Member) -> Entry {
        (consumer::member_metadata_key(&self.group, &member.id), Some(member.metadata.value()))
    }

    pub(super) fn epoch(&self, epoch: i32) -> Entry {
        (consumer::metadata_key(&self.group), Some(consumer::metadata(epoch, 0)))
    }

    pub(super) fn target(&self, member: &Member, partitions: &[i32]) -> Entry {
        let value = consumer::target_assignment_member(&self.of_orders(partitions));
        (consumer::target_assignment_member_key(&self.group, &member.id), Some(value))
    }

    pub(super) fn target_epoch(&self, epoch: i32) -> Entry {
        let value = consumer::target_assignment_metadata(epoch);
        (consumer::target_assignment_metadata_key(&self.group), Some(value))
    }

    pub(super) fn current(&self, member: &Member, epoch: i32, previous: i32, partitions: &[i32]) -> Entry {
        let value = consumer::current_member_assignment(epoch, previous, &self.of_orders(partitions));
        (consumer::current_member_assignment_key(&self.group, &member.id), Some(value))
    }

    /// A member joins an empty group and gets `partitions` of orders: five records.
    pub(super) fn joins_alone(&self, member: &Member, epoch: i32, partitions: &[i32]) -> Vec<Entry> {
        vec![
            self.member_metadata(member),
            self.epoch(epoch),
            self.target(member, partitions),
            self.target_epoch(epoch),
            self.current(member, epoch, epoch - 1, partitions),
        ]
    }

    /// The three tombstones of a member that left.
    pub(super) fn member_gone(&self, member: &Member) -> Vec<Entry> {
        vec![
            tombstone(consumer::current_member_assignment_key(&self.group, &member.id)),
            tombstone(consumer::target_assignment_member_key(&self.group, &member.id)),
            tombstone(consumer::member_metadata_key(&self.group, &member.id)),
        ]
    }

    /// Deletes the whole group in the coordinator's order.
    pub(super) fn group_gone(&self, members: &[&Member]) -> Vec<Entry> {
        let each = |key: fn(&str, &str) -> Vec<u8>| members.iter().map(move |member| (key, &member.id));
        let mut entries: Vec<Entry> = each(consumer::current_member_assignment_key)
            .chain(each(consumer::target_assignment_member_key))
            .map(|(key, id)| tombstone(key(&self.group, id)))
            .collect();
        entries.push(tombstone(consumer::target_assignment_metadata_key(&self.group)));
        entries.extend(each(consumer::member_metadata_key).map(|(key, id)| tombstone(key(&self.group, id))));
        entries.push(tombstone(consumer::metadata_key(&self.group)));
        entries
    }

    /// `partitions` of orders as an assignment.
    pub(super) fn of_orders(&self, partitions: &[i32]) -> Vec<TopicPartitions> {
        TopicPartitions::of(self.orders.1, partitions)
    }

    /// A member of the classic protocol.
    pub(super) fn classic(&self, member: &Member, assigned: &[(&str, &[i32])]) -> ClassicMember {
        ClassicMember::consumer(&member.id, &member.metadata.client_id, &[&self.orders.0], assigned)
    }

    /// A plain commit of one partition, as 4.1 brokers write it.
    pub(super) fn commit(&self, script: &mut Script, group: &str, topic: &str, partition: i32, offset: i64) {
        let commit = OffsetCommit { leader_epoch: 7, ..OffsetCommit::plain(offset, script.clock_ms()) };
        script.commit(4, &[(OffsetKey::new(group, topic, partition), commit)]);
    }

    /// A few rounds of commits by the group and the bystander, one of them a rewind: what recovery is to bring back.
    pub(super) fn go_on_committing(&self, script: &mut Script) {
        self.bystander_commits(script);
        let (orders, payments) = (&self.orders.0, &self.payments);
        for (topic, partition, offset) in [
            (orders, 0, 14_600),
            (orders, 1, 15_002),
            (payments, 0, 9_140),
            (orders, 0, 14_921),
            (payments, 0, 8_830),
            (orders, 1, 15_004),
        ] {
            self.commit(script, &self.group, topic, partition, offset);
        }
    }

    /// Commits of the group nobody blames.
    pub(super) fn bystander_commits(&self, script: &mut Script) {
        for (partition, offset) in [(0, 310), (1, 287), (0, 355)] {
            self.commit(script, &self.bystander, &self.orders.0, partition, offset);
        }
    }
}
