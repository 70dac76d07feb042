//! The small files beside segments and at the root of a log dir, one module per file.
//!
//! Every parser takes the whole file as bytes, never panics, never allocates by a number found inside, and
//! answers with what could be read. Text files come with LF or CRLF ends. Positions in errors are bytes from
//! the start of the file.

mod checkpoint;
mod clean_shutdown;
mod error;
mod leader_epochs;
mod meta_properties;
mod offset_index;
mod partition_metadata;
mod producer_snapshot;
mod text;
mod time_index;
mod txn_index;

pub use checkpoint::{Checkpoint, CheckpointEntry, parse_checkpoint};
pub use clean_shutdown::{CleanShutdown, parse_clean_shutdown};
pub use error::CompanionError;
pub use leader_epochs::{EpochEntry, LeaderEpochs, parse_leader_epochs};
pub use meta_properties::{MetaProperties, parse_meta_properties};
pub use offset_index::{OffsetIndex, OffsetIndexEntry, parse_offset_index};
pub use partition_metadata::{PartitionMetadata, parse_partition_metadata};
pub use producer_snapshot::{ProducerEntry, ProducerSnapshot, parse_producer_snapshot};
pub use time_index::{TimeIndex, TimeIndexEntry, parse_time_index};
pub use txn_index::{AbortedTxn, TxnIndex, parse_txn_index};
