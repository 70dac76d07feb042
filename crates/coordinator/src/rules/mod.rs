//! What distinguishes one Kafka release's load from another: two algorithms, everything else is data.

mod new;
mod old;
mod table;

pub use new::{
    AssignmentEpochs, ConsumerLookup, FailureLog, NewRules, PartitionEpochRule, Repeated, ShareLookup,
    StatePartitions, StreamsOverOffsets, StreamsReady, SubscriptionParsing, TaskProcessRule,
    TransactionalOffsets,
};
pub use old::{DuplicateStaticMember, OldRules};
pub use table::{CoordinatorKind, Profile, ReleaseProfile, Rules, known, newest, profile_for};
