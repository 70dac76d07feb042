//! The commits that stood before the last one: runners-up to choose from by hand.
//!
//! Later commits took their place, so they are never the answer; a person who knows that the last commit was a mistake
//! (a reset, a jump over unprocessed records) finds the values before it here, with their places.

use std::collections::{BTreeMap, VecDeque};

use lastwrites_coordinator::fold::{Commit, Committed};
use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::state::Continuity;
use lastwrites_evidence::{Evidence, PartitionCopy, ViewKind};
use lastwrites_types::{ByteText, Flag, Flags, Trust};

use super::AsOf;
use super::follow::follow_writes;
use super::pace::Pace;
use crate::build::{BuildError, Surroundings, Views, found_copy, leader_epoch, topic_id};
use crate::log_events::At;
use crate::model::{AlternativeReport, OffsetReport, Report};
use crate::options::Options;
use crate::terminal::grouped;

/// Values before the last that are told, each another offset.
const MOST: usize = 3;

/// Copy of the report, group, topic and partition.
type Key = (usize, Box<[u8]>, Box<[u8]>, i32);

/// Adds to every offset what was committed before it in the copy that holds its record, as alternatives: at most three
/// other values, newest first.
///
/// # Errors
/// When nothing can be read.
pub(super) fn add(
    report: &mut Report,
    evidence: &Evidence,
    options: &Options,
    as_of: Option<AsOf>,
    progress: &Progress,
) -> Result<(), BuildError> {
    let mut wanted: BTreeMap<Key, Last> = BTreeMap::new();
    for group in &report.groups {
        for offset in &group.offsets {
            let Some(record) = &offset.record else { continue };
            let (group, topic) = (group.group_id.as_bytes().into(), offset.topic.as_bytes().into());
            let last = Last { taken: record.offset, values: VecDeque::new(), pace: Pace::default() };
            wanted.insert((record.copy, group, topic, offset.partition), last);
        }
    }
    let copies: Vec<(usize, &PartitionCopy)> = report
        .copies
        .iter()
        .enumerate()
        .filter(|(index, _)| wanted.keys().any(|(copy, ..)| copy == index))
        .filter_map(|(index, copy)| Some((index, found_copy(evidence, copy)?)))
        .collect();
    if copies.is_empty() {
        return Ok(());
    }
    let found: Vec<&PartitionCopy> = copies.iter().map(|(_, copy)| *copy).collect();
    // What was deleted may have been found in the cleaner's originals; then nothing here stands before it.
    let mut opened = Views::open(&found, options.view.unwrap_or(ViewKind::AsFound), options);
    if let Some(as_of) = as_of {
        opened.cut(&found, as_of, options);
    }
    follow_writes(&found, &opened, options, progress, |at, write| {
        let Some((index, _)) = copies.get(at) else { return };
        let (group_id, topic, partition) = write.key.into_parts();
        let Some(last) = wanted.get_mut(&(*index, group_id, topic, partition)) else { return };
        match write.commit {
            Some(commit) => last.commit(&write.at, commit),
            None => last.delete(write.at.place.record_offset),
        }
    })?;
    let damaged: Vec<bool> = report
        .copies
        .iter()
        .map(|copy| copy.files.iter().any(|file| file.damaged_bytes > 0 || !file.damage.is_empty()))
        .collect();
    for group in &mut report.groups {
        for offset in &mut group.offsets {
            let Some(copy) = offset.record.as_ref().map(|record| record.copy) else { continue };
            let (id, topic) = (group.group_id.as_bytes().into(), offset.topic.as_bytes().into());
            let Some(last) = wanted.remove(&(copy, id, topic, offset.partition)) else { continue };
            let Some((_, found)) = copies.iter().find(|(index, _)| *index == copy) else { continue };
            let around = Surroundings::of(found, copy, Continuity::default());
            let damaged = damaged.get(copy).copied().unwrap_or(false);
            if !last.is_complete() {
                continue;
            }
            // A console consumer's text counts records itself, so none is missing there.
            offset.cadence = last.pace.told().filter(|_| found.tells_transactions()).map(Box::new);
            let told = last.told(offset, &around, damaged);
            offset.alternatives.extend(told);
        }
    }
    Ok(())
}

/// The last values of one key, the newest at the end.
struct Last {
    /// Offset of the record that is the answer.
    taken: i64,
    values: VecDeque<Value>,
    pace: Pace,
}

struct Value {
    committed: Committed,
    unbroken_from: i64,
    /// Offset of the tombstone that took it away; `None` where a commit took its place.
    deleted_at: Option<i64>,
}

impl Last {
    /// The answer itself was met. It ends the list: what comes behind it does not count.
    fn is_complete(&self) -> bool {
        self.values.back().is_some_and(|last| last.committed.place.record_offset == self.taken)
    }

    fn delete(&mut self, at: i64) {
        if !self.is_complete() {
            self.values.iter_mut().for_each(|value| value.deleted_at = value.deleted_at.or(Some(at)));
            self.pace.delete();
        }
    }

    fn commit(&mut self, at: &At, commit: Commit) {
        if self.is_complete() {
            return;
        }
        self.pace.commit(at, &commit);
        let committed = Committed { commit, place: at.place, producer_id: at.producer_id };
        let value = Value { committed, unbroken_from: at.unbroken_from, deleted_at: None };
        self.values.retain(|known| known.committed.commit.offset != value.committed.commit.offset);
        self.values.push_back(value);
        if self.values.len() > MOST + 1 {
            self.values.pop_front();
        }
    }

    fn told(&self, taken: &OffsetReport, around: &Surroundings<'_>, damaged: bool) -> Vec<AlternativeReport> {
        let mut values = self.values.iter().rev();
        let Some(last) = values.next() else { return Vec::new() };
        let earlier = values.take(MOST).filter(|value| value.committed.place.record_offset < self.taken);
        let unsure = if last.committed.place.crc_ok { "" } else { ", whose checksum is wrong" };
        let tell = |value: &Value| {
            let Committed { commit, place, .. } = &value.committed;
            let broken = place.record_offset < last.unbroken_from;
            let own = match (place.crc_ok, broken, damaged) {
                (false, ..) | (_, true, true) => Trust::Salvaged,
                (_, true, false) => Trust::Compacted,
                _ => Trust::Intact,
            };
            AlternativeReport {
                copy: around.index,
                offset: Some(commit.offset),
                topic_id: topic_id(&value.committed),
                leader_epoch: leader_epoch(&value.committed),
                metadata: Some(ByteText::from(&*commit.metadata)),
                committed_at_ms: Some(commit.commit_timestamp),
                trust: own.min(taken.trust),
                flags: value.deleted_at.map_or(Flags::NONE, |_| [Flag::Deleted].into_iter().collect()),
                record: around.place(*place),
                why: match value.deleted_at {
                    Some(at) => {
                        format!("an earlier commit, deleted by the tombstone at offset {}", grouped(at))
                    }
                    None => format!(
                        "an earlier commit, replaced by the one at offset {}{unsure}",
                        grouped(self.taken)
                    ),
                },
            }
        };
        earlier.map(tell).collect()
    }
}
