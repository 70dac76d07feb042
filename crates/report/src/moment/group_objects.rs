//! Type, state, epochs and members of groups as of a moment.
//!
//! A consumer, share or streams group is many records of different keys, and one that is gone again leaves no trace: below
//! the moment the cleaner may have taken any of them for what came behind it. So its object is known only from a log that
//! lacks nothing below the moment. A classic group is one record, so what holds for offsets ([`super::unknown`]) holds for
//! it: if one survives below the moment, it's the last of before.

use std::collections::BTreeSet;

use lastwrites_coordinator::group::Group;
use lastwrites_types::Flag;

use super::answers::{Member, group_mut};
use super::unknown::Prefix;
use crate::build::{GroupContext, has_record};
use crate::model::GroupReport;

impl Prefix<'_> {
    /// What it replays to is what the group was at the moment.
    fn knows_group(&self, id: &[u8]) -> bool {
        // The end of a log is what a load gives.
        if self.is_whole_log() || self.is_unbroken() {
            return true;
        }
        let load = &self.state.load;
        match load.group(id) {
            group @ Some(Group::Classic(_)) => has_record(group) && load.failure.is_none() && !self.strict,
            Some(Group::Modern(_)) | None => false,
        }
    }
}

/// Gives every group the object of the first copy that knows it, and says of which groups none does; groups that the ends
/// of the logs have (`at_end`) are named even where nothing of them is left below. Answers how many are unknown.
pub(super) fn settle<'a>(
    groups: &mut Vec<GroupReport>,
    members: &[Member<'_>],
    at_end: impl Iterator<Item = &'a [u8]>,
    context: &GroupContext<'_>,
) -> usize {
    let mut ids: BTreeSet<Box<[u8]>> = at_end.map(Box::from).collect();
    ids.extend(groups.iter().map(|group| Box::from(group.group_id.as_bytes())));
    let mut unknown = 0;
    for id in ids {
        let teller = members.iter().position(|member| member.prefix.knows_group(&id));
        if teller == Some(0) {
            // Its groups they are.
            continue;
        }
        let object = teller.and_then(|at| members.get(at)?.prefix.state.load.group(&id));
        let group = group_mut(groups, context, &id);
        let offsets = std::mem::take(&mut group.offsets);
        if teller.is_none() {
            unknown += 1;
            *group = context.unknown(&id, |_| offsets);
            continue;
        }
        *group = context.report(&id, object, |_| offsets);
        if group.group_type != "none" {
            group.offsets.iter_mut().for_each(|offset| offset.flags.remove(Flag::Orphan));
        }
    }
    groups.retain(|group| group.group_type != "none" || !group.offsets.is_empty());
    unknown
}
