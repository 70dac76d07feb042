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

/// Which windows to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RaceMode {
    /// The smallest window per failing record.
    Smallest,
    /// Every failing window on this group's batch boundaries, at most [`RaceMode::MOST_WINDOWS`].
    All,
}

impl RaceMode {
    /// More windows than this are counted, not told.
    pub const MOST_WINDOWS: usize = 1_000_000;
}
