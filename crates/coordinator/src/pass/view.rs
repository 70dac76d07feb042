//! Units of work of a view, which may hold only parts of files.

use lastwrites_types::ByteRange;

use crate::pass::files::CopyFiles;
use crate::pass::unit::{Unit, UnitSize, units_of};

/// The byte ranges that make up one copy's log under one way of looking at it.
#[derive(Clone, Debug)]
pub struct CopyView {
    /// Partition number; only named in exception texts.
    pub partition: i32,
    /// Index of the file in the copy's file list and the bytes, in log order; ranges begin and end on batch
    /// boundaries.
    pub ranges: Vec<(u32, ByteRange)>,
}

/// Cuts the views into units: copy by copy, range by range. A file may come up in several ranges.
#[must_use]
pub fn units(files: &CopyFiles, views: &[CopyView], size: Option<u64>) -> Vec<Unit> {
    let ranges = views.iter().map(|view| view.ranges.len()).sum();
    let size = size.map_or_else(|| UnitSize::fitting(ranges, files.threads()), UnitSize::Bytes);
    let mut units = Vec::new();
    for (copy, view) in (0u32..).zip(views) {
        for (file, bytes) in &view.ranges {
            let whole = Unit { copy, file: *file, bytes: *bytes, ends_file: false };
            let Some(source) = files.of(&whole) else { continue };
            let pieces = units_of(copy, *file, source.source.as_ref(), size);
            let first = units.len();
            units.extend(pieces.into_iter().filter_map(|unit| {
                let (start, end) = (unit.bytes.start.max(bytes.start), unit.bytes.end.min(bytes.end));
                (start < end).then(|| Unit { bytes: ByteRange::new(start, end), ..unit })
            }));
            // Whatever cut the file: a range's last unit is the last that is read of it here.
            for unit in units.iter_mut().skip(first) {
                unit.ends_file = unit.bytes.end == bytes.end;
            }
        }
    }
    units
}
