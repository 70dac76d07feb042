//! What a coordinator makes of a log: the verdict on a load, and the state it leads to.
//!
//! A [`Loader`] is fed everything a load sees, in log order, and follows the algorithm of one release. It goes on
//! after a fatal record, skipping that record alone, so that one run gives both the verdict and the state.

mod decode;
mod event;
mod key;
mod new;
mod offsets;
mod old;
mod outcome;
mod prepare;
mod tally;

pub use decode::{Decoded, decode};
pub use event::{LoadEvent, LoadRecord, RecordPlace};
pub use key::key_group;
pub use offsets::{CommitOrder, Deletes, OffsetKey, OffsetSemantics, Offsets, StoredOffset};
pub use outcome::{Failure, LoadOutcome, Stage, UnknownRecord, Verdict};

use crate::rules::{Profile, Rules};
use new::NewLoader;
use old::OldLoader;

/// One load under one release.
#[derive(Debug)]
pub struct Loader<'p>(Algorithm<'p>);

#[derive(Debug)]
enum Algorithm<'p> {
    Old(Box<OldLoader<'p>>),
    New(Box<NewLoader<'p>>),
}

impl<'p> Loader<'p> {
    /// A load of one partition of the offsets topic; `partition` is only named in an exception text.
    #[must_use]
    pub fn new(profile: &'p Profile, partition: i32) -> Self {
        Self(match profile.rules {
            Rules::Old(_) => Algorithm::Old(Box::new(OldLoader::new(profile, partition))),
            Rules::New(rules) => Algorithm::New(Box::new(NewLoader::new(profile, rules))),
        })
    }

    /// The next thing the load sees, in log order.
    pub fn event(&mut self, event: &LoadEvent<'_>) {
        match &mut self.0 {
            Algorithm::Old(loader) => loader.event(event),
            Algorithm::New(loader) => loader.event(event),
        }
    }

    /// The first failure so far: it makes the verdict, whatever comes after.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.0 {
            Algorithm::Old(loader) => loader.failure(),
            Algorithm::New(loader) => loader.failure(),
        }
    }

    /// The end of the log.
    #[must_use]
    pub fn finish(self) -> LoadOutcome {
        match self.0 {
            Algorithm::Old(loader) => loader.finish(),
            Algorithm::New(loader) => loader.finish(),
        }
    }
}
