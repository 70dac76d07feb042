//! Coordinator-load incidents as logs: KAFKA-19862 and its family.
//!
//! Each tells, through a [`Script`], what live brokers wrote (the raw log), and how a loader
//! came to see something else (the view). Numbers of the incidents follow Kafka's issue tracker where there is one.

mod cast;
mod classic;
mod consumer;
mod downgrade;
mod files;
mod offsets;
mod ownership;
mod share;
mod streams;

use crate::batch::Batch;
use crate::cleaner::{Tombstones, compact, torn_view};
use crate::model::Model;
use crate::script::Script;

pub use cast::{Cast, Member};
pub(crate) use files::final_offsets;
pub use ownership::two_members_hand_over;

/// The partition incidents lie in, of [`PARTITIONS`].
pub const PARTITION: i32 = 28;
/// Partitions of the offsets topic in incidents: the default.
pub const PARTITIONS: i32 = 50;

/// How the loader's view differs from the raw log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// It does not: what is wrong is on disk for every load.
    AsWritten,
    /// The loader had read up to `loader_at` when the cleaner swapped in segments cleaned up to `cleaned_to`.
    Race {
        /// First offset the loader read from cleaned segments.
        loader_at: i64,
        /// First offset the cleaner had not touched.
        cleaned_to: i64,
    },
    /// The cleaner's work at rest, with tombstones kept or aged out.
    Cleaned {
        /// First offset the cleaner had not touched.
        cleaned_to: i64,
        /// What became of tombstones.
        tombstones: Tombstones,
    },
    /// A race, and some records below `cleaned_to` have aged out one by one.
    RaceWithout {
        /// As in [`View::Race`].
        loader_at: i64,
        /// As in [`View::Race`].
        cleaned_to: i64,
        /// Offsets that are gone.
        gone: Vec<i64>,
    },
}

/// An incident.
#[derive(Clone, Debug)]
pub struct Incident {
    /// Name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence or two.
    pub story: &'static str,
    /// The log as brokers wrote it.
    pub raw: Vec<Batch>,
    /// How the loader's view came about.
    pub view: View,
    /// What was committed in the raw log.
    pub model: Model,
}

type Tell = fn(&Cast, &mut Script) -> View;

