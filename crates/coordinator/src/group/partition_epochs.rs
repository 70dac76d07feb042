//! Who owns a partition, by the epochs of members (`ConsumerGroup.addPartitionEpochs`,
//! `removePartitionEpochs`): the check that a racing cleaner trips (KAFKA-19862).

use super::error::ReplayError;
use super::journal::Journal;
use super::member::{Holding, Member};
use super::modern::ModernGroup;
use super::place::{Place, Question};
use crate::rules::PartitionEpochRule;

impl ModernGroup {
    /// Moves the claims of a member from its old to its new state; `None` is a member that was not or is no more.
    pub(super) fn move_partition_epochs(
        &mut self,
        journal: &mut Journal,
        rule: PartitionEpochRule,
        old: Option<&Member>,
        new: Option<&Member>,
    ) -> Result<(), ReplayError> {
        if rule == PartitionEpochRule::Unchecked {
            self.move_changed_only(journal, old, new);
            return Ok(());
        }
        if let Some(old) = old {
            let epoch = old.epoch.unwrap_or(Member::LEFT);
            self.remove_epochs(journal, rule, &old.assigned, epoch)?;
            self.remove_epochs(journal, rule, &old.pending_revocation, epoch)?;
        }
        if let Some(new) = new {
            let epoch = new.epoch.unwrap_or(Member::LEFT);
            self.add_epochs(journal, rule, &new.assigned, epoch)?;
            self.add_epochs(journal, rule, &new.pending_revocation, epoch)?;
        }
        Ok(())
    }

    fn remove_epochs(
        &mut self,
        journal: &mut Journal,
        rule: PartitionEpochRule,
        held: &Holding,
        epoch: i32,
    ) -> Result<(), ReplayError> {
        for (topic_id, held) in held.partitions() {
            let at = (topic_id, held.partition);
            journal.ask(|| (Place::partition(&at), asked(rule, Question::EpochIs(epoch))));
            match (self.partition_epochs.get(&at).copied(), rule) {
                (Some(owner), _) if owner == epoch => {
                    self.set_partition(journal, at, None);
                }
                (_, PartitionEpochRule::Lenient | PartitionEpochRule::Unchecked) => {}
                (Some(owner_epoch), PartitionEpochRule::Strict) => {
                    return Err(ReplayError::PartitionOwnedByAnother {
                        topic_id,
                        partition: held.partition,
                        epoch,
                        owner_epoch,
                    });
                }
                (None, PartitionEpochRule::Strict) => {
                    journal.read(|| Place::topic(&topic_id));
                    let any_of_topic =
                        self.partition_epochs.range((topic_id, i32::MIN)..=(topic_id, i32::MAX));
                    return Err(if any_of_topic.count() == 0 {
                        ReplayError::TopicUnowned { topic_id, epoch }
                    } else {
                        ReplayError::Other(
                            "Cannot invoke \"java.lang.Integer.intValue()\" because \"prevValue\" is null"
                                .to_owned(),
                        )
                    });
                }
            }
        }
        Ok(())
    }

    fn add_epochs(
        &mut self,
        journal: &mut Journal,
        rule: PartitionEpochRule,
        held: &Holding,
        epoch: i32,
    ) -> Result<(), ReplayError> {
        for (topic_id, held) in held.partitions() {
            let at = (topic_id, held.partition);
            journal.ask(|| (Place::partition(&at), asked(rule, Question::EpochAtLeast(epoch))));
            match self.partition_epochs.get(&at) {
                Some(owner_epoch) if rule == PartitionEpochRule::Strict || *owner_epoch >= epoch => {
                    return Err(ReplayError::PartitionOwned {
                        topic_id,
                        partition: held.partition,
                        epoch,
                        owner_epoch: *owner_epoch,
                    });
                }
                _ => {
                    self.set_partition(journal, at, Some(epoch));
                }
            }
        }
        Ok(())
    }

    /// 3.7: claims move only where the partitions changed, and whoever claims last wins (KAFKA-16147).
    fn move_changed_only(&mut self, journal: &mut Journal, old: Option<&Member>, new: Option<&Member>) {
        type Side = fn(&Member) -> &Holding;
        let sides: [Side; 2] = [|member| &member.assigned, |member| &member.pending_revocation];
        for side in sides {
            if let (Some(old), Some(new)) = (old, new)
                && side(old) == side(new)
            {
                continue;
            }
            for (topic_id, held) in old.into_iter().flat_map(|member| side(member).partitions()) {
                self.set_partition(journal, (topic_id, held.partition), None);
            }
            if let Some(new) = new {
                for (topic_id, held) in side(new).partitions() {
                    self.set_partition(journal, (topic_id, held.partition), new.epoch);
                }
            }
        }
    }
}

/// A strict release looks at everything, and puts it into its exceptions.
fn asked(rule: PartitionEpochRule, lenient: Question) -> Question {
    if rule == PartitionEpochRule::Strict { Question::All } else { lenient }
}
