//! Replay of KIP-1071 streams groups (`GroupMetadataManager.replay(StreamsGroup...)`, `StreamsGroup`).

use super::change::ModernChange;
use super::error::ReplayError;
use super::journal::Journal;
use super::member::{Member, MemberState};
use super::modern::{ModernGroup, TopologyEpochs};
use super::place::Place;
use super::shared::Name;
use crate::rules::NewRules;

impl ModernGroup {
    /// Replays one record into a streams group that was looked up for it.
    pub(super) fn apply_streams(
        &mut self,
        id: &Name,
        rules: &NewRules,
        change: &ModernChange,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        match change {
            ModernChange::Epoch(Some(epoch)) => {
                let epoch = epoch.clone()?;
                self.set_group_epoch(journal, epoch.epoch);
                let validated = epoch.validated_topology_epoch;
                journal.read(Place::topology);
                self.set_topology(journal, TopologyEpochs { validated, ..self.topology });
            }
            ModernChange::Epoch(None) => self.check_group_tombstone(id, journal)?,
            ModernChange::Member(member_id, Some(metadata)) => {
                let member = self.member(member_id, journal).cloned().unwrap_or_else(Member::new_with_tasks);
                let member = Member { metadata: Some(metadata.clone()?), ..member };
                self.update_streams_member(journal, rules, member_id, Some(member))?;
            }
            ModernChange::Member(member_id, None) => {
                if let Some(member) = self.member(member_id, journal).cloned() {
                    self.check_member_tombstone(member_id, &member, journal)?;
                    self.update_streams_member(journal, rules, member_id, None)?;
                }
            }
            ModernChange::TargetEpoch(epoch) => self.apply_target_epoch(id, *epoch, journal)?,
            ModernChange::Target(member_id, target) => {
                self.set_target(journal, member_id, target.clone().transpose()?);
            }
            ModernChange::Current(member_id, Some(current)) => {
                let member = self.member(member_id, journal).cloned().unwrap_or_else(Member::new_with_tasks);
                let member = member.with_current(&current.clone()?);
                self.update_streams_member(journal, rules, member_id, Some(member))?;
            }
            ModernChange::Current(member_id, None) => {
                if let Some(member) = self.member(member_id, journal) {
                    let member = member.left();
                    self.update_streams_member(journal, rules, member_id, Some(member))?;
                }
            }
            ModernChange::Topology(topology) => {
                let topology = topology.clone().transpose()?;
                journal.read(Place::topology);
                self.set_topology(journal, TopologyEpochs { topology, ..self.topology });
            }
            ModernChange::PartitionMetadata(_)
            | ModernChange::RegularExpression(_)
            | ModernChange::StatePartitions(_) => {}
        }
        Ok(())
    }

    /// `updateMember` and `removeMember`: the member is put first, its tasks move after.
    fn update_streams_member(
        &mut self,
        journal: &mut Journal,
        rules: &NewRules,
        member_id: &Name,
        member: Option<Member>,
    ) -> Result<(), ReplayError> {
        let old = self.set_member(journal, member_id, member.clone());
        self.move_task_processes(journal, rules.task_processes, old.as_ref(), member.as_ref())
    }

    /// A member for which `onLoaded` can't schedule the rebalance timeout: it still has tasks to revoke, and
    /// its metadata record, which holds the timeout, was never seen. The coordinator unboxes a null.
    pub(crate) fn member_without_rebalance_timeout(&self) -> Option<&Name> {
        self.members
            .iter()
            .find(|(_, member)| {
                member.state == Some(MemberState::UnrevokedTasks) && member.metadata.is_none()
            })
            .map(|(id, _)| id)
    }
}
