//! The log as it was at a moment: the longest run of batches before a time, of records before an offset.

use std::ops::ControlFlow;

use lastwrites_segment::{Framed, Framer, Inflater, RawBatch, ReadMode};
use lastwrites_types::ByteRange;

use crate::copy::PartitionCopy;
use crate::view::{LogView, ViewRange};

/// A moment in a partition's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Before the first batch whose max timestamp is later (ms since 1970).
    Time(i64),
    /// Records that lie below this offset.
    Offset(i64),
}

/// Where a moment cuts a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// What lies before the moment.
    pub view: LogView,
    /// Base offset of the first batch behind the cut, or the offset asked for where that lies inside a batch or damage stands
    /// in its place; `None` where nothing is.
    pub offset: Option<i64>,
    /// The view's last batch goes on behind the cut: its records from this offset on don't count.
    pub records_below: Option<i64>,
    /// A batch behind the cut that by its timestamp belongs before it: a clock ran backwards. Its base offset.
    pub stray: Option<i64>,
}

impl LogView {
    /// The part of this view of `copy` that lies before a moment. Reads headers; what can't be read has no timestamp and
    /// no offset, so it goes with what stands before it, but for damage behind the last batch below an offset: nothing that
    /// lay there can have been below.
    #[must_use]
    pub fn before(&self, copy: &PartitionCopy, moment: Moment, mode: ReadMode) -> Cut {
        let view = Self { kind: self.kind, ranges: Vec::new() };
        let mut cut = Cut { view, offset: None, records_below: None, stray: None };
        let mut whole = false;
        for range in &self.ranges {
            if cut.offset.is_some() && matches!(moment, Moment::Offset(_)) {
                break;
            }
            let behind = look(copy, range, moment, mode, &mut cut, &mut whole);
            let end = behind.unwrap_or(range.bytes.end);
            let bytes = ByteRange::new(range.bytes.start, end);
            if !bytes.is_empty() && (cut.offset.is_none() || behind.is_some()) {
                cut.view.ranges.push(ViewRange { bytes, ..*range });
            }
        }
        cut
    }
}

impl Moment {
    /// The batch lies behind the moment.
    const fn is_before(self, max_timestamp_ms: i64, next_offset: i64) -> bool {
        match self {
            Self::Time(ms) => max_timestamp_ms > ms,
            Self::Offset(offset) => next_offset > offset,
        }
    }
}

/// Looks for the cut in one range, or behind it for strays; the position of the cut where it lies in this range. `whole` once
/// the batch was seen that ends at the offset asked for.
fn look(
    copy: &PartitionCopy,
    range: &ViewRange,
    moment: Moment,
    mode: ReadMode,
    cut: &mut Cut,
    whole: &mut bool,
) -> Option<u64> {
    let file = copy.files.get(range.file)?;
    let source = file.open(mode).ok()?;
    let mut scratch = Vec::new();
    let mut framer = Framer::new(source.as_ref(), range.bytes, &mut scratch);
    let mut position = None;
    while let Ok(Some(framed)) = framer.next() {
        let batch = match framed {
            Framed::Batch(batch) => batch,
            Framed::Gap(gap) => match moment {
                Moment::Offset(offset) if *whole && !gap.is_empty_space() => {
                    cut.offset = Some(offset);
                    return Some(gap.range.start);
                }
                _ => continue,
            },
        };
        let header = &batch.header;
        // The batch has records below the offset, or had, and goes on behind it.
        if let Moment::Offset(offset) = moment
            && header.next_offset() > offset
            && first_offset(&batch) < offset
        {
            (cut.offset, cut.records_below) = (Some(offset), Some(offset));
            return Some(batch.range().end);
        }
        *whole |= matches!(moment, Moment::Offset(offset) if header.next_offset() == offset);
        let behind = moment.is_before(header.max_timestamp, header.next_offset());
        let flow = match (cut.offset, behind) {
            (None, true) => {
                cut.offset = Some(first_offset(&batch));
                position = Some(batch.position);
                ControlFlow::Continue(())
            }
            (Some(_), false) => {
                cut.stray = cut.stray.or(Some(header.base_offset));
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        };
        if flow.is_break() || (position.is_some() && matches!(moment, Moment::Offset(_))) {
            break;
        }
    }
    position
}

/// The batch's first offset. The wrapper of a compressed set of magic 0 and 1 has its last record's only.
fn first_offset(batch: &RawBatch<'_>) -> i64 {
    let base = batch.header.base_offset;
    if batch.header.magic >= 2 {
        return base;
    }
    let mut inflater = Inflater::default();
    let first = batch.records(&mut inflater).ok().and_then(|mut records| records.next().ok()?);
    first.map_or(base, |first| first.offset)
}
