//! What was found not to answer in this run, so that each is waited for only once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::facts::Unanswered;
use crate::client::ErrorCode;

/// Shards of `__consumer_offsets` without a coordinator, and brokers that can't be reached. Shared by threads.
#[derive(Default)]
pub(crate) struct Down {
    shards: Mutex<HashMap<i32, Unanswered>>,
    brokers: Mutex<HashMap<i32, Unanswered>>,
}

impl Down {
    /// Why the shard is known not to answer.
    pub(crate) fn shard(&self, partition: Option<i32>) -> Option<Unanswered> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).get(&partition?).cloned()
    }

    /// Why the broker is known not to answer.
    pub(crate) fn broker(&self, id: i32) -> Option<Unanswered> {
        self.brokers.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Remembers what a failure says of a shard and of the broker that coordinates it, if it says anything.
    pub(crate) fn remember(&self, partition: Option<i32>, broker: Option<i32>, failed: &Unanswered) {
        if let Some(partition) =
            partition.filter(|_| failed.code.is_some_and(ErrorCode::is_coordinator_moving))
        {
            self.shards.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, failed.clone());
        }
        if let Some(broker) = broker.filter(|_| failed.unreachable) {
            self.brokers.lock().unwrap_or_else(PoisonError::into_inner).insert(broker, failed.clone());
        }
    }
}
