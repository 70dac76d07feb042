//! Follows the commits of copies as they took effect: a transaction's at its marker, an aborted one's never.

use std::convert::Infallible;

use lastwrites_coordinator::load::OffsetSemantics;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::PartitionCopy;

use crate::build::{BuildError, Views};
use crate::ledger::Ledger;
use crate::log_events::{LogEvent, StreamError, TakeEvents, Wanted, Write, read_views};
use crate::offset_keys::OffsetKeys;
use crate::options::Options;

/// Gives `keep` every effective write of `copies`, in log order within each, and the tombstones that took a value away; the
/// number is the copy's place there.
///
/// # Errors
/// When nothing can be read.
pub(super) fn follow_writes(
    copies: &[&PartitionCopy],
    opened: &Views,
    options: &Options,
    progress: &Progress,
    keep: impl FnMut(usize, Write),
) -> Result<(), BuildError> {
    let semantics = OffsetSemantics::of(&options.profile.rules);
    let mut follower = Follower { copies, semantics, story: None, keep };
    let read =
        read_views(copies, &opened.files, &opened.ranges, options, Wanted::COMMITS, progress, &mut follower);
    match read {
        Ok(_) => Ok(()),
        Err(StreamError::Build(error)) => Err(error),
        Err(StreamError::Sink(never)) => match never {},
    }
}

struct Follower<'a, F> {
    copies: &'a [&'a PartitionCopy],
    semantics: OffsetSemantics,
    /// Of the copy being read.
    story: Option<(OffsetKeys, Ledger)>,
    keep: F,
}

impl<F: FnMut(usize, Write)> TakeEvents<Infallible> for Follower<'_, F> {
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), Infallible> {
        let Some(at) = self.copies.iter().position(|other| std::ptr::eq(*other, copy)) else { return Ok(()) };
        let new = || (OffsetKeys::default(), Ledger::new(self.semantics));
        let (keys, ledger) = self.story.get_or_insert_with(new);
        for event in events {
            ledger.follow(keys, event, |write| (self.keep)(at, write));
        }
        Ok(())
    }

    fn end_of_copy(&mut self, _: &PartitionCopy) -> Result<(), Infallible> {
        self.story = None;
        Ok(())
    }
}
