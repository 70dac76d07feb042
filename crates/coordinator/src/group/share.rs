//! Replay of KIP-932 share groups (`GroupMetadataManager.replay(ShareGroup...)`, `ShareGroup`).
//!
//! Members of share groups don't own partitions exclusively, so there is nothing to check between them.

use super::change::ModernChange;
use super::error::ReplayError;
use super::journal::Journal;
use super::member::Member;
use super::modern::ModernGroup;
use super::shared::Name;
use crate::rules::{NewRules, ShareLookup};

impl ModernGroup {
    /// Replays one record into a share group that was looked up for it.
    pub(super) fn apply_share(
        &mut self,
        id: &Name,
        rules: &NewRules,
        change: &ModernChange,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        let creation_order = rules.share_lookup == ShareLookup::CreationOrder;
        let unknown =
            |member: &Name| ReplayError::UnknownMember { group: id.clone(), member: member.clone() };
        match change {
            ModernChange::Epoch(Some(epoch)) => self.set_group_epoch(journal, epoch.clone()?.epoch),
            ModernChange::Epoch(None) => self.check_group_tombstone(id, journal)?,
            ModernChange::Member(member_id, Some(metadata)) => {
                let member =
                    self.member(member_id, journal).cloned().unwrap_or_else(Member::new_with_partitions);
                self.set_member(
                    journal,
                    member_id,
                    Some(Member { metadata: Some(metadata.clone()?), ..member }),
                );
            }
            ModernChange::Member(member_id, None) => match self.member(member_id, journal).cloned() {
                Some(member) => {
                    self.check_member_tombstone(member_id, &member, journal)?;
                    self.set_member(journal, member_id, None);
                }
                None if creation_order => return Err(unknown(member_id)),
                None => {}
            },
            ModernChange::TargetEpoch(epoch) => self.apply_target_epoch(id, *epoch, journal)?,
            ModernChange::Target(member_id, target) => {
                self.set_target(journal, member_id, target.clone().transpose()?);
            }
            ModernChange::Current(member_id, current) => {
                let member = match (self.member(member_id, journal).cloned(), current) {
                    (Some(member), _) => member,
                    (None, _) if creation_order => return Err(unknown(member_id)),
                    (None, Some(_)) => Member::new_with_partitions(),
                    (None, None) => return Ok(()),
                };
                let member = match current.clone().transpose()? {
                    Some(current) => member.with_current(&current),
                    None => member.left(),
                };
                self.set_member(journal, member_id, Some(member));
            }
            ModernChange::StatePartitions(Some(partitions)) => partitions.clone()?,
            ModernChange::StatePartitions(None)
            | ModernChange::PartitionMetadata(_)
            | ModernChange::RegularExpression(_)
            | ModernChange::Topology(_) => {}
        }
        Ok(())
    }
}
