//! Where given records lie: a second look for replays that keep offsets in log order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use lastwrites_segment::{Gap, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::fold::Place;
use crate::load::Offsets;
use crate::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, PassError, Progress, Scratch, Unit, Visit, drive, walk_unit,
};

/// Places of the records behind every committed and pending offset of one copy.
///
/// Offsets repeat only in torn copies; then the first place in log order is given.
///
/// # Errors
/// When worker threads can't be started.
pub(super) fn places_of(
    files: &CopyFiles,
    units: &[Unit],
    copy: u32,
    offsets: &Offsets,
) -> Result<BTreeMap<i64, Place>, PassError> {
    let pending = offsets.unsettled().map(|(.., stored)| stored);
    let wanted = offsets.committed().values().chain(pending).map(|stored| stored.record_offset).collect();
    let pass = PlacesPass { files, wanted };
    let units: Vec<Unit> = units.iter().filter(|unit| unit.copy == copy).copied().collect();
    let mut places = BTreeMap::new();
    drive(&pass, &units, files.threads(), &Progress::default(), |_, found| {
        for place in found {
            places.entry(place.record_offset).or_insert(place);
        }
        ControlFlow::Continue(())
    })?;
    Ok(places)
}

struct PlacesPass<'a> {
    files: &'a CopyFiles,
    wanted: BTreeSet<i64>,
}

impl Pass for PlacesPass<'_> {
    type Local = ();
    type Edge = Vec<Place>;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> Vec<Place> {
        let Some(file) = self.files.of(unit) else { return Vec::new() };
        let mut visitor = PlacesVisitor { wanted: &self.wanted, file: unit.file, found: Vec::new() };
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.found
    }
}

struct PlacesVisitor<'a> {
    wanted: &'a BTreeSet<i64>,
    file: u32,
    found: Vec<Place>,
}

impl Visit for PlacesVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        if self.wanted.contains(&record.offset) {
            self.found.push(Place {
                file: self.file,
                position: context.batch.position,
                record_offset: record.offset,
                crc_ok: context.is_sound(),
            });
        }
    }

    fn batch_end(&mut self, _: BatchContext<'_>, _: u64, _: BatchEnd<'_>) {}

    fn gap(&mut self, _: &Gap) {}

    fn unreadable(&mut self, _: ByteRange, _: &ReadError) {}
}
