//! Share groups, whose records changed between 4.0 and 4.1 and never replace another kind of group.

use super::{Cast, View};
use crate::cleaner::Tombstones;
use crate::script::Script;
use crate::values::{Entry, share, tombstone};

/// A member joins; the group's epoch in the layout of the release that wrote it.
fn joins(cast: &Cast, epoch: Vec<u8>) -> Vec<Entry> {
    let (group, member, assigned) = (&cast.group, &cast.a.id, cast.of_orders(&[0]));
    let client = &cast.a.metadata;
    let metadata = share::member_metadata(&client.client_id, &client.client_host, &client.topics);
    vec![
        (share::member_metadata_key(group, member), Some(metadata)),
        (share::metadata_key(group), Some(epoch)),
        (
            share::target_assignment_member_key(group, member),
            Some(share::target_assignment_member(&assigned)),
        ),
        (share::target_assignment_metadata_key(group), Some(share::target_assignment_metadata(1))),
        (
            share::current_member_assignment_key(group, member),
            Some(share::current_member_assignment(1, 0, &assigned)),
        ),
    ]
}

pub(super) fn compacted(cast: &Cast, script: &mut Script) -> View {
    script.append(joins(cast, share::metadata_of_4_0(1)));
    let (group, member) = (&cast.group, &cast.a.id);
    script.append(vec![
        tombstone(share::current_member_assignment_key(group, member)),
        tombstone(share::target_assignment_member_key(group, member)),
        tombstone(share::member_metadata_key(group, member)),
        (share::metadata_key(group), Some(share::metadata_of_4_0(2))),
    ]);
    let view = View::Cleaned { cleaned_to: script.next_offset(), tombstones: Tombstones::Keep };
    cast.bystander_commits(script);
    view
}

pub(super) fn state_metadata(cast: &Cast, script: &mut Script) -> View {
    script.append(joins(cast, share::metadata(1, 7)));
    let state = share::state_partition_metadata(&[(cast.orders.1, &cast.orders.0, &[0, 1])]);
    script.append(vec![(share::state_partition_metadata_key(&cast.group), Some(state))]);
    cast.bystander_commits(script);
    View::AsWritten
}

pub(super) fn over_offsets(cast: &Cast, script: &mut Script) -> View {
    cast.go_on_committing(script);
    script.append(joins(cast, share::metadata(1, 7)));
    View::AsWritten
}

pub(super) fn metadata_of_4_0(cast: &Cast, script: &mut Script) -> View {
    script.append(joins(cast, share::metadata_of_4_0(1)));
    cast.bystander_commits(script);
    View::AsWritten
}
