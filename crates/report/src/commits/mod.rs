//! Every offset commit of the log as a [`CommitRow`]: the `commits` table. Streams, like [`crate::dump`].
//!
//! Reads the copies that a report reads, `.log` files only. What became of a transactional commit is known at
//! its transaction's marker, so such rows wait for it: rows come in the order in which their outcome becomes
//! known, which is log order but for transactions (`record_offset` restores it). Memory holds the commits of
//! transactions that are open at one moment; Kafka bounds those by `transaction.max.timeout.ms`.

mod outcome;
mod unit;

use std::fmt;
use std::ops::ControlFlow;

use lastwrites_coordinator::pass::{CopyFiles, PassError, Progress, drive};
use lastwrites_evidence::{Evidence, PartitionCopy};

use crate::build::{BuildError, Chosen, opened};
use crate::options::Options;
use crate::rows::CommitRow;
use outcome::Outcomes;
use unit::{CommitPass, UnitEvents};

/// What the commits of a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CommitTotals {
    /// Rows given to the sink.
    pub rows: u64,
    /// Offset-commit records whose key or value could not be decoded; they have no row.
    pub undecodable: u64,
    /// Bytes that could not be read as records.
    pub damaged_bytes: u64,
    /// Copies that were not read, because another copy of their partition was.
    pub copies_beside: usize,
}

/// Why the commits could not all be given out.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommitsError<E> {
    /// Nothing can be read.
    Build(BuildError),
    /// The sink failed.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for CommitsError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CommitsError<E> {}

impl<E> From<PassError> for CommitsError<E> {
    fn from(error: PassError) -> Self {
        Self::Build(error.into())
    }
}

/// Bytes of a unit: a unit's commits are held until its turn comes, so units are kept small.
const UNIT_BYTES: u64 = 1024 * 1024;

/// Gives `sink` one row per offset-commit record (key type 0 or 1), tombstones included, copy by copy.
///
/// # Errors
/// When nothing can be read or the sink fails. Damage is counted and skipped.
pub fn commits<E>(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
    mut sink: impl FnMut(&CommitRow<'_>) -> Result<(), E>,
) -> Result<CommitTotals, CommitsError<E>> {
    let chosen = Chosen::of(evidence);
    let copies: Vec<&PartitionCopy> = chosen.used.iter().map(|(_, copy)| *copy).collect();
    let paths =
        copies.iter().map(|copy| copy.log_files().map(|(i, file)| (i, file.path.as_path())).collect());
    let mut open = options.open();
    open.unit_bytes = Some(open.unit_bytes.unwrap_or(UNIT_BYTES));
    let files = CopyFiles::open(paths, open);
    opened(&files).map_err(CommitsError::Build)?;

    let mut totals = CommitTotals { copies_beside: chosen.beside.len(), ..CommitTotals::default() };
    let mut outcomes = Outcomes::default();
    let mut reading = None;
    let mut emit = |copy: u32, row: outcome::Settled| match copies.get(copy as usize) {
        Some(copy) => {
            totals.rows += 1;
            sink(&row.row(copy))
        }
        None => Ok(()),
    };
    let (mut undecodable, mut damaged_bytes) = (0, 0);
    let mut failed = None;
    let pass = CommitPass { files: &files, profile: &options.profile };
    drive(&pass, &files.units(), files.threads(), progress, |unit, events: UnitEvents| {
        undecodable += events.undecodable;
        damaged_bytes += events.damaged_bytes;
        let give = || {
            // Transactions do not cross copies.
            if let Some(before) = reading.replace(unit.copy).filter(|before| *before != unit.copy) {
                outcomes.end(|row| emit(before, row))?;
            }
            events.events.into_iter().try_for_each(|event| outcomes.event(event, |row| emit(unit.copy, row)))
        };
        match give() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    let last = match (failed, reading) {
        (Some(error), _) => Err(error),
        (None, Some(copy)) => outcomes.end(|row| emit(copy, row)),
        (None, None) => Ok(()),
    };
    last.map_err(CommitsError::Sink)?;
    Ok(CommitTotals { undecodable, damaged_bytes, ..totals })
}
