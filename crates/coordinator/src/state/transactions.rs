//! What one copy of a partition of `__transaction_state` says of the producers asked about.
//!
//! Only sound batches are believed. What may have stood in others is for the copy's continuity to tell, and how copies
//! stand to each other is not decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use lastwrites_records::messages::transaction_state::decode_value;
use lastwrites_segment::{Gap, LeaderEpochs, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::pass::{
    BatchContext, BatchEnd, CopyFiles, CopyView, Pass, PassError, Progress, Scratch, Unit, Visit, drive,
    units, walk_unit,
};
use crate::state::accounting::Accounting;
use crate::state::continuity::Continuity;
use crate::state::tally::Tally;

/// What is asked of a transaction log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TransactionsAsked {
    /// Producer ids.
    pub producers: BTreeSet<i64>,
    /// Only entries written by then count, ms since 1970; `None` for all.
    pub as_of_ms: Option<i64>,
}

/// One entry of the log: the state of a producer's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionEntry {
    /// Offset of the record.
    pub record_offset: i64,
    /// `TransactionState`: 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead,
    /// 7 PrepareEpochFence.
    pub status: i8,
    /// Producer epoch.
    pub producer_epoch: i16,
    /// Transaction version of the client; 0 where the entry doesn't tell.
    pub client_version: i16,
    /// When the transaction began, ms since 1970; -1 for none.
    pub started_ms: i64,
    /// When the state last changed, ms since 1970.
    pub updated_ms: i64,
}

/// What was read of one copy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TransactionsRead {
    /// Bytes accounted for, per file.
    pub tallies: BTreeMap<u32, Tally>,
    /// Offsets seen, per file.
    pub spans: BTreeMap<u32, Continuity>,
    /// Offsets seen in the whole copy.
    pub continuity: Continuity,
    /// Leader epochs that its batches carry.
    pub leader_epochs: LeaderEpochs,
    /// The latest record timestamp, ms since 1970.
    pub max_timestamp: Option<i64>,
    /// Last entry of each producer asked about, up to the moment asked for.
    pub last: BTreeMap<i64, TransactionEntry>,
    /// Producers with entries later than that moment: the cleaner may have taken earlier ones.
    pub later: BTreeSet<i64>,
}

/// Reads one view of every copy; the answer stands in the order of the views.
///
/// # Errors
/// When worker threads can't be started. Damage is no error.
pub fn transactions(
    files: &CopyFiles,
    views: &[CopyView],
    asked: &TransactionsAsked,
    progress: &Progress,
) -> Result<Vec<TransactionsRead>, PassError> {
    let mut copies = vec![TransactionsRead::default(); views.len()];
    let units = units(files, views, files.unit_bytes());
    drive(&TransactionsPass { files, asked }, &units, files.threads(), progress, |unit, edge| {
        if let Some(copy) = copies.get_mut(unit.copy as usize) {
            if files.lost_before(unit, copy.continuity.next) {
                copy.continuity.damage();
            }
            copy.unit(unit.file, edge);
        }
        ControlFlow::Continue(())
    })?;
    for copy in &mut copies {
        copy.continuity = copy.continuity.finish();
    }
    Ok(copies)
}

impl TransactionsRead {
    fn unit(&mut self, file: u32, unit: TransactionsUnit) {
        let Accounting { tally, continuity, leader_epochs, .. } = unit.account;
        self.tallies.entry(file).or_default().add(tally);
        self.spans.entry(file).or_default().then(continuity);
        self.continuity.then(continuity);
        self.leader_epochs.then(&leader_epochs);
        self.max_timestamp = self.max_timestamp.max(unit.max_timestamp);
        self.later.extend(unit.later);
        unit.last.into_iter().for_each(|(producer_id, entry)| take(&mut self.last, producer_id, entry));
    }
}

/// Record offsets decide, also where a torn copy holds them in another order.
fn take(last: &mut BTreeMap<i64, TransactionEntry>, producer_id: i64, entry: TransactionEntry) {
    let known = last.entry(producer_id).or_insert(entry);
    if known.record_offset < entry.record_offset {
        *known = entry;
    }
}

struct TransactionsPass<'a> {
    files: &'a CopyFiles,
    asked: &'a TransactionsAsked,
}

impl Pass for TransactionsPass<'_> {
    type Local = ();
    type Edge = TransactionsUnit;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> TransactionsUnit {
        let mut visitor = TransactionsVisitor { asked: self.asked, unit: TransactionsUnit::default() };
        if let Some(file) = self.files.of(unit) {
            walk_unit(file, unit.bytes, scratch, &mut visitor);
        }
        visitor.unit
    }
}

/// What one unit leaves; at most one entry a producer asked about.
#[derive(Default)]
struct TransactionsUnit {
    account: Accounting,
    max_timestamp: Option<i64>,
    last: BTreeMap<i64, TransactionEntry>,
    later: BTreeSet<i64>,
}

struct TransactionsVisitor<'a> {
    asked: &'a TransactionsAsked,
    unit: TransactionsUnit,
}

impl Visit for TransactionsVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        self.unit.account.record(record);
        self.unit.max_timestamp = self.unit.max_timestamp.max(Some(record.timestamp_ms));
        if context.batch.header.is_control() || !context.is_sound() {
            return;
        }
        // Bytes that are no such value under a right checksum are of a version to come.
        let Some(Ok(Some((_, value)))) = record.value.map(|value| decode_value(value, None)) else { return };
        if !self.asked.producers.contains(&value.producer_id) {
            return;
        }
        if self.asked.as_of_ms.is_some_and(|asked| record.timestamp_ms > asked) {
            self.unit.later.insert(value.producer_id);
            return;
        }
        let entry = TransactionEntry {
            record_offset: record.offset,
            status: value.transaction_status,
            producer_epoch: value.producer_epoch,
            client_version: value.client_transaction_version,
            started_ms: value.transaction_start_timestamp_ms,
            updated_ms: value.transaction_last_update_timestamp_ms,
        };
        take(&mut self.unit.last, value.producer_id, entry);
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        self.unit.account.batch_end(context, records, end);
    }

    fn gap(&mut self, gap: &Gap) {
        self.unit.account.gap(gap);
    }

    fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.unit.account.unreadable(range, error);
    }
}
