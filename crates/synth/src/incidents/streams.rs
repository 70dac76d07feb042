//! Streams groups.

use super::{Cast, View};
use crate::cleaner::Tombstones;
use crate::script::Script;
use crate::values::classic::{GroupMetadata, group_metadata_key};
use crate::values::{Entry, streams, tombstone};

const SUBTOPOLOGY: &str = "0";
const PROCESS: &str = "6acc88ae-42a8-44fb-886c-fe71bcb60dd8";

fn member_metadata(cast: &Cast, client_host: &str) -> Entry {
    let value = streams::member_metadata(&cast.a.metadata.client_id, client_host, PROCESS);
    (streams::member_metadata_key(&cast.group, &cast.a.id), Some(value))
}

fn joins(cast: &Cast) -> Vec<Entry> {
    let (group, member, tasks) = (&cast.group, &cast.a.id, [(SUBTOPOLOGY, &[0, 1][..])]);
    let topology = streams::topology(1, SUBTOPOLOGY, std::slice::from_ref(&cast.orders.0));
    vec![
        member_metadata(cast, "/10.0.0.3"),
        (streams::metadata_key(group), Some(streams::metadata(1, 5))),
        (streams::topology_key(group), Some(topology)),
        (
            streams::target_assignment_member_key(group, member),
            Some(streams::target_assignment_member(&tasks)),
        ),
        (streams::target_assignment_metadata_key(group), Some(streams::target_assignment_metadata(1))),
        (
            streams::current_member_assignment_key(group, member),
            Some(streams::current_member_assignment(1, 0, &tasks)),
        ),
    ]
}

/// A classic group (0) commits, is deleted, and comes back as a streams group; the tombstone has aged out.
pub(super) fn after_offsets(cast: &Cast, script: &mut Script) -> View {
    let member = cast.classic(&cast.a, &[(&cast.orders.0, &[0, 1])]);
    let value = GroupMetadata::stable(1, script.clock_ms(), vec![member]).value(3);
    script.append(vec![(group_metadata_key(&cast.group), Some(value))]);
    cast.go_on_committing(script);
    script.append(vec![tombstone(group_metadata_key(&cast.group))]);
    let view = View::Cleaned { cleaned_to: script.next_offset(), tombstones: Tombstones::Drop };
    script.append(joins(cast));
    view
}

pub(super) fn assignment_before_metadata(cast: &Cast, script: &mut Script) -> View {
    script.append(joins(cast));
    script.append(vec![member_metadata(cast, "/10.0.0.4")]);
    let view = View::Cleaned { cleaned_to: script.next_offset(), tombstones: Tombstones::Keep };
    cast.go_on_committing(script);
    view
}
