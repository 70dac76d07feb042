//! Stretches of the log that are lost, and between which moments their records were written.

use super::HoleMoment;
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// Holes kept of all copies; more are counted.
const MOST_HOLES: usize = 200;

/// The holes as the logs go by, one copy after the other.
#[derive(Default)]
pub(super) struct Holes {
    met: Vec<HoleMoment>,
    left_out: usize,
    copy: String,
    /// Timestamp of the copy's last event that has one, ms since 1970.
    last_ms: Option<i64>,
    /// How many at the end of `met` have no event behind them yet.
    open: usize,
}

impl Holes {
    pub(super) fn row(&mut self, row: &HistoryRow<'_>) {
        if self.copy != row.copy {
            row.copy.clone_into(&mut self.copy);
            self.last_ms = None;
            self.open = 0;
        }
        if is_hole(row) {
            if self.met.len() < MOST_HOLES {
                self.met.push(HoleMoment {
                    path: row.copy.to_owned(),
                    partition: row.partition,
                    record_offset: row.offset,
                    last_lost_offset: row.last_lost_offset,
                    reasons: row.reasons.to_vec(),
                    from_ms: self.last_ms,
                    to_ms: None,
                });
                self.open += 1;
            } else {
                self.left_out += 1;
            }
        } else if row.timestamp_ms >= 0 {
            for hole in self.met.iter_mut().rev().take(std::mem::take(&mut self.open)) {
                hole.to_ms = Some(row.timestamp_ms);
            }
            self.last_ms = Some(row.timestamp_ms);
        }
    }

    /// The holes in the order they were met, and how many there was no room for.
    pub(super) fn finish(self) -> (Vec<HoleMoment>, usize) {
        (self.met, self.left_out)
    }
}

fn is_hole(row: &HistoryRow<'_>) -> bool {
    row.event == HistoryEvent::UnknownRecord
        && row.reasons.iter().any(|reason| matches!(reason, Reason::Damage | Reason::MissingFile))
}
