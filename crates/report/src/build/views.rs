//! Which bytes of a copy a run reads.

use lastwrites_coordinator::pass::{CopyFiles, CopyView};
use lastwrites_evidence::{Cut, FramedScan, LogView, Moment, PartitionCopy, SegmentKind, ViewKind};

use crate::moment::AsOf;
use crate::options::Options;

/// A view as a pass takes it.
pub(crate) fn copy_view(copy: &PartitionCopy, view: &LogView) -> CopyView {
    let range = |range: &lastwrites_evidence::ViewRange| Some((u32::try_from(range.file).ok()?, range.bytes));
    CopyView {
        partition: copy.partition.unwrap_or(-1),
        ranges: view.ranges.iter().filter_map(range).collect(),
    }
}

/// One view of every copy, with the files it takes opened.
pub(crate) struct Views {
    /// Views in the order of the copies; of the kind asked for, or as found where a copy has none of that kind.
    pub(crate) ranges: Vec<CopyView>,
    /// The same with the origin of each range.
    pub(crate) views: Vec<LogView>,
    /// Copies that have none: places in `ranges`.
    pub(crate) not_built: Vec<usize>,
    /// The opened files.
    pub(crate) files: CopyFiles,
}

impl Views {
    /// Opens what the views of `kind` need; [`ViewKind::Merged`] is made of copies as found.
    pub(crate) fn open<'c>(copies: &[&'c PartitionCopy], kind: ViewKind, options: &Options) -> Self {
        let mut scan = FramedScan::new(options.read);
        let kind = if kind == ViewKind::Merged { ViewKind::AsFound } else { kind };
        let built: Vec<Option<LogView>> = copies.iter().map(|copy| copy.view(kind, &mut scan)).collect();
        let not_built = (0..).zip(&built).filter(|(_, view)| view.is_none()).map(|(at, _)| at).collect();
        let views = copies.iter().zip(built).map(|(copy, view)| view.unwrap_or_else(|| copy.as_found()));
        let views: Vec<LogView> = views.collect();
        let ranges = copies.iter().zip(&views).map(|(copy, view)| copy_view(copy, view)).collect();
        // An empty log file has no bytes to view, but whether it can be opened is told all the same.
        let wanted = |(copy, view): (&&'c PartitionCopy, &LogView)| {
            let of_view = |file: usize| view.ranges.iter().any(|range| range.file == file);
            let files = copy.files.iter().enumerate();
            files
                .filter(|(index, file)| {
                    of_view(*index) || (file.kind == SegmentKind::Log && file.size_bytes == 0)
                })
                .collect::<Vec<_>>()
        };
        let files = CopyFiles::open(copies.iter().zip(&views).map(wanted), options.open());
        Self { ranges, views, not_built, files }
    }

    /// Leaves of every view what lies before the moment; tells where each was cut.
    pub(crate) fn cut(&mut self, copies: &[&PartitionCopy], as_of: AsOf, options: &Options) -> Vec<Cut> {
        let moment = |copy: &PartitionCopy| match as_of {
            AsOf::Time(ms) => Moment::Time(ms),
            AsOf::Offset { partition, offset } if copy.partition == Some(partition) => Moment::Offset(offset),
            AsOf::Offset { .. } => Moment::Offset(0),
        };
        let cut = |(copy, view): (&&PartitionCopy, &LogView)| view.before(copy, moment(copy), options.read);
        let cuts: Vec<Cut> = copies.iter().zip(&self.views).map(cut).collect();
        self.take(copies, &cuts);
        cuts
    }

    /// Cuts one copy again, at an offset that lies before its cut.
    pub(crate) fn cut_at(
        &mut self,
        copies: &[&PartitionCopy],
        at: usize,
        offset: i64,
        cuts: &mut [Cut],
        options: &Options,
    ) {
        if let (Some(copy), Some(cut)) = (copies.get(at), cuts.get_mut(at)) {
            let stray = cut.stray;
            *cut = cut.view.before(copy, Moment::Offset(offset), options.read);
            (cut.offset, cut.stray) = (Some(offset), stray);
        }
        self.take(copies, cuts);
    }

    fn take(&mut self, copies: &[&PartitionCopy], cuts: &[Cut]) {
        for (at, cut) in cuts.iter().enumerate() {
            self.files.records_below(at, cut.records_below);
        }
        self.views = cuts.iter().map(|cut| cut.view.clone()).collect();
        self.ranges = copies.iter().zip(&self.views).map(|(copy, view)| copy_view(copy, view)).collect();
    }

    /// Reads nothing of copies whose view could not be built.
    pub(crate) fn leave_out_not_built(&mut self) {
        for at in &self.not_built {
            if let Some((view, ranges)) = self.views.get_mut(*at).zip(self.ranges.get_mut(*at)) {
                view.ranges.clear();
                ranges.ranges.clear();
            }
        }
    }
}
