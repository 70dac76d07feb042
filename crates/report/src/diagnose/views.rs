//! The views of a copy that can be built, and which of them need a pass of their own.

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::pass::CopyView;
use lastwrites_evidence::{LogView, PartitionCopy, ViewKind};
use lastwrites_segment::ReadMode;

use super::scan::KnownScan;

/// One way of looking at a copy.
pub(super) struct BuiltView {
    pub(super) kind: ViewKind,
    pub(super) view: LogView,
    /// The bytes are those of the `.log` files as they lie, so the verdicts are known.
    pub(super) same_as_found: bool,
}

/// The views of a copy beside `as-found`, whose judgement is given.
pub(super) fn other_views(copy: &PartitionCopy, judgement: &Judgement, mode: ReadMode) -> Vec<BuiltView> {
    let mut scan = KnownScan::of(copy, judgement, mode);
    let found = copy.as_found();
    [ViewKind::AsLoaded, ViewKind::BeforeCompaction]
        .into_iter()
        .filter_map(|kind| {
            let view = copy.view(kind, &mut scan)?;
            let same_as_found = view.ranges == found.ranges;
            Some(BuiltView { kind, view, same_as_found })
        })
        .collect()
}

/// Nothing to read of a copy.
pub(super) fn no_view(copy: &PartitionCopy) -> CopyView {
    CopyView { partition: copy.partition.unwrap_or(-1), ranges: Vec::new() }
}
