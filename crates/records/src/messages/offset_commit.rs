//! Value of record types 0 and 1: one committed offset.

use crate::wire::message;
use lastwrites_types::{ByteText, Uuid};

message! {
    /// A committed offset (`OffsetCommitValue`, versions 0-4; `LegacyOffsetCommitValue` of 4.1+ is its version 0).
    pub struct OffsetCommitValue, flexible 4 {
        /// The next offset the group will read.
        offset: i64, 0..;
        /// Leader epoch of the last record read, -1 for none (KIP-320).
        leader_epoch: i32, 3.., default -1;
        /// The committer's own text.
        metadata: ByteText, 0..;
        /// When it was committed, ms.
        commit_timestamp: i64, 0..;
        /// When it expires, ms, -1 for "by the retention setting".
        expire_timestamp: i64, 1..=1, default -1;
        /// Topic id, zero when not known.
        topic_id: Uuid, 4.., tag 0 since (4, 1);
    }
}
