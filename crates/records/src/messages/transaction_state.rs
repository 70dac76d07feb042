//! The messages of `__transaction_state`, which numbers its record types by itself: its type 0 is not an
//! offset commit. Whoever reads that topic asks here, not [`crate::decode()`].

use lastwrites_types::{ByteText, Release};

use crate::decode::leading_i16;
use crate::record::read;
use crate::wire::{Reader, WireError, message};

message! {
    /// Key of record type 0, the only one (`TransactionLogKey`).
    pub struct TransactionLogKey, flexible never {
        /// Transactional id.
        transactional_id: ByteText, 0..;
    }

    /// State of one transactional id (`TransactionLogValue`, versions 0 and 1).
    pub struct TransactionLogValue, flexible 1 {
        /// Producer id in use.
        producer_id: i64, 0..;
        /// Producer id of the transaction before, -1 for none (KIP-890).
        previous_producer_id: i64, 1.., default -1, tag 0 since (4, 0);
        /// Producer id of the transaction to come, -1 for none (KIP-890).
        next_producer_id: i64, 1.., default -1, tag 1 since (4, 0);
        /// Producer epoch.
        producer_epoch: i16, 0..;
        /// Producer epoch to come, -1 for none (KIP-939).
        next_producer_epoch: i16, 1.., default -1, tag 3 since (4, 1);
        /// Transaction timeout, ms.
        transaction_timeout_ms: i32, 0..;
        /// 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead,
        /// 7 PrepareEpochFence.
        transaction_status: i8, 0..;
        /// Partitions in the transaction; null when it is empty.
        transaction_partitions: Option<Vec<TransactionPartitions>>, 0.., default Some(Vec::new());
        /// When the state last changed, ms.
        transaction_last_update_timestamp_ms: i64, 0..;
        /// When the transaction began, ms, -1 for none.
        transaction_start_timestamp_ms: i64, 0..;
        /// Transaction version the client uses.
        client_transaction_version: i16, 1.., tag 2 since (4, 0);
    }

    /// Partitions of one topic in a transaction.
    pub struct TransactionPartitions {
        /// Topic name.
        topic: ByteText, 0..;
        /// Partition numbers.
        partition_ids: Vec<i32>, 0..;
    }
}

/// Reads a key strictly; `None` when its record type is not 0.
///
/// # Errors
/// The bytes are not that key.
pub fn decode_key(key: &[u8]) -> Result<Option<TransactionLogKey>, WireError> {
    if leading_i16(key).ok_or(WireError::Underflow)? != 0 {
        return Ok(None);
    }
    let mut r = Reader::strict(key.get(2..).unwrap_or_default());
    let key = read(&mut r, 0, crate::record::NEWEST)?;
    r.finish().map(|()| Some(key))
}

/// Reads a value strictly, as the schema of `written_by` or else the newest has it; `None` when its version
/// is neither 0 nor 1.
///
/// # Errors
/// The bytes are not that value.
pub fn decode_value(
    value: &[u8],
    written_by: Option<Release>,
) -> Result<Option<(i16, TransactionLogValue)>, WireError> {
    let version = leading_i16(value).ok_or(WireError::Underflow)?;
    if !(0..=1).contains(&version) {
        return Ok(None);
    }
    let mut r = Reader::strict(value.get(2..).unwrap_or_default());
    let value = read(&mut r, version, written_by.unwrap_or(crate::record::NEWEST))?;
    r.finish().map(|()| Some((version, value)))
}
