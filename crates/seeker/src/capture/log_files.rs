//! The `.log` files of one captured replica: what is whole on disk already, and more at their end.
//!
//! Bytes go to disk exactly as the broker sent them. Only whole batches are kept; a run that was killed leaves at
//! most one cut batch, which the next run takes off again. A file ends after 100 MiB, as segments of the offsets
//! topic do; where the broker's own segments end, Fetch doesn't tell.
//!
//! Where the next run goes on, the last batch with a right checksum says. Batches after it come again then.

use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use lastwrites_segment::{BatchHeader, Framed, Framer, ReadMode};
use lastwrites_types::ByteRange;

use super::CaptureError;
use super::answer::{Damaged, Frame, after};
use super::durable::sync_folder;
use super::witness::Witnesses;

/// `segment.bytes` of the offsets topic.
const FILE_BYTES: u64 = 100 << 20;

/// Files of one replica in one folder.
pub(super) struct LogFiles {
    folder: PathBuf,
    /// The newest file that holds anything, or may.
    open: Option<Open>,
    /// The offset in the name of an empty file at the end: there the log ended once, and may go on below by now.
    hollow: Option<i64>,
    /// First offset after the last batch that can be believed; `None`: nothing is on disk.
    next_offset: Option<i64>,
    /// Batches on disk before this run.
    witnesses: Witnesses,
    damaged: Damaged,
    /// First offset of each leader epoch met, ascending, as a broker rebuilds its `leader-epoch-checkpoint`.
    epochs: Vec<(i32, i64)>,
    tally: Tally,
    /// Batches that end below aren't in the tally's digest.
    digest_from: i64,
}

/// A file, open at its end.
struct Open {
    /// `None`: what would go into it is only counted.
    file: Option<File>,
    size: u64,
    /// The offset in its name.
    base_offset: i64,
    /// Where the last batch ends that can be believed, and the tally up to there.
    settled: (u64, Tally),
}

/// What is on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) batches: u64,
    pub(super) bytes: u64,
    pub(super) wrong_checksums: u64,
    /// Bytes between batches that are none: damage on the broker's disk.
    pub(super) other_bytes: u64,
    /// Of base offset, leader epoch, size and checksum of each batch, in order.
    pub(super) digest: u64,
}

impl LogFiles {
    /// Files of no folder: what is appended is counted and forgotten.
    pub(super) fn counting(digest_from: i64) -> Self {
        Self::empty(Path::new(""), digest_from)
    }

    fn empty(folder: &Path, digest_from: i64) -> Self {
        Self {
            folder: folder.to_owned(),
            open: None,
            hollow: None,
            next_offset: None,
            witnesses: Witnesses::default(),
            damaged: Damaged::default(),
            epochs: Vec::new(),
            tally: Tally::default(),
            digest_from,
        }
    }

    /// Opens a folder that an earlier run may have left anything in, and takes off a batch that was cut.
    pub(super) fn open(folder: &Path, digest_from: i64) -> Result<Self, CaptureError> {
        let mut files = Self::empty(folder, digest_from);
        let mut names = log_names(folder)?;
        if let [_, .., (base_offset, newest)] = names.as_slice()
            && fs::metadata(newest).map_err(|e| CaptureError::io(newest, e))?.len() == 0
        {
            files.hollow = Some(*base_offset);
            names.pop();
        }
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
        let mut settled = (0, self.tally);
        let mut waiting: Vec<BatchHeader> = Vec::new();
        self.next_offset = self.next_offset.max(Some(base_offset));
        while let Some(item) = framer.next().map_err(|e| CaptureError::content(path, e.to_string()))? {
            match item {
                Framed::Batch(batch) => {
                    end = batch.range().end;
                    let crc_ok = batch.crc_ok();
                    self.tally.other_bytes += std::mem::take(&mut gap);
                    self.count(&batch.header, crc_ok, batch.bytes.len());
                    if crc_ok {
                        settled = (end, self.tally);
                        self.next_offset = Some(after(&batch.header));
                        self.witnesses.saw(&batch.header);
                        waiting.drain(..).for_each(|header| self.damaged.insert(&header));
                    } else {
                        waiting.push(batch.header);
                    }
                }
                Framed::Gap(found) => gap += found.range.len(),
            }
        }
        if !newest {
            waiting.iter().for_each(|header| self.damaged.insert(header));
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
            self.open = Some(Open { file: Some(file), size: end, base_offset, settled });
        }
        Ok(())
    }

    /// Nothing is on disk but perhaps an empty file.
    pub(super) fn is_empty(&self) -> bool {
        self.tally.bytes == 0 && self.tally.other_bytes == 0
    }

    /// First offset to ask for.
    pub(super) fn next_offset(&self) -> Option<i64> {
        self.next_offset
    }

    /// How far an earlier run saw the log go.
    pub(super) fn reached(&self) -> Option<i64> {
        self.next_offset.max(self.hollow)
    }

    pub(super) fn witnesses(&self) -> &Witnesses {
        &self.witnesses
    }

