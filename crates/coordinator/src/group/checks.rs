//! The tombstone checks that the three modern group types share (KAFKA-21102: all fatal in every release).

use super::error::ReplayError;
use super::journal::Journal;
use super::kind::ModernKind;
use super::member::Member;
use super::modern::ModernGroup;
use super::place::Place;
use super::shared::Name;

impl ModernGroup {
    /// What a group tombstone demands before the group goes away.
    pub(super) fn check_group_tombstone(&self, id: &Name, journal: &mut Journal) -> Result<(), ReplayError> {
        journal.read(Place::members);
        journal.read(Place::targets);
        journal.read(Place::assignment_epoch);
        if !self.members.is_empty() {
            return Err(ReplayError::GroupHasMembers { group: id.clone(), members: self.members.len() });
        }
        // Streams groups don't look at left-over target assignments.
        if !self.targets.is_empty() && self.kind != ModernKind::Streams {
            return Err(ReplayError::GroupHasTargets { group: id.clone(), members: self.targets.len() });
        }
        if self.assignment_epoch != -1 {
            return Err(ReplayError::GroupHasTargetEpoch { group: id.clone(), kind: self.kind });
        }
        Ok(())
    }

    /// What a member tombstone demands before the member goes away.
    pub(super) fn check_member_tombstone(
        &self,
        member_id: &Name,
        member: &Member,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        journal.read(|| Place::target(member_id));
        if member.epoch != Some(Member::LEFT) {
            return Err(match member.epoch {
                Some(_) => ReplayError::MemberNotLeft { member: member_id.clone(), kind: self.kind },
                None => ReplayError::Other(
                    "Cannot invoke \"java.lang.Integer.intValue()\" because the return value of \
                     \"org.apache.kafka.coordinator.group.streams.StreamsGroupMember.memberEpoch()\" is null"
                        .to_owned(),
                ),
            });
        }
        if self.targets.contains_key(member_id) {
            return Err(ReplayError::MemberInTarget { member: member_id.clone(), kind: self.kind });
        }
        Ok(())
    }

    /// Sets the target assignment epoch, or takes it away when no target assignment is left.
    pub(super) fn apply_target_epoch(
        &mut self,
        id: &Name,
        epoch: Option<i32>,
        journal: &mut Journal,
    ) -> Result<(), ReplayError> {
        if epoch.is_none() {
            journal.read(Place::targets);
        }
        if epoch.is_none() && !self.targets.is_empty() {
            return Err(ReplayError::TargetHasMembers { group: id.clone(), members: self.targets.len() });
        }
        self.set_assignment_epoch(journal, epoch.unwrap_or(-1));
        Ok(())
    }
}
