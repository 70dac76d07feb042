//! One replica's log, from where the folder ends to the high watermark.

use std::time::Duration;

use super::log_files::{LogFiles, WholeBatches};
use super::pace::Pace;
use super::{CaptureError, CaptureProgress};
use crate::client::{
    Broker, ClientError, CoordinatorClient, ErrorCode, FetchedLog, LogEnd, Partition, ReplicaClient,
};

/// A quota never makes this program wait longer in one go; brokers ask for some seconds.
const LONGEST_THROTTLE: Duration = Duration::from_secs(600);
/// So many answers that hold nothing but a wait, one after the other, are no quota any more.
const MOST_EMPTY_THROTTLES: u32 = 100;
/// Twice `replica.fetch.wait.max.ms`: within it an idle follower fetches again.
const FOLLOWERS_FETCH: Duration = Duration::from_secs(1);
/// Asks for one batch: a broker never sends less.
const ONE_BATCH: i32 = 1;

/// A log that is being copied.
pub(super) struct Copying<'a, C> {
    pub(super) client: &'a C,
    pub(super) broker: &'a Broker,
    pub(super) partition: &'a Partition,
    pub(super) pace: &'a Pace,
    pub(super) progress: &'a dyn CaptureProgress,
}

/// Where a replica's log begins and how far it can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub(super) log_start_offset: i64,
    /// The high watermark at the beginning: the goal, however much is written meanwhile.
    pub(super) high_watermark: i64,
    /// Where the replica's log really ends; `None`: it didn't say.
    pub(super) log_end_offset: Option<i64>,
}

