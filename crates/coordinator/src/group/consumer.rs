//! Replay of KIP-848 consumer groups (`GroupMetadataManager.replay(ConsumerGroup...)`, `ConsumerGroup`).

use super::change::{Current, ModernChange};
use super::error::ReplayError;
use super::journal::Journal;
use super::member::Member;
use super::modern::ModernGroup;
use super::shared::Name;
use crate::rules::NewRules;

impl ModernGroup {
    /// Replays one record into a consumer group that was looked up for it.
    pub(super) fn apply_consumer(
        &mut self,
        id: &Name,
        rules: &NewRules,
        change: &ModernChange,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        match change {
            ModernChange::Epoch(Some(epoch)) => self.set_group_epoch(journal, epoch.clone()?.epoch),
            ModernChange::Epoch(None) => self.check_group_tombstone(id, journal)?,
            ModernChange::Member(member_id, Some(metadata)) => {
                let member =
                    self.member(member_id, journal).cloned().unwrap_or_else(Member::new_with_partitions);
                let member = Member { metadata: Some(metadata.clone()?), ..member };
                self.update_consumer_member(journal, rules, member_id, Some(member))?;
            }
            ModernChange::Member(member_id, None) => {
                let Some(member) = self.member_for_tombstone(id, rules, member_id, journal)? else {
                    return Ok(());
                };
                self.check_member_tombstone(member_id, &member, journal)?;
                self.update_consumer_member(journal, rules, member_id, None)?;
            }
            ModernChange::TargetEpoch(epoch) => self.apply_target_epoch(id, *epoch, journal)?,
            ModernChange::Target(member_id, target) => {
                self.set_target(journal, member_id, target.clone().transpose()?);
            }
            ModernChange::Current(member_id, Some(current)) => {
                let member = match self.member(member_id, journal) {
                    Some(member) => member.clone(),
                    None if rules.consumer_lookup.wants_creation_order() => {
                        return Err(ReplayError::UnknownMember {
                            group: id.clone(),
                            member: member_id.clone(),
                        });
                    }
                    None => Member::new_with_partitions(),
                };
                let member = member.with_current(&current.clone()?);
                self.update_consumer_member(journal, rules, member_id, Some(member))?;
            }
            ModernChange::Current(member_id, None) => {
                let Some(member) = self.member_for_tombstone(id, rules, member_id, journal)? else {
                    return Ok(());
                };
                self.update_consumer_member(journal, rules, member_id, Some(member.left()))?;
            }
            ModernChange::PartitionMetadata(_)
            | ModernChange::RegularExpression(_)
            | ModernChange::StatePartitions(_)
            | ModernChange::Topology(_) => {}
        }
        Ok(())
    }

    /// The member a tombstone is about; `None` where the release ignores a missing one.
    fn member_for_tombstone(
        &self,
        id: &Name,
        rules: &NewRules,
        member_id: &Name,
        journal: &mut Journal,
    ) -> Result<Option<Member>, ReplayError> {
        match self.member(member_id, journal) {
            None if rules.consumer_lookup.wants_creation_order() => {
                Err(ReplayError::UnknownMember { group: id.clone(), member: member_id.clone() })
            }
            member => Ok(member.cloned()),
        }
    }

    /// `updateMember` and `removeMember`: the member is put first, its partitions move after.
    fn update_consumer_member(
        &mut self,
        journal: &mut Journal,
        rules: &NewRules,
        member_id: &Name,
        member: Option<Member>,
    ) -> Result<(), ReplayError> {
        let old = self.set_member(journal, member_id, member.clone());
        self.move_partition_epochs(journal, rules.partition_epochs, old.as_ref(), member.as_ref())
    }
}

impl Member {
    /// The member after a current-assignment record.
    pub(super) fn with_current(self, current: &Current) -> Self {
        Self {
            epoch: Some(current.epoch),
            previous_epoch: Some(current.previous_epoch),
            target_epoch: current.target_epoch,
            state: Some(current.state),
            assigned: current.assigned.clone(),
            pending_revocation: current.pending_revocation.clone(),
            ..self
        }
    }
}
