//! Consumer-protocol groups whose records reach the loader incomplete or in an order it did not expect.

use super::{Cast, View};
use crate::cleaner::Tombstones;
use crate::script::Script;
use crate::values::{consumer, tombstone};

pub(super) fn compacted(cast: &Cast, script: &mut Script) -> View {
    script.append(cast.joins_alone(&cast.a, 5, &[0]));
    let mut left = cast.member_gone(&cast.a);
    left.push(cast.epoch(6));
    script.append(left);
    let view = View::Cleaned { cleaned_to: script.next_offset(), tombstones: Tombstones::Keep };
    cast.go_on_committing(script);
    view
}

/// The last member leaves (5 to 8); expiry then deletes the target epoch (9) and the group (10) in two batches, since
/// expiry is not written atomically.
pub(super) fn split_expiry(cast: &Cast, script: &mut Script) -> View {
    script.append(cast.joins_alone(&cast.a, 4, &[0]));
    let mut left = cast.member_gone(&cast.a);
    left.push(cast.epoch(5));
    script.append(left);
    let target_epoch_gone = script.next_offset();
    script.append(vec![tombstone(consumer::target_assignment_metadata_key(&cast.group))]);
    script.append(vec![tombstone(consumer::metadata_key(&cast.group))]);
    let view = View::RaceWithout {
        loader_at: target_epoch_gone,
        cleaned_to: script.next_offset(),
        gone: vec![target_epoch_gone],
    };
    cast.bystander_commits(script);
    view
}

pub(super) fn newer_value_version(cast: &Cast, script: &mut Script) -> View {
    let mut value = consumer::metadata(1, 0);
    // The version is the first int16.
    if let Some(low) = value.get_mut(1) {
        *low = 1;
    }
    script.append(vec![(consumer::metadata_key(&cast.group), Some(value))]);
    cast.go_on_committing(script);
    View::AsWritten
}

pub(super) fn orphan_offsets(cast: &Cast, script: &mut Script) -> View {
    script.append(cast.joins_alone(&cast.a, 1, &[0]));
    cast.go_on_committing(script);
    script.append(cast.group_gone(&[&cast.a]));
    View::AsWritten
}

/// The map ended after the assignment's tombstone (5), which has aged out with what it deleted (4); the rest of that
/// batch (6 to 8) is missing from this copy.
pub(super) fn ghost_member(cast: &Cast, script: &mut Script) -> View {
    script.append(cast.joins_alone(&cast.a, 5, &[0]));
    let mut left = cast.member_gone(&cast.a);
    left.push(cast.epoch(6));
    script.append(left);
    let view = View::RaceWithout { loader_at: 0, cleaned_to: 0, gone: vec![4, 5, 6, 7, 8] };
    cast.bystander_commits(script);
    view
}

pub(super) fn member_tombstone_without_assignment(cast: &Cast, script: &mut Script) -> View {
    script.append(vec![cast.member_metadata(&cast.a), cast.epoch(1)]);
    script.append(vec![tombstone(consumer::member_metadata_key(&cast.group, &cast.a.id))]);
    cast.go_on_committing(script);
    View::AsWritten
}
