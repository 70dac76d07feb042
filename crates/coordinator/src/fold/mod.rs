//! The part of a replay that commutes: the last commit of every key, whatever order units are read in.
//!
//! From Kafka 3.8 on the coordinator keeps, for each (group, topic, partition), the write with the highest
//! record offset among plain commits, tombstones and commits of committed transactions
//! (`OffsetMetadataManager.replay`, `replayEndTransactionMarker`). That rule does not depend on the order in
//! which settled writes are seen, so any worker may fold any unit into its own table; only writes that are
//! still open when a unit ends, and the first marker of each producer in a unit, have to cross units in log
//! order. Releases whose rule depends on order (3.7 and the old coordinator) replay in `load`.

mod chunks;
mod commit;
mod extra;
mod index;
mod keys;
mod names;
mod open_writes;
mod queue;
mod row;
mod settle;
mod table;
mod unit;

pub use commit::{Commit, Committed, Place, Write};
pub use keys::{KeyArena, KeyHasher};
pub(crate) use open_writes::OpenWrites;
pub use open_writes::{Damage, Doubt};
pub use settle::{Carried, OpenWrite};
pub use table::{KeySlot, SHARDS, ShardedTable, SlotId};
pub use unit::{FirstMarker, Touch, UnitFold, UnitTransactions};
