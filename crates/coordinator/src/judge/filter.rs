//! A second look at chosen groups: all their records, and every transaction marker, in log order.

use std::collections::HashSet;
use std::ops::ControlFlow;

use foldhash::quality::FixedState;
use lastwrites_segment::{ControlRecord, ControlType, Gap, LoaderOutcome, ReadError, Record};
use lastwrites_types::ByteRange;

use super::event::OwnedRecord;
use crate::load::{RecordPlace, key_group};
use crate::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, PassError, Progress, Scratch, Unit, Visit, drive, walk_unit,
};

/// Group ids wanted of one copy.
pub(super) type Wanted = HashSet<Box<[u8]>, FixedState>;

/// One thing of a chosen group, or the end of a transaction.
#[derive(Debug)]
pub(super) enum Item {
    /// A data record of a chosen group.
    Record(OwnedRecord),
    /// A control record that ends a transaction.
    Marker { place: RecordPlace, producer_id: i64, committed: bool, first_in_batch: bool },
    /// A broker's reader sees no more of this file.
    EndOfFile,
}

/// Shows what belongs to the groups wanted of each copy, copy by copy and in log order.
pub(super) fn filtered(
    files: &CopyFiles,
    units: &[Unit],
    wanted: &[Wanted],
    progress: &Progress,
    mut visit: impl FnMut(&Unit, &Item),
) -> Result<(), PassError> {
    let mut ended = None;
    drive(&FilterPass { files, wanted }, units, files.threads(), progress, |unit, items| {
        if ended.is_some_and(|at| at != (unit.copy, unit.file)) {
            ended = None;
        }
        for item in &items {
            if ended.is_some() {
                break;
            }
            match item {
                Item::EndOfFile => ended = Some((unit.copy, unit.file)),
                _ => visit(unit, item),
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

struct FilterPass<'a> {
    files: &'a CopyFiles,
    wanted: &'a [Wanted],
}

impl Pass for FilterPass<'_> {
    type Local = ();
    type Edge = Vec<Item>;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> Vec<Item> {
        let (Some(file), Some(wanted)) = (self.files.of(unit), self.wanted.get(unit.copy as usize)) else {
            return Vec::new();
        };
        let mut visitor = FilterVisitor { wanted, items: Vec::new(), first_in_batch: None, unseen: false };
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.items
    }
}

struct FilterVisitor<'w> {
    wanted: &'w Wanted,
    items: Vec<Item>,
    first_in_batch: Option<i64>,
    unseen: bool,
}

impl Visit for FilterVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        let first = *self.first_in_batch.get_or_insert(record.offset);
        if self.unseen {
            return;
        }
        let header = &context.batch.header;
        let place = RecordPlace { offset: record.offset, batch_base_offset: header.base_offset };
        if header.is_control() {
            let kind = ControlRecord::parse(record.key, record.value).map(|control| control.kind);
            if let Ok(kind @ (ControlType::Commit | ControlType::Abort)) = kind {
                self.items.push(Item::Marker {
                    place,
                    producer_id: header.producer_id,
                    committed: kind == ControlType::Commit,
                    first_in_batch: record.offset == first,
                });
            }
            return;
        }
        let Some((_, group_id)) = record.key.and_then(key_group) else { return };
        if self.wanted.contains(group_id) {
            self.items.push(Item::Record(OwnedRecord {
                place,
                batch_first_offset: first,
                producer_id: header.producer_id,
                producer_epoch: header.producer_epoch,
                transactional: header.is_transactional(),
                timestamp_ms: record.timestamp_ms,
                batch_end: header.next_offset(),
                position: context.batch.position,
                key: record.key.map(Into::into),
                value: record.value.map(Into::into),
            }));
        }
    }

    fn batch_end(&mut self, _: BatchContext<'_>, _: u64, end: BatchEnd<'_>) {
        self.first_in_batch = None;
        self.unseen |= !matches!(end, BatchEnd::Whole);
    }

    fn gap(&mut self, gap: &Gap) {
        if !self.unseen && gap.loader == LoaderOutcome::EndsSegment {
            self.items.push(Item::EndOfFile);
        }
    }

    fn unreadable(&mut self, _: ByteRange, _: &ReadError) {}
}
