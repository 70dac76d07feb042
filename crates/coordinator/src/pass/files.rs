//! The files of a run, opened once and read by every worker.

use std::collections::BTreeMap;
use std::sync::Arc;

use lastwrites_evidence::SegmentFile;
use lastwrites_records::redact::Redaction;
use lastwrites_segment::{ByteSource, OpenError, ReadMode};

use crate::pass::unit::{Unit, UnitSize, units_of};

/// How files are opened and cut.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Mapped or read.
    pub read: ReadMode,
    /// Worker threads.
    pub threads: usize,
    /// Bytes of a unit; `None` chooses.
    pub unit_bytes: Option<u64>,
    /// Pseudonyms that records are read with.
    pub redaction: Option<Arc<Redaction>>,
}

/// One file of a copy, in log order.
pub struct LogFile {
    /// Index in the copy's own file list.
    pub file: u32,
    /// Its bytes.
    pub source: Box<dyn ByteSource>,
    /// Pseudonyms that its records are read with.
    pub redaction: Option<Arc<Redaction>>,
    /// Batches whose base offset their place contradicts: what is taken instead, by position.
    pub moved: BTreeMap<u64, i64>,
    /// Records from this offset on are left out of the batch that it lies inside of.
    pub records_below: Option<i64>,
    /// Offset in its name.
    pub base_offset: i64,
    /// The log before the file is whole from this offset on: no cleaner took anything there, so what is absent is lost.
    /// `None` where a cleaner may have.
    pub whole_from: Option<i64>,
    /// It is the first of its log, whose records before it may be lost.
    pub begins_late: bool,
}

/// A file that could not be opened.
#[derive(Debug)]
pub struct Unopened {
    /// Index of the copy.
    pub copy: u32,
    /// Index in the copy's own file list.
    pub file: u32,
    /// Why.
    pub error: OpenError,
}

/// The files of every copy of a run.
pub struct CopyFiles {
    copies: Vec<Vec<LogFile>>,
    unopened: Vec<Unopened>,
    threads: usize,
    unit_bytes: Option<u64>,
}

impl CopyFiles {
    /// Opens the named files, copy by copy; each with its index in the copy's file list. What can't be
    /// opened is kept in [`CopyFiles::unopened`].
    #[must_use]
    pub fn open<'p>(
        copies: impl IntoIterator<Item = Vec<(usize, &'p SegmentFile)>>,
        options: OpenOptions,
    ) -> Self {
        let mut files = Self {
            copies: Vec::new(),
            unopened: Vec::new(),
            threads: options.threads,
            unit_bytes: options.unit_bytes,
        };
        for (copy, named) in (0u32..).zip(copies) {
            let mut opened = Vec::with_capacity(named.len());
            for (index, segment) in named {
                let file = u32::try_from(index).unwrap_or(u32::MAX);
                match segment.open(options.read) {
                    Ok(source) => {
                        let (redaction, moved) = (options.redaction.clone(), BTreeMap::new());
                        let base_offset = segment.base_offset;
                        opened.push(LogFile {
                            file,
                            source,
                            redaction,
                            moved,
                            records_below: None,
                            base_offset,
                            whole_from: None,
                            begins_late: false,
                        });
                    }
                    Err(error) => files.unopened.push(Unopened { copy, file, error }),
                }
            }
            files.copies.push(opened);
        }
        files
    }

    /// Has batches of a file read with other base offsets than their headers', by position, in every pass to come.
    pub fn move_batches(&mut self, copy: usize, file: u32, moved: BTreeMap<u64, i64>) {
        let files = self.copies.get_mut(copy).into_iter().flatten();
        if let Some(found) = files.into_iter().find(|found| found.file == file) {
            found.moved.extend(moved);
        }
    }

    /// Has every pass to come leave records of a copy out that lie in one batch with this offset, from it on; `None`: has whole
    /// batches read again.
    pub fn records_below(&mut self, copy: usize, offset: Option<i64>) {
        let files = self.copies.get_mut(copy).into_iter().flatten();
        files.for_each(|file| file.records_below = offset);
    }