/// Every incident: name, story, teller.
const INCIDENTS: [(&str, &str, Tell); 23] = [
    (
        "kafka-19862",
        "Compaction races the load: member A's release of a partition (offset 11) is compacted away after the loader \
         read A's older assignment (offset 4), so B's claim (offset 12) meets a stale owner. Fails on 4.0.0, 4.0.1, \
         4.1.0 and 4.1.1.",
        ownership::hand_over,
    ),
    (
        "kafka-19862-rejoin",
        "The same race where A was fenced and joined again with its member id: the rewritten member metadata brings \
         the stale assignment back. Fails on the releases that count as fixed, too.",
        ownership::fence_and_rejoin,
    ),
    (
        "kafka-17306",
        "A compacted consumer group: tombstones for a group that is not there. 3.7 to 3.9.",
        consumer::compacted,
    ),
    (
        "kafka-19453",
        "A compacted share group: tombstones for a group that is not there. 4.0.",
        share::compacted,
    ),
    (
        "kafka-20254",
        "A classic group became a streams group; its tombstone has aged out, so its old offsets precede the streams \
         records. Persistent on 4.1 and 4.2.0.",
        streams::after_offsets,
    ),
    (
        "kafka-20845",
        "Consumer-group records behind a downgrade that ended in a classic group. Persistent on every release.",
        downgrade::bad_write,
    ),
    (
        "kafka-21117",
        "Compaction races the load across an online upgrade and downgrade: the loader holds the classic group when the \
         consumer tombstones come. Every release from 3.8.",
        downgrade::online,
    ),
    (
        "kafka-21102",
        "A group tombstone whose sibling, the target assignment tombstone of an earlier batch, has aged out while the \
         loader holds the older group. Every release.",
        consumer::split_expiry,
    ),
    (
        "kafka-20570",
        "A classic consumer whose subscription says it has -2 topics. Persistent on releases without the fix.",
        classic::malformed_subscription,
    ),
    (
        "kafka-18672",
        "A consumer group epoch in value version 1, which nobody has defined yet. Fails cleanly from 4.0.0 on.",
        consumer::newer_value_version,
    ),
    (
        "kafka-19716",
        "4000 transactional commits with their markers in an uncompacted partition: the load needs a large heap on \
         3.7 to 4.0.1 and 4.1.0.",
        offsets::transaction_churn,
    ),
    (
        "type-15-on-4.0",
        "Share group state metadata from 4.1 read by 4.0, which knows the type but cannot replay it. Persistent.",
        share::state_metadata,
    ),
    (
        "streams-order-4.1",
        "A streams member's metadata was rewritten, so after compaction its assignment comes first. Persistent on \
         4.1.0 and 4.1.1.",
        streams::assignment_before_metadata,
    ),
    (
        "share-over-offsets",
        "A share group under the id of a group with offsets. Persistent on every release.",
        share::over_offsets,
    ),
    (
        "orphan-offsets",
        "A consumer group was deleted without its offsets: they are in the log but nobody serves them. Loads.",
        consumer::orphan_offsets,
    ),
    (
        "ghost-member",
        "The cleaner's map ended between a member's assignment tombstone and its siblings, and the rest of the batch \
         is missing: metadata without an assignment. Loads, with a member that never was.",
        consumer::ghost_member,
    ),
    (
        "share-metadata-4.0-layout",
        "A share group epoch as 4.0 wrote it, without the hash that 4.1 reads. Persistent on 4.1 and later.",
        share::metadata_of_4_0,
    ),
    (
        "legacy-key0-v1",
        "An offset commit under key type 0 with value version 1. Persistent on 4.1 and later.",
        offsets::legacy_key,
    ),
    (
        "member-tombstone-without-assignment",
        "A member is deleted that never had an assignment record. Persistent on every release.",
        consumer::member_tombstone_without_assignment,
    ),
    (
        "open-transaction",
        "A transaction that never ended: its offsets wait, and the cleaner cannot pass it. Loads.",
        offsets::open_transaction,
    ),
    (
        "foreign-partition",
        "Offsets of a group that belongs to partition 13 of 50. Loads, and nobody asks for them here.",
        offsets::foreign_partition,
    ),
    (
        "unknown-type",
        "Records of key type 30, which nobody has defined. Ignored since 3.4.1.",
        offsets::unknown_type,
    ),
    (
        "kafka-19862-healthy",
        "The raw log of kafka-19862 on a disk nobody raced. Loads everywhere from 3.8 on.",
        ownership::healthy,
    ),
];

/// Names of all incidents.
pub fn names() -> impl Iterator<Item = &'static str> {
    INCIDENTS.iter().map(|(name, _, _)| *name)
}

/// The incident called `name`.
pub fn named(name: &str) -> Option<Incident> {
    let (name, story, tell) = INCIDENTS.iter().find(|(known, _, _)| *known == name)?;
    let mut script = Script::new(0);
    let view = tell(&Cast::default(), &mut script);
    let (raw, model) = script.finish();
    Some(Incident { name, story, raw, view, model })
}

impl Incident {
    /// The batches the loader saw.
    pub fn torn(&self) -> Vec<Batch> {
        match &self.view {
            View::AsWritten => self.raw.clone(),
            View::Race { loader_at, cleaned_to } => torn_view(&self.raw, *loader_at, *cleaned_to),
            View::Cleaned { cleaned_to, tombstones } => compact(&self.raw, *cleaned_to, *tombstones),
            View::RaceWithout { loader_at, cleaned_to, gone } => {
                let mut view = torn_view(&self.raw, *loader_at, *cleaned_to);
                for batch in &mut view {
                    let base_offset = batch.base_offset;
                    batch
                        .records
                        .retain(|record| !gone.contains(&(base_offset + i64::from(record.offset_delta))));
                }
                view.retain(|batch| !batch.records.is_empty());
                view
            }
        }
    }

    /// Where the view changes from one kind of segment to the next: first cleaned offset, first dirty offset.
    pub fn cuts(&self) -> Option<(i64, i64)> {
        match &self.view {
            View::AsWritten => None,
            View::Cleaned { cleaned_to, .. } => Some((0, *cleaned_to)),
            View::Race { loader_at, cleaned_to } | View::RaceWithout { loader_at, cleaned_to, .. } => {
                Some((*loader_at, *cleaned_to))
            }
        }
    }
}
