//! The `.log` files of one captured replica: what is whole on disk already, and more at their end.
//!
//! Bytes go to disk exactly as the broker sent them. Only whole batches are kept; a run that was killed leaves at
//! most one cut batch, which the next run takes off again. A file ends after 100 MiB, as segments of the offsets
//! topic do; where the broker's own segments end, Fetch doesn't tell.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lastwrites_segment::{BatchHeader, Framed, Framer, RawBatch, ReadMode};
use lastwrites_types::ByteRange;

use super::CaptureError;

/// `segment.bytes` of the offsets topic.
const FILE_BYTES: u64 = 100 << 20;

/// Files of one replica in one folder.
pub(super) struct LogFiles {
    folder: PathBuf,
    /// The newest file, open at its end, with its size and the offset in its name.
    open: Option<(File, u64, i64)>,
    /// First offset after everything on disk; `None`: nothing is.
    next_offset: Option<i64>,
    /// The last batch on disk before this run.
    last: Option<LastBatch>,
    /// First offset of each leader epoch met, ascending, as a broker rebuilds its `leader-epoch-checkpoint`.
    epochs: Vec<(i32, i64)>,
    tally: Tally,
}

/// A batch to hold against what the broker has there now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LastBatch {
    pub(super) base_offset: i64,
    pub(super) leader_epoch: i32,
}

/// What is on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) batches: u64,
    pub(super) bytes: u64,
    pub(super) wrong_checksums: u64,
    /// Bytes between batches that are none: damage on the broker's disk.
    pub(super) other_bytes: u64,
}

/// Whole batches at the start of an answer.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct WholeBatches {
    headers: Vec<(BatchHeader, bool, Range<usize>)>,
    other_bytes: u64,
}

impl WholeBatches {
    /// Frames an answer up to the batch that was cut, or that starts at or above `until`.
    ///
    /// A broker sends at least one whole batch, so bytes at the very start that are no batch are damage on its
    /// disk and kept if batches follow; later on they are the cut, and the next answer will start with them.
    pub(super) fn of(records: &[u8], until: i64) -> Self {
        let mut whole = Self::default();
        let mut scratch = Vec::new();
        let length = records.len() as u64;
        let mut framer = Framer::new(&records, ByteRange::new(0, length), &mut scratch);
        let mut gap = 0;
        while let Ok(Some(item)) = framer.next() {
            match item {
                Framed::Batch(batch) if batch.header.base_offset < until => {
                    whole.other_bytes += std::mem::take(&mut gap);
                    whole.headers.push((batch.header, batch.crc_ok(), range_of(&batch)));
                }
                Framed::Gap(damage) if damage.range.start == 0 => gap = damage.range.len(),
                Framed::Batch(_) | Framed::Gap(_) => break,
            }
        }
        whole
    }

    pub(super) fn first(&self) -> Option<&BatchHeader> {
        self.headers.first().map(|(header, ..)| header)
    }

    /// First offset after them.
    pub(super) fn next_offset(&self) -> Option<i64> {
        self.headers.iter().map(|(header, ..)| after(header)).max()
    }

    /// The bytes they cover, damage before the first included.
    fn range(&self) -> Option<Range<usize>> {
        let (first, last) = (&self.headers.first()?.2, &self.headers.last()?.2);
        let start = if self.other_bytes > 0 { 0 } else { first.start };
        Some(start..last.end)
    }
}

/// First offset after a batch, as a broker's own reader counts.
fn after(header: &BatchHeader) -> i64 {
    header.base_offset.saturating_add(i64::from(header.last_offset_delta.max(0))).saturating_add(1)
}

fn range_of(batch: &RawBatch<'_>) -> Range<usize> {
    let start = usize::try_from(batch.position).unwrap_or(usize::MAX);
    start..start.saturating_add(batch.bytes.len())
}

impl LogFiles {
    /// Opens a folder that an earlier run may have left anything in, and takes off a batch that was cut.
    pub(super) fn open(folder: &Path) -> Result<Self, CaptureError> {
        let mut files = Self {
            folder: folder.to_owned(),
            open: None,
            next_offset: None,
            last: None,
            epochs: Vec::new(),
            tally: Tally::default(),
        };
        let names = log_names(folder)?;
        for (nth, (base_offset, path)) in names.iter().enumerate() {
            files.take_in(path, *base_offset, nth + 1 == names.len())?;
        }
        Ok(files)
    }

