//! A group's history under one release: what each event does, and where windows can begin and end.

use super::trace::{CommitRun, GroupTrace, Kept, TraceEvent};
use super::visibility::{Tombstones, Window};
use crate::group::{Change, Name, ReplayError};
use crate::load::{Decoded, decode};
use crate::rules::{NewRules, Profile};

/// One event and what it does under a release.
#[derive(Clone, Debug)]
pub(super) struct Step<'t> {
    pub(super) event: &'t TraceEvent,
    pub(super) record_type: i16,
    pub(super) member_id: Option<Name>,
    /// `None` for a record the release skips.
    pub(super) change: Option<Change>,
}

/// The whole history of one group.
#[derive(Debug)]
pub(super) struct Steps<'t> {
    pub(super) group_id: &'t Name,
    pub(super) rules: &'t NewRules,
    pub(super) steps: Vec<Step<'t>>,
    /// Positions a window can begin or end at: batch boundaries where this group has an event, and the end.
    pub(super) boundaries: Vec<Boundary>,
    pub(super) tombstones: Tombstones,
    cleanable_to: i64,
}

/// One position a window can begin or end at.
#[derive(Debug)]
pub(super) struct Boundary {
    pub(super) offset: i64,
    /// The first batch boundary of the log behind the group's boundary before: a window that ends there shows what
    /// one that ends here does.
    pub(super) first_alike: i64,
    /// How many boundaries of the whole history it stands for.
    pub(super) stands_for: u64,
    /// Number of steps below it.
    pub(super) steps_below: usize,
    /// Steps that leave the cleaned part when a window's end moves here from the boundary before.
    pub(super) leaving: Vec<usize>,
}

impl<'t> Steps<'t> {
    pub(super) fn new(
        trace: &'t GroupTrace,
        profile: &Profile,
        rules: &'t NewRules,
        tombstones: Tombstones,
    ) -> Self {
        let steps: Vec<_> = trace.events.iter().map(|event| Step::new(event, profile)).collect();
        let boundaries = boundaries(trace.cleanable_to, &steps);
        let cleanable_to = trace.cleanable_to;
        Self { group_id: &trace.group_id, rules, steps, boundaries, tombstones, cleanable_to }
    }

    /// The same history with some of its steps; `self` is the whole one.
    pub(super) fn with_steps(&self, steps: Vec<Step<'t>>) -> Self {
        let mut boundaries = boundaries(self.cleanable_to, &steps);
        let mut below = 0;
        for boundary in &mut boundaries {
            let up_to = self.boundaries.partition_point(|whole| whole.offset <= boundary.offset);
            boundary.stands_for = (up_to - below) as u64;
            below = up_to;
        }
        Self { steps, boundaries, ..*self }
    }

    /// True when the step survives in the cleaned part of a window that ends at `cleaned_to`.
    pub(super) fn kept(&self, step: usize, cleaned_to: i64) -> bool {
        let window = Window { loader_at: i64::MIN, cleaned_to };
        self.steps.get(step).is_some_and(|step| step.event.visible(window, self.tombstones))
    }
}

impl<'t> Step<'t> {
    pub(super) fn new(event: &'t TraceEvent, profile: &Profile) -> Self {
        match event {
            TraceEvent::Commits(_) => {
                Self { event, record_type: 1, member_id: None, change: Some(Change::OffsetValue) }
            }
            TraceEvent::Record(record) => {
                let decoded = decode(profile, Some(&record.key), record.value.as_deref());
                let record_type =
                    record.key.first_chunk::<2>().map_or(-1, |bytes| i16::from_be_bytes(*bytes));
                match decoded {
                    Decoded::Group { change, .. } => Self {
                        event,
                        record_type,
                        member_id: change.member_id().cloned(),
                        change: Some(change),
                    },
                    Decoded::Fatal { text, .. } => {
                        let change = Some(Change::Unreplayable(ReplayError::Other(text)));
                        Self { event, record_type, member_id: None, change }
                    }
                    Decoded::Commit { .. } | Decoded::Unknown { .. } => {
                        Self { event, record_type, member_id: None, change: None }
                    }
                }
            }
        }
    }
}

fn boundaries(cleanable_to: i64, steps: &[Step<'_>]) -> Vec<Boundary> {
    let starts = steps.iter().map(|step| (step.event.batch_base_offset(), step.event.batch_end()));
    // A commit's life may end where the group has no event: at a commit inside a later run, or at a tombstone.
    let ends = steps.iter().filter_map(|step| match step.event {
        TraceEvent::Commits(CommitRun { kept: Kept::Until(base, end), .. }) => Some((*base, *end)),
        _ => None,
    });
    let mut batches: Vec<(i64, i64)> = starts.chain(ends).filter(|(base, _)| *base < cleanable_to).collect();
    batches.push((cleanable_to, cleanable_to));
    batches.sort_unstable();
    batches.dedup_by_key(|(base, _)| *base);
    let ends_before = std::iter::once(i64::MIN).chain(batches.iter().map(|(_, end)| *end));
    let mut boundaries: Vec<Boundary> = batches
        .iter()
        .zip(ends_before)
        .map(|(&(offset, _), end_before)| Boundary {
            offset,
            first_alike: if end_before == i64::MIN { offset } else { end_before.min(offset) },
            stands_for: 1,
            steps_below: steps.partition_point(|step| step.event.offset() < offset),
            leaving: Vec::new(),
        })
        .collect();
    for (index, step) in steps.iter().enumerate() {
        if let Some(gone_from) = step.event.gone_from() {
            let at = boundaries.partition_point(|boundary| boundary.offset < gone_from);
            if let Some(boundary) = boundaries.get_mut(at) {
                boundary.leaving.push(index);
            }
        }
    }
    boundaries
}
