//! Answers a view's questions by framing segment files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lastwrites_segment::{Framed, Framer, RawBatch, ReadMode};
use lastwrites_types::ByteRange;

use crate::copy::SegmentFile;
use crate::problem::{Problem, ProblemKind};
use crate::view::{SegmentFacts, SegmentScan};

/// A [`SegmentScan`] over the files themselves. Facts are kept, so a file is checked once whatever is asked.
#[derive(Debug, Default)]
pub struct FramedScan {
    mode: ReadMode,
    scratch: Vec<u8>,
    known: BTreeMap<PathBuf, SegmentFacts>,
    /// Files that could not be read; a view takes them for whole and empty of offsets.
    pub problems: Vec<Problem>,
}

impl FramedScan {
    /// A scan that opens files this way.
    #[must_use]
    pub fn new(mode: ReadMode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Shows batches in order until `visit` says stop (false) or something other than a batch is met.
    fn batches(&mut self, file: &SegmentFile, mut visit: impl FnMut(&RawBatch<'_>) -> bool) {
        let mut walk = || -> Result<(), String> {
            let source = file.open(self.mode).map_err(|error| error.to_string())?;
            let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut self.scratch);
            while let Some(Framed::Batch(batch)) = framer.next().map_err(|error| error.to_string())? {
                if !visit(&batch) {
                    break;
                }
            }
            Ok(())
        };
        if let Err(what) = walk() {
            self.problems.push(Problem::new(&file.path, ProblemKind::SegmentUnreadable(what)));
        }
    }
}

impl SegmentScan for FramedScan {
    fn facts(&mut self, file: &SegmentFile) -> SegmentFacts {
        if let Some(facts) = self.known.get(&file.path) {
            return *facts;
        }
        let mut facts = SegmentFacts { next_offset: None, valid_bytes: 0 };
        let failed_before = self.problems.len();
        self.batches(file, |batch| {
            let sound = batch.crc_ok();
            if sound {
                facts.next_offset = Some(batch.header.next_offset());
                facts.valid_bytes = batch.range().end;
            }
            sound
        });
        if self.problems.len() > failed_before {
            facts = SegmentFacts { next_offset: None, valid_bytes: file.size_bytes };
        }
        self.known.insert(file.path.clone(), facts);
        facts
    }

    fn position_of(&mut self, file: &SegmentFile, offset: i64) -> u64 {
        let mut position = None;
        self.batches(file, |batch| {
            if batch.header.last_offset() >= offset {
                position = Some(batch.position);
            }
            position.is_none()
        });
        position.unwrap_or(file.size_bytes)
    }
}
