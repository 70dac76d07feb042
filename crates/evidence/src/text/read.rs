//! From a text file to made-up segments, section by section.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Seek as _};
use std::path::Path;

use lastwrites_types::CONSUMER_OFFSETS_TOPIC;
use serde_json::Value as Json;

use super::batch::TextBatch;
use super::beside::is_beside;
use super::dump_log::{Line, STARTS, line};
use super::lines::{fits, read_line, text_of};
use super::objects::{Next, next_object};
use super::old_lines::OldLines;
use super::record::{Parts, TextRecord, Told};
use super::spool::Spool;
use super::{TextDoubts, TextForm, formatter};
use crate::copy::SegmentFile;
use crate::dir_name::PartitionDirName;
use crate::file_name::{FileRole, SegmentKind};
use crate::problem::{Problem, ProblemKind};
use crate::read_file::open_regular;

/// Records of a made-up batch; the text's own batch may be cut into several.
const MAX_RECORDS: usize = 1024;
/// Bytes of text of a made-up batch.
const MAX_BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// Made-up segments by partition; `None` where a text does not name it.
type Partitions = BTreeMap<Option<i32>, Vec<SegmentFile>>;

/// The segments of a text by partition, and what it leaves open.
///
/// # Errors
/// The text can't be read, or the temporary file not written.
pub(crate) fn read_text(path: &Path, form: TextForm) -> Result<(Partitions, TextDoubts), Problem> {
    let file = open_regular(path)?;
    let mut texts = Texts {
        path,
        section: Section::new(0).map_err(|error| temporary(path, &error))?,
        done: BTreeMap::new(),
        doubts: TextDoubts::new(form),
        sections: 0,
    };
    let read = match form {
        TextForm::DumpLog | TextForm::OldDumpLog => texts.dump_log(file),
        TextForm::Formatter => texts.objects(file),
        TextForm::OldFormatter => texts.lines(file),
    };
    read.map_err(|error| temporary(path, &error))?;
    Ok((texts.done, texts.doubts))
}

fn temporary(path: &Path, error: &io::Error) -> Problem {
    Problem::new(path, ProblemKind::TextUnreadable(error.to_string()))
}

/// A text while it is read.
struct Texts<'p> {
    path: &'p Path,
    section: Section,
    done: Partitions,
    doubts: TextDoubts,
    sections: usize,
}

/// What one `Dumping` line begins; a formatter's output is one section.
struct Section {
    /// Byte of the text where it starts.
    start: u64,
    /// A `Dumping` line began it.
    named: bool,
    partition: Option<i32>,
    kind: SegmentKind,
    log_start: Option<i64>,
    first_offset: Option<i64>,
    spool: Spool,
    /// The batch whose lines come at the moment.
    pending: Option<Pending>,
}

struct Pending {
    batch: TextBatch,
    records: Vec<TextRecord>,
    /// Its records that were written already.
    written: usize,
    /// Byte of the section where its lines start.
    start: u64,
    /// Made up without a batch's line: nothing says that its records belong together, so each gets a batch of its own.
    loose: bool,
}

impl Section {
    fn new(start: u64) -> io::Result<Self> {
        let (partition, kind, log_start, first_offset) = (None, SegmentKind::Log, None, None);
        Ok(Self {
            start,
            named: false,
            partition,
            kind,
            log_start,
            first_offset,
            spool: Spool::new()?,
            pending: None,
        })
    }

    /// True of what stands before the first `Dumping` where no line of it is a segment's.
    fn says_nothing(&self) -> bool {
        self.start == 0
            && !self.named
            && self.log_start.is_none()
            && self.pending.is_none()
            && !self.spool.used()
    }

    /// Begins a batch at byte `at` of the section.
    fn begin(&mut self, batch: TextBatch, at: u64, loose: bool) {
        self.first_offset.get_or_insert(batch.base_offset);
        self.pending = Some(Pending { batch, records: Vec::new(), written: 0, start: at, loose });
    }

