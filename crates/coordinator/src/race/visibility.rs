//! What a loader sees that is overtaken by the cleaner: the whole model of a race.
//!
//! A load that had read up to `loader_at` when the cleaner swapped in segments cleaned up to `cleaned_to` sees
//! raw records below `loader_at`, then the compacted form of `[0, cleaned_to)` from `loader_at` on, then raw
//! records again. Both positions lie on batch boundaries.

use super::trace::{Kept, TraceEvent};

/// One race: where the loader was, and how far the cleaner had got.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Window {
    /// First offset the loader read after the swap.
    pub loader_at: i64,
    /// First offset the cleaner had not cleaned.
    pub cleaned_to: i64,
}

impl Window {
    /// The order in which windows are told: by span, then by place.
    pub(super) fn is_smaller_than(self, other: Self) -> bool {
        (self.span(), self) < (other.span(), other)
    }

    /// Offsets between the two positions.
    #[must_use]
    pub const fn span(self) -> i64 {
        self.cleaned_to.saturating_sub(self.loader_at)
    }
}

/// What the cleaner does with tombstones below its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tombstones {
    /// Kept, as for a day after their first cleaning.
    Kept,
    /// Dropped. A racing loader meets this only after a cleaner checkpoint was reset: a stress view.
    Dropped,
}

impl TraceEvent {
    /// True when the loader of this window sees the event.
    #[must_use]
    pub fn visible(&self, window: Window, tombstones: Tombstones) -> bool {
        match self {
            Self::Record(record) => {
                let raw = record.offset < window.loader_at || record.offset >= window.cleaned_to;
                let latest = record.next_same_key.is_none_or(|next| next >= window.cleaned_to);
                raw || (latest && (record.value.is_some() || tombstones == Tombstones::Kept))
            }
            Self::Commits(run) => {
                run.first < window.loader_at
                    || run.last >= window.cleaned_to
                    || match run.kept {
                        Kept::Never => false,
                        Kept::Until(next, _) => next >= window.cleaned_to,
                        Kept::Forever => true,
                    }
            }
        }
    }

    /// Cleaner position from which on the event is gone from the cleaned part; `None` when it stays.
    pub(super) fn gone_from(&self) -> Option<i64> {
        match self {
            Self::Record(record) => record.next_same_key.map(|next| next.saturating_add(1)),
            Self::Commits(run) => match run.kept {
                Kept::Never => Some(run.last.saturating_add(1)),
                Kept::Until(next, _) => Some(next.max(run.last).saturating_add(1)),
                Kept::Forever => None,
            },
        }
    }
}
