//! Which byte ranges of which files make up a log, under each way of looking at a copy.

use lastwrites_types::ByteRange;
use lastwrites_types::schema::one_of;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, Serializer};

use crate::copy::{PartitionCopy, SegmentFile};

/// A way of looking at a partition copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ViewKind {
    /// The `.log` files as they lie.
    AsFound,
    /// What a broker starting on this directory would make of it first.
    AsLoaded,
    /// The `.deleted` originals in place of what the cleaner made of them.
    BeforeCompaction,
    /// Several copies' states put together; no single copy has this view.
    Merged,
}

impl ViewKind {
    /// Every view.
    pub const ALL: [Self; 4] = [Self::AsFound, Self::AsLoaded, Self::BeforeCompaction, Self::Merged];

    /// The word of the machine-output contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsFound => "as-found",
            Self::AsLoaded => "as-loaded",
            Self::BeforeCompaction => "before-compaction",
            Self::Merged => "merged",
        }
    }
}

impl Serialize for ViewKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for ViewKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "View".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = one_of(&Self::ALL.map(Self::as_str));
        schema
            .insert("description".to_owned(), "How the files of a copy are looked at; a closed list.".into());
        schema
    }
}

/// Where the bytes of a range come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// A file that is part of the log, or that a starting broker would make part of it.
    Live,
    /// A `.deleted` original.
    PreImage,
}

/// A run of whole batches of one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ViewRange {
    /// Index into [`PartitionCopy::files`].
    pub file: usize,
    /// Bytes of that file.
    pub bytes: ByteRange,
    /// Where they come from.
    pub origin: Origin,
}

/// A log as one way of looking sees it, in log order. Empty files have no range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogView {
    /// The way of looking.
    pub kind: ViewKind,
    /// Ranges in log order.
    pub ranges: Vec<ViewRange>,
}

/// What a scan of one segment file knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentFacts {
    /// Last offset + 1 of the batches within `valid_bytes`; `None` when there is none.
    pub next_offset: Option<i64>,
    /// Bytes before the first batch that a recovering broker refuses (framing, CRC, offset out of range); the
    /// file's size when it refuses none.
    pub valid_bytes: u64,
}

/// Answers about segment files that only their batches can give. Views ask for as little as they need.
pub trait SegmentScan {
    /// Reads the file's batches to their end or the first bad one.
    fn facts(&mut self, file: &SegmentFile) -> SegmentFacts;

    /// Where the first batch with a last offset at or above `offset` starts; the file's size when none has.
    fn position_of(&mut self, file: &SegmentFile, offset: i64) -> u64;
}

impl PartitionCopy {
    /// The `.log` files as they lie; needs no scan.
    #[must_use]
    pub fn as_found(&self) -> LogView {
        let ranges = self.log_files().filter_map(|(at, file)| whole(at, file, Origin::Live)).collect();
        LogView { kind: ViewKind::AsFound, ranges }
    }

    /// One view of this copy; `None` where it cannot be built: [`ViewKind::BeforeCompaction`] without usable
    /// originals, and [`ViewKind::Merged`], which takes several copies.
    pub fn view(&self, kind: ViewKind, scan: &mut dyn SegmentScan) -> Option<LogView> {
        match kind {
            ViewKind::AsFound => Some(self.as_found()),
            ViewKind::AsLoaded => Some(self.as_loaded(scan).view),
            ViewKind::BeforeCompaction => self.before_compaction(scan),
            ViewKind::Merged => None,
        }
    }
}

/// All of a file; `None` when it is empty.
pub(crate) fn whole(at: usize, file: &SegmentFile, origin: Origin) -> Option<ViewRange> {
    range(at, 0, file.size_bytes, origin)
}

/// Part of a file; `None` when it is empty.
pub(crate) fn range(at: usize, start: u64, end: u64, origin: Origin) -> Option<ViewRange> {
    let bytes = ByteRange::new(start, end);
    (!bytes.is_empty()).then_some(ViewRange { file: at, bytes, origin })
}
