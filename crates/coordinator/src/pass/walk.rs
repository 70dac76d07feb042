//! One unit, batch by batch and record by record.

use lastwrites_records::redact::Redaction;
use lastwrites_segment::{
    BatchError, BatchHeader, Framed, Framer, Gap, Inflater, RawBatch, ReadError, Record, RecordError,
};
use lastwrites_types::ByteRange;

use crate::pass::drive::Scratch;
use crate::pass::files::LogFile;

/// A batch as its visitor sees it.
#[derive(Clone, Copy)]
pub struct BatchContext<'a> {
    /// The batch; its payload may be compressed.
    pub batch: &'a RawBatch<'a>,
    /// Whether the stored checksum is right.
    pub crc_ok: bool,
    /// The stored base offset, where the batch's place contradicts it and another one is taken.
    pub moved_from: Option<i64>,
}

impl BatchContext<'_> {
    /// Nothing about the batch is in doubt: checksum and base offset are right.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.crc_ok && self.moved_from.is_none()
    }
}

/// How the reading of a batch's records ended.
#[derive(Clone, Copy, Debug)]
pub enum BatchEnd<'a> {
    /// Every record was read.
    Whole,
    /// No record could be read at all.
    Unreadable(&'a BatchError),
    /// Reading stopped at this record.
    Stopped(&'a RecordError),
}

/// Sees every batch, record and gap of a unit in log order.
pub trait Visit {
    /// A record of the batch, control records included.
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>);

    /// The batch ended after `records` records.
    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>);

    /// Bytes that hold no batch.
    fn gap(&mut self, gap: &Gap);

    /// Bytes that the file or the device no longer gives.
    fn unreadable(&mut self, range: ByteRange, error: &ReadError);
}

/// Bytes behind the reader whose pages are given back at once: memory must not grow with the file.
pub(crate) const RELEASED_BYTES: u64 = 4 * 1024 * 1024;

/// Walks one unit. A file that shrank or a device that fails is damage like any other: what it still gives is
/// visited, the rest is named.
pub fn walk_unit(file: &LogFile, bytes: ByteRange, scratch: &mut Scratch, visit: &mut impl Visit) {
    let source = file.source.as_ref();
    let redaction = file.redaction.as_deref();
    let Scratch { window, inflater } = scratch;
    let mut framer = Framer::new(source, bytes, window);
    let mut reached = bytes.start;
    let mut released = bytes.start;
    loop {
        match framer.next() {
            Ok(Some(framed)) => {
                if reached - released >= RELEASED_BYTES {
                    source.release(ByteRange::new(released, reached));
                    released = reached;
                }
                reached = framed.range().end;
                match &framed {
                    Framed::Gap(gap) => visit.gap(gap),
                    Framed::Batch(batch) => {
                        let (moved, moved_from) = moved(file, batch);
                        let batch = moved.as_ref().unwrap_or(batch);
                        let context = BatchContext { batch, crc_ok: batch.crc_ok(), moved_from };
                        let below = file.records_below.and_then(|offset| cut_at(batch, offset));
                        match (redaction, &below) {
                            (None, None) => walk_batch(context, inflater, visit),
                            (None, Some(below)) => walk_below(context, below, inflater, visit),
                            (Some(redaction), None) => {
                                walk_batch(context, inflater, &mut Redacted { redaction, visit });
                            }
                            (Some(redaction), Some(below)) => {
                                walk_below(context, below, inflater, &mut Redacted { redaction, visit });
                            }
                        }
                    }
                }
            }
            Ok(None) => return source.release(ByteRange::new(released, bytes.end)),
            Err(error) => return visit.unreadable(ByteRange::new(reached, bytes.end), &error),
        }
    }
}

/// Shows records with pseudonyms: whoever looks behind it never sees an original.
struct Redacted<'a, V> {
    redaction: &'a Redaction,
    visit: &'a mut V,
}

impl<V: Visit> Visit for Redacted<'_, V> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        if context.batch.header.is_control() {
            return self.visit.record(context, record);
        }
        let (key, value) = self.redaction.record(record.key, record.value);
        self.visit.record(context, &Record { key: key.as_deref(), value: value.as_deref(), ..*record });
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        self.visit.batch_end(context, records, end);
    }

    fn gap(&mut self, gap: &Gap) {
        self.visit.gap(gap);
    }

    fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.visit.unreadable(range, error);
    }
}

/// The batch with the base offset that is taken for it, and the stored one.
#[inline]
fn moved<'b>(file: &LogFile, batch: &RawBatch<'b>) -> (Option<RawBatch<'b>>, Option<i64>) {
    if file.moved.is_empty() {
        return (None, None);
    }
    let Some(base_offset) = file.moved.get(&batch.position) else { return (None, None) };
    let header = BatchHeader { base_offset: *base_offset, ..batch.header };
    (Some(RawBatch { header, ..*batch }), Some(batch.header.base_offset))
}

fn walk_batch(context: BatchContext<'_>, inflater: &mut Inflater, visit: &mut impl Visit) {
    let batch = context.batch;
    // Borrowed where it was made: moving it would wait for what was just written.
    let mut reader = batch.records(inflater);
    let reader = match &mut reader {
        Ok(reader) => reader,
        Err(error) => return visit.batch_end(context, 0, BatchEnd::Unreadable(error)),
    };
    let mut records = 0;
    loop {
        while let Some(record) = reader.plain() {
            records += 1;
            visit.record(context, &record);
        }
        match reader.next() {
            Ok(Some(record)) => {
                records += 1;
                visit.record(context, &record);
            }
            Ok(None) => return visit.batch_end(context, records, BatchEnd::Whole),
            Err(error) => return visit.batch_end(context, records, BatchEnd::Stopped(&error)),
        }
    }
}

/// The batch as if it ended before an offset that lies inside of it.
fn cut_at<'b>(batch: &RawBatch<'b>, offset: i64) -> Option<RawBatch<'b>> {
    let mut header = batch.header;
    if header.next_offset() <= offset {
        return None;
    }
    if header.magic < 2 {
        // A compressed set's wrapper has its last record's offset.
        header.base_offset = offset.checked_sub(1)?;
    } else {
        let length = offset.checked_sub(header.base_offset).filter(|length| *length > 0)?;
        header.last_offset_delta = i32::try_from(length - 1).ok()?;
    }
    Some(RawBatch { header, ..*batch })
}

/// Walks a batch that is cut: shows it as `below`, with the records that are left of it.
fn walk_below(
    context: BatchContext<'_>,
    below: &RawBatch<'_>,
    inflater: &mut Inflater,
    visit: &mut impl Visit,
) {
    let cut = BatchContext { batch: below, ..context };
    let mut reader = match context.batch.records(inflater) {
        Ok(reader) => reader,
        Err(error) => return visit.batch_end(cut, 0, BatchEnd::Unreadable(&error)),
    };
    let end = below.header.next_offset();
    let mut records = 0;
    loop {
        match reader.next() {
            Ok(Some(record)) if record.offset < end => {
                records += 1;
                visit.record(cut, &record);
            }
            Ok(_) => return visit.batch_end(cut, records, BatchEnd::Whole),
            Err(error) => return visit.batch_end(cut, records, BatchEnd::Stopped(&error)),
        }
    }
}