    pub(super) fn damaged(&self) -> &Damaged {
        &self.damaged
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Appends batches that lie in `bytes`, with `other_bytes` of damage before the first. The last one is believed.
    /// `log_start_offset` names the first file, as it does on a broker.
    pub(super) fn append(
        &mut self,
        log_start_offset: i64,
        frames: &[Frame],
        bytes: &[u8],
        other_bytes: u64,
    ) -> Result<(), CaptureError> {
        self.append_unsettled(log_start_offset, frames, bytes, other_bytes)?;
        frames.iter().filter(|frame| !frame.crc_ok).for_each(|frame| self.damaged.insert(&frame.header));
        if let Some(last) = frames.last() {
            self.next_offset = Some(after(&last.header));
        }
        if let Some(open) = &mut self.open {
            open.settled = (open.size, self.tally);
        }
        Ok(())
    }

    /// The same with batches of which none can be believed.
    pub(super) fn append_unsettled(
        &mut self,
        log_start_offset: i64,
        frames: &[Frame],
        bytes: &[u8],
        other_bytes: u64,
    ) -> Result<(), CaptureError> {
        let Some((first, last)) = frames.first().zip(frames.last()) else { return Ok(()) };
        let start = if other_bytes > 0 { 0 } else { first.range.start };
        let bytes = bytes.get(start..last.range.end).unwrap_or_default();
        self.take_off_unsettled()?;
        self.take_off_hollow()?;
        let told = first.crc_ok.then_some(first.header.base_offset);
        let base_offset = match &self.open {
            None => told.map_or(log_start_offset, |told| log_start_offset.min(told)),
            Some(open) => {
                let next = told.max(self.next_offset).unwrap_or(log_start_offset);
                let full = open.size.saturating_add(bytes.len() as u64) > FILE_BYTES;
                if full && next > open.base_offset { next } else { open.base_offset }
            }
        };
        if self.open.as_ref().is_none_or(|open| open.base_offset != base_offset) {
            self.start_file(base_offset)?;
        }
        if let Some(open) = &mut self.open {
            if let Some(file) = &mut open.file {
                file.write_all(bytes)
                    .map_err(|e| CaptureError::io(&path_of(&self.folder, open.base_offset), e))?;
            }
            open.size = open.size.saturating_add(bytes.len() as u64);
        }
        self.tally.other_bytes += other_bytes;
        for frame in frames {
            self.count(&frame.header, frame.crc_ok, frame.range.len());
        }
        Ok(())
    }

    /// Everything up to `end` is on disk now. Where the log holds nothing up to there, an empty file says so, as
    /// a broker's own active segment would.
    pub(super) fn finish(&mut self, end: i64) -> Result<(), CaptureError> {
        if self.next_offset.is_none_or(|next| next < end) {
            if self.hollow != Some(end) {
                self.take_off_hollow()?;
                self.start_file(end)?;
            }
            self.next_offset = Some(end);
        }
        self.sync()
    }

    /// Makes sure that what was written is on the disk.
    pub(super) fn sync(&self) -> Result<(), CaptureError> {
        let Some((file, base_offset)) =
            self.open.as_ref().and_then(|o| Some((o.file.as_ref()?, o.base_offset)))
        else {
            return Ok(());
        };
        file.sync_all().map_err(|e| CaptureError::io(&path_of(&self.folder, base_offset), e))
    }

    /// A leader epoch that a later reading met and this one not, or only further on: cleaning takes batches away and
    /// brings none, so that is another history.
    pub(super) fn newer_epoch_of(&self, later: &Self) -> Option<(i32, i64)> {
        let known = |(epoch, from): &(i32, i64)| self.epochs.iter().any(|(e, f)| e == epoch && f <= from);
        later.epochs.iter().copied().find(|met| !known(met))
    }

    /// The lines of a `leader-epoch-checkpoint` (version, count, `epoch startOffset`).
    pub(super) fn leader_epoch_checkpoint(&self) -> String {
        let mut text = format!("0\n{}\n", self.epochs.len());
        for (epoch, start_offset) in &self.epochs {
            text.push_str(&format!("{epoch} {start_offset}\n"));
        }
        text
    }

    /// Batches after the last one that is believed have come again.
    fn take_off_unsettled(&mut self) -> Result<(), CaptureError> {
        let Some(open) = self.open.as_mut().filter(|open| open.settled.0 < open.size) else { return Ok(()) };
        let (size, tally) = open.settled;
        if let Some(file) = &open.file {
            file.set_len(size).map_err(|e| CaptureError::io(&path_of(&self.folder, open.base_offset), e))?;
        }
        open.size = size;
        self.tally = tally;
        Ok(())
    }

    fn take_off_hollow(&mut self) -> Result<(), CaptureError> {
        let Some(base_offset) = self.hollow.take() else { return Ok(()) };
        let path = path_of(&self.folder, base_offset);
        fs::remove_file(&path).map_err(|e| CaptureError::io(&path, e))
    }

    fn start_file(&mut self, base_offset: i64) -> Result<(), CaptureError> {
        self.sync()?;
        let mut file = None;
        if !self.folder.as_os_str().is_empty() {
            let path = path_of(&self.folder, base_offset);
            let made = OpenOptions::new().append(true).create_new(true).open(&path);
            file = Some(made.map_err(|e| CaptureError::io(&path, e))?);
            sync_folder(&self.folder)?;
        }
        self.open = Some(Open { file, size: 0, base_offset, settled: (0, self.tally) });
        Ok(())
    }

    fn count(&mut self, header: &BatchHeader, crc_ok: bool, bytes: usize) {
        self.tally.batches += 1;
        self.tally.bytes = self.tally.bytes.saturating_add(bytes as u64);
        self.tally.wrong_checksums += u64::from(!crc_ok);
        let epoch = header.partition_leader_epoch;
        if after(header) > self.digest_from {
            let mut digest = DefaultHasher::new();
            (self.tally.digest, header.base_offset, epoch, bytes, header.crc).hash(&mut digest);
            self.tally.digest = digest.finish();
        }
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
