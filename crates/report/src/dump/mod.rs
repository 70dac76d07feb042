//! Every record in log order, as JSON Lines, text, or the text of Kafka's own tool. Streams: a unit's lines at a time, whatever the log's size.

pub(crate) mod json;
mod kafka_dump_log;
mod text;

use std::fmt;
use std::io::{self, Write};
use std::ops::ControlFlow;

use lastwrites_coordinator::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, PassError, Progress, Scratch, Unit, Visit, drive, walk_unit,
};
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentKind};
use lastwrites_segment::{Gap, ReadError, Record};
use lastwrites_types::{ByteRange, Release};

use crate::build::{BuildError, nothing_opened, path_text};
use crate::options::Options;

/// How records are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DumpFormat {
    /// One JSON object a line, the machine-output contract.
    Json,
    /// One line a record for a person.
    Text,
    /// What `kafka-dump-log --offsets-decoder` of 3.8 and later prints.
    KafkaDumpLog,
}

/// What to dump, and how.
pub struct DumpOptions {
    /// The format.
    pub format: DumpFormat,
    /// Which release wrote the log; settles bytes that fit two layouts.
    pub written_by: Option<Release>,
    /// Also `.deleted`, `.cleaned` and `.swap` files.
    pub leftovers: bool,
}

/// What a dump came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DumpTotals {
    /// Records written.
    pub records: u64,
    /// Bytes that could not be read as records.
    pub damaged_bytes: u64,
    /// Records that could not be decoded.
    pub undecodable: u64,
}

/// Why a dump stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum DumpError {
    /// Nothing can be read.
    Build(BuildError),
    /// The output can't be written.
    Output(io::Error),
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Output(error) => write!(f, "can't write the output: {error}"),
        }
    }
}

impl std::error::Error for DumpError {}

impl From<PassError> for DumpError {
    fn from(error: PassError) -> Self {
        Self::Build(error.into())
    }
}

/// Bytes of a unit: a unit's lines are held until its turn comes, so units are kept small.
const UNIT_BYTES: u64 = 1024 * 1024;

/// Writes every record of every copy: partition by partition, file by file, in log order.
///
/// # Errors
/// When nothing can be read or the output fails. Damage is counted and skipped.
pub fn dump(
    evidence: &Evidence,
    options: &Options,
    what: &DumpOptions,
    progress: &Progress,
    out: &mut dyn Write,
) -> Result<DumpTotals, DumpError> {
    let wanted = |kind| what.leftovers || kind == SegmentKind::Log;
    let paths = evidence
        .copies
        .iter()
        .map(|copy| copy.files.iter().enumerate().filter(|(_, file)| wanted(file.kind)).collect());
    let mut open = options.open();
    open.unit_bytes = Some(open.unit_bytes.unwrap_or(UNIT_BYTES));
    let files = CopyFiles::open(paths, open);
    nothing_opened(&files).map_err(DumpError::Build)?;
    let pass = DumpPass { evidence, files: &files, what };
    let mut totals = DumpTotals::default();
    let mut failed = None;
    drive(&pass, &files.units(), files.threads(), progress, |_, lines: Lines| {
        totals.records += lines.totals.records;
        totals.damaged_bytes += lines.totals.damaged_bytes;
        totals.undecodable += lines.totals.undecodable;
        match out.write_all(&lines.text) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failed {
        Some(error) => Err(DumpError::Output(error)),
        None => out.flush().map(|()| totals).map_err(DumpError::Output),
    }
}

/// One unit's lines.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    totals: DumpTotals,
}

struct DumpPass<'a> {
    evidence: &'a Evidence,
    files: &'a CopyFiles,
    what: &'a DumpOptions,
}

impl Pass for DumpPass<'_> {
    type Local = ();
    type Edge = Lines;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> Lines {
        let copy = self.evidence.copies.get(unit.copy as usize);
        let (Some(copy), Some(file)) = (copy, self.files.of(unit)) else { return Lines::default() };
        let Some(segment) = copy.files.get(unit.file as usize) else { return Lines::default() };
        let mut visitor = DumpVisitor {
            copy,
            file: &segment.name,
            file_bytes: file.source.len(),
            what: self.what,
            told_batch: None,
            lines: Lines::default(),
        };
        if self.what.format == DumpFormat::KafkaDumpLog && unit.bytes.start == 0 {
            kafka_dump_log::file(&path_text(&segment.path), segment.base_offset, &mut visitor.lines.text);
        }
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.lines
    }
}

struct DumpVisitor<'a> {
    copy: &'a PartitionCopy,
    file: &'a str,
    file_bytes: u64,
    what: &'a DumpOptions,
    /// Position of the batch whose own line was written last.
    told_batch: Option<u64>,
    lines: Lines,
}

impl DumpVisitor<'_> {
    /// Writes the line of a batch, once, in the form that has one.
    fn batch(&mut self, context: BatchContext<'_>) {
        let BatchContext { batch, crc_ok, .. } = context;
        if self.what.format == DumpFormat::KafkaDumpLog && self.told_batch != Some(batch.position) {
            self.told_batch = Some(batch.position);
            kafka_dump_log::batch(&batch.header, batch.position, crc_ok, &mut self.lines.text);
        }
    }
}

/// A record with everything a line says of it.
struct Line<'a> {
    partition: Option<i32>,
    file: &'a str,
    context: BatchContext<'a>,
    record: &'a Record<'a>,
    written_by: Option<Release>,
}

impl Visit for DumpVisitor<'_> {
    fn record(&mut self, context: BatchContext<'_>, record: &Record<'_>) {
        self.lines.totals.records += 1;
        self.batch(context);
        let line = Line {
            partition: self.copy.partition,
            file: self.file,
            context,
            record,
            written_by: self.what.written_by,
        };
        let decoded = match self.what.format {
            DumpFormat::Json => json::write(&line, &mut self.lines.text),
            DumpFormat::Text => text::write(&line, &mut self.lines.text),
            DumpFormat::KafkaDumpLog => kafka_dump_log::record(&line, &mut self.lines.text),
        };
        self.lines.totals.undecodable += u64::from(!decoded);
    }

    fn batch_end(&mut self, context: BatchContext<'_>, _: u64, end: BatchEnd<'_>) {
        self.batch(context);
        if !matches!(end, BatchEnd::Whole) {
            self.lines.totals.damaged_bytes += u64::from(context.batch.header.size_bytes);
        }
    }

    fn gap(&mut self, gap: &Gap) {
        if self.what.format == DumpFormat::KafkaDumpLog {
            let ends_file = gap.range.end == self.file_bytes;
            kafka_dump_log::gap(gap, self.file, ends_file, &mut self.lines.text);
        }
        if !gap.is_empty_space() {
            self.lines.totals.damaged_bytes += gap.range.len();
        }
    }

    fn unreadable(&mut self, range: ByteRange, _: &ReadError) {
        self.lines.totals.damaged_bytes += range.len();
    }
}
