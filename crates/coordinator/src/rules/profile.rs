//! A release under one of its coordinators: how it reads records, and what it does with them.

use std::fmt;

use lastwrites_records::{Coordinator, LayoutSet};
use lastwrites_types::Release;

use super::new::{NewRules, TransactionalOffsets};
use super::old::OldRules;

/// Two algorithms; versions are data inside each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rules {
    /// The old coordinator.
    Old(OldRules),
    /// The new coordinator.
    New(NewRules),
}

impl Rules {
    /// True where the order of commits, tombstones and markers of different keys and producers does not matter, so
    /// that a parallel pass may fold offsets in any order.
    #[must_use]
    pub const fn offsets_commute(&self) -> bool {
        matches!(self, Self::New(rules) if matches!(rules.transactional_offsets, TransactionalOffsets::RecordOffset))
    }
}

/// Whose load is followed. Printed as `4.3.1/new`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// What it does with records.
    pub rules: Rules,
    /// How it reads records.
    pub layouts: LayoutSet,
}

impl Profile {
    /// A release that replays by these rules.
    #[must_use]
    pub const fn new(release: Release, coordinator: Coordinator, rules: Rules) -> Self {
        Self { rules, layouts: LayoutSet::for_release(release, coordinator) }
    }

    /// True when a load ends alike under both, whatever the log.
    #[must_use]
    pub fn loads_like(&self, other: &Self) -> bool {
        let rules = match (&self.rules, &other.rules) {
            (Rules::New(mine), Rules::New(theirs)) => mine.replays_like(theirs),
            (Rules::Old(mine), Rules::Old(theirs)) => mine == theirs,
            _ => false,
        };
        rules && self.layouts.reads_like(&other.layouts)
    }

    /// The release.
    #[must_use]
    pub const fn release(&self) -> Release {
        self.layouts.release()
    }

    /// Which of its coordinators.
    #[must_use]
    pub const fn coordinator(&self) -> Coordinator {
        self.layouts.coordinator()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coordinator = match self.coordinator() {
            Coordinator::Old => "old",
            Coordinator::New => "new",
        };
        f.pad(&format!("{}/{coordinator}", self.release()))
    }
}
