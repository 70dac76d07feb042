//! What views ask of segment files, answered from a pass that has already read them where possible.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_evidence::{FramedScan, PartitionCopy, SegmentFacts, SegmentFile, SegmentScan};
use lastwrites_segment::ReadMode;

/// A scan that knows the files a pass has read and looks at the others itself.
pub(super) struct KnownScan {
    known: BTreeMap<std::path::PathBuf, SegmentFacts>,
    framed: FramedScan,
}

impl KnownScan {
    /// Facts of the `.log` files that were read whole and without damage.
    pub(super) fn of(copy: &PartitionCopy, judgement: &Judgement, mode: ReadMode) -> Self {
        let known = copy.log_files().filter_map(|(index, file)| {
            let index = u32::try_from(index).ok()?;
            let (tally, span) = (judgement.tallies.get(&index)?, judgement.spans.get(&index)?);
            let sound = tally.decoded_bytes == file.size_bytes && tally.wrong_checksums == 0;
            let facts = SegmentFacts { next_offset: span.next, valid_bytes: file.size_bytes };
            sound.then(|| (file.path.clone(), facts))
        });
        Self { known: known.collect(), framed: FramedScan::new(mode) }
    }
}

impl SegmentScan for KnownScan {
    fn facts(&mut self, file: &SegmentFile) -> SegmentFacts {
        match self.known.get(&file.path) {
            Some(facts) => *facts,
            None => self.framed.facts(file),
        }
    }

    fn position_of(&mut self, file: &SegmentFile, offset: i64) -> u64 {
        self.framed.position_of(file, offset)
    }
}
