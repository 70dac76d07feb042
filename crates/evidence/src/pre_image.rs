//! The log before its last compaction, from the `.deleted` originals the cleaner left behind.

use crate::copy::{PartitionCopy, SegmentFile};
use crate::file_name::SegmentKind;
use crate::view::{LogView, Origin, SegmentScan, ViewKind, ViewRange, range};

impl PartitionCopy {
    /// `.deleted` originals where there are any, the `.log` files everywhere else.
    ///
    /// A later cleaning overwrites the `.deleted` file of an earlier one under the same name, so originals of two
    /// generations may lie side by side and overlap: each is taken up to where the next one begins. The cleaner
    /// never touches the active segment, so a `.deleted` file at or above the last `.log` was dropped by
    /// truncation or retention and is no original of anything here.
    ///
    /// `None` when no `.deleted` file is usable.
    pub fn before_compaction(&self, scan: &mut dyn SegmentScan) -> Option<LogView> {
        let originals: Vec<(usize, &SegmentFile)> = self.originals().collect();
        if originals.is_empty() {
            return None;
        }
        let mut ranges = Vec::new();
        let mut covered_to = i64::MIN;
        for (nth, (at, file)) in originals.iter().enumerate() {
            let next_base = originals.get(nth + 1).map_or(i64::MAX, |(_, next)| next.base_offset);
            self.live_between(covered_to, file.base_offset, scan, &mut ranges);
            let end = scan.facts(file).next_offset.unwrap_or(file.base_offset);
            let bytes_end = if end > next_base { scan.position_of(file, next_base) } else { file.size_bytes };
            ranges.extend(range(*at, 0, bytes_end, Origin::PreImage));
            covered_to = covered_to.max(end.min(next_base)).max(file.base_offset);
        }
        self.live_between(covered_to, i64::MAX, scan, &mut ranges);
        Some(LogView { kind: ViewKind::BeforeCompaction, ranges })
    }

    /// Base offset of the first usable original, if a `.log` file stands before it: from there on the log is what the
    /// cleaner made of it, before it is what a loader may have read earlier.
    #[must_use]
    pub fn originals_from(&self) -> Option<i64> {
        let first = self.originals().map(|(_, file)| file.base_offset).min()?;
        self.log_files().any(|(_, file)| file.base_offset < first).then_some(first)
    }

    fn originals(&self) -> impl Iterator<Item = (usize, &SegmentFile)> {
        let active = self.log_files().last().map(|(_, file)| file.base_offset);
        self.files.iter().enumerate().filter(move |(_, file)| {
            file.kind == SegmentKind::Deleted && active.is_none_or(|base| file.base_offset < base)
        })
    }

    /// The live log's batches with offsets in `from..to`.
    fn live_between(&self, from: i64, to: i64, scan: &mut dyn SegmentScan, ranges: &mut Vec<ViewRange>) {
        if from >= to {
            return;
        }
        let mut logs = self.log_files().peekable();
        while let Some((at, file)) = logs.next() {
            let file_end = logs.peek().map_or(i64::MAX, |(_, next)| next.base_offset);
            if file_end <= from || file.base_offset >= to {
                continue;
            }
            let start = if from > file.base_offset { scan.position_of(file, from) } else { 0 };
            let end = if to < file_end { scan.position_of(file, to) } else { file.size_bytes };
            ranges.extend(range(at, start, end, Origin::Live));
        }
    }
}
