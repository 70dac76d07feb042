//! A partition changes hands while the log is compacted under the loader (KAFKA-19862).

use super::{Cast, View};
use crate::script::Script;

/// Offsets 0 to 13: A owns orders-0; B joins and is to have it; A gives it back (11), B takes it (12), A takes
/// orders-1 (13).
pub fn two_members_hand_over(cast: &Cast, script: &mut Script) {
    let (a, b) = (&cast.a, &cast.b);
    script.append(cast.joins_alone(a, 11, &[0]));
    script.append(vec![
        cast.member_metadata(b),
        cast.epoch(12),
        cast.target(a, &[1]),
        cast.target(b, &[0]),
        cast.target_epoch(12),
        cast.current(b, 12, 11, &[]),
    ]);
    script.append(vec![cast.current(a, 12, 11, &[])]);
    script.append(vec![cast.current(b, 12, 11, &[0])]);
    script.append(vec![cast.current(a, 13, 12, &[1])]);
}

pub(super) fn hand_over(cast: &Cast, script: &mut Script) -> View {
    two_members_hand_over(cast, script);
    let view = View::Race { loader_at: 5, cleaned_to: script.next_offset() };
    cast.go_on_committing(script);
    view
}

pub(super) fn healthy(cast: &Cast, script: &mut Script) -> View {
    hand_over(cast, script);
    View::AsWritten
}

/// A is fenced (5 to 8), B takes its partition (9 to 13), A comes back under the same member id (14 to 19); B answers
/// only after the cleaned range (20).
pub(super) fn fence_and_rejoin(cast: &Cast, script: &mut Script) -> View {
    let (a, b) = (&cast.a, &cast.b);
    script.append(cast.joins_alone(a, 5, &[0]));
    let mut fenced = cast.member_gone(a);
    fenced.push(cast.epoch(6));
    script.append(fenced);
    script.append(vec![
        cast.member_metadata(b),
        cast.epoch(7),
        cast.target(b, &[0]),
        cast.target_epoch(7),
        cast.current(b, 7, 0, &[0]),
    ]);
    script.append(vec![
        cast.member_metadata(a),
        cast.epoch(8),
        cast.target(a, &[1]),
        cast.target(b, &[0]),
        cast.target_epoch(8),
        cast.current(a, 8, 0, &[1]),
    ]);
    let view = View::Race { loader_at: 5, cleaned_to: script.next_offset() };
    script.append(vec![cast.current(b, 8, 7, &[0])]);
    cast.go_on_committing(script);
    view
}
