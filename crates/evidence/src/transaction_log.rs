//! What `__transaction_state-*` of a copied disk says about each producer's transaction.
//!
//! The transaction coordinator decides before it sends markers: PrepareCommit in its log means committed, whether
//! or not a marker ever reached the offsets partition. Only sound batches are believed.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_records::messages::transaction_state::{TransactionLogValue, decode_value};
use lastwrites_segment::{Framed, Framer, Inflater, ReadMode, open};
use lastwrites_types::{ByteRange, TRANSACTION_STATE_TOPIC};

use crate::copy::Evidence;
use crate::dir_name::DirKind;
use crate::file_name::SegmentKind;

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// Decided: it commits (PrepareCommit or CompleteCommit).
    Committed,
    /// Decided: it aborts (PrepareAbort, CompleteAbort or PrepareEpochFence).
    Aborted,
    /// Not decided yet.
    Ongoing,
}

/// Newest entry of each producer id over all copies of the transaction log.
#[derive(Debug, Clone, Default)]
pub struct TransactionLog {
    producers: BTreeMap<i64, TransactionLogValue>,
    /// Producers with entries later than the moment asked for: the cleaner may have taken earlier ones.
    later: BTreeSet<i64>,
}

impl TransactionOutcome {
    /// `committed`, `aborted` or `ongoing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Ongoing => "ongoing",
        }
    }
}

impl TransactionLog {
    /// When the producer's newest transaction began, ms since 1970; `None` where the log doesn't say.
    #[must_use]
    pub fn started_ms(&self, producer_id: i64) -> Option<i64> {
        let started = self.producers.get(&producer_id)?.transaction_start_timestamp_ms;
        (started > 0).then_some(started)
    }

    /// Reads every copy; of entries of one producer the last updated counts. With a moment (ms since 1970) only entries
    /// written by then count.
    #[must_use]
    pub fn of(evidence: &Evidence, as_of_ms: Option<i64>, read: ReadMode) -> Self {
        let mut log = Self::default();
        let copies = evidence.other_partitions.iter();
        let copies =
            copies.filter(|copy| copy.topic == TRANSACTION_STATE_TOPIC && copy.kind == DirKind::Normal);
        for file in copies.flat_map(|copy| &copy.files).filter(|file| file.kind == SegmentKind::Log) {
            // A file that can't be read is among the evidence's problems already; it settles nothing.
            let _ = log.take_file(&file.path, as_of_ms, read);
        }
        log
    }

    /// How the producer's transaction stands that wrote at `written_at_ms`; `None` where the log doesn't tell, or
    /// tells of an earlier transaction only.
    #[must_use]
    pub fn outcome(&self, producer_id: i64, written_at_ms: i64) -> Option<TransactionOutcome> {
        let value = self.producers.get(&producer_id)?;
        // An ongoing one was last updated when a partition joined it, before what is written there.
        let ended_before =
            value.transaction_status != 1 && value.transaction_last_update_timestamp_ms < written_at_ms;
        if value.transaction_start_timestamp_ms > written_at_ms || ended_before {
            return None;
        }
        match value.transaction_status {
            1 => Some(TransactionOutcome::Ongoing),
            2 | 4 => Some(TransactionOutcome::Committed),
            3 | 5 | 7 => Some(TransactionOutcome::Aborted),
            _ => None,
        }
    }

    /// True when the producer's last transaction is complete by this log (CompleteCommit, CompleteAbort): no marker
    /// is still to come.
    #[must_use]
    pub fn is_complete(&self, producer_id: i64) -> bool {
        self.producers.get(&producer_id).is_some_and(|value| matches!(value.transaction_status, 4 | 5))
    }

    /// True when the log says nothing of the producer as of the moment asked for, and something later: what it said then
    /// may be cleaned away.
    #[must_use]
    pub fn may_have_told(&self, producer_id: i64) -> bool {
        self.later.contains(&producer_id)
    }

    fn take_file(&mut self, path: &std::path::Path, as_of_ms: Option<i64>, read: ReadMode) -> Option<()> {
        let source = open(path, read).ok()?;
        let (mut scratch, mut inflater) = (Vec::new(), Inflater::default());
        let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut scratch);
        while let Some(item) = framer.next().ok()? {
            let Framed::Batch(batch) = item else { continue };
            if batch.header.is_control() || !batch.crc_ok() {
                continue;
            }
            let Ok(mut records) = batch.records(&mut inflater) else { continue };
            while let Ok(Some(record)) = records.next() {
                let Some(Ok(Some((_, value)))) = record.value.map(|value| decode_value(value, None)) else {
                    continue;
                };
                if as_of_ms.is_some_and(|asked| record.timestamp_ms > asked) {
                    self.later.insert(value.producer_id);
                } else {
                    self.take(value);
                }
            }
        }
        Some(())
    }

    fn take(&mut self, value: TransactionLogValue) {
        let updated = value.transaction_last_update_timestamp_ms;
        let known = self.producers.get(&value.producer_id);
        if known.is_none_or(|known| known.transaction_last_update_timestamp_ms <= updated) {
            self.producers.insert(value.producer_id, value);
        }
    }
}