impl<C: CoordinatorClient + ReplicaClient> Copying<'_, C> {
    /// Asks where the log begins and ends. A follower hears of the last records' high watermark only with its next
    /// fetch, so where records lie above it a second look may find them below.
    pub(super) fn extent(&self) -> Result<Extent, CaptureError> {
        let extent = self.extent_now()?;
        if extent.log_end_offset.is_none_or(|end| end <= extent.high_watermark) {
            return Ok(extent);
        }
        std::thread::sleep(FOLLOWERS_FETCH);
        self.extent_now()
    }

    fn extent_now(&self) -> Result<Extent, CaptureError> {
        let start = self.end_of_log(LogEnd::Earliest)?;
        let log = self.fetch(start, ONE_BATCH, 0)?;
        let high_watermark = log.high_watermark.unwrap_or(start).max(start);
        let end = self.end_of_log(LogEnd::Latest)?;
        Ok(Extent {
            log_start_offset: log.log_start_offset.unwrap_or(start),
            high_watermark,
            log_end_offset: (end >= high_watermark).then_some(end),
        })
    }

    /// Holds what was captured before against the log as it is now: a copy must not be of two histories.
    pub(super) fn continues(&self, files: &LogFiles, extent: Extent) -> Result<(), CaptureError> {
        let Some(next) = files.next_offset() else { return Ok(()) };
        if next > extent.high_watermark {
            let now = extent.high_watermark;
            return Err(self.diverged(format!("its high watermark is {now}, and {next} was reached before")));
        }
        let Some(last) = files.last().filter(|last| last.base_offset >= extent.log_start_offset) else {
            return Ok(());
        };
        let log = self.fetch(last.base_offset, ONE_BATCH, extent.high_watermark)?;
        let batches = WholeBatches::of(&log.records, i64::MAX);
        // Cleaning may take records out of a batch, or all of it, but it changes neither base offset nor epoch.
        match batches.first().map(|first| (first.base_offset, first.partition_leader_epoch)) {
            Some((base, _)) if base < last.base_offset => Err(self.diverged(format!(
                "a batch begins at offset {base} and covers {}, where another began before",
                last.base_offset
            ))),
            Some((base, epoch)) if base == last.base_offset && epoch != last.leader_epoch => Err(self
                .diverged(format!(
                    "the batch at offset {base} is of leader epoch {epoch}, before it was of {}",
                    last.leader_epoch
                ))),
            _ => Ok(()),
        }
    }

    /// Appends everything up to the high watermark.
    pub(super) fn fill(&self, files: &mut LogFiles, extent: Extent) -> Result<(), CaptureError> {
        let Extent { log_start_offset, high_watermark, .. } = extent;
        let mut next = files.next_offset().unwrap_or(log_start_offset).max(log_start_offset);
        self.progress.expect(distance(next, high_watermark));
        while next < high_watermark {
            let log = match self.fetch(next, self.pace.chunk_bytes(), high_watermark) {
                Err(CaptureError::Broker { code: ErrorCode::OFFSET_OUT_OF_RANGE, .. }) => {
                    next = self.after_deleted(next)?;
                    continue;
                }
                log => log?,
            };
            let batches = WholeBatches::of(&log.records, high_watermark);
            match batches.next_offset() {
                Some(reached) if reached > next => {
                    files.append(log_start_offset, &batches, &log.records)?;
                    self.progress.advance(distance(next, reached.min(high_watermark)), log.records.len());
                    next = reached;
                    self.pace.received(log.records.len());
                }
                // Nothing lies between here and the high watermark: the cleaner took the log's end.
                None if ends_before(&log.records, high_watermark) => break,
                _ => {
                    let (broker_id, bytes) = (self.broker.id, log.records.len());
                    return Err(CaptureError::NoBatch { broker_id, offset: next, bytes });
                }
            }
        }
        files.finish(high_watermark)
    }

    /// Where to go on when an offset is gone: at the log start, if that moved on meanwhile.
    fn after_deleted(&self, next: i64) -> Result<i64, CaptureError> {
        let start = self.end_of_log(LogEnd::Earliest)?;
        if start > next {
            return Ok(start);
        }
        let end = self.end_of_log(LogEnd::Latest)?;
        Err(self.diverged(format!("it ends at {end} now, below {next}, which it had before")))
    }

    fn end_of_log(&self, end: LogEnd) -> Result<i64, CaptureError> {
        self.patiently(0, || self.client.replica_log_end(self.broker, self.partition, end))
    }

    /// Batches from `offset` on. While the replica's high watermark is below `goal`, which it told before, and it
    /// therefore has nothing, it's only starting up.
    fn fetch(&self, offset: i64, max_bytes: i32, goal: i64) -> Result<FetchedLog, CaptureError> {
        let mut empty = 0;
        let log = self.patiently(offset, || {
            loop {
                let answer = self.client.fetch_batches(self.broker, self.partition, offset, max_bytes)?;
                let wait = answer.throttled.min(LONGEST_THROTTLE);
                if !wait.is_zero() {
                    self.progress.throttled(wait);
                    std::thread::sleep(wait);
                }
                match answer.log {
                    Some(log) if !log.error.is_none() => return Ok(Err(log.error)),
                    Some(log) if log.records.is_empty() && log.high_watermark.is_some_and(|w| w < goal) => {
                        return Ok(Err(ErrorCode::OFFSET_NOT_AVAILABLE));
                    }
                    Some(log) => return Ok(Ok(log)),
                    None if empty < MOST_EMPTY_THROTTLES => empty += 1,
                    None => return Ok(Err(ErrorCode::THROTTLING_QUOTA_EXCEEDED)),
                }
            }
        })?;
        match log.preferred_read_replica {
            Some(preferred) if preferred != self.broker.id && log.records.is_empty() => {
                Err(CaptureError::ReadElsewhere { broker_id: self.broker.id, preferred })
            }
            _ => Ok(log),
        }
    }

    /// Asks again while leaders move or the broker can't be reached, until the retry time is over.
    fn patiently<T>(
        &self,
        offset: i64,
        mut ask: impl FnMut() -> Result<Result<T, ErrorCode>, ClientError>,
    ) -> Result<T, CaptureError> {
        let mut patience = self.client.patience();
        loop {
            let failed = match ask() {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(code)) if code == ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                    return Err(CaptureError::Denied { topic: self.partition.topic.clone(), right: "READ" });
                }
                Ok(Err(code)) => {
                    let partition = self.partition.clone();
                    let failed = CaptureError::Broker { broker_id: self.broker.id, partition, code, offset };
                    if !may_pass(code) {
                        return Err(failed);
                    }
                    failed
                }
                Err(e) if e.is_transport() => e.into(),
                Err(e) => return Err(e.into()),
            };
            if !patience.wait() {
                return Err(failed);
            }
        }
    }

    fn diverged(&self, reason: String) -> CaptureError {
        CaptureError::Diverged { broker_id: self.broker.id, reason }
    }
}

/// Answers of a broker that is starting, or of one that just got or lost the partition.
fn may_pass(code: ErrorCode) -> bool {
    code.is_leader_moving()
        || matches!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::KAFKA_STORAGE_ERROR)
}

/// True when an answer holds nothing below `offset`.
fn ends_before(records: &[u8], offset: i64) -> bool {
    records.is_empty()
        || WholeBatches::of(records, i64::MAX).first().is_some_and(|first| first.base_offset >= offset)
}

fn distance(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or_default()
}
