//! A group moves between the classic and the consumer protocol.

use super::{Cast, View};
use crate::script::Script;
use crate::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use crate::values::{Entry, tombstone};

/// Two classic generations (0, 1), the upgrade (2 to 10), the downgrade (11 to 19) that ends in a classic group again.
pub(super) fn online(cast: &Cast, script: &mut Script) -> View {
    let (a, b, topic) = (&cast.a, &cast.b, cast.orders.0.as_str());
    let alone = || vec![cast.classic(a, &[(topic, &[0, 1])])];
    script.append(vec![group(cast, script, 1, alone())]);
    let loader_at = 2;
    let both = vec![cast.classic(a, &[(topic, &[0])]), cast.classic(b, &[(topic, &[1])])];
    script.append(vec![group(cast, script, 2, both)]);
    script.append(vec![
        tombstone(group_metadata_key(&cast.group)),
        cast.member_metadata(a),
        cast.member_metadata(b),
        cast.epoch(3),
        cast.target(a, &[0]),
        cast.target(b, &[1]),
        cast.target_epoch(3),
        cast.current(a, 3, 2, &[0]),
        cast.current(b, 3, 2, &[1]),
    ]);
    let mut downgrade = cast.group_gone(&[a, b]);
    downgrade.push(group(cast, script, 4, alone()));
    script.append(downgrade);
    let view = View::Race { loader_at, cleaned_to: script.next_offset() };
    cast.go_on_committing(script);
    view
}

/// The coordinator reverted its memory but the downgrade (5 to 10) had been written: it went on with the consumer
/// group (11 to 15).
pub(super) fn bad_write(cast: &Cast, script: &mut Script) -> View {
    let (a, b, topic) = (&cast.a, &cast.b, cast.orders.0.as_str());
    script.append(cast.joins_alone(a, 3, &[0]));
    let mut downgrade = cast.group_gone(&[a]);
    downgrade.push(group(cast, script, 4, vec![cast.classic(a, &[(topic, &[0])])]));
    script.append(downgrade);
    script.append(vec![
        cast.member_metadata(b),
        cast.epoch(4),
        cast.target(b, &[1]),
        cast.target_epoch(4),
        cast.current(b, 4, 0, &[]),
    ]);
    cast.go_on_committing(script);
    View::AsWritten
}

fn group(cast: &Cast, script: &Script, generation: i32, members: Vec<ClassicMember>) -> Entry {
    let value = GroupMetadata::stable(generation, script.clock_ms(), members).value(3);
    (group_metadata_key(&cast.group), Some(value))
}
