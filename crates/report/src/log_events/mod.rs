//! The records of the copies that a report reads, in log order: what the tables of the log and `history` are made of.
//!
//! Streams: a unit's events at a time, whatever the log's size.

mod event;
mod rows;
mod unit;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;

use lastwrites_coordinator::fold::{Damage, Place};
use lastwrites_coordinator::pass::{CopyFiles, CopyView, PassError, Progress, Unit, drive, units};
use lastwrites_evidence::{Cut, Evidence, PartitionCopy, ViewKind};

use crate::build::{BuildError, Chosen, Views, know_lost_files, left_aside, nothing_opened};
use crate::findings::Finding;
use crate::moment::AsOf;
use crate::options::Options;
use event::Unbroken;
pub(crate) use event::{At, LogEvent, Write};
pub(crate) use rows::{Source, UnitRows};
use unit::{EventPass, UnitEvents};

/// Which records are of interest.
pub(crate) enum Wanted<'a> {
    /// What these tables need: of the events, offset commits and markers.
    Tables(Tables),
    /// Group records and records that can't be read as well, of these groups; `None` for all.
    Everything(Option<&'a BTreeSet<Vec<u8>>>),
}

impl Wanted<'_> {
    /// Offset commits and markers alone.
    pub(crate) const COMMITS: Self = Wanted::Tables(Tables { records: false, commits: true, batches: false });

    /// Whether offset commits and what settles them are wanted.
    const fn asks_commits(&self) -> bool {
        match self {
            Self::Tables(tables) => tables.commits,
            Self::Everything(_) => true,
        }
    }
}

/// Tables of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tables {
    /// Every record.
    pub records: bool,
    /// Every offset commit.
    pub commits: bool,
    /// Every batch.
    pub batches: bool,
}

/// Takes the events of a run.
pub(crate) trait TakeEvents<E> {
    /// The events of the next unit of a copy.
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), E>;

    /// The records and batches of the next unit, where tables of them are wanted.
    fn rows(&mut self, _: &PartitionCopy, _: UnitRows) -> Result<(), E> {
        Ok(())
    }

    /// The copy has no more.
    fn end_of_copy(&mut self, copy: &PartitionCopy) -> Result<(), E>;
}

/// What a run met beside its events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StreamTotals {
    /// Rows given to the sink.
    pub rows: u64,
    /// Records whose key or value could not be decoded; offset commits only, unless a table of all records is
    /// wanted.
    pub undecodable: u64,
    /// Bytes that could not be read as records.
    pub damaged_bytes: u64,
    /// Copies that were left aside, because another copy of their partition was read: a union of rows would tell of one event
    /// several times.
    pub left_aside: Vec<Finding>,
    /// Copies whose log lacks records before the moment asked about: the cleaner took them, or damage. None where no moment
    /// was.
    pub thinned: usize,
}

/// Why the rows could not all be given out.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// Nothing can be read.
    Build(BuildError),
    /// The sink failed.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for StreamError<E> {}

impl<E> From<PassError> for StreamError<E> {
    fn from(error: PassError) -> Self {
        Self::Build(error.into())
    }
}

/// Bytes of a unit: a unit's events are held until its turn comes, so units are kept small.
const UNIT_BYTES: u64 = 1024 * 1024;

