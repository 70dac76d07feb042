//! Every offset key that a log names, and what touched it last.

use std::convert::Infallible;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, PartitionCopy, ViewKind};

use crate::build::{BuildError, Views, found_copy};
use crate::log_events::{LogEvent, StreamError, TakeEvents, Wanted, read_views};
use crate::model::{KeysOfLog, LastTouch, Report};
use crate::options::Options;

/// The keys of every copy, in the order of the copies.
pub(super) fn keys_of(
    copies: &[&PartitionCopy],
    opened: &Views,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<KeysOfLog>, BuildError> {
    let mut taker = Taker { copies, keys: vec![KeysOfLog::new(); copies.len()] };
    let read =
        read_views(copies, &opened.files, &opened.ranges, options, Wanted::COMMITS, progress, &mut taker);
    match read {
        Ok(_) => Ok(taker.keys),
        Err(StreamError::Build(error)) => Err(error),
        Err(StreamError::Sink(never)) => match never {},
    }
}

/// Notes in a report the keys that its copies name.
pub(super) fn note(
    report: &mut Report,
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
) -> Result<(), BuildError> {
    let copies = report.copies.iter().filter_map(|copy| found_copy(evidence, copy));
    let copies: Vec<&PartitionCopy> = copies.collect();
    let opened = Views::open(&copies, options.view.unwrap_or(ViewKind::AsFound), options);
    let of_copies = keys_of(&copies, &opened, options, progress)?.into_iter().flatten();
    of_copies.for_each(|(key, touch)| put(&mut report.named, key, touch));
    Ok(())
}

/// Notes a key; of several touches the later one.
pub(super) fn put(keys: &mut KeysOfLog, key: (Box<[u8]>, Box<[u8]>, i32), touch: LastTouch) {
    let known = keys.entry(key).or_insert(touch);
    *known = touch.max(*known);
}

struct Taker<'a> {
    copies: &'a [&'a PartitionCopy],
    keys: Vec<KeysOfLog>,
}

impl TakeEvents<Infallible> for Taker<'_> {
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), Infallible> {
        let at = self.copies.iter().position(|other| std::ptr::eq(*other, copy));
        let Some(keys) = at.and_then(|at| self.keys.get_mut(at)) else { return Ok(()) };
        for event in events {
            if let LogEvent::Write(write) = event {
                let plain = !write.waits;
                let record_offset = if plain { write.at.place.record_offset } else { -1 };
                let touch = LastTouch { record_offset, tombstone: plain && write.commit.is_none() };
                put(keys, write.key.into_parts(), touch);
            }
        }
        Ok(())
    }

    fn end_of_copy(&mut self, _: &PartitionCopy) -> Result<(), Infallible> {
        Ok(())
    }
}
