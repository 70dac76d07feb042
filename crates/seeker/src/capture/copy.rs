//! One replica's log, from where the folder ends to the high watermark.

use super::answer::{Batches, Damaged, Unsettled};
use super::extent::Extent;
use super::log_files::LogFiles;
use super::pace::Pace;
use super::{CaptureError, CaptureProgress, OffsetRange};
use crate::client::{Broker, Cluster, CoordinatorClient, FetchedLog, LogEnd, Partition, ReplicaClient};

/// Asks for one batch: a broker never sends less.
pub(super) const ONE_BATCH: i32 = 1;
/// The most that one answer is asked to hold, where damage lies between here and the next good batch.
const MOST_BYTES: i32 = 64 << 20;
/// So many answers in a row have to say that nothing more lies below the high watermark.
const LOOKS: u32 = 3;
/// So many times an answer may be taken back by the next one.
const MOST_CHANGES: u32 = 10;

/// A log that is being copied.
pub(super) struct Copying<'a, C> {
    pub(super) client: &'a C,
    pub(super) cluster: &'a Cluster,
    pub(super) broker: &'a Broker,
    pub(super) partition: &'a Partition,
    pub(super) pace: &'a Pace,
    pub(super) progress: &'a dyn CaptureProgress,
}

/// Where reading is.
struct Place {
    /// First offset after the last batch that is believed.
    next: i64,
    /// The offset asked for: above `next` where batches in between can't be believed.
    at: i64,
    max_bytes: i32,
    unsettled: Unsettled,
    changes: u32,
}

impl Place {
    /// True when an answer holds batches below the goal that didn't come before.
    fn is_news(&self, records: &[u8], damaged: &Damaged, goal: i64) -> bool {
        let fresh = damaged.fresh(records, self.next);
        !fresh.is_empty() && !self.unsettled.hold(fresh) && !above(fresh, goal)
    }
}

impl<C: CoordinatorClient + ReplicaClient> Copying<'_, C> {
    /// Appends everything up to the high watermark. What was deleted before it could be fetched goes to `gone`.
    pub(super) fn fill(
        &self,
        files: &mut LogFiles,
        extent: Extent,
        gone: &mut Vec<OffsetRange>,
    ) -> Result<(), CaptureError> {
        let Extent { log_start_offset, high_watermark, .. } = extent;
        let mut place = self.place(files.next_offset().unwrap_or(log_start_offset));
        self.skip_to(log_start_offset, &mut place, gone);
        self.progress.expect(distance(place.next, high_watermark));
        while place.next < high_watermark {
            let log = match self.fetch(place.at, place.max_bytes, high_watermark) {
                Err(failed) if failed.is_out_of_range() => {
                    let start = self.after_deleted(place.at)?;
                    self.skip_to(start, &mut place, gone);
                    continue;
                }
                log => log?,
            };
            let fresh = files.damaged().fresh(&log.records, place.next);
            let bytes = place.unsettled.before(fresh);
            let batches = Batches::of(&bytes, place.next, high_watermark);
            self.pace.received(log.records.len());
            if let Some(reached) = batches.reached() {
                files.append(log_start_offset, batches.settled(), &bytes, batches.other_bytes)?;
                let now = reached.min(high_watermark);
                self.progress.advance(distance(place.next, now), log.records.len());
                place = Place { unsettled: batches.unsettled(&bytes), ..self.place(reached) };
                continue;
            }
            let unsettled = batches.unsettled(&bytes);
            drop(bytes);
            place.unsettled = unsettled;
            if self.further(&mut place, &log, files.damaged(), high_watermark)? {
                continue;
            }
            let rest = Batches::of(place.unsettled.bytes(), place.next, high_watermark);
            let bytes = place.unsettled.bytes();
            files.append_unsettled(log_start_offset, rest.below_goal(), bytes, rest.other_bytes)?;
            break;
        }
        files.finish(high_watermark)
    }

    fn place(&self, next: i64) -> Place {
        let max_bytes = self.pace.chunk_bytes();
        Place { next, at: next, max_bytes, unsettled: Unsettled::default(), changes: 0 }
    }

    /// An answer without any batch that can be believed: where to look next. False when nothing more lies below the
    /// high watermark.
    fn further(
        &self,
        place: &mut Place,
        log: &FetchedLog,
        damaged: &Damaged,
        goal: i64,
    ) -> Result<bool, CaptureError> {
        let cut = i32::try_from(log.records.len()).is_ok_and(|length| length >= place.max_bytes);
        if cut && place.max_bytes < MOST_BYTES {
            place.max_bytes = place.max_bytes.saturating_mul(2).min(MOST_BYTES);
            return Ok(true);
        }
        if cut || place.is_news(&log.records, damaged, goal) || place.changes == MOST_CHANGES {
            let (broker_id, bytes) = (self.broker.id, log.records.len());
            return Err(CaptureError::NoBatch { broker_id, offset: place.at, bytes });
        }
        place.changes += 1;
        let brings_more = |offset: i64| {
            let log = self.fetch(offset, ONE_BATCH, goal)?;
            Ok(place.is_news(&log.records, damaged, goal))
        };
        let last = goal.saturating_sub(1).max(place.at);
        for _ in 0..LOOKS {
            if brings_more(place.at)? {
                return Ok(true);
            }
            if brings_more(last)? {
                // Where nothing came at all, more has to come from the same offset on.
                if !place.unsettled.bytes().is_empty() {
                    place.at = first_that(place.at, last, brings_more)?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes on at a log start that lies above.
    fn skip_to(&self, log_start_offset: i64, place: &mut Place, gone: &mut Vec<OffsetRange>) {
        if place.next < log_start_offset {
            gone.push(OffsetRange { from: place.next, to: log_start_offset });
            *place = self.place(log_start_offset);
        }
    }

    /// Where to go on when an offset is gone: at the log start, if that moved on meanwhile.
    fn after_deleted(&self, at: i64) -> Result<i64, CaptureError> {
        let start = self.end_of_log(LogEnd::Earliest)?;
        if start > at {
            return Ok(start);
        }
        let end = self.end_of_log(LogEnd::Latest)?;
        Err(self.diverged(format!("it ends at {end} now, below {at}, which it had before")))
    }
}

/// The first offset above `nothing` from which on other batches come, as they do from `more` on: where a segment ends
/// with batches that can't be believed, nothing else tells where the next one begins.
fn first_that(
    mut nothing: i64,
    mut more: i64,
    brings_more: impl Fn(i64) -> Result<bool, CaptureError>,
) -> Result<i64, CaptureError> {
    while more.saturating_sub(nothing) > 1 {
        let middle = nothing + (more - nothing) / 2;
        if brings_more(middle)? { more = middle } else { nothing = middle }
    }
    Ok(more)
}

/// True when an answer begins above an offset, surely.
fn above(records: &[u8], offset: i64) -> bool {
    let batches = Batches::of(records, i64::MIN, i64::MAX);
    batches.settled().first().is_some_and(|first| first.crc_ok && first.header.base_offset >= offset)
}

fn distance(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or_default()
}
