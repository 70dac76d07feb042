//! What distinguishes one Kafka release's load from another: two algorithms, everything else is data.

mod new;
mod old;
mod profile;
mod table;

pub use lastwrites_records::Coordinator;
pub use new::{
    AssignmentEpochs, ConsumerLookup, FailureLog, NewRules, PartitionEpochRule, Repeated, ShareLookup,
    StatePartitions, StreamsOverOffsets, StreamsReady, SubscriptionParsing, TaskProcessRule,
    TransactionalOffsets,
};
pub use old::{DuplicateStaticMember, OldRules};
pub use profile::{Profile, Rules};
pub use table::{checked_as, known, newest, newest_rules, profile_for};