    /// Says that a copy's cleaner took nothing from an offset on: in every pass to come, files that are missing behind it are
    /// lost records.
    pub fn whole_from(&mut self, copy: usize, offset: i64) {
        for file in self.copies.get_mut(copy).into_iter().flatten() {
            file.whole_from = Some(file.whole_from.map_or(offset, |known| known.min(offset)));
        }
    }

    /// Says that a copy's first file is not the log's first for all that is known: in every pass to come, what is before it
    /// is lost.
    pub fn begins_late(&mut self, copy: usize) {
        let files = self.copies.get_mut(copy).into_iter().flatten();
        if let Some(first) = files.min_by_key(|file| file.base_offset) {
            first.begins_late = true;
        }
    }

    /// Says that a file of a copy lacks its end: in every pass to come, whatever is missing before the next one is lost.
    pub fn ends_early(&mut self, copy: usize, file: u32) {
        let files = self.copies.get(copy).map(Vec::as_slice).unwrap_or_default();
        let Some(base) = files.iter().find(|found| found.file == file).map(|found| found.base_offset) else {
            return;
        };
        let later = files.iter().filter(|other| other.base_offset > base);
        if let Some(next) = later.min_by_key(|other| other.base_offset).map(|next| next.file) {
            self.begins_behind_lost(copy, next);
        }
    }

    /// Says that what is missing before a file of a copy may be lost: it is taken for that in every pass to come.
    pub fn begins_behind_lost(&mut self, copy: usize, file: u32) {
        let files = self.copies.get_mut(copy).into_iter().flatten();
        if let Some(found) = files.into_iter().find(|found| found.file == file) {
            found.whole_from = Some(i64::MIN);
        }
    }

    /// Whether records are lost between a unit and the log before it, which ends below `next` (`None` where nothing was read
    /// yet): they are in no file, and no cleaner took them. They may have held anything, a marker among others.
    #[must_use]
    pub fn lost_before(&self, unit: &Unit, next: Option<i64>) -> bool {
        let Some(file) = self.of(unit).filter(|_| unit.bytes.start == 0) else { return false };
        let Some(next) = next else { return file.begins_late };
        file.whole_from.is_some_and(|from| from.max(next) < file.base_offset)
    }

    /// One file of a copy, by its index in the copy's own file list.
    #[must_use]
    pub fn file(&self, copy: usize, file: u32) -> Option<&LogFile> {
        self.copies.get(copy)?.iter().find(|found| found.file == file)
    }

    /// The files that could not be opened.
    #[must_use]
    pub fn unopened(&self) -> &[Unopened] {
        &self.unopened
    }

    /// True when files were named and none could be opened.
    #[must_use]
    pub fn all_unopened(&self) -> bool {
        !self.unopened.is_empty() && self.copies.iter().all(Vec::is_empty)
    }

    /// The units of all files: copy by copy, file by file, position by position.
    #[must_use]
    pub fn units(&self) -> Vec<Unit> {
        let files = self.copies.iter().map(Vec::len).sum();
        let size = self.unit_bytes.map_or_else(|| UnitSize::fitting(files, self.threads), UnitSize::Bytes);
        let of_copy = |(copy, files): (u32, &Vec<LogFile>)| -> Vec<Unit> {
            let of_file = |file: &LogFile| units_of(copy, file.file, file.source.as_ref(), size);
            files.iter().flat_map(of_file).collect()
        };
        (0u32..).zip(&self.copies).flat_map(of_copy).collect()
    }

    /// The file a unit belongs to.
    #[must_use]
    pub fn of(&self, unit: &Unit) -> Option<&LogFile> {
        self.copies.get(unit.copy as usize)?.iter().find(|file| file.file == unit.file)
    }

    /// Bytes of a unit; `None` chooses.
    #[must_use]
    pub const fn unit_bytes(&self) -> Option<u64> {
        self.unit_bytes
    }

    /// Threads to use.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// Number of copies.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.copies.len()
    }
}
