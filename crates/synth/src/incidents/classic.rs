//! Classic groups the loader cannot take.

use super::{Cast, View};
use crate::script::Script;
use crate::values::classic::{GroupMetadata, group_metadata_key};

/// Version 1, then an array of -2 topics: the parser refuses with an exception the loader does not expect.
const SUBSCRIPTION_WITH_MINUS_2_TOPICS: [u8; 6] = [0, 1, 0xff, 0xff, 0xff, 0xfe];

pub(super) fn malformed_subscription(cast: &Cast, script: &mut Script) -> View {
    let mut member = cast.classic(&cast.a, &[(&cast.orders.0, &[0])]);
    member.subscription = SUBSCRIPTION_WITH_MINUS_2_TOPICS.to_vec();
    let value = GroupMetadata::stable(1, script.clock_ms(), vec![member]).value(3);
    script.append(vec![(group_metadata_key(&cast.group), Some(value))]);
    cast.go_on_committing(script);
    View::AsWritten
}
