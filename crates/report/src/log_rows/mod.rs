//! The log's own tables, row by row: every record, every offset commit, every batch. Streams, like [`crate::dump`].
//!
//! Reads the copies that a report reads, `.log` files only, once for however many of these tables are wanted.
//! What became of a transactional commit is known at its transaction's marker, so such rows wait for it:
//! commits come in the order in which their outcome becomes known, which is log order but for transactions
//! (`record_offset` restores it). Memory holds the commits of transactions that are open at one moment; Kafka
//! bounds those by `transaction.max.timeout.ms`.

mod outcome;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, PartitionCopy};

use crate::build::path_text;
pub use crate::log_events::Tables;
use crate::log_events::{
    LogEvent, Source, StreamError, StreamTotals, TakeEvents, UnitRows, Wanted, read_events,
};
use crate::options::Options;
use crate::rows::{BatchRow, CommitRow, RecordRow};
use outcome::Outcomes;

/// Takes the rows of the log.
pub trait LogSink {
    /// Why a row could not be taken; ends the run.
    type Error;

    /// The tables it takes rows of; rows of others are not made.
    fn tables(&self) -> Tables;

    /// Takes a record.
    ///
    /// # Errors
    /// The sink's own.
    fn record(&mut self, row: &RecordRow<'_>) -> Result<(), Self::Error>;

    /// Takes an offset commit (key type 0 or 1), a tombstone included. Those that can't be decoded have no row.
    ///
    /// # Errors
    /// The sink's own.
    fn commit(&mut self, row: &CommitRow<'_>) -> Result<(), Self::Error>;

    /// Takes a batch.
    ///
    /// # Errors
    /// The sink's own.
    fn batch(&mut self, row: &BatchRow<'_>) -> Result<(), Self::Error>;
}

/// Gives `sink` the rows it wants, copy by copy; [`StreamTotals::rows`] is their number.
///
/// # Errors
/// When nothing can be read or the sink fails. Damage is counted and skipped.
pub fn log_rows<S: LogSink>(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
    sink: &mut S,
) -> Result<StreamTotals, StreamError<S::Error>> {
    let wanted = Wanted::Tables(sink.tables());
    let mut rows = Rows { sink, outcomes: Outcomes::default(), given: 0 };
    let totals = read_events(evidence, options, None, wanted, progress, &mut rows)?;
    Ok(StreamTotals { rows: rows.given, ..totals })
}

struct Rows<'s, S> {
    sink: &'s mut S,
    outcomes: Outcomes,
    given: u64,
}

impl<S: LogSink> TakeEvents<S::Error> for Rows<'_, S> {
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), S::Error> {
        let name = path_text(&copy.path);
        let source = Source { copy, name: &name };
        let Self { sink, outcomes, given } = self;
        let mut emit = |settled: outcome::Settled| {
            *given += 1;
            sink.commit(&settled.row(source))
        };
        events.into_iter().try_for_each(|event| outcomes.event(event, &mut emit))
    }

    fn rows(&mut self, copy: &PartitionCopy, rows: UnitRows) -> Result<(), S::Error> {
        let name = path_text(&copy.path);
        let source = Source { copy, name: &name };
        self.given += (rows.records.len() + rows.batches.len()) as u64;
        rows.records.iter().try_for_each(|record| self.sink.record(&record.row(source)))?;
        rows.batches.iter().try_for_each(|batch| self.sink.batch(&batch.row(source)))
    }

    /// Transactions do not cross copies.
    fn end_of_copy(&mut self, copy: &PartitionCopy) -> Result<(), S::Error> {
        let name = path_text(&copy.path);
        let source = Source { copy, name: &name };
        let Self { sink, outcomes, given } = self;
        outcomes.end(|settled| {
            *given += 1;
            sink.commit(&settled.row(source))
        })
    }
}
