//! What races can do to a group.

use super::visibility::Window;
use crate::group::{Name, ReplayError};

/// A window in which a load goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaceFinding {
    /// The window; the smallest one unless all were asked for.
    pub window: Window,
    /// How many windows, counted by this group's own batch boundaries, go wrong at the same record.
    pub windows: u64,
    /// What goes wrong.
    pub effect: RaceEffect,
}

impl RaceFinding {
    /// Takes in other windows that go wrong at the same record.
    pub(super) fn join(&mut self, other: Self) {
        let windows = self.windows + other.windows;
        if other.window.is_smaller_than(self.window) {
            *self = other;
        }
        self.windows = windows;
    }
}

/// How a racing load goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RaceEffect {
    /// The load fails.
    Fails(RaceFailure),
    /// The load succeeds, and the group's state is not the one the raw log has.
    WrongState,
}

/// The record at which a racing load fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaceFailure {
    /// Offset of the failing record.
    pub offset: i64,
    /// Its type.
    pub record_type: i16,
    /// Member it is about.
    pub member_id: Option<Name>,
    /// What was refused.
    pub error: ReplayError,
}