    fn take_in(&mut self, path: &Path, base_offset: i64, newest: bool) -> Result<(), CaptureError> {
        let source = lastwrites_segment::open(path, ReadMode::Plain)
            .map_err(|e| CaptureError::content(path, e.to_string()))?;
        let mut scratch = Vec::new();
        let mut framer = Framer::new(&*source, ByteRange::new(0, source.len()), &mut scratch);
        // Damage of the broker's lies before a batch; what lies after the last one is a cut of ours.
        let mut gap = 0;
        let mut end = 0;
        self.next_offset = self.next_offset.max(Some(base_offset));
        while let Some(item) = framer.next().map_err(|e| CaptureError::content(path, e.to_string()))? {
            match item {
                Framed::Batch(batch) => {
                    end = batch.range().end;
                    self.count(&batch.header, batch.crc_ok());
                    self.tally.other_bytes += std::mem::take(&mut gap);
                    self.tally.bytes = self.tally.bytes.saturating_add(batch.bytes.len() as u64);
                    self.last = Some(LastBatch {
                        base_offset: batch.header.base_offset,
                        leader_epoch: batch.header.partition_leader_epoch,
                    });
                }
                Framed::Gap(found) => gap += found.range.len(),
            }
        }
        let cut = end < source.len();
        if cut && !newest {
            return Err(CaptureError::content(path, format!("bytes after position {end} are no batch")));
        }
        if newest {
            let file = OpenOptions::new().append(true).open(path).map_err(|e| CaptureError::io(path, e))?;
            if cut {
                file.set_len(end).map_err(|e| CaptureError::io(path, e))?;
            }
            self.open = Some((file, end, base_offset));
        }
        Ok(())
    }

    pub(super) fn next_offset(&self) -> Option<i64> {
        self.next_offset
    }

    pub(super) fn last(&self) -> Option<LastBatch> {
        self.last
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Appends whole batches of an answer. `log_start_offset` names the first file, as it does on a broker.
    pub(super) fn append(
        &mut self,
        log_start_offset: i64,
        batches: &WholeBatches,
        records: &[u8],
    ) -> Result<(), CaptureError> {
        let Some((first, range)) = batches.first().zip(batches.range()) else { return Ok(()) };
        let bytes = records.get(range).unwrap_or_default();
        let base_offset = match &self.open {
            None => log_start_offset.min(first.base_offset),
            Some((_, size, base))
                if size.saturating_add(bytes.len() as u64) > FILE_BYTES && first.base_offset > *base =>
            {
                first.base_offset
            }
            Some((_, _, base)) => *base,
        };
        if self.open.as_ref().is_none_or(|(_, _, base)| *base != base_offset) {
            self.start_file(base_offset)?;
        }
        if let Some((file, size, base)) = &mut self.open {
            file.write_all(bytes).map_err(|e| CaptureError::io(&path_of(&self.folder, *base), e))?;
            *size = size.saturating_add(bytes.len() as u64);
        }
        self.tally.other_bytes += batches.other_bytes;
        for (header, crc_ok, range) in &batches.headers {
            self.count(header, *crc_ok);
            self.tally.bytes = self.tally.bytes.saturating_add(range.len() as u64);
        }
        Ok(())
    }

    /// Everything up to `end` is on disk now. Where the log holds nothing up to there, an empty file says so, as
    /// a broker's own active segment would.
    pub(super) fn finish(&mut self, end: i64) -> Result<(), CaptureError> {
        if self.next_offset.is_none_or(|next| next < end) {
            self.start_file(end)?;
            self.next_offset = Some(end);
        }
        self.sync()
    }

    /// Makes sure that what was written is on the disk.
    pub(super) fn sync(&self) -> Result<(), CaptureError> {
        match &self.open {
            Some((file, _, base)) => {
                file.sync_all().map_err(|e| CaptureError::io(&path_of(&self.folder, *base), e))
            }
            None => Ok(()),
        }
    }

    /// The lines of a `leader-epoch-checkpoint` (version, count, `epoch startOffset`).
    pub(super) fn leader_epoch_checkpoint(&self) -> String {
        let mut text = format!("0\n{}\n", self.epochs.len());
        for (epoch, start_offset) in &self.epochs {
            text.push_str(&format!("{epoch} {start_offset}\n"));
        }
        text
    }

    fn start_file(&mut self, base_offset: i64) -> Result<(), CaptureError> {
        self.sync()?;
        let path = path_of(&self.folder, base_offset);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| CaptureError::io(&path, e))?;
        self.open = Some((file, 0, base_offset));
        Ok(())
    }

    fn count(&mut self, header: &BatchHeader, crc_ok: bool) {
        self.tally.batches += 1;
        self.tally.wrong_checksums += u64::from(!crc_ok);
        self.next_offset = self.next_offset.max(Some(after(header)));
        let epoch = header.partition_leader_epoch;
        let newer = epoch >= 0 && self.epochs.last().is_none_or(|(last, _)| *last < epoch);
        // A damaged header mustn't end the list with a number nobody can top.
        if newer && crc_ok {
            self.epochs.push((epoch, header.base_offset));
        }
    }
}

fn path_of(folder: &Path, base_offset: i64) -> PathBuf {
    folder.join(format!("{base_offset:020}.log"))
}

/// The `.log` files of a folder by the offset in their names.
fn log_names(folder: &Path) -> Result<Vec<(i64, PathBuf)>, CaptureError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| CaptureError::io(folder, e))? {
        let entry = entry.map_err(|e| CaptureError::io(folder, e))?;
        let name = entry.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".log"));
        if let Some(base_offset) = stem.and_then(|stem| stem.parse().ok()) {
            found.push((base_offset, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}
