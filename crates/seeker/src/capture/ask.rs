//! Questions to one replica and to its leader, asked again while what keeps them from an answer may pass.

use std::time::Duration;

use super::CaptureError;
use super::copy::Copying;
use crate::client::{ClientError, CoordinatorClient, ErrorCode, FetchedLog, LogEnd, ReplicaClient};

/// A quota never makes this program wait longer in one go; brokers ask for some seconds.
const LONGEST_THROTTLE: Duration = Duration::from_secs(600);
/// So many answers that hold nothing but a wait, one after the other, are no quota any more.
const MOST_EMPTY_THROTTLES: u32 = 100;

impl<C: CoordinatorClient + ReplicaClient> Copying<'_, C> {
    /// The partition's high watermark as its leader tells consumers: not before it knows it surely. `None`: no
    /// leader does.
    pub(super) fn leaders_high_watermark(&self) -> Option<i64> {
        let asked = std::slice::from_ref(self.partition);
        let mut told = self.client.list_offsets(self.cluster, asked, LogEnd::Latest).ok()?;
        told.remove(self.partition)?.ok()
    }

    pub(super) fn end_of_log(&self, end: LogEnd) -> Result<i64, CaptureError> {
        self.patiently(|| {
            let told = self.client.replica_log_end(self.broker, self.partition, end)?;
            told.map_err(|code| self.refused(code, 0))
        })
    }

    /// Batches from `offset` on. While the replica tells no high watermark, or one below `goal`, which it told
    /// before, and therefore has nothing, it's only starting up.
    pub(super) fn fetch(&self, offset: i64, max_bytes: i32, goal: i64) -> Result<FetchedLog, CaptureError> {
        self.patiently(|| {
            let log = self.fetch_once(offset, max_bytes)?;
            match (log.preferred_read_replica, log.high_watermark) {
                (Some(preferred), _) if preferred != self.broker.id && log.records.is_empty() => {
                    Err(CaptureError::ReadElsewhere { broker_id: self.broker.id, preferred })
                }
                (_, None) => Err(CaptureError::NoHighWatermark { broker_id: self.broker.id }),
                (_, Some(mark)) if log.records.is_empty() && mark < goal => {
                    Err(self.refused(ErrorCode::OFFSET_NOT_AVAILABLE, offset))
                }
                _ => Ok(log),
            }
        })
    }

    /// One answer that isn't a quota's alone.
    fn fetch_once(&self, offset: i64, max_bytes: i32) -> Result<FetchedLog, CaptureError> {
        for _ in 0..=MOST_EMPTY_THROTTLES {
            let answer = self.client.fetch_batches(self.broker, self.partition, offset, max_bytes)?;
            let wait = answer.throttled.min(LONGEST_THROTTLE);
            if !wait.is_zero() {
                self.progress.throttled(wait);
                std::thread::sleep(wait);
            }
            match answer.log {
                Some(log) if log.error.is_none() => return Ok(log),
                Some(log) => return Err(self.refused(log.error, offset)),
                None => {}
            }
        }
        Err(self.refused(ErrorCode::THROTTLING_QUOTA_EXCEEDED, offset))
    }

    /// Asks again while leaders move or the broker can't be reached, until the retry time is over.
    fn patiently<T>(&self, mut ask: impl FnMut() -> Result<T, CaptureError>) -> Result<T, CaptureError> {
        let mut patience = self.client.patience();
        loop {
            match ask() {
                Err(failed) if may_pass(&failed) => {
                    if !patience.wait() {
                        return Err(failed);
                    }
                }
                done => return done,
            }
        }
    }

    fn refused(&self, code: ErrorCode, offset: i64) -> CaptureError {
        let partition = self.partition.clone();
        match code {
            ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                CaptureError::Denied { topic: partition.topic, right: "READ" }
            }
            _ => CaptureError::Broker { broker_id: self.broker.id, partition, code, offset },
        }
    }
}

/// True of what a broker says that is starting, or that just got or lost the partition.
fn may_pass(failed: &CaptureError) -> bool {
    match failed {
        CaptureError::Client(e) => ClientError::is_transport(e),
        CaptureError::NoHighWatermark { .. } => true,
        CaptureError::Broker { code, .. } => {
            code.is_leader_moving()
                || matches!(*code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::KAFKA_STORAGE_ERROR)
        }
        _ => false,
    }
}
