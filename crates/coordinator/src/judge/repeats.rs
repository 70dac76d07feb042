//! Keys that stand twice below the first dirty offset.
//!
//! The cleaner leaves one record of a key in everything below the offset that it checkpoints
//! (`LogCleaner`, `cleaner-offset-checkpoint`). Two of them mean that the checkpoint and the segments are of
//! different moments, or that the checkpoint was put back by hand.

use std::collections::hash_map::Entry;
use std::ops::ControlFlow;

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use lastwrites_segment::{Gap, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::pass::{
    BatchContext, BatchEnd, CopyFiles, CopyView, Pass, PassError, Progress, Scratch, Unit, Visit, drive,
    units, walk_unit,
};

/// Two records of one key where the cleaner leaves one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeat {
    /// Raw key of both.
    pub key: Box<[u8]>,
    /// Offset of the first.
    pub earlier: i64,
    /// Offset of the second.
    pub later: i64,
}

/// The first key, in log order, of which a copy holds a second record below its first dirty offset.
///
/// `views` and `first_dirty` stand in the order of the copies in `files`; a copy without a checkpoint (`None`) is
/// not read. Holds the keys of the cleaned part by hash, 32 bytes each, and stops at the first repeat.
///
/// # Errors
/// When worker threads can't be started.
pub fn first_repeats(
    files: &CopyFiles,
    views: &[CopyView],
    first_dirty: &[Option<i64>],
    unit_bytes: Option<u64>,
    progress: &Progress,
) -> Result<Vec<Option<Repeat>>, PassError> {
    let mut found = Vec::with_capacity(views.len());
    let all = units(files, views, unit_bytes);
    for (copy, first_dirty) in (0u32..).zip(first_dirty) {
        let Some(first_dirty) = *first_dirty else {
            found.push(None);
            continue;
        };
        let units: Vec<Unit> = all.iter().copied().filter(|unit| unit.copy == copy).collect();
        let mut seen = std::collections::HashMap::<u128, i64, FixedState>::default();
        let mut repeat = None;
        let pass = RepeatPass { files, first_dirty };
        drive(&pass, &units, files.threads(), progress, |_, keys| {
            for Sighting { hash, offset, key } in keys {
                match seen.entry(hash) {
                    Entry::Vacant(new) => {
                        new.insert(offset);
                    }
                    Entry::Occupied(earlier) => {
                        repeat = Some(Repeat { key, earlier: *earlier.get(), later: offset });
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        found.push(repeat);
    }
    Ok(found)
}

/// One record of a key.
struct Sighting {
    hash: u128,
    offset: i64,
    key: Box<[u8]>,
}

struct RepeatPass<'a> {
    files: &'a CopyFiles,
    first_dirty: i64,
}

impl Pass for RepeatPass<'_> {
    type Local = ();
    /// What the unit holds below the first dirty offset, up to its own first repeat.
    type Edge = Vec<Sighting>;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> Vec<Sighting> {
        let Some(file) = self.files.of(unit) else { return Vec::new() };
        let mut visitor = RepeatVisitor {
            first_dirty: self.first_dirty,
            seen: HashSet::with_hasher(FixedState::with_seed(0)),
            sightings: Vec::new(),
            done: false,
        };
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.sightings
    }
}

struct RepeatVisitor {
    first_dirty: i64,
    seen: HashSet<u128, FixedState>,
    sightings: Vec<Sighting>,
    done: bool,
}

impl Visit for RepeatVisitor {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        // A marker's key is the same for every transaction.
        if self.done || record.offset >= self.first_dirty || context.batch.header.is_control() {
            return;
        }
        let Some(key) = record.key else { return };
        let hash = hash(key);
        self.done = !self.seen.insert(hash);
        self.sightings.push(Sighting { hash, offset: record.offset, key: key.into() });
    }

    fn batch_end(&mut self, _: BatchContext<'_>, _: u64, _: BatchEnd<'_>) {}

    fn gap(&mut self, _: &Gap) {}

    fn unreadable(&mut self, _: ByteRange, _: &ReadError) {}
}

/// Wide enough that two keys of one log don't meet by chance.
fn hash(key: &[u8]) -> u128 {
    use std::hash::BuildHasher as _;
    let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(key));
    half(1) << 64 | half(2)
}
