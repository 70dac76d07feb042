//! What each applied step asked of the group's state, and what it wrote.
//!
//! A step that leaves the cleaned part is usually one whose absence makes no difference to any later step: what was
//! asked of the places it wrote means the same without it. Then nothing has to be replayed: its places get back
//! what they held before, or the next step that wrote them has that to put back in its turn.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::group::{Journal, Place, Question, Reply, Slot, Undo, Write};

/// What one step did.
#[derive(Debug)]
struct Footprint {
    step: usize,
    /// Where its journal entries begin.
    mark: usize,
    /// By place, and at each place in the order asked.
    asked: Vec<(Place, Question)>,
    /// By place.
    written: Vec<Write>,
    /// It failed: what it asked had answers that may be others now.
    failed: bool,
}

impl Footprint {
    /// What it asked of a place.
    fn asked_of(&self, place: &Place) -> &[(Place, Question)] {
        let from = self.asked.partition_point(|(other, _)| other < place);
        let to = self.asked.partition_point(|(other, _)| other <= place);
        self.asked.get(from..to).unwrap_or_default()
    }

    /// Which journal entry has what a place held before it wrote there.
    fn written_at(&self, place: &Place) -> Option<usize> {
        let at = self.written.binary_search_by_key(place, |write| write.place).ok()?;
        self.written.get(at).map(|write| write.at)
    }
}

/// What changes at one later step when an earlier one is taken back.
enum Edit {
    /// The entry has another value to put back.
    Entry(usize, Undo),
    /// The step at this position takes a value away that wasn't there before.
    Gains(usize, Write, Undo),
    /// The step at the position finds nothing to take away any more: its write number is forgotten.
    Loses(usize, usize),
}

/// What the places hold when a step is taken back.
#[derive(Default)]
struct Edits {
    later: Vec<Edit>,
    now: Vec<Undo>,
}

/// Entries of a journal that may be empty before it's worth taking them out.
const MOST_EMPTY: usize = 256;

/// The steps that are applied, in order.
#[derive(Debug, Default)]
pub(super) struct Footprints {
    applied: Vec<Footprint>,
    /// By place, the steps that asked about it or wrote it, ascending.
    steps: HashMap<Place, Vec<usize>, FixedState>,
}

impl Footprints {
    /// Number of steps applied.
    pub(super) fn len(&self) -> usize {
        self.applied.len()
    }

    /// Where the journal entries of the step at `at` begin.
    pub(super) fn mark(&self, at: usize) -> Option<usize> {
        self.applied.get(at).map(|footprint| footprint.mark)
    }

    /// A step was applied (or failed) after all others.
    pub(super) fn push(
        &mut self,
        step: usize,
        mark: usize,
        mut asked: Vec<(Place, Question)>,
        written: Vec<Write>,
        failed: bool,
    ) {
        asked.sort_by_key(|(place, _)| *place);
        let places = asked.iter().map(|(place, _)| *place).chain(written.iter().map(|write| write.place));
        for place in places {
            let steps = self.steps.entry(place).or_default();
            if steps.last() != Some(&step) {
                steps.push(step);
            }
        }
        self.applied.push(Footprint { step, mark, asked, written, failed });
    }

    /// Takes out of the journal what earlier calls of [`Footprints::take_back`] left empty, when that is most of it.
    pub(super) fn compact(&mut self, journal: &mut Journal) {
        let Some(mark) = self.mark(0) else { return };
        let entries = journal.mark() - mark;
        if entries < MOST_EMPTY
            || entries < 2 * self.applied.iter().map(|footprint| footprint.written.len()).sum::<usize>()
        {
            return;
        }
        let positions = journal.compact(mark);
        let end = journal.mark();
        let moved = |at: usize| positions.get(at - mark).copied().unwrap_or(end);
        for footprint in &mut self.applied {
            footprint.mark = moved(footprint.mark);
            footprint.written.iter_mut().for_each(|write| write.at = moved(write.at));
        }
    }

    /// Takes the step at `at` back where it stands, if all that later steps would do differently is to take a value
    /// away or not.
    pub(super) fn take_back(&mut self, at: usize, slot: &mut Slot, journal: &mut Journal) -> bool {
        let Some(end) = self.mark(at + 1) else { return false };
        let Some(edits) = self.edits(at, slot, journal) else { return false };
        let mark = self.mark(at).unwrap_or(end);
        journal.forget(mark, end);
        let mut gains = Vec::new();
        for edit in edits.later {
            match edit {
                Edit::Entry(entry, value) => journal.set(entry, value),
                Edit::Loses(at, entry) => {
                    journal.set(entry, Undo::Nothing);
                    if let Some(footprint) = self.applied.get_mut(at) {
                        footprint.written.retain(|write| write.at != entry);
                    }
                }
                Edit::Gains(at, write, value) => gains.push((at, write, value)),
            }
        }
        for (at, write, value) in gains {
            self.gain(at, write, value, journal);
        }
        edits.now.into_iter().for_each(|value| slot.put(value));
        self.remove(at);
        true
    }