    /// Ends the pending batch at byte `end`; what of it can't be had counts as not understood.
    fn end_batch(&mut self, end: u64, doubts: &mut TextDoubts) -> io::Result<()> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let there = pending.written + pending.records.len();
        let told = pending.batch.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(there);
        let missing = told.saturating_sub(there);
        if pending.records.is_empty() && (missing > 0 || pending.written > 0) {
            doubts.not_understood += missing as u64;
            return if missing > 0 { self.spool.gap(end) } else { Ok(()) };
        }
        if missing == 0 {
            return self.write(&pending.batch, &pending.records, end, doubts);
        }
        doubts.not_understood += missing as u64;
        // One byte of damage stands for the records that are missing.
        self.write(&pending.batch, &pending.records, end.saturating_sub(1), doubts)?;
        self.spool.gap(end)
    }

    /// Writes what there is of the pending batch up to byte `end`; more of its records may come.
    fn cut_batch(&mut self, end: u64, doubts: &mut TextDoubts) -> io::Result<()> {
        let Some(pending) = &mut self.pending else { return Ok(()) };
        let Some(last) = pending.records.last() else { return Ok(()) };
        let batch = TextBatch { last_offset: last.offset, ..pending.batch };
        let records = std::mem::take(&mut pending.records);
        pending.written += records.len();
        pending.start = end;
        self.write(&batch, &records, end, doubts)
    }

    fn write(
        &mut self,
        batch: &TextBatch,
        records: &[TextRecord],
        end: u64,
        doubts: &mut TextDoubts,
    ) -> io::Result<()> {
        if self.spool.batch(batch, records, end)? {
            doubts.records += records.len() as u64;
        } else {
            doubts.not_understood += records.len().max(1) as u64;
        }
        Ok(())
    }

    /// Leaves bytes up to `end` as damage.
    fn gap(&mut self, at: u64, end: u64, doubts: &mut TextDoubts) -> io::Result<()> {
        self.cut_batch(at, doubts)?;
        self.spool.gap(end)
    }

    fn not_understood(&mut self, at: u64, end: u64, doubts: &mut TextDoubts) -> io::Result<()> {
        doubts.not_understood += 1;
        self.gap(at, end, doubts)
    }

    fn record(&mut self, record: TextRecord, at: u64, doubts: &mut TextDoubts) -> io::Result<()> {
        let full = |pending: &Pending| {
            // A moment cuts before a batch.
            pending.loose
                || pending.records.len() >= MAX_RECORDS
                || at.saturating_sub(pending.start) >= MAX_BATCH_BYTES
        };
        if self.pending.as_ref().is_some_and(full) {
            self.cut_batch(at, doubts)?;
        }
        if self.pending.is_none() {
            self.begin(TextBatch::unknown(record.offset, record.timestamp_ms), at, true);
        }
        if let Some(pending) = &mut self.pending {
            // What goes on behind a cut starts with its own first record.
            if pending.written > 0 && pending.records.is_empty() {
                pending.batch.base_offset = record.offset;
                if pending.loose {
                    pending.batch.max_timestamp = record.timestamp_ms;
                }
            }
            if pending.batch.count.is_none() {
                pending.batch.last_offset = record.offset;
            }
            pending.records.push(record);
        }
        Ok(())
    }
}