/// Reads the `.log` files of the copies that a report reads, copy by copy in log order.
///
/// # Errors
/// When nothing can be read or the taker fails. Damage is counted and skipped.
pub(crate) fn read_events<E>(
    evidence: &Evidence,
    options: &Options,
    as_of: Option<AsOf>,
    wanted: Wanted<'_>,
    progress: &Progress,
    taker: &mut impl TakeEvents<E>,
) -> Result<StreamTotals, StreamError<E>> {
    let chosen = Chosen::of(evidence, options, as_of, progress).map_err(StreamError::Build)?;
    let copies: Vec<&PartitionCopy> =
        chosen.used.iter().filter_map(|(index, _)| evidence.copies.get(*index)).collect();
    let mut opened = Views::open(&copies, ViewKind::AsFound, options);
    know_lost_files(&copies, &mut opened.files, options)?;
    let mut cuts = Vec::new();
    if let Some(as_of) = as_of {
        cuts = opened.cut(&copies, as_of, options);
        if let AsOf::Offset { partition, .. } = as_of {
            // Of the others nothing is asked.
            cuts.iter_mut()
                .zip(&copies)
                .filter(|(_, copy)| copy.partition != Some(partition))
                .for_each(|(cut, _)| cut.offset = Some(0));
        }
    }
    let mut whole: Vec<i64> = vec![0; copies.len()];
    let totals = read_noting(
        (&copies, &opened.files, &opened.ranges),
        options,
        wanted,
        progress,
        taker,
        |at, unbroken| {
            if let Some(whole) = whole.get_mut(at as usize) {
                *whole = if unbroken.starts_at() <= Some(0) { unbroken.next() } else { -1 };
            }
        },
    )?;
    let lacks = |(cut, whole): &(&Cut, &i64)| cut.offset.map_or(**whole < 0, |cut| **whole < cut);
    let thinned = cuts.iter().zip(&whole).filter(lacks).count();
    Ok(StreamTotals { left_aside: left_aside(&chosen, evidence), thinned, ..totals })
}

/// Reads one view of every copy, copy by copy in log order.
///
/// # Errors
/// When nothing can be read or the taker fails. Damage is counted and skipped.
pub(crate) fn read_views<E>(
    copies: &[&PartitionCopy],
    files: &CopyFiles,
    views: &[CopyView],
    options: &Options,
    wanted: Wanted<'_>,
    progress: &Progress,
    taker: &mut impl TakeEvents<E>,
) -> Result<StreamTotals, StreamError<E>> {
    read_noting((copies, files, views), options, wanted, progress, taker, |_, _| ())
}

/// [`read_views`]; `ended` is told after each unit how far its copy is unbroken.
fn read_noting<E>(
    (copies, files, views): (&[&PartitionCopy], &CopyFiles, &[CopyView]),
    options: &Options,
    wanted: Wanted<'_>,
    progress: &Progress,
    taker: &mut impl TakeEvents<E>,
    mut ended: impl FnMut(u32, &Unbroken),
) -> Result<StreamTotals, StreamError<E>> {
    nothing_opened(files).map_err(StreamError::Build)?;
    let units = units(files, views, Some(options.unit_bytes.unwrap_or(UNIT_BYTES)));
    let mut totals = StreamTotals::default();
    let mut reading: Option<&PartitionCopy> = None;
    let mut number = None;
    let mut failed = None;
    let mut unbroken = Unbroken::default();
    let asks_commits = wanted.asks_commits();
    let pass = EventPass { files, profile: &options.profile, wanted };
    drive(&pass, &units, files.threads(), progress, |unit, mut events: UnitEvents| {
        totals.undecodable += events.undecodable;
        totals.damaged_bytes += events.damaged_bytes;
        let give = || {
            if number.replace(unit.copy) != Some(unit.copy)
                && let Some(before) = reading.take()
            {
                taker.end_of_copy(before)?;
                unbroken = Unbroken::default();
            }
            let next = unbroken.starts_at().map(|_| unbroken.next());
            if asks_commits && files.lost_before(unit, next) {
                events.events.insert(0, lost(unit, unbroken.next()));
            }
            unbroken.join(&events.unbroken, &mut events.events);
            ended(unit.copy, &unbroken);
            let Some(copy) = copies.get(unit.copy as usize) else { return Ok(()) };
            reading = Some(copy);
            taker.rows(copy, events.rows)?;
            taker.unit(copy, events.events)
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
        (None, Some(copy)) => taker.end_of_copy(copy),
        (None, None) => Ok(()),
    };
    last.map_err(StreamError::Sink)?;
    Ok(totals)
}

/// Records that no file holds, from `offset` on up to a unit.
const fn lost(unit: &Unit, offset: i64) -> LogEvent {
    let place = Place { file: unit.file, position: unit.bytes.start, record_offset: offset, crc_ok: false };
    let at = At {
        place,
        batch_base_offset: offset,
        batch_first_offset: offset,
        timestamp_ms: -1,
        producer_id: -1,
        unbroken_from: offset,
    };
    LogEvent::Damage { at, damage: Damage::Lost, no_file: true }
}
