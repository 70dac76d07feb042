//! Stretches of the log that are lost, told as events in their place, and what stands behind them in doubt.
//!
//! A cleaner's gaps are none: it takes nothing that still counts. What damage or a missing file takes is in no other
//! record, so the step from the event before to the one behind may be the sum of several, a rewind among them.

use std::collections::BTreeMap;

use lastwrites_coordinator::fold::Place;
use lastwrites_coordinator::group::Name;

use super::place::Placed;
use crate::log_events::{At, Source};
use crate::rows::{HistoryEvent, HistoryRow, Reason};

/// Holes kept until the first event of the groups asked for; those behind are told as one with the last.
const MOST_HELD: usize = 100;

/// The holes of one copy, as its log goes by.
pub(super) struct Holes {
    /// Begun, with no record behind it yet.
    open: Option<Begun>,
    /// Before any event of the groups asked for.
    held: Vec<Hole>,
    /// Whether the story of the groups asked for has begun.
    begun: bool,
    /// How many there were so far.
    count: u32,
    /// How many there were when a key moved last, by its number; 0 where nothing stands.
    keys: Vec<u32>,
    /// The same of groups, and of the members of those whose members have records of their own.
    groups: BTreeMap<(Name, Option<Name>), u32>,
}

/// Where a hole begins.
struct Begun {
    at: At,
    /// First offset that may be lost.
    from: i64,
    damage: bool,
    no_file: bool,
}

/// A hole that is to be told.
pub(super) struct Hole {
    begun: Begun,
    /// Last offset that is lost; `None` where nothing can be read behind it. Below [`Begun::from`] where none is.
    to: Option<i64>,
}

impl Holes {
    /// Of all groups, or of some that were asked for.
    pub(super) const fn new(all_groups: bool) -> Self {
        Self {
            open: None,
            held: Vec::new(),
            begun: all_groups,
            count: 0,
            keys: Vec::new(),
            groups: BTreeMap::new(),
        }
    }

    /// Records are lost; `no_file` where a file is missing. What is damaged up to the next record is one hole.
    pub(super) fn begin(&mut self, source: Source<'_>, at: &At, no_file: bool) {
        let files = &source.copy.files;
        let base = files.get(at.place.file as usize).map_or(0, |file| file.base_offset);
        // A log that begins with damage begins with its first file.
        let from = if no_file { at.place.record_offset } else { at.place.record_offset.max(base) };
        let open = self.open.get_or_insert(Begun { at: *at, from, damage: false, no_file: false });
        open.no_file |= no_file;
        open.damage |= !no_file;
    }

    /// A record that can be read, or the log's end: where the hole before it began, and what is to be told now.
    /// `since_ms` leaves out a hole that surely was written before.
    pub(super) fn end(&mut self, behind: Option<&At>, since_ms: i64) -> Option<(At, Vec<Hole>)> {
        let begun = self.open.take()?;
        let at = begun.at;
        let to = behind.map(|at| at.batch_base_offset.saturating_sub(1));
        if to.is_none_or(|to| to >= begun.from) {
            self.count = self.count.saturating_add(1);
        }
        if !behind.is_some_and(|at| (0..since_ms).contains(&at.timestamp_ms)) {
            let is_full = self.held.len() >= MOST_HELD;
            match self.held.last_mut() {
                Some(last) if is_full => last.to = to,
                _ => self.held.push(Hole { begun, to }),
            }
        }
        let told = if self.begun { std::mem::take(&mut self.held) } else { Vec::new() };
        Some((at, told))
    }

    /// An event of the groups asked for, or a copy that should have had one: the holes before it.
    pub(super) fn begin_story(&mut self) -> Vec<Hole> {
        self.begun = true;
        std::mem::take(&mut self.held)
    }

    /// Whether a key was not seen to move since the last hole; what `moves` it is seen from here on.
    pub(super) fn doubts_key(&mut self, key: u32, moves: bool) -> bool {
        if self.count == 0 {
            return false;
        }
        let key = key as usize;
        if self.keys.len() <= key {
            self.keys.resize(key + 1, 0);
        }
        let Some(known) = self.keys.get_mut(key) else { return false };
        let doubts = *known != self.count;
        if moves {
            *known = self.count;
        }
        doubts
    }

    /// Whether a group, or a member with a record of its own, is told of for the first time behind a hole.
    pub(super) fn doubts_group(&mut self, group_id: &Name, member_id: Option<&Name>) -> bool {
        if self.count == 0 {
            return false;
        }
        let known = self.groups.insert((group_id.clone(), member_id.cloned()), self.count);
        known != Some(self.count)
    }
}

impl Hole {
    /// Gives the row to `sink`.
    pub(super) fn tell<E>(
        &self,
        source: Source<'_>,
        sink: impl FnOnce(&HistoryRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Begun { at, from, damage, no_file } = &self.begun;
        let reasons: Vec<Reason> = [(*damage, Reason::Damage), (*no_file, Reason::MissingFile)]
            .into_iter()
            .filter_map(|(is_so, reason)| is_so.then_some(reason))
            .collect();
        let place = Place { record_offset: *from, crc_ok: true, ..at.place };
        let placed = Placed::new(source, &At { place, ..*at });
        let lost = self.to.filter(|to| to >= from);
        let detail = self.words();
        sink(&HistoryRow {
            reasons: &reasons,
            last_lost_offset: lost,
            detail: Some(&detail),
            ..placed.row(HistoryEvent::UnknownRecord)
        })
    }

    fn words(&self) -> String {
        let Begun { from, no_file, .. } = &self.begun;
        let unknown = "what happened there is not known";
        let how = if *no_file { "in no file" } else { "damaged" };
        match self.to {
            None => format!("from offset {from} on the log is damaged up to its end: {unknown}"),
            Some(to) if to < *from => "damaged bytes, with no offset missing around them".to_owned(),
            Some(to) if to == *from => format!("offset {from} is {how}: {unknown}"),
            Some(to) => format!("offsets {from} to {to} are {how}: {unknown}"),
        }
    }
}
