//! All messages, searched at once: one automaton over their most telling words, then the candidates' templates.

use aho_corasick::AhoCorasick;

use super::messages::{self, Message, Role};
use super::template::{Filled, Template};

struct Entry {
    message: &'static Message,
    template: Template,
}

/// A message found in a line, with what stood in its holes.
#[derive(Clone, Copy)]
pub(super) struct Hit<'l> {
    pub(super) message: &'static Message,
    pub(super) filled: Filled<'l>,
}

/// What a line holds.
#[derive(Default)]
pub(super) struct Hits<'l> {
    /// The message a logger wrote.
    pub(super) line: Option<Hit<'l>>,
    /// An exception's text that tells why a load failed.
    pub(super) cause: Option<Hit<'l>>,
}

/// Every message known.
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    /// `None` would mean trying every template; the automaton of these few words always builds.
    automaton: Option<AhoCorasick>,
}

impl Catalogue {
    pub(super) fn new() -> Self {
        let entries: Vec<Entry> =
            messages::all().map(|message| Entry { message, template: Template::new(message.text) }).collect();
        let automaton = AhoCorasick::new(entries.iter().map(|entry| entry.template.anchor())).ok();
        Self { entries, automaton }
    }

    /// The first message in table order that the line holds, and the first cause.
    pub(super) fn search<'l>(&self, line: &'l [u8]) -> Hits<'l> {
        let mut candidates: Vec<usize> = match &self.automaton {
            Some(automaton) => {
                automaton.find_overlapping_iter(line).map(|found| found.pattern().as_usize()).collect()
            }
            None => (0..self.entries.len()).collect(),
        };
        candidates.sort_unstable();
        candidates.dedup();
        let mut hits = Hits::default();
        for entry in candidates.iter().filter_map(|&index| self.entries.get(index)) {
            let place = match entry.message.says.role {
                Role::Line | Role::LoadFailure => &mut hits.line,
                Role::Cause | Role::CauseInLoad => &mut hits.cause,
            };
            if place.is_none() {
                *place = entry.template.find(line).map(|filled| Hit { message: entry.message, filled });
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_found_by_its_own_text() {
        let catalogue = Catalogue::new();
        for entry in &catalogue.entries {
            assert!(entry.template.anchor().len() >= 9, "too little to tell it by: {}", entry.message.text);
            let mut text = entry.message.text.to_owned();
            for (hole, value) in [
                ("<_>", "x"),
                ("<number>", "3"),
                ("<partition>", "3"),
                ("<offset>", "3"),
                ("<epoch>", "3"),
                ("<owned_epoch>", "3"),
                ("<leader_epoch>", "3"),
                ("<generation>", "3"),
                ("<group>", "g"),
                ("<member>", "m"),
            ] {
                text = text.replace(hole, value);
            }
            let hits = catalogue.search(text.as_bytes());
            assert!(hits.line.is_some() || hits.cause.is_some(), "not found: {text}");
        }
    }
}
