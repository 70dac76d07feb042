//! Every offset commit of the log as a [`CommitRow`]: the `commits` table. Streams, like [`crate::dump`].
//!
//! Reads the copies that a report reads, `.log` files only. What became of a transactional commit is known at
//! its transaction's marker, so such rows wait for it: rows come in the order in which their outcome becomes
//! known, which is log order but for transactions (`record_offset` restores it). Memory holds the commits of
//! transactions that are open at one moment; Kafka bounds those by `transaction.max.timeout.ms`.

mod outcome;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, PartitionCopy};

use crate::log_events::{LogEvent, StreamError, StreamTotals, TakeEvents, Wanted, read_events};
use crate::options::Options;
use crate::rows::CommitRow;
use outcome::{Outcomes, Settled};

/// Gives `sink` one row per offset-commit record (key type 0 or 1), tombstones included, copy by copy. Records that
/// could not be decoded have no row.
///
/// # Errors
/// When nothing can be read or the sink fails. Damage is counted and skipped.
pub fn commits<E>(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
    sink: impl FnMut(&CommitRow<'_>) -> Result<(), E>,
) -> Result<StreamTotals, StreamError<E>> {
    let mut rows = Rows { outcomes: Outcomes::default(), sink, given: 0 };
    let totals = read_events(evidence, options, None, Wanted::Commits, progress, &mut rows)?;
    Ok(StreamTotals { rows: rows.given, ..totals })
}

struct Rows<F> {
    outcomes: Outcomes,
    sink: F,
    given: u64,
}

impl<E, F: FnMut(&CommitRow<'_>) -> Result<(), E>> TakeEvents<E> for Rows<F> {
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), E> {
        let Self { outcomes, sink, given } = self;
        let mut emit = |row: Settled| {
            *given += 1;
            sink(&row.row(copy))
        };
        events.into_iter().try_for_each(|event| outcomes.event(event, &mut emit))
    }

    /// Transactions do not cross copies.
    fn end_of_copy(&mut self, copy: &PartitionCopy) -> Result<(), E> {
        let Self { outcomes, sink, given } = self;
        outcomes.end(|row| {
            *given += 1;
            sink(&row.row(copy))
        })
    }
}
