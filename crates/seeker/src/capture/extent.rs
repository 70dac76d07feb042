//! Where a replica's log begins, how far it can be had, and whether it's still the log that was captured before.

use std::path::Path;

use super::CaptureError;
use super::answer::Batches;
use super::copy::{Copying, ONE_BATCH};
use super::log_files::LogFiles;
use super::witness::Witness;
use crate::client::{CoordinatorClient, ErrorCode, LogEnd, ReplicaClient};

/// So many looks at a replica that is behind its leader; with the pauses between them some three seconds, and a
/// follower that is alive fetches every half.
const LOOKS: u32 = 6;

/// Where a replica's log begins and how far it can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub(super) log_start_offset: i64,
    /// The high watermark at the beginning: the goal, however much is written meanwhile.
    pub(super) high_watermark: i64,
    /// Where the replica's log really ends; `None`: it didn't say.
    pub(super) log_end_offset: Option<i64>,
    /// What the partition's leader told before; `None`: there is no leader, or it didn't say.
    pub(super) leader_high_watermark: Option<i64>,
}

impl Extent {
    /// Whether the replica's high watermark is all that the partition has.
    pub(super) fn up_to_date(&self, broker_id: i32) -> Result<(), CaptureError> {
        match self.leader_high_watermark {
            Some(leaders) if leaders <= self.high_watermark => Ok(()),
            leaders => Err(CaptureError::Behind { broker_id, high_watermark: self.high_watermark, leaders }),
        }
    }
}

impl<C: CoordinatorClient + ReplicaClient> Copying<'_, C> {
    /// Asks where the log begins and ends. A replica may tell a high watermark that is an old one: a follower hears
    /// of it only with its next fetch, a broker that was started has the one of its last checkpoint. The leader's is
    /// asked first, and a replica that hasn't got so far gets some more looks.
    pub(super) fn extent(&self) -> Result<Extent, CaptureError> {
        let leaders = self.leaders_high_watermark();
        let mut patience = self.client.patience();
        let mut extent = self.extent_now(leaders)?;
        for _ in 1..LOOKS {
            let above = extent.log_end_offset.is_some_and(|end| end > extent.high_watermark);
            let behind = leaders.map_or(above, |leaders| leaders > extent.high_watermark);
            if !behind || !patience.wait() {
                break;
            }
            extent = self.extent_now(leaders)?;
        }
        Ok(extent)
    }

    fn extent_now(&self, leader_high_watermark: Option<i64>) -> Result<Extent, CaptureError> {
        let mut patience = self.client.patience();
        let (start, log) = loop {
            let start = self.end_of_log(LogEnd::Earliest)?;
            match self.fetch(start, ONE_BATCH, 0) {
                // Records are deleted right now, and the log start moved on since it was told.
                Err(failed) if failed.is_out_of_range() && patience.wait() => {}
                log => break (start, log?),
            }
        };
        let high_watermark = log.high_watermark.unwrap_or(start).max(start);
        let end = self.end_of_log(LogEnd::Latest)?;
        Ok(Extent {
            log_start_offset: log.log_start_offset.unwrap_or(start),
            high_watermark,
            log_end_offset: (end >= high_watermark).then_some(end),
            leader_high_watermark,
        })
    }

    /// Holds what was captured before against the log as it is now: a copy must not be of two histories.
    pub(super) fn continues(&self, files: &LogFiles, extent: Extent) -> Result<(), CaptureError> {
        let Some(reached) = files.reached() else { return Ok(()) };
        let now = extent.high_watermark;
        if reached > now {
            if extent.log_end_offset.is_some_and(|end| end >= reached) {
                extent.up_to_date(self.broker.id)?;
            }
            return Err(
                self.diverged(format!("its high watermark is {now}, and {reached} was reached before"))
            );
        }
        files.witnesses().newest_first().try_for_each(|witness| self.still_there(witness, extent))
    }

    /// Reads the log again up to the goal and holds it against what is on disk: the cleaner may have rewritten it while
    /// it was copied, or between two runs, and a record would be in the copy without the one that took it back. The
    /// cleaner only takes away, so what is equal now was the log when its copy ended.
    pub(super) fn is_still(&self, folder: &Path, extent: Extent) -> Result<bool, CaptureError> {
        let log_start_offset = self.end_of_log(LogEnd::Earliest)?;
        let mut now = LogFiles::counting(log_start_offset);
        let mut gone = Vec::new();
        self.fill(&mut now, Extent { log_start_offset, ..extent }, &mut gone)?;
        let copied = LogFiles::open(folder, log_start_offset)?;
        if let Some((epoch, start_offset)) = copied.newer_epoch_of(&now) {
            return Err(self.diverged(format!(
                "leader epoch {epoch} has a batch at offset {start_offset}, where the copy has another"
            )));
        }
        Ok(gone.is_empty() && now.tally().digest == copied.tally().digest)
    }

    /// One batch that was captured before. Cleaning may take records out of it, or all of it, but it changes neither
    /// base offset, last offset, epoch nor producer.
    fn still_there(&self, witness: Witness, extent: Extent) -> Result<(), CaptureError> {
        let Witness { base_offset, leader_epoch, .. } = witness;
        if base_offset < extent.log_start_offset {
            return Ok(());
        }
        let log = match self.fetch(base_offset, ONE_BATCH, extent.high_watermark) {
            // The log start moved on.
            Err(failed) if failed.is_out_of_range() => return Ok(()),
            log => log?,
        };
        let batches = Batches::of(&log.records, base_offset, i64::MAX);
        let Some(first) = batches.settled().first().filter(|first| first.crc_ok) else { return Ok(()) };
        let now = Witness::of(&first.header);
        if now.base_offset < base_offset {
            return Err(self.diverged(format!(
                "a batch begins at offset {} and covers {base_offset}, where another began before",
                now.base_offset
            )));
        }
        if now.base_offset > base_offset || now == witness {
            return Ok(());
        }
        Err(self.diverged(if now.leader_epoch == leader_epoch {
            format!("the batch at offset {base_offset} has another end or producer than before")
        } else {
            let epoch = now.leader_epoch;
            format!("the batch at offset {base_offset} is of leader epoch {epoch}, before it was of {leader_epoch}")
        }))
    }

    pub(super) fn diverged(&self, reason: String) -> CaptureError {
        CaptureError::Diverged { broker_id: self.broker.id, reason }
    }
}

impl CaptureError {
    pub(super) fn is_out_of_range(&self) -> bool {
        matches!(self, Self::Broker { code: ErrorCode::OFFSET_OUT_OF_RANGE, .. })
    }
}
