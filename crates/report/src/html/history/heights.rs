//! Offsets of one line on their way to heights.

use crate::html::document::{OffsetHistory, OffsetMoment};
use crate::html::scale::Scale;

/// Offsets of one line on their way to heights, 0 at the top to 100.
#[derive(Clone, Copy)]
pub(super) struct Heights {
    least: i64,
    most: i64,
}

impl Heights {
    pub(super) fn of(row: &OffsetHistory) -> Self {
        // What never counted would flatten all the rest; its sign stays at the edge.
        let counted = row.events.iter().filter(|event| event.event != "commit-aborted");
        let offsets = || counted.clone().filter_map(|event| event.offset.or(event.previous_offset));
        Self { least: offsets().min().unwrap_or(0), most: offsets().max().unwrap_or(0) }
    }

    pub(super) fn of_offset(self, offset: i64) -> usize {
        if self.least == self.most {
            return 50;
        }
        let share = Scale::new(self.least as f64, self.most as f64).at(offset as f64).0;
        // Between 0 and 100 by its making.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
        let rounded = (100.0 - share).round() as usize;
        rounded
    }

    pub(super) fn y(self, event: &OffsetMoment) -> usize {
        self.of_offset(event.offset.or(event.previous_offset).unwrap_or(self.least))
    }
}