    /// Adds a write to the step at `at`, behind its others.
    fn gain(&mut self, at: usize, write: Write, value: Undo, journal: &mut Journal) {
        let to = self.mark(at + 1).unwrap_or_else(|| journal.mark());
        journal.insert(to, value);
        for later in self.applied.iter_mut().skip(at + 1) {
            later.mark += 1;
            later.written.iter_mut().for_each(|write| write.at += 1);
        }
        if let Some(footprint) = self.applied.get_mut(at) {
            let at = footprint.written.partition_point(|other| other.place < write.place);
            footprint.written.insert(at, Write { at: to, ..write });
        }
    }

    /// What taking the step at `at` back comes to; `None` when a later step has to be replayed for it.
    fn edits(&self, at: usize, slot: &Slot, journal: &Journal) -> Option<Edits> {
        let Footprint { step, written, .. } = self.applied.get(at)?;
        let mut edits = Edits::default();
        if written.is_empty() {
            return Some(edits);
        }
        // Where the object was replaced, the places of before are out of reach.
        let object = Place::object();
        if written.iter().any(|write| write.place == object) || !self.later(&object, *step).is_empty() {
            return None;
        }
        for write in written {
            if write.set.is_some_and(|set| !self.later(&set, *step).is_empty()) {
                return None;
            }
            self.edit(write, *step, slot, journal, &mut edits)?;
        }
        Some(edits)
    }

    /// Follows what a place would hold without a write through all later steps that touch it.
    fn edit(
        &self,
        write: &Write,
        step: usize,
        slot: &Slot,
        journal: &Journal,
        edits: &mut Edits,
    ) -> Option<()> {
        let later = self.later(&write.place, step);
        let mut value = journal.entry(write.at)?.clone();
        for (nth, step) in later.iter().enumerate() {
            let (at, footprint) = self.footprint(*step)?;
            if footprint.failed {
                return None;
            }
            let own = footprint.written_at(&write.place);
            let mut removes = false;
            for (_, question) in footprint.asked_of(&write.place) {
                match question.reply(&if removes { value.emptied() } else { value.clone() }) {
                    Reply::GoesOn => {}
                    Reply::Removes => removes = true,
                    Reply::Fails | Reply::Unknown => return None,
                }
            }
            // What the step left there, whether it wrote or only took away.
            let left = match own {
                Some(_) => Some(self.held_after(write, later.get(nth + 1..)?, slot, journal)),
                None => None,
            };
            match (own, left) {
                (Some(entry), Some(None)) => {
                    // Not a place that values are taken away from: the step wrote one of its own.
                    edits.later.push(Edit::Entry(entry, value));
                    return Some(());
                }
                (Some(entry), Some(Some(left))) if left.is_some() => {
                    edits.later.push(Edit::Entry(entry, value));
                    return Some(());
                }
                (Some(entry), _) if removes => edits.later.push(Edit::Entry(entry, value.clone())),
                (Some(entry), _) => edits.later.push(Edit::Loses(at, entry)),
                (None, _) if removes => edits.later.push(Edit::Gains(at, *write, value.clone())),
                (None, _) => {}
            }
            if removes {
                value = value.emptied();
            }
        }
        edits.now.push(value);
        Some(())
    }

    /// What a place holds until the next of these steps writes it; `None` for a place that nothing is taken from.
    fn held_after(&self, write: &Write, later: &[usize], slot: &Slot, journal: &Journal) -> Option<Undo> {
        let next = later.iter().find_map(|step| {
            let (_, footprint) = self.footprint(*step)?;
            footprint.written_at(&write.place)
        });
        let place = journal.entry(write.at)?;
        let now = slot.now_at(place)?;
        match next {
            Some(next) => journal.entry(next).cloned(),
            None => Some(now),
        }
    }

    /// Steps after `step` that touched a place.
    fn later(&self, place: &Place, step: usize) -> &[usize] {
        let steps = self.steps.get(place).map_or(&[][..], Vec::as_slice);
        steps.get(steps.partition_point(|other| *other <= step)..).unwrap_or_default()
    }

    fn footprint(&self, step: usize) -> Option<(usize, &Footprint)> {
        let at = self.applied.binary_search_by_key(&step, |footprint| footprint.step).ok()?;
        Some((at, self.applied.get(at)?))
    }

    fn remove(&mut self, at: usize) {
        if at >= self.applied.len() {
            return;
        }
        let Footprint { step, asked, written, .. } = self.applied.remove(at);
        let places = asked.iter().map(|(place, _)| place).chain(written.iter().map(|write| &write.place));
        for place in places {
            if let Some(steps) = self.steps.get_mut(place)
                && let Ok(found) = steps.binary_search(&step)
            {
                steps.remove(found);
            }
        }
    }

    /// Forgets all steps from `at` on.
    pub(super) fn truncate(&mut self, at: usize) {
        while self.applied.len() > at {
            self.remove(self.applied.len() - 1);
        }
    }
}
