//! Incidents made of offset commits alone.

use super::{Cast, View};
use crate::batch::Marker;
use crate::model::{Committed, Event, OffsetKey};
use crate::script::{Producer, Script};
use crate::values::offsets::{OffsetCommit, legacy_offset_commit_key};

pub(super) fn legacy_key(cast: &Cast, script: &mut Script) -> View {
    let commit = OffsetCommit::plain(14_000, script.clock_ms());
    let (orders, offset) = (&cast.orders.0, script.next_offset());
    script.append(vec![(legacy_offset_commit_key(&cast.group, orders, 0), Some(commit.value(1)))]);
    let committed = Committed {
        offset: commit.offset,
        leader_epoch: -1,
        metadata: String::new(),
        commit_timestamp_ms: commit.commit_timestamp_ms,
        record_offset: offset,
    };
    script.enter_event(offset, Event::Commit(OffsetKey::new(&cast.group, orders, 0), committed, None));
    cast.go_on_committing(script);
    View::AsWritten
}

pub(super) fn transaction_churn(cast: &Cast, script: &mut Script) -> View {
    for number in 0..4000 {
        let mut producer = Producer { id: 5000 + number % 40, epoch: (number / 40) as i16, sequence: 0 };
        let key = OffsetKey::new(&cast.group, &cast.orders.0, (number % 12) as i32);
        script.commit_in(&mut producer, 4, &[(key, OffsetCommit::plain(100 * number, script.clock_ms()))]);
        script.marker(producer, Marker::Commit);
    }
    View::AsWritten
}

pub(super) fn open_transaction(cast: &Cast, script: &mut Script) -> View {
    let mut producer = Producer { id: 4711, epoch: 0, sequence: 0 };
    let waiting = [0, 1].map(|partition| {
        (
            OffsetKey::new(&cast.group, &cast.orders.0, partition),
            OffsetCommit::plain(99_000, script.clock_ms()),
        )
    });
    script.commit_in(&mut producer, 4, &waiting);
    cast.bystander_commits(script);
    let (payments, orders) = (&cast.payments, &cast.orders.0);
    cast.commit(script, &cast.group, payments, 0, 8_830);
    cast.commit(script, &cast.group, orders, 2, 77);
    View::AsWritten
}

pub(super) fn foreign_partition(cast: &Cast, script: &mut Script) -> View {
    cast.commit(script, "payments", &cast.orders.0, 0, 4_200);
    cast.commit(script, "payments", &cast.orders.0, 1, 4_301);
    cast.go_on_committing(script);
    View::AsWritten
}

pub(super) fn unknown_type(cast: &Cast, script: &mut Script) -> View {
    let key = crate::values::group_key(30, &cast.group);
    script.append(vec![(key.clone(), Some(vec![0, 0, 1, 2, 3])), (key, None)]);
    cast.go_on_committing(script);
    View::AsWritten
}