impl Texts<'_> {
    fn dump_log(&mut self, file: File) -> io::Result<()> {
        let mut reader = BufReader::new(file);
        let mut next = Some(read_line(&mut reader)?);
        let mut at = 0;
        while let Some(mut bytes) = next.take().filter(|bytes| !bytes.is_empty()) {
            let mut following = read_line(&mut reader)?;
            // Old text has metadata as it is, line feeds and all.
            while is_old_record(&bytes) && goes_on(&following) && fits(&bytes) {
                bytes.append(&mut following);
                following = read_line(&mut reader)?;
            }
            let end = at + bytes.len() as u64;
            self.dump_log_line(&bytes, at, end)?;
            at = end;
            next = Some(following);
        }
        self.end_section(at)
    }

    fn dump_log_line(&mut self, bytes: &[u8], at: u64, end: u64) -> io::Result<()> {
        let text = text_of(bytes);
        let (from, to) = (at - self.section.start, end - self.section.start);
        match line(&text) {
            Line::Dumping(path) => {
                if at > 0 && self.section.says_nothing() {
                    self.section = Section::new(at)?;
                } else {
                    self.end_section(at)?;
                }
                self.section.name(path);
                Ok(())
            }
            Line::LogStart(offset) => {
                self.section.log_start = Some(offset);
                Ok(())
            }
            Line::Batch(batch) => {
                self.doubts.wrong_checksums += u64::from(!batch.checksum_holds);
                self.section.end_batch(from, &mut self.doubts)?;
                self.section.begin(batch, from, false);
                Ok(())
            }
            Line::Record(record, told) => {
                let old = [" key: offset_commit::", " key: group_metadata::", " key: unknown::version="];
                if old.iter().any(|key| text.contains(key)) {
                    self.doubts.form = TextForm::OldDumpLog;
                }
                self.doubts.count(told);
                self.section.record(record, from, &mut self.doubts)
            }
            Line::Other => Ok(()),
            Line::Damage => {
                self.doubts.damage += 1;
                self.section.gap(from, to, &mut self.doubts)
            }
            Line::NotUnderstood => self.section.not_understood(from, to, &mut self.doubts),
        }
    }

    fn objects(&mut self, file: File) -> io::Result<()> {
        let length = file.metadata()?.len();
        let mut behind = file.try_clone()?;
        let mut at = 0;
        let mut number = 0;
        // From where an object begins; what is none, a line that the tool wrote between, is passed over.
        let mut next = next_object(&mut behind, 0)?;
        loop {
            let to = next.at.unwrap_or(length);
            if next.lost {
                self.section.not_understood(at, to, &mut self.doubts)?;
                number += 1;
            }
            let Some(start) = next.at else { return self.end_section(length) };
            at = start;
            behind.seek(io::SeekFrom::Start(start))?;
            let mut objects =
                serde_json::Deserializer::from_reader(BufReader::new(&behind)).into_iter::<Json>();
            while let Some(Ok(object)) = objects.next() {
                let end = start + objects.byte_offset() as u64;
                self.unnumbered(formatter::object(&object), number, at, end)?;
                number += 1;
                at = end;
            }
            next = next_object(&mut behind, at)?;
            if next.at == Some(at) {
                // It begins like an object, and is none.
                next = Next { lost: true, ..next_object(&mut behind, at + 1)? };
            }
        }
    }

    fn lines(&mut self, file: File) -> io::Result<()> {
        let mut lines = OldLines::new(file);
        let mut at = 0;
        let mut number = 0;
        loop {
            let bytes = lines.record()?;
            if bytes.is_empty() {
                return self.end_section(at);
            }
            let end = at + bytes.len() as u64;
            let text = text_of(&bytes);
            if !text.trim().is_empty() && !is_beside(&text) {
                let parts = formatter::line(&text).map(|parts| (parts, Told::Exactly));
                self.unnumbered(parts, number, at, end)?;
                number += 1;
            }
            at = end;
        }
    }

    /// A record that stands in the text without its offset.
    fn unnumbered(&mut self, parts: Option<(Parts, Told)>, offset: i64, at: u64, end: u64) -> io::Result<()> {
        match parts {
            Some(((key, value), told)) => {
                self.doubts.count(told);
                let record = TextRecord { offset, timestamp_ms: -1, key, value };
                self.section.record(record, at, &mut self.doubts)
            }
            None => self.section.not_understood(at, end, &mut self.doubts),
        }
    }

    /// Ends the section at byte `at` of the text and begins the next one there.
    fn end_section(&mut self, at: u64) -> io::Result<()> {
        let next = Section::new(at)?;
        let mut section = std::mem::replace(&mut self.section, next);
        let size_bytes = at - section.start;
        if size_bytes == 0 {
            return Ok(());
        }
        section.end_batch(size_bytes, &mut self.doubts)?;
        let (text, size_bytes) = section.spool.finish(size_bytes)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let name = match (self.sections, section.start) {
            (0, 0) => name.into_owned(),
            // The byte of the text where the section starts; positions count from there.
            (_, start) => format!("{name}@{start}"),
        };
        self.sections += 1;
        self.done.entry(section.partition).or_default().push(SegmentFile {
            path: self.path.to_owned(),
            name: name.into(),
            kind: section.kind,
            base_offset: section.log_start.or(section.first_offset).unwrap_or(0),
            size_bytes,
            text: Some(text),
        });
        Ok(())
    }
}

impl Section {
    /// Takes partition and kind from the path of the segment that was dumped.
    fn name(&mut self, path: &str) {
        self.named = true;
        let path = Path::new(path.trim_end());
        let parent = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let name = parent.and_then(PartitionDirName::parse);
        self.partition = name.filter(|name| name.topic == CONSUMER_OFFSETS_TOPIC).map(|name| name.partition);
        if let Some(FileRole::Segment { kind, .. }) =
            path.file_name().and_then(|name| name.to_str()).and_then(FileRole::of)
        {
            self.kind = kind;
        }
    }
}

/// True for a line that may be more of an old record's metadata.
fn goes_on(line: &[u8]) -> bool {
    !line.is_empty() && !is_start(line) && !is_beside(&text_of(line))
}

fn is_start(bytes: &[u8]) -> bool {
    STARTS.iter().any(|start| bytes.starts_with(start.as_bytes()))
}

/// True for a commit whose metadata may bring line feeds; a tombstone has none, so a blank line behind it is no part of it.
fn is_old_record(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let fields = text.split_once(" key: offset_commit::").map(|(fields, _)| fields.to_ascii_lowercase());
    bytes.starts_with(b"| offset: ") && fields.is_some_and(|fields| !fields.contains(" valuesize: -1"))
}
